#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "infer/close_split.hpp"
#include "infer/density_profile.hpp"
#include "infer/kernel.hpp"
#include "infer/kernel_prior.hpp"

namespace faultline {

// All that can be chosen of the estimator; the defaults are the model document's starting values.
struct DensityConfig {
  double entry_bin = 5e-4;  // width of a log-price bin
  double distance_min = 0.003;
  double distance_max = 0.6;
  std::size_t distance_bins = 28;
  // Funding moves its isolated share, applied as the mean over both modes at each distance.
  KernelPrior kernel{};
  std::array<double, kPatienceClasses> closing_per_day{48.0, 4.0, 0.25};
  std::array<double, kPatienceClasses> entry_weights{0.5, 0.35, 0.15};
  double churn = 0.3;
  double close_split = 0.5;
  CloseSplitResponse close_response{};  // measured nowhere: 0 (docs/models/position_density.md)
  // Shares of a step's entries at its close, high and low.
  std::array<double, 3> entry_at{0.45, 0.275, 0.275};
  double maintenance_rate = 0.005;  // in the funding shift only
};

// One member of the ensemble: a draw of all that is uncertain. kernel: distance_bins + 1 weights.
struct MemberParameters {
  double churn = 0.3;
  double close_split = 0.5;  // without a response
  CloseSplitResponse close_response{};
  std::array<double, kPatienceClasses> closing_per_day{};
  std::array<double, kPatienceClasses> entry_weights{};
  std::vector<double> kernel;
};

// The member that the configuration itself describes.
MemberParameters central_member(const DensityConfig& config, const DistanceGrid& grid);

}  // namespace faultline
