#pragma once

#include <cstddef>
#include <vector>

#include "base/distributions.hpp"
#include "base/rng.hpp"
#include "infer/position_density.hpp"

namespace faultline {

// What is uncertain about the estimator, as laws from which the members of the ensemble are drawn.
//
// Why a spread and not the best values: the map's interval (density_interval) is the spread of its
// members, and one set of values has none. Medians and means are those of DensityConfig.

// The close split χ: where a member's logit returns to, how soon, and what moves it away
// (CloseSplitResponse). All spreads are choices; the coefficients' means are the configuration's.
//
// Why the configuration has zeros: nothing measures a whole market's. Of Hyperliquid's accounts
// that are no market makers (35,691 trades of 2023) χ falls by .44 (BTC) and .33 (ETH) as their
// takers go from even to all buying, 1.3 to 1.8 of the logit; but whoever stood on the other side
// of them is not in the file, and if makers closed as often as takers it would be nothing. Of the
// hour's return in standard deviations χ had .07 and .01, correlations .09 and .03. So the
// imbalance may matter and the others hardly.
struct CloseSplitLaw {
  double base_sigma = 0.40;  // of the logit around an even split
  double half_life_log_sigma = 0.7;
  double taker_imbalance_sigma = 0.3;
  double step_return_sigma = 0.05;
  double interest_sign_sigma = 0.05;
};

struct EnsemblePrior {
  BetaShape churn{3.0, 4.0};
  CloseSplitLaw close_split;
  double hazard_log_sigma = 0.4;      // each hazard times exp(sigma·z), independently
  double entry_concentration = 40.0;  // Dirichlet around the configured entry weights
  double log_median_sigma = 0.35;     // of the kernel's median, in logs
  double kernel_sigma_sd = 0.15;      // of the kernel's own sigma, which stays this near:
  double kernel_sigma_shift_max = 0.45;
  double kernel_concentration = 150.0;  // Dirichlet around that kernel
  // The share of swept mass that is sent to the book: no public source fixes it.
  BetaShape book_share{2.0, 2.0};
};

// What a member believes about the way from swept mass to the book. The density itself does not
// need it.
struct MemberObservation {
  double book_share = 0.5;  // phi
};

// The law of distances around which a member's kernel was drawn: the configuration's, with the
// medians of both margin modes times a factor, and their sigmas shifted.
struct KernelLaw {
  double median_factor = 1.0;
  double sigma_shift = 0.0;
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

// The kernels of that prior on a grid of medians (to three standard deviations) and sigmas (to
// two): what KernelLearner moves along before it says anything of single distances. Without spread
// there is one, the configuration's.
std::vector<KernelCandidate> kernel_candidates(const EnsemblePrior& prior,
                                               const DensityConfig& config);

// The parameters alone, as PositionDensity takes them.
std::vector<MemberParameters> parameters_of(const std::vector<EnsembleMember>& members);

}  // namespace faultline
