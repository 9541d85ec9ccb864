#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace faultline {

// How good predictions are. All functions are pure; none changes or keeps its input.
//
// A score that the data do not determine (no observations, nothing to explain) is absent: an
// std::nullopt, never a 0 that looks like a measurement.

// What happened, and what was said before. Requires: equal lengths, finite values (checked).
struct Forecasts {
  std::span<const double> actual;
  std::span<const double> predicted;
};

// Σ (actual − predicted)².
double squared_error(const Forecasts& forecasts);

// 1 − squared error / squared error of the actual values' own mean. Absent if they do not vary.
std::optional<double> r_squared(const Forecasts& forecasts);

// 1 − squared error / squared error of `baseline`, another prediction of the same values: in a
// walk-forward the mean that was known then, and not the one of the whole period. Absent if the
// baseline makes no error.
std::optional<double> r_squared_against(const Forecasts& forecasts,
                                        std::span<const double> baseline);

// 2 (y log(y / m) − (y − m)) of one observation; 2 m for y = 0. Requires: y >= 0, m > 0 (checked).
double poisson_deviance(double actual, double predicted);

// The sum over all observations.
double poisson_deviance(const Forecasts& forecasts);

// 1 − deviance / deviance of `baseline`. Absent if the baseline makes no error.
std::optional<double> poisson_explained(const Forecasts& forecasts,
                                        std::span<const double> baseline);

// Rank of each value from 1; equal values share the average of their ranks. Cost: O(n log n).
std::vector<double> average_ranks(std::span<const double> values);

// Spearman's rank correlation, with average ranks for ties. Absent if either side does not vary.
std::optional<double> rank_correlation(const Forecasts& forecasts);

// How many of the largest actual values are among the largest predictions.
struct TopHits {
  double threshold = 0.0;  // actual values from here on are the largest
  std::size_t count = 0;   // of them, and of the predictions that are looked at
  std::size_t hits = 0;

  double share() const { return static_cast<double>(hits) / static_cast<double>(count); }
};

// The threshold is the quantile 1 − top of the actual values. With ties at it, more than the asked
// share count as largest; of equal predictions the earlier come first. Absent without observations.
std::optional<TopHits> top_hits(const Forecasts& forecasts, double top = 0.1);

// The value below which a share `level` lies, with numpy's linear interpolation between the two
// neighbours of (n − 1) · level.
// Requires: values not empty and finite, 0 <= level <= 1 (checked). Cost: O(n log n).
double quantile(std::span<const double> values, double level);

// The same of values that are already in ascending order. Cost: O(1).
double quantile_of_sorted(std::span<const double> ascending, double level);

// Observations that do not count alike. Requires: equal lengths, weights >= 0, not all 0 (checked).
struct Weighted {
  std::span<const double> value;
  std::span<const double> weight;
};

// The smallest value at or below which at least a share `level` of the weight lies. Not
// interpolated: a value of weight 2 counts as two of weight 1, and one of weight 0 is never the
// answer. Cost: O(n log n).
double weighted_quantile(const Weighted& values, double level);

// Several levels at the cost of one sorting.
std::vector<double> weighted_quantiles(const Weighted& values, std::span<const double> levels);

// One interval for each observation, both ends included. Ends may be infinite.
struct Intervals {
  std::span<const double> low;
  std::span<const double> high;
};

// The share of the actual values inside their interval. Absent without observations.
std::optional<double> coverage(std::span<const double> actual, const Intervals& intervals);

// Mean of level · (y − q) where y > q and (1 − level) · (q − y) elsewhere: the loss that the true
// quantile of that level makes smallest. Absent without observations.
std::optional<double> pinball_loss(const Forecasts& forecasts, double level);

}  // namespace faultline
