#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "infer/kernel.hpp"
#include "infer/state_bytes.hpp"

namespace faultline {

// Learning the kernel of distances from liquidations: expectation maximisation on the simplex, with
// those who survived.
//
// Of the quantity opened, a share K_j has its liquidation at distance j. Prices crossed a part of
// each distance; at observation t the crossed mass for unit weight is m_j(t), so that Σ_j
// K_j·m_j(t) is expected to be liquidated. f_j = Σ_t m_j(t) / opened is the part that had its
// chance. Then
//
//   E_j = K_j · Σ_t y_t·m_j(t) / Σ_i K_i·m_i(t)                  expected to have been liquidated
//   S   = opened − Σ_j E_j                                       survivors
//   K_j ∝ E_j + S·K_j·(1−f_j) / Σ_i K_i·(1−f_i) + prior_j
//
// Why the survivors: in bins that price never reached E_j is zero, and an update of Richardson and
// Lucy without them either empties such bins or divides by nothing. With them, bins never reached
// keep among themselves the proportions of the prior, and gain or lose together by how many of the
// opened did survive.
//
// Units: y must be divided by the observation factor of the feed first. Counts: the likelihood
// takes one unit of opened as one independent position, so a caller with coins or dollars divides
// all of m, y and opened by the mean size of a position; otherwise the prior weighs too little or
// too much.

// What was seen, reduced to what the fit needs. Observations without any liquidation enter f only,
// so they cost no memory: a second-by-second feed is mostly such.
class KernelEvidence {
 public:
  // Observations that can be held at once: past it the caller takes a shorter window.
  static constexpr std::size_t kObservationsMax = 1U << 18U;

  // Requires: bin_count >= 2 (checked), "never" included.
  explicit KernelEvidence(std::size_t bin_count);

  // Requires: opened >= 0, finite (checked).
  void add_opened(double opened);

  // Requires: bin_count amounts, all >= 0 and finite (checked: they are our own).
  // Errors: kOutOfRange for a liquidated amount that is negative or not finite; kLimit. Neither
  // changes anything.
  Result<void> add(std::span<const double> crossed_unit, double liquidated);

  std::size_t bin_count() const { return reached_.size(); }
  std::size_t observation_count() const { return liquidated_.size(); }
  double opened() const { return opened_; }
  double liquidated_total() const;
  std::span<const double> crossed(std::size_t observation) const;
  double liquidated(std::size_t observation) const { return liquidated_[observation]; }
  void save(StateWriter& out) const;
  // False for bytes that no evidence of as many bins wrote; it is then not to be used.
  bool load(StateReader& in);

  // f_j, at most 1: rounding and returned mass may take the sum over the opened a little beyond.
  double chance(std::size_t bin) const;

 private:
  double opened_ = 0.0;
  std::vector<double> reached_;     // Σ_t m_j(t)
  std::vector<double> crossed_;     // [observation][bin]
  std::vector<double> liquidated_;  // [observation]
};

struct KernelEmConfig {
  std::uint32_t iterations_max = 5000;
  double tolerance = 1e-9;  // of the largest change of a weight in an iteration
};

struct KernelFit {
  std::vector<double> weights;   // on the simplex
  std::vector<double> expected;  // E_j of the last iteration
  double survivors = 0.0;
  // Liquidated where no bin of positive weight was crossed: no kernel explains it. Invariant:
  // Σ expected + survivors + unexplained = opened, unless more was liquidated than opened.
  double unexplained = 0.0;
  bool liquidated_exceeds_opened = false;  // a fault of the inputs; survivors are then 0
  // Σ_t y_t·ln p_t + S·ln p_S + Σ_j prior_j·ln K_j before each iteration: never falls.
  std::vector<double> objective;
  bool is_converged = false;
};

// Requires: start and prior have bin_count entries, none negative; start sums to 1 within 1e-6
// (checked). A weight that starts at zero stays there unless the prior lifts it.
// Cost: iterations · observations with liquidations · bins.
KernelFit fit_kernel(const KernelEvidence& evidence, std::span<const double> start,
                     std::span<const double> prior, const KernelEmConfig& config = {});

// Σ_t y_t·ln p_t + S·ln p_S of these weights, without any prior: what tells whole kernels apart. In
// the units of the evidence. Requires: bin_count weights, all positive (checked).
// Cost: observations with liquidations · bins.
double kernel_log_likelihood(const KernelEvidence& evidence, std::span<const double> weights);

// prior_j = strength · kernel_j: `strength` positions' worth of belief in the kernel.
std::vector<double> dirichlet_prior(std::span<const double> kernel, double strength);

}  // namespace faultline
