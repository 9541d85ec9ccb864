#include "study/skill_bands.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/conformal.hpp"

namespace faultline {
namespace {

// Chosen beforehand; none was tuned.
constexpr double kGamma = 0.02;
constexpr std::size_t kWindow = 500;
constexpr std::size_t kScoresMin = 20;

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

LiquidationBand make_band(const SkillRows& rows, const SkillPrediction& prediction, double level) {
  AdaptiveConformal widths({.buckets = kReachBuckets,
                            .coverage = level,
                            .gamma = kGamma,
                            .window = kWindow,
                            .scores_min = kScoresMin});
  LiquidationBand band{.level = level};
  for (const std::size_t side : {0U, 1U}) {
    band.low[side].assign(rows.size(), kAbsent);
    band.high[side].assign(rows.size(), kAbsent);
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (std::isnan(prediction.log_usd[0][row])) continue;
    std::array<Forecast, 2> forecasts;
    for (const std::size_t side : {0U, 1U}) {
      forecasts[side] = {.center = prediction.log_usd[side][row],
                         .scale = std::sqrt(prediction.variance[side][row])};
      const Interval shown =
          interval_around(forecasts[side], widths.interval(reach_bucket(rows, side, row)));
      band.low[side][row] = std::max(0.0, shown.low);
      band.high[side][row] = std::max(0.0, shown.high);
    }
    for (const std::size_t side : {0U, 1U}) {
      widths.update(reach_bucket(rows, side, row),
                    score_of(forecasts[side], rows.target[side][row]));
    }
  }
  return band;
}

}  // namespace

std::size_t reach_bucket(const SkillRows& rows, std::size_t side, std::size_t row) {
  const double reach = rows.reach[side][row] / rows.volatility[row];
  return static_cast<std::size_t>(std::ranges::upper_bound(kReachEdges, reach) -
                                  kReachEdges.begin());
}

std::vector<LiquidationBand> liquidation_intervals(const SkillRows& rows,
                                                   const SkillPrediction& prediction,
                                                   std::span<const double> levels) {
  std::vector<LiquidationBand> out;
  for (const double level : levels) out.push_back(make_band(rows, prediction, level));
  return out;
}

BandScore score_band(const SkillRows& rows, const WindowScorer& window,
                     const LiquidationBand& band) {
  using Sides = std::array<std::vector<double>, 2>;
  const std::vector<double> nothing(rows.size(), kAbsent);
  BandScore out;
  out.level = band.level;
  Sides covered{nothing, nothing};
  Sides width{nothing, nothing};
  std::array<Sides, kReachBuckets> by_bucket;
  by_bucket.fill({nothing, nothing});
  for (const std::size_t side : {0U, 1U}) {
    for (const std::uint32_t row : window.rows()) {
      const double low = band.low[side][row];
      const double high = band.high[side][row];
      const double outcome = rows.target[side][row];
      const std::size_t bucket = reach_bucket(rows, side, row);
      covered[side][row] = low <= outcome && outcome <= high ? 1.0 : 0.0;
      by_bucket[bucket][side][row] = covered[side][row];
      ++out.bucket_count[bucket];
      if (std::isinf(high))
        ++out.unbounded_count;
      else
        width[side][row] = high - low;
    }
  }
  out.coverage = window.mean_of(covered);
  out.width = window.mean_of(width);
  out.by_side = {window.mean_of({covered[0], nothing}), window.mean_of({nothing, covered[1]})};
  for (std::size_t b = 0; b < kReachBuckets; ++b) out.by_bucket[b] = window.mean_of(by_bucket[b]);
  return out;
}

}  // namespace faultline
