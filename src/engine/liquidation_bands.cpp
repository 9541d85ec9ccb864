#include "engine/liquidation_bands.hpp"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

// Between the buckets, in units of the trailing volatility.
constexpr std::array kReachEdges{0.25, 0.5, 1.0, 2.0};
constexpr double kVarianceKept = 0.98;  // a span

}  // namespace

LiquidationBands::LiquidationBands()
    : bands_({.buckets = kReachEdges.size() + 1, .coverage = kCoverage, .gamma = 0.02}) {}

std::size_t LiquidationBands::bucket_of(double reach) const {
  const double sigma = std::sqrt(variance_);
  const auto after =
      std::ranges::find_if(kReachEdges, [&](double edge) { return reach < edge * sigma; });
  return static_cast<std::size_t>(after - kReachEdges.begin());
}

void LiquidationBands::add(ColumnSpan& span) {
  const Candle& candle = span.candle;
  const std::array reach{std::log(candle.open / candle.low), std::log(candle.high / candle.open)};
  if (span.feed) {
    // Both sides first: one must not learn from the other.
    std::array<Forecast, 2> forecast{};
    for (const std::size_t side : {0U, 1U}) {
      if (!span.feed->has_side[side]) continue;
      forecast[side].center = std::log1p(span.feed->expected_liquidation_usd[side]);
      const Interval band =
          interval_around(forecast[side], bands_.interval(bucket_of(reach[side])));
      if (!std::isfinite(band.low) || !std::isfinite(band.high)) continue;
      span.feed->liquidation_interval[side] = UsdInterval{
          .low = std::max(std::expm1(band.low), 0.0), .high = std::max(std::expm1(band.high), 0.0)};
    }
    for (const std::size_t side : {0U, 1U}) {
      if (!span.feed->has_side[side]) continue;
      const double printed = span.feed->printed_usd[side];
      const auto& interval = span.feed->liquidation_interval[side];
      if (interval) {
        ++interval_count_;
        inside_count_ += printed >= interval->low && printed <= interval->high ? 1 : 0;
      }
      bands_.update(bucket_of(reach[side]), score_of(forecast[side], std::log1p(printed)));
    }
  }
  const double move = std::log(candle.close / candle.open);
  variance_ = variance_ == 0.0 ? move * move
                               : kVarianceKept * variance_ + (1.0 - kVarianceKept) * move * move;
}

}  // namespace faultline
