#include "stats/ks.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "base/check.hpp"

namespace faultline {
namespace {

// The two series of Kolmogorov's distribution: each needs a few terms on its side of this point.
constexpr double kSeriesChange = 1.0;
constexpr int kSeriesTerms = 8;

// Values in ascending order with their clusters.
struct Ordered {
  std::vector<double> value;
  std::vector<std::uint32_t> cluster;
};

Ordered ordered(std::span<const double> values, const Clusters& clusters) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return values[left] < values[right];
  });
  Ordered out;
  for (const std::size_t i : order) {
    FAULTLINE_CHECK(clusters.of[i] < clusters.count);
    out.value.push_back(values[i]);
    out.cluster.push_back(clusters.of[i]);
  }
  return out;
}

// The largest distance between the distribution of the values and that of a draw of their clusters.
// Both are steps at the same places, so it is found at the last of each group of equal values.
double distance_of_draw(const Ordered& data, std::span<const std::uint32_t> times) {
  double total = 0.0;
  for (const std::uint32_t cluster : data.cluster) total += times[cluster];
  // Only clusters without observations were drawn: it says nothing, so it speaks against nothing.
  if (!(total > 0.0)) return 1.0;
  const std::size_t count = data.value.size();
  double sum = 0.0;
  double largest = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += times[data.cluster[i]];
    if (i + 1 < count && data.value[i + 1] == data.value[i]) continue;
    const double share = static_cast<double>(i + 1) / static_cast<double>(count);
    largest = std::max(largest, std::abs(sum / total - share));
  }
  return largest;
}

}  // namespace

double ks_statistic(std::span<const double> values) {
  FAULTLINE_CHECK(!values.empty());
  for (const double value : values) FAULTLINE_CHECK(value >= 0.0 && value <= 1.0);
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto count = static_cast<double>(sorted.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    // Just below the value a share of i / n lies below it, and at it (i + 1) / n.
    largest = std::max({largest, static_cast<double>(i + 1) / count - sorted[i],
                        sorted[i] - static_cast<double>(i) / count});
  }
  return largest;
}

double kolmogorov_tail(double x) {
  if (!(x > 0.0)) return 1.0;
  double sum = 0.0;
  if (x < kSeriesChange) {
    for (int k = 1; k <= kSeriesTerms; ++k) {
      const double odd = (2.0 * k - 1.0) * std::numbers::pi / x;
      sum += std::exp(-odd * odd / 8.0);
    }
    return 1.0 - std::sqrt(2.0 * std::numbers::pi) / x * sum;
  }
  for (int k = kSeriesTerms; k >= 1; --k) {
    sum += (k % 2 == 1 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * x * x);
  }
  return sum;
}

double ks_p_value(double statistic, std::size_t count) {
  return kolmogorov_tail(std::sqrt(static_cast<double>(count)) * statistic);
}

KsTest ks_test_clustered(std::span<const double> values, const Clusters& clusters,
                         const BootstrapOptions& options) {
  FAULTLINE_CHECK(values.size() == clusters.of.size());
  KsTest test;
  test.statistic = ks_statistic(values);
  test.p_if_independent = ks_p_value(test.statistic, values.size());
  const Ordered data = ordered(values, clusters);
  ClusterResampler resampler(clusters.count, options.seed);
  std::size_t as_far = 1;
  for (std::size_t i = 0; i < options.replicas; ++i) {
    if (distance_of_draw(data, resampler.draw()) >= test.statistic) ++as_far;
  }
  test.p_clustered = static_cast<double>(as_far) / static_cast<double>(options.replicas + 1);
  return test;
}

}  // namespace faultline
