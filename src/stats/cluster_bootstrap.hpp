#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/rng.hpp"

namespace faultline {

// Uncertainty of scores whose observations come in clusters, such as the hours of a day: whole
// clusters are drawn anew, so that observations which move together are not counted as so much
// independent evidence.
//
//   const Clusters days = find_clusters(day_of_each_hour);
//   const auto gain = bootstrap_r_squared_gain(paired, baseline, days);
//
// Only what is dependent *inside* a cluster is accounted for. Fewer than about thirty clusters give
// intervals that are too narrow.

// Which cluster each observation belongs to; clusters are numbered by ascending key.
struct Clusters {
  std::vector<std::uint32_t> of;  // one number below `count` for each observation
  std::size_t count = 0;
};

// Observations with equal keys are one cluster.
Clusters find_clusters(std::span<const std::int64_t> keys);

// The sum of the values of each cluster. Requires: one value for each observation (checked).
std::vector<double> sum_by_cluster(std::span<const double> values, const Clusters& clusters);

// Draws as many clusters as there are, with replacement: how often each was drawn is multinomial.
//
// Determinism: the draws depend on the number of clusters and the seed alone, so two scores with
// one seed see the same draws.
class ClusterResampler {
 public:
  // Requires: count > 0 (checked).
  ClusterResampler(std::size_t count, std::uint64_t seed);

  // How often each cluster is in the next draw; they sum to the number of clusters. Valid until the
  // next call. Cost: O(clusters).
  std::span<const std::uint32_t> draw();

 private:
  Rng rng_;
  std::vector<std::uint32_t> times_;
};

struct BootstrapOptions {
  std::size_t replicas = 1000;
  double level = 0.95;  // share of the replicas inside the interval
  std::uint64_t seed = 7;
};

struct BootstrapEstimate {
  double value = 0.0;  // of the clusters as they are
  double low = 0.0;    // quantiles (1 ± level) / 2 of the replicas
  double high = 0.0;
  // Mean over standard error of the clusters' numerators. Absent if they do not vary.
  std::optional<double> t;
  std::size_t cluster_count = 0;
  std::size_t replica_count = 0;  // without those whose denominators sum to 0
};

// What each cluster adds to the two sides of a fraction. Requires: equal lengths, finite values,
// denominators >= 0 (checked).
struct ClusterRatio {
  std::span<const double> numerator;
  std::span<const double> denominator;
};

// Sum of numerators over sum of denominators. Absent with fewer than two clusters or if the
// denominators sum to 0. Cost: O(replicas · clusters).
std::optional<BootstrapEstimate> bootstrap_ratio(const ClusterRatio& ratio,
                                                 const BootstrapOptions& options = {});

// A score as a function of how often each cluster is counted; absent where it is not determined.
using ClusterStatistic = std::function<std::optional<double>(std::span<const std::uint32_t>)>;

// Any score: of the clusters counted once each, and of each draw. `t` stays absent. Absent with
// fewer than two clusters, or where the score or all replicas are. Cost: replicas · the
// statistic's.
std::optional<BootstrapEstimate> bootstrap_statistic(std::size_t cluster_count,
                                                     const ClusterStatistic& statistic,
                                                     const BootstrapOptions& options = {});

// Two predictions of the same values. Requires: equal lengths (checked).
struct PairedForecasts {
  std::span<const double> actual;
  std::span<const double> predicted;
  std::span<const double> reference;
};

// How much of `baseline`'s squared error `predicted` explains beyond what `reference` does: the
// difference of their r_squared_against(). Positive: `predicted` is better.
std::optional<BootstrapEstimate> bootstrap_r_squared_gain(const PairedForecasts& forecasts,
                                                          std::span<const double> baseline,
                                                          const Clusters& clusters,
                                                          const BootstrapOptions& options = {});

// The same with Poisson deviances. Requires: actual >= 0, all predictions > 0 (checked).
std::optional<BootstrapEstimate> bootstrap_poisson_gain(const PairedForecasts& forecasts,
                                                        std::span<const double> baseline,
                                                        const Clusters& clusters,
                                                        const BootstrapOptions& options = {});

// Squared error of `predicted` over that of `reference`: below 1, `predicted` is better. Here `t`
// belongs to the clusters' differences, reference − predicted, and is positive where `predicted` is
// better.
std::optional<BootstrapEstimate> bootstrap_mse_ratio(const PairedForecasts& forecasts,
                                                     const Clusters& clusters,
                                                     const BootstrapOptions& options = {});

}  // namespace faultline
