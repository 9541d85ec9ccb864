#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "study/skill_scores.hpp"

namespace faultline {

// liquidation_interval: how much may be liquidated in an hour, as bands around a prediction of
// ln(1 + USD), for each side.
//
//   prediction, variance ──> score of each outcome ──> quantiles of earlier scores ──> band
//
// Point in time: a band uses outcomes of earlier hours only (stats/conformal.hpp), both sides of
// one hour being made before either is learned from. Hours are told apart by how far they reached
// on the side's own side, in units of the trailing hourly volatility: calm hours do not pay for
// wild ones. Like the prediction it is conditional on the hour's range.

inline constexpr std::array kBandLevels{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95};
// Between the buckets, in units of the trailing hourly volatility.
inline constexpr std::array kReachEdges{0.25, 0.5, 1.0, 2.0};
inline constexpr std::size_t kReachBuckets = kReachEdges.size() + 1;

std::size_t reach_bucket(const SkillRows& rows, std::size_t side, std::size_t row);

// By side and row, ln(1 + USD), from 0 up; NaN where nothing was predicted. `high` may be infinite:
// nothing can be said yet.
struct LiquidationBand {
  double level = 0.0;  // the share of outcomes that it promises to hold
  std::array<std::vector<double>, 2> low{};
  std::array<std::vector<double>, 2> high{};
};

// Requires: a prediction with variance, and rows in order of time. Cost: O(levels · rows).
std::vector<LiquidationBand> liquidation_intervals(const SkillRows& rows,
                                                   const SkillPrediction& prediction,
                                                   std::span<const double> levels = kBandLevels);

struct BandScore {
  double level = 0.0;
  Estimate coverage;
  std::array<Estimate, 2> by_side{};
  std::array<Estimate, kReachBuckets> by_bucket{};
  std::array<std::size_t, kReachBuckets> bucket_count{};  // observations, both sides
  Estimate width;                                         // mean of the finite ones
  std::size_t unbounded_count = 0;                        // observations, both sides
};

BandScore score_band(const SkillRows& rows, const WindowScorer& window,
                     const LiquidationBand& band);

}  // namespace faultline
