#include "map/ensemble_column.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "infer/ensemble_weights.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::vector<float> to_floats(const std::vector<double>& values) {
  std::vector<float> out(values.size());
  std::ranges::transform(values, out.begin(), [](double v) { return static_cast<float>(v); });
  return out;
}

// Members in equal parts: slot k takes the member whose stretch of the cumulative weights holds
// (k + ½)/count. Then the slots are shuffled, so that two venues' slots have nothing in common.
std::vector<std::size_t> shuffled_slots(std::span<const double> weights, Rng rng) {
  const std::size_t count = weights.size();
  std::vector<std::size_t> slots(count, count - 1);
  std::size_t member = 0;
  double upto = weights[0];
  for (std::size_t k = 0; k < count; ++k) {
    const double at = (static_cast<double>(k) + 0.5) / static_cast<double>(count);
    while (upto < at && member + 1 < count) upto += weights[++member];
    slots[k] = member;
  }
  for (std::size_t k = count; k > 1; --k) std::swap(slots[k - 1], slots[rng.below(k)]);
  return slots;
}

}  // namespace

RowFrame frame_around(double mark, const ColumnOptions& options) {
  FAULTLINE_CHECK(options.reach > 0.0 && options.reach <= 3.0);
  const auto reach_rows = static_cast<std::int32_t>(std::ceil(options.reach / kRowLog));
  return RowFrame{row_of_price(mark) - reach_rows, 2 * static_cast<std::size_t>(reach_rows) + 1};
}

ProfileGrid grid_of(const RowFrame& frame) {
  return {.log_begin = static_cast<double>(frame.first_row) * kRowLog,
          .row_log = kRowLog,
          .row_count = frame.row_count};
}

VenueProfile profile_of(const VenueView& venue, const RowFrame& frame) {
  const PositionDensity& density = venue.density;
  FAULTLINE_CHECK(venue.weights.size() == density.member_count());
  const ProfileGrid grid = grid_of(frame);
  VenueProfile out;
  out.weights.assign(venue.weights.begin(), venue.weights.end());
  out.usd_per_unit = unit_notional_approx(venue.mark, venue.spec);
  out.open_interest_usd = density.stock(Side::kLong) * out.usd_per_unit;
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    MemberProfiles profiles = density.profiles(side, grid);
    out.below_usd[s] = dot(profiles.below, out.weights) * out.usd_per_unit;
    out.above_usd[s] = dot(profiles.above, out.weights) * out.usd_per_unit;
    for (std::size_t m = 0; m < out.weights.size(); ++m) {
      out.never_usd[s] += out.weights[m] * density.never(side, m) * out.usd_per_unit;
    }
    out.usd[s] = std::move(profiles.rows);
    for (double& usd : out.usd[s]) usd *= out.usd_per_unit;
  }
  return out;
}

EnsembleColumn::EnsembleColumn(UnixNanos as_of, double mark, const RowFrame& frame,
                               std::vector<VenueProfile> venues, const Rng& pairing) {
  FAULTLINE_CHECK(!venues.empty());
  column_.as_of = as_of;
  column_.mark = mark;
  column_.first_row = frame.first_row;
  for (const Side side : kSides) {
    column_.notional_at_risk_usd[index_of(side)].assign(frame.row_count, 0.0F);
  }
  for (const VenueProfile& venue : venues) {
    FAULTLINE_CHECK(venue.weights.size() == venues.front().weights.size());
    add_means(venue);
  }
  if (venues.size() == 1) {
    weights_ = std::move(venues.front().weights);
    usd_ = std::move(venues.front().usd);
  } else {
    pair_up(venues, pairing);
  }
  for (const Side side : kSides) {
    if (weights_.size() == 1) break;
    const EnsembleQuantiles quantiles = weighted_quantiles(usd_[index_of(side)], weights_);
    column_.density_interval[index_of(side)] =
        RowInterval{to_floats(quantiles.p10), to_floats(quantiles.p50), to_floats(quantiles.p90)};
  }
  const std::int32_t at = row_of_price(mark);
  for (std::size_t i = 0; i < kNearReaches.size(); ++i) {
    const double reach = kNearReaches[i];
    column_.near[i].reach = reach;
    column_.near[i].usd[0] = sum_of(Side::kLong, row_of_price(mark * (1.0 - reach)), at + 1);
    column_.near[i].usd[1] = sum_of(Side::kShort, at, row_of_price(mark * (1.0 + reach)) + 1);
  }
}

void EnsembleColumn::add_means(const VenueProfile& venue) {
  const std::size_t members = venue.weights.size();
  column_.open_interest_usd += venue.open_interest_usd;
  column_.venue_interest_usd.push_back(venue.open_interest_usd);
  VenueRows& own = venue_rows_.emplace_back();
  own.first_row = column_.first_row;
  own.usd_per_unit = venue.usd_per_unit;
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    std::vector<float>& rows = column_.notional_at_risk_usd[s];
    const std::span<const double> usd(venue.usd[s]);
    FAULTLINE_CHECK(usd.size() == rows.size() * members);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto mean = static_cast<float>(dot(venue.weights, usd.subspan(row * members, members)));
      rows[row] += mean;
      own.notional_at_risk_usd[s].push_back(mean);
    }
    column_.below_usd[s] += venue.below_usd[s];
    column_.above_usd[s] += venue.above_usd[s];
    column_.never_usd[s] += venue.never_usd[s];
  }
}

void EnsembleColumn::pair_up(const std::vector<VenueProfile>& venues, const Rng& pairing) {
  const std::size_t members = venues.front().weights.size();
  weights_.assign(members, 1.0 / static_cast<double>(members));
  for (std::size_t v = 0; v < venues.size(); ++v) {
    const auto slots = shuffled_slots(venues[v].weights, pairing.stream("venue_pairs", v));
    for (const Side side : kSides) {
      const std::vector<double>& from = venues[v].usd[index_of(side)];
      std::vector<double>& to = usd_[index_of(side)];
      to.resize(from.size(), 0.0);
      for (std::size_t begin = 0; begin < from.size(); begin += members) {
        for (std::size_t k = 0; k < members; ++k) to[begin + k] += from[begin + slots[k]];
      }
    }
  }
}

SumInterval EnsembleColumn::sum_of(Side side, std::int32_t first, std::int32_t last) const {
  const std::size_t members = weights_.size();
  const auto count = static_cast<std::int32_t>(column_.row_count());
  const std::int32_t begin = std::clamp(first - column_.first_row, 0, count);
  const std::int32_t end = std::clamp(last - column_.first_row, 0, count);
  std::vector<double> sums(members, 0.0);
  SumInterval out;
  for (std::int32_t row = begin; row < end; ++row) {
    const auto at = static_cast<std::size_t>(row);
    const double* usd = usd_[index_of(side)].data() + at * members;
    for (std::size_t m = 0; m < members; ++m) sums[m] += usd[m];
    out.mean += static_cast<double>(column_.notional_at_risk_usd[index_of(side)][at]);
  }
  const EnsembleQuantiles quantiles = weighted_quantiles(sums, weights_);
  out.p10 = quantiles.p10[0];
  out.p50 = quantiles.p50[0];
  out.p90 = quantiles.p90[0];
  return out;
}

void EnsembleColumn::add_intervals(std::span<Cluster> clusters) const {
  if (weights_.size() == 1) return;
  for (Cluster& cluster : clusters) {
    const RowBand band = band_of_prices(cluster.price_low, cluster.price_high);
    cluster.density_interval = sum_of(cluster.side, band.first, band.last);
  }
}

MapColumn make_column(const PositionDensity& density, const InstrumentSpec& spec, UnixNanos as_of,
                      double mark, const ColumnOptions& options) {
  const std::size_t members = density.member_count();
  const std::vector<double> weights(members, 1.0 / static_cast<double>(members));
  const RowFrame frame = frame_around(mark, options);
  std::vector<VenueProfile> venues{profile_of(VenueView{density, weights, spec, mark}, frame)};
  return EnsembleColumn(as_of, mark, frame, std::move(venues), Rng(0)).take();
}

}  // namespace faultline
