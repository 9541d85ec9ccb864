#pragma once

#include <vector>

#include "core/instrument.hpp"
#include "infer/kernel.hpp"

namespace faultline {

// The prior of how far from entry positions are liquidated, by venue and margin mode.

// A log-normal kernel, of which `near_share` is replaced by mass spread evenly in ln d below
// kNearDistance. Why: without mass that near, skill on recorded liquidations falls steeply, and the
// log-normal alone leaves it to one tail probability.
inline constexpr double kNearDistance = 0.02;
struct KernelShape {
  double median = 0.12;
  double sigma = 1.25;
  // Of .01, .015, .02, .025, .05 and .1 on hours before 15 January 2026
  // (docs/studies/map_skill.md).
  double near_share = 0.02;
};

// Weights as those of log_normal_kernel(). Requires: median, sigma > 0, near_share in [0, 1)
// (checked).
std::vector<double> near_tail_kernel(const DistanceGrid& grid, const KernelShape& shape);

// The two margin modes, and the share of what is opened on cross margin. Funding moves isolated
// positions only: a cross position's liquidation price goes by the whole account.
struct KernelPrior {
  KernelShape cross{};
  KernelShape isolated{};
  // Source: 94.5 % of Hyperliquid's open interest (model document); elsewhere an assumption.
  double cross_share = 0.945;
};

// One of the kernels that a learner chooses among, with the logarithm of what speaks for it before
// anything was seen, up to a constant.
struct KernelCandidate {
  double log_weight = 0.0;
  std::vector<double> kernel;
};

// What is known of a venue; kernel_prior.cpp says from where. Venues of which nothing is known have
// the entry of a KernelPrior{}.
KernelPrior kernel_prior_of(Venue venue);

// The kernel of both modes together. Requires: cross_share in [0, 1] (checked).
std::vector<double> mixed_kernel(const DistanceGrid& grid, const KernelPrior& prior);

// The share of isolated margin in each distance of mixed_kernel(), "never" not included; 0 where
// nothing is.
std::vector<double> isolated_shares(const DistanceGrid& grid, const KernelPrior& prior);

}  // namespace faultline
