#include "map/map_column.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

// Rows [low, high) around the peak that hold at least half of it, not crossing a lower valley
// twice.
std::pair<std::int32_t, std::int32_t> extent_of_peak(std::span<const float> rows, std::int32_t peak,
                                                     std::int32_t half_width_max) {
  const float half = rows[static_cast<std::size_t>(peak)] / 2;
  const auto count = static_cast<std::int32_t>(rows.size());
  std::int32_t low = peak;
  while (low > 0 && peak - low < half_width_max && rows[static_cast<std::size_t>(low - 1)] >= half)
    --low;
  std::int32_t high = peak + 1;
  while (high < count && high - peak <= half_width_max &&
         rows[static_cast<std::size_t>(high)] >= half)
    ++high;
  return {low, high};
}

void add_clusters(const MapColumn& column, Side side, const ClusterOptions& options,
                  std::vector<Cluster>& out) {
  const auto& rows = column.notional_at_risk_usd[index_of(side)];
  std::vector<std::int32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) {
    return rows[static_cast<std::size_t>(a)] > rows[static_cast<std::size_t>(b)];
  });
  std::vector<char> taken(rows.size(), 0);
  std::size_t found = 0;
  for (const std::int32_t peak : order) {
    if (found >= options.count_max || rows[static_cast<std::size_t>(peak)] <= 0.0F) break;
    if (taken[static_cast<std::size_t>(peak)] != 0) continue;
    const auto [low, high] = extent_of_peak(rows, peak, options.half_width_rows_max);
    double usd = 0.0;
    bool overlaps = false;
    for (std::int32_t row = low; row < high; ++row) {
      usd += static_cast<double>(rows[static_cast<std::size_t>(row)]);
      overlaps = overlaps || taken[static_cast<std::size_t>(row)] != 0;
    }
    // The slope of a stronger neighbour is no cluster of its own; its rows stay marked so that its
    // foot is none either.
    for (std::int32_t row = low; row < high; ++row) taken[static_cast<std::size_t>(row)] = 1;
    if (overlaps || usd < options.share_of_interest_min * column.open_interest_usd) continue;
    const double price_peak = price_of_row(column.first_row + peak) * std::exp(kRowLog / 2);
    out.push_back(
        Cluster{.side = side,
                .price_low = price_of_row(column.first_row + low),
                .price_high = price_of_row(column.first_row + high),
                .price_peak = price_peak,
                .notional_at_risk_usd = usd,
                .peak_usd_per_row = static_cast<double>(rows[static_cast<std::size_t>(peak)]),
                .distance = price_peak / column.mark - 1.0});
    ++found;
  }
}

}  // namespace

std::int32_t row_of_price(double price) {
  FAULTLINE_CHECK(price > 0.0 && std::isfinite(price));
  return static_cast<std::int32_t>(std::floor(std::log(price) / kRowLog));
}

double price_of_row(std::int32_t row) { return std::exp(static_cast<double>(row) * kRowLog); }

double VenueRows::sum_of(Side side, RowBand band) const {
  const std::vector<float>& rows = notional_at_risk_usd[index_of(side)];
  const auto count = static_cast<std::int32_t>(rows.size());
  double usd = 0.0;
  for (std::int32_t row = std::clamp(band.first - first_row, 0, count);
       row < std::clamp(band.last - first_row, 0, count); ++row) {
    usd += static_cast<double>(rows[static_cast<std::size_t>(row)]);
  }
  return usd;
}

// Half a row keeps the rounding of the edges out of it.
RowBand band_of_prices(double low, double high) {
  const double half_row = std::exp(kRowLog / 2);
  return RowBand{row_of_price(low * half_row), row_of_price(high * half_row)};
}

double MapColumn::at(Side side, std::int32_t row) const {
  const auto& rows = notional_at_risk_usd[index_of(side)];
  const std::int64_t index = static_cast<std::int64_t>(row) - first_row;
  if (index < 0 || index >= static_cast<std::int64_t>(rows.size())) return 0.0;
  return static_cast<double>(rows[static_cast<std::size_t>(index)]);
}

double MapColumn::total_usd(Side side) const {
  const auto& rows = notional_at_risk_usd[index_of(side)];
  const std::size_t s = index_of(side);
  return std::accumulate(rows.begin(), rows.end(), below_usd[s] + above_usd[s] + never_usd[s]);
}

std::vector<Cluster> find_clusters(const MapColumn& column, const ClusterOptions& options) {
  std::vector<Cluster> out;
  for (const Side side : kSides) add_clusters(column, side, options, out);
  std::ranges::stable_sort(out, [](const Cluster& a, const Cluster& b) {
    if (a.notional_at_risk_usd != b.notional_at_risk_usd)
      return a.notional_at_risk_usd > b.notional_at_risk_usd;
    return a.price_peak < b.price_peak;
  });
  if (out.size() > options.count_max) out.resize(options.count_max);
  return out;
}

}  // namespace faultline
