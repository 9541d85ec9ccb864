#include "stats/scores.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"

namespace faultline {
namespace {

bool is_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(),
                     [](double value) { return std::isfinite(value); });
}

void check(const Forecasts& forecasts) {
  FAULTLINE_CHECK(forecasts.actual.size() == forecasts.predicted.size());
  FAULTLINE_CHECK(is_finite(forecasts.actual) && is_finite(forecasts.predicted));
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> share_explained(double error, double error_of_baseline) {
  if (!(error_of_baseline > 0.0)) return std::nullopt;
  return 1.0 - error / error_of_baseline;
}

// The positions of the values in the given order; equal values keep theirs.
template <class Less>
std::vector<std::size_t> order_by(std::size_t count, const Less& less) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), less);
  return order;
}

}  // namespace

double squared_error(const Forecasts& forecasts) {
  check(forecasts);
  double sum = 0.0;
  for (std::size_t i = 0; i < forecasts.actual.size(); ++i) {
    const double error = forecasts.actual[i] - forecasts.predicted[i];
    sum += error * error;
  }
  return sum;
}

std::optional<double> r_squared(const Forecasts& forecasts) {
  if (forecasts.actual.empty()) return std::nullopt;
  const std::vector<double> means(forecasts.actual.size(), mean_of(forecasts.actual));
  return r_squared_against(forecasts, means);
}

std::optional<double> r_squared_against(const Forecasts& forecasts,
                                        std::span<const double> baseline) {
  return share_explained(squared_error(forecasts),
                         squared_error({.actual = forecasts.actual, .predicted = baseline}));
}

double poisson_deviance(double actual, double predicted) {
  FAULTLINE_CHECK(actual >= 0.0 && predicted > 0.0);
  const double surprise = actual > 0.0 ? actual * std::log(actual / predicted) : 0.0;
  return 2.0 * (surprise - (actual - predicted));
}

double poisson_deviance(const Forecasts& forecasts) {
  check(forecasts);
  double sum = 0.0;
  for (std::size_t i = 0; i < forecasts.actual.size(); ++i) {
    sum += poisson_deviance(forecasts.actual[i], forecasts.predicted[i]);
  }
  return sum;
}

std::optional<double> poisson_explained(const Forecasts& forecasts,
                                        std::span<const double> baseline) {
  return share_explained(poisson_deviance(forecasts),
                         poisson_deviance({.actual = forecasts.actual, .predicted = baseline}));
}

std::vector<double> average_ranks(std::span<const double> values) {
  FAULTLINE_CHECK(is_finite(values));
  const std::vector<std::size_t> order =
      order_by(values.size(),
               [&](std::size_t left, std::size_t right) { return values[left] < values[right]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    // The mean of the ranks begin + 1, ..., end.
    const double rank = 0.5 * static_cast<double>(begin + 1 + end);
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

std::optional<double> rank_correlation(const Forecasts& forecasts) {
  check(forecasts);
  const std::vector<double> a = average_ranks(forecasts.actual);
  const std::vector<double> b = average_ranks(forecasts.predicted);
  // Ranks of n values have this mean, ties or not.
  const double mean = 0.5 * static_cast<double>(a.size() + 1);
  double ab = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
  }
  if (!(aa > 0.0 && bb > 0.0)) return std::nullopt;
  return ab / std::sqrt(aa * bb);
}

std::optional<TopHits> top_hits(const Forecasts& forecasts, double top) {
  check(forecasts);
  if (forecasts.actual.empty()) return std::nullopt;
  TopHits result;
  result.threshold = quantile(forecasts.actual, 1.0 - top);
  const auto is_top = [&](double value) { return value >= result.threshold; };
  result.count = static_cast<std::size_t>(
      std::count_if(forecasts.actual.begin(), forecasts.actual.end(), is_top));
  const std::vector<std::size_t> order =
      order_by(forecasts.predicted.size(), [&](std::size_t left, std::size_t right) {
        return forecasts.predicted[left] > forecasts.predicted[right];
      });
  for (std::size_t i = 0; i < result.count; ++i) {
    if (is_top(forecasts.actual[order[i]])) ++result.hits;
  }
  return result;
}

double quantile(std::span<const double> values, double level) {
  FAULTLINE_CHECK(is_finite(values));
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return quantile_of_sorted(sorted, level);
}

double quantile_of_sorted(std::span<const double> ascending, double level) {
  FAULTLINE_CHECK(!ascending.empty() && level >= 0.0 && level <= 1.0);
  const double position = static_cast<double>(ascending.size() - 1) * level;
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  const double share = position - static_cast<double>(below);
  const double step = ascending[above] - ascending[below];
  // From the nearer neighbour, as numpy does: a threshold that lies on a value is that value.
  return share < 0.5 ? ascending[below] + step * share : ascending[above] - step * (1.0 - share);
}

double weighted_quantile(const Weighted& values, double level) {
  const double levels[] = {level};
  return weighted_quantiles(values, levels).front();
}

std::vector<double> weighted_quantiles(const Weighted& values, std::span<const double> levels) {
  FAULTLINE_CHECK(values.value.size() == values.weight.size() && is_finite(values.value));
  std::vector<std::size_t> order;
  for (const std::size_t i :
       order_by(values.value.size(), [&](std::size_t left, std::size_t right) {
         return values.value[left] < values.value[right];
       })) {
    FAULTLINE_CHECK(values.weight[i] >= 0.0 && std::isfinite(values.weight[i]));
    if (values.weight[i] > 0.0) order.push_back(i);
  }
  FAULTLINE_CHECK(!order.empty());
  std::vector<double> cumulative;
  cumulative.reserve(order.size());
  double sum = 0.0;
  for (const std::size_t i : order) cumulative.push_back(sum += values.weight[i]);

  std::vector<double> out;
  out.reserve(levels.size());
  for (const double level : levels) {
    FAULTLINE_CHECK(level >= 0.0 && level <= 1.0);
    const auto place = std::lower_bound(cumulative.begin(), cumulative.end(), level * sum);
    // Rounding may put level · sum a last digit above the last cumulative weight.
    const auto index =
        std::min(static_cast<std::size_t>(place - cumulative.begin()), order.size() - 1);
    out.push_back(values.value[order[index]]);
  }
  return out;
}

std::optional<double> coverage(std::span<const double> actual, const Intervals& intervals) {
  FAULTLINE_CHECK(actual.size() == intervals.low.size());
  FAULTLINE_CHECK(actual.size() == intervals.high.size());
  FAULTLINE_CHECK(is_finite(actual));
  if (actual.empty()) return std::nullopt;
  std::size_t inside = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    FAULTLINE_CHECK(!std::isnan(intervals.low[i]) && !std::isnan(intervals.high[i]));
    if (intervals.low[i] <= actual[i] && actual[i] <= intervals.high[i]) ++inside;
  }
  return static_cast<double>(inside) / static_cast<double>(actual.size());
}

std::optional<double> pinball_loss(const Forecasts& forecasts, double level) {
  check(forecasts);
  FAULTLINE_CHECK(level >= 0.0 && level <= 1.0);
  if (forecasts.actual.empty()) return std::nullopt;
  double sum = 0.0;
  for (std::size_t i = 0; i < forecasts.actual.size(); ++i) {
    const double above = forecasts.actual[i] - forecasts.predicted[i];
    sum += std::max(level * above, (level - 1.0) * above);
  }
  return sum / static_cast<double>(forecasts.actual.size());
}

}  // namespace faultline
