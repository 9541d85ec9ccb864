#pragma once

#include <cstddef>
#include <vector>

#include "base/distributions.hpp"
#include "base/rng.hpp"
#include "infer/kernel.hpp"
#include "infer/position_density.hpp"

namespace faultline {

// What is uncertain about the estimator, as laws from which the members of the ensemble are drawn.
//
// Why a spread and not the best values: the map's interval (density_interval) is the spread of its
// members, and one set of values has none. Medians and means are those of DensityConfig.

// The close split χ: its logit follows an AR(1) around 0, an even split, so that a member's
// constant split is a draw of the stationary law N(0, innovation² / (1 − persistence²)).
struct CloseSplitLaw {
  double persistence = 0.98;  // a step
  double innovation = 0.08;   // of the logit, a step
  // The standard deviation of the logit.
  double stationary_sigma() const;
};

struct EnsemblePrior {
  BetaShape churn{3.0, 4.0};
  CloseSplitLaw close_split;
  double hazard_log_sigma = 0.4;      // each hazard times exp(sigma·z), independently
  double entry_concentration = 40.0;  // Dirichlet around the configured entry weights
  double log_median_sigma = 0.35;     // of the kernel's median, in logs
  double kernel_sigma_sd = 0.15;      // of the kernel's own sigma, which stays within the next two
  double kernel_sigma_min = 0.8;
  double kernel_sigma_max = 1.7;
  double kernel_concentration = 150.0;  // Dirichlet around that log-normal kernel
  // The share of swept mass that is sent to the book: no public source fixes it.
  BetaShape book_share{2.0, 2.0};
};

// What a member believes about the way from swept mass to the book. The density itself does not
// need it.
struct MemberObservation {
  double book_share = 0.5;  // phi
};

// The log-normal law of distances around which a member's kernel was drawn.
struct KernelLaw {
  double median = 0.12;
  double sigma = 1.25;
};

struct EnsembleMember {
  MemberParameters parameters;
  MemberObservation observation;
  KernelLaw shape;
};

inline constexpr std::size_t kEnsembleMembersMax = 256;

// Member 0 is the central member: the configuration itself, with the mean of book_share. Every
// other is drawn from its own stream of `root`, so that member k is the same in an ensemble of any
// size.
EnsembleMember draw_member(const EnsemblePrior& prior, const DensityConfig& config, const Rng& root,
                           std::size_t index);

// Members 0 to count − 1. Requires: 1 <= count <= kEnsembleMembersMax (checked).
std::vector<EnsembleMember> draw_ensemble(const EnsemblePrior& prior, const DensityConfig& config,
                                          const Rng& root, std::size_t count);

// A neighbour of `member`, for one of several that continue the same parent: `kept` is the
// correlation with it.
//
// Why these moves: each leaves the prior as it is. Normal quantities take a step of an AR(1) whose
// stationary law is the prior; weights are gamma variables that are thinned and refilled. So where
// resampling has nothing to say, jitter says nothing either, and however often a lineage is
// jittered, it stays within the prior.
//
// Requires: 0 <= kept <= 1 (checked); 1 returns the member up to rounding.
// Source: Neal, "Regression and classification using Gaussian process priors", 1998 (the normal
// move); Lewis, McKenzie, Hugus, "Gamma processes", 1989 (beta-gamma thinning).
EnsembleMember jittered(const EnsemblePrior& prior, const DensityConfig& config,
                        const EnsembleMember& member, double kept, Rng& rng);

// The parameters alone, as PositionDensity takes them.
std::vector<MemberParameters> parameters_of(const std::vector<EnsembleMember>& members);

}  // namespace faultline
