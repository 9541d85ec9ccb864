#include "stats/resampled_ranks.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/check.hpp"

namespace faultline {
namespace {

bool is_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

struct Moments {
  double weight = 0.0;
  double sum = 0.0;
  double squares = 0.0;

  double spread() const { return squares - sum * sum / weight; }
};

Moments moments_of(std::span<const double> values, std::span<const std::uint32_t> times) {
  Moments out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = times[i];
    out.weight += weight;
    out.sum += weight * values[i];
    out.squares += weight * values[i] * values[i];
  }
  return out;
}

}  // namespace

ResampledRanks::Order ResampledRanks::order_of(std::span<const double> values) {
  Order order;
  order.ascending.resize(values.size());
  std::iota(order.ascending.begin(), order.ascending.end(), 0U);
  std::ranges::stable_sort(order.ascending, {}, [&](std::uint32_t i) { return values[i]; });
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool ends =
        i + 1 == values.size() || values[order.ascending[i + 1]] != values[order.ascending[i]];
    if (ends) order.group_ends.push_back(i + 1);
  }
  return order;
}

ResampledRanks::ResampledRanks(const Forecasts& forecasts)
    : actual_(forecasts.actual.begin(), forecasts.actual.end()),
      by_actual_(order_of(forecasts.actual)),
      by_predicted_(order_of(forecasts.predicted)) {
  FAULTLINE_CHECK(forecasts.actual.size() == forecasts.predicted.size());
  FAULTLINE_CHECK(is_finite(forecasts.actual) && is_finite(forecasts.predicted));
  descending_.resize(actual_.size());
  std::iota(descending_.begin(), descending_.end(), 0U);
  std::ranges::stable_sort(descending_, std::greater<>(),
                           [&](std::uint32_t i) { return forecasts.predicted[i]; });
}

std::vector<double> ResampledRanks::ranks(const Order& order,
                                          std::span<const std::uint32_t> times) {
  std::vector<double> out(times.size(), 0.0);
  double before = 0.0;
  std::size_t begin = 0;
  for (const std::size_t end : order.group_ends) {
    double weight = 0.0;
    for (std::size_t i = begin; i < end; ++i) weight += times[order.ascending[i]];
    for (std::size_t i = begin; i < end; ++i)
      out[order.ascending[i]] = before + 0.5 * (weight + 1.0);
    before += weight;
    begin = end;
  }
  return out;
}

std::optional<double> ResampledRanks::correlation(std::span<const std::uint32_t> times) const {
  FAULTLINE_CHECK(times.size() == actual_.size());
  const std::vector<double> left = ranks(by_actual_, times);
  const std::vector<double> right = ranks(by_predicted_, times);
  const Moments of_left = moments_of(left, times);
  const Moments of_right = moments_of(right, times);
  if (!(of_left.weight > 0.0)) return std::nullopt;
  double product = 0.0;
  for (std::size_t i = 0; i < left.size(); ++i) product += times[i] * left[i] * right[i];
  const double spread = of_left.spread() * of_right.spread();
  // Ranks are halves of whole numbers: where they do not vary, rounding leaves far less than one.
  if (of_left.spread() < 0.25 || of_right.spread() < 0.25) return std::nullopt;
  return (product - of_left.sum * of_right.sum / of_left.weight) / std::sqrt(spread);
}

// numpy's linear interpolation between the two neighbours of (total - 1) · level.
double ResampledRanks::threshold(std::span<const std::uint32_t> times, std::uint64_t total,
                                 double level) const {
  const double position = static_cast<double>(total - 1) * level;
  const auto below = static_cast<std::uint64_t>(position);
  const double share = position - static_cast<double>(below);
  double low = 0.0;
  std::uint64_t counted = 0;
  for (const std::uint32_t i : by_actual_.ascending) {
    const std::uint64_t next = counted + times[i];
    if (counted <= below && below < next) low = actual_[i];
    const std::uint64_t above = std::min(below + 1, total - 1);
    if (counted <= above && above < next) return low + share * (actual_[i] - low);
    counted = next;
  }
  return low;
}

std::optional<double> ResampledRanks::top_share(std::span<const std::uint32_t> times,
                                                double top) const {
  FAULTLINE_CHECK(times.size() == actual_.size());
  const std::uint64_t total = std::accumulate(times.begin(), times.end(), std::uint64_t{0});
  if (total == 0) return std::nullopt;
  const double least = threshold(times, total, 1.0 - top);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < actual_.size(); ++i) {
    if (actual_[i] >= least) count += times[i];
  }
  std::uint64_t hits = 0;
  std::uint64_t looked_at = 0;
  for (const std::uint32_t i : descending_) {
    const std::uint64_t taken = std::min<std::uint64_t>(times[i], count - looked_at);
    if (actual_[i] >= least) hits += taken;
    looked_at += taken;
    if (looked_at == count) break;
  }
  return static_cast<double>(hits) / static_cast<double>(count);
}

}  // namespace faultline
