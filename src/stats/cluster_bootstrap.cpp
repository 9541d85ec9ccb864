#include "stats/cluster_bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "stats/scores.hpp"

namespace faultline {
namespace {

std::optional<double> t_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0.0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  if (!(squares > 0.0)) return std::nullopt;
  return mean / std::sqrt(squares / (count - 1.0) / count);
}

double drawn_sum(std::span<const double> values, std::span<const std::uint32_t> times) {
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * times[i];
  return sum;
}

double squared_loss(double actual, double predicted) {
  return (actual - predicted) * (actual - predicted);
}

double deviance_loss(double actual, double predicted) {
  return poisson_deviance(actual, predicted);
}

// The loss of one prediction, by cluster.
template <class Loss>
std::vector<double> losses(std::span<const double> actual, std::span<const double> predicted,
                           const Clusters& clusters, const Loss& loss) {
  FAULTLINE_CHECK(actual.size() == predicted.size());
  std::vector<double> each(actual.size());
  for (std::size_t i = 0; i < each.size(); ++i) each[i] = loss(actual[i], predicted[i]);
  return sum_by_cluster(each, clusters);
}

std::vector<double> difference(std::vector<double> left, std::span<const double> right) {
  for (std::size_t i = 0; i < left.size(); ++i) left[i] -= right[i];
  return left;
}

template <class Loss>
std::optional<BootstrapEstimate> bootstrap_gain(const PairedForecasts& forecasts,
                                                std::span<const double> baseline,
                                                const Clusters& clusters,
                                                const BootstrapOptions& options, const Loss& loss) {
  const auto predicted = losses(forecasts.actual, forecasts.predicted, clusters, loss);
  const auto reference = losses(forecasts.actual, forecasts.reference, clusters, loss);
  const auto of_baseline = losses(forecasts.actual, baseline, clusters, loss);
  return bootstrap_ratio(
      {.numerator = difference(reference, predicted), .denominator = of_baseline}, options);
}

}  // namespace

Clusters find_clusters(std::span<const std::int64_t> keys) {
  std::vector<std::int64_t> distinct(keys.begin(), keys.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  Clusters clusters;
  clusters.count = distinct.size();
  clusters.of.reserve(keys.size());
  for (const std::int64_t key : keys) {
    const auto place = std::lower_bound(distinct.begin(), distinct.end(), key);
    clusters.of.push_back(static_cast<std::uint32_t>(place - distinct.begin()));
  }
  return clusters;
}

std::vector<double> sum_by_cluster(std::span<const double> values, const Clusters& clusters) {
  FAULTLINE_CHECK(values.size() == clusters.of.size());
  std::vector<double> sums(clusters.count, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    FAULTLINE_CHECK(clusters.of[i] < clusters.count);
    sums[clusters.of[i]] += values[i];
  }
  return sums;
}

ClusterResampler::ClusterResampler(std::size_t count, std::uint64_t seed)
    : rng_(Rng(seed).stream("cluster_bootstrap")), times_(count, 0) {
  FAULTLINE_CHECK(count > 0);
}

std::span<const std::uint32_t> ClusterResampler::draw() {
  std::fill(times_.begin(), times_.end(), 0U);
  for (std::size_t i = 0; i < times_.size(); ++i) ++times_[rng_.below(times_.size())];
  return times_;
}

std::optional<BootstrapEstimate> bootstrap_statistic(std::size_t cluster_count,
                                                     const ClusterStatistic& statistic,
                                                     const BootstrapOptions& options) {
  FAULTLINE_CHECK(options.replicas > 0 && options.level > 0.0 && options.level < 1.0);
  if (cluster_count < 2) return std::nullopt;
  const std::optional<double> value = statistic(std::vector<std::uint32_t>(cluster_count, 1U));
  if (!value) return std::nullopt;
  std::vector<double> replicas;
  replicas.reserve(options.replicas);
  ClusterResampler resampler(cluster_count, options.seed);
  for (std::size_t i = 0; i < options.replicas; ++i) {
    if (const std::optional<double> drawn = statistic(resampler.draw())) replicas.push_back(*drawn);
  }
  if (replicas.empty()) return std::nullopt;
  std::sort(replicas.begin(), replicas.end());
  return BootstrapEstimate{.value = *value,
                           .low = quantile_of_sorted(replicas, 0.5 * (1.0 - options.level)),
                           .high = quantile_of_sorted(replicas, 0.5 * (1.0 + options.level)),
                           .t = std::nullopt,
                           .cluster_count = cluster_count,
                           .replica_count = replicas.size()};
}

std::optional<BootstrapEstimate> bootstrap_ratio(const ClusterRatio& ratio,
                                                 const BootstrapOptions& options) {
  const std::size_t count = ratio.numerator.size();
  FAULTLINE_CHECK(ratio.denominator.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    FAULTLINE_CHECK(std::isfinite(ratio.numerator[i]) && std::isfinite(ratio.denominator[i]));
    FAULTLINE_CHECK(ratio.denominator[i] >= 0.0);
  }
  const auto quotient = [&](std::span<const std::uint32_t> times) -> std::optional<double> {
    const double below = drawn_sum(ratio.denominator, times);
    if (!(below > 0.0)) return std::nullopt;
    return drawn_sum(ratio.numerator, times) / below;
  };
  auto estimate = bootstrap_statistic(count, quotient, options);
  if (estimate) estimate->t = t_of(ratio.numerator);
  return estimate;
}

std::optional<BootstrapEstimate> bootstrap_r_squared_gain(const PairedForecasts& forecasts,
                                                          std::span<const double> baseline,
                                                          const Clusters& clusters,
                                                          const BootstrapOptions& options) {
  return bootstrap_gain(forecasts, baseline, clusters, options, squared_loss);
}

std::optional<BootstrapEstimate> bootstrap_poisson_gain(const PairedForecasts& forecasts,
                                                        std::span<const double> baseline,
                                                        const Clusters& clusters,
                                                        const BootstrapOptions& options) {
  return bootstrap_gain(forecasts, baseline, clusters, options, deviance_loss);
}

std::optional<BootstrapEstimate> bootstrap_mse_ratio(const PairedForecasts& forecasts,
                                                     const Clusters& clusters,
                                                     const BootstrapOptions& options) {
  const auto predicted = losses(forecasts.actual, forecasts.predicted, clusters, squared_loss);
  const auto reference = losses(forecasts.actual, forecasts.reference, clusters, squared_loss);
  auto estimate = bootstrap_ratio({.numerator = predicted, .denominator = reference}, options);
  if (estimate) estimate->t = t_of(difference(reference, predicted));
  return estimate;
}

}  // namespace faultline
