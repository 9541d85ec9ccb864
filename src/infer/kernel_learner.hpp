#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "infer/kernel_em.hpp"
#include "infer/kernel_prior.hpp"

namespace faultline {

struct KernelLearnerConfig {
  double prior_strength = 200.0;   // positions' worth of belief in the prior kernel
  std::size_t first_fit = 100;     // steps with liquidations before the first fit
  double refit_growth = 1.25;      // a new fit when there are so many times more
  std::size_t generation = 4'096;  // steps with liquidations before the evidence begins anew
  double prior_kept = 0.5;         // share of the original prior in that of a new generation
  // A fit begins where the last one ended, so that few iterations are enough.
  KernelEmConfig em{.iterations_max = 200, .tolerance = 1e-6};
};

// Learns the kernel of distances while a map runs, where the feed is fine enough to say so:
// liquidations are printed one by one, in steps that are short against the time between them. What
// a throttled feed keeps back is added by the caller, from the feed's own rule.
//
//   swept by distance, opened, liquidated   ──add()──>  KernelEvidence  ──fit()──>  kernel
//
// Why not everywhere: hourly totals did not identify the kernel beyond its prior (no gain out of
// sample). What is said to be liquidated is taken for all of it, so the level of the kernel is
// learnt as well as its shape: the map then sweeps what is liquidated.
//
// The prior is not one kernel but several, weighed by what speaks for each: their own log_weight
// and how well each explains what was liquidated and who survived. Their mean is the prior of the
// fit. Why: expectation maximisation says nothing of distances that prices never reached; they keep
// the prior's proportions and together take what near ones lose. In a calm week that is everything
// beyond a few percent. A family of kernels carries what was seen near the price to where it was
// not.
//
// A generation of evidence ends after so many steps with liquidations. The next begins with what is
// held then, and with what was learnt mixed into its prior: the kernel may drift.
//
// Units: native. Deterministic. Thread safety: none. Memory: a generation's crossed distances, 1
// MB. Cost: a few numbers a step; a fit is one of fit_kernel(), at most some 30 ms, and a
// likelihood a candidate, together about as much.
class KernelLearner {
 public:
  // Requires: one candidate or more, each on the simplex, grid.size() + 1 positive weights
  // (checked).
  KernelLearner(const DistanceGrid& grid, std::vector<KernelCandidate> candidates,
                const KernelLearnerConfig& config = {});

  // One side of one step, in the order of time.
  struct Observation {
    std::span<const double> crossed_unit;  // PositionDensity::swept_unit()
    double opened = 0.0;
    double liquidated = 0.0;  // negative or not finite: not learnt from
    std::size_t prints = 0;
    double held = 0.0;  // by the side after the step
  };
  void add(Side side, const Observation& observation);

  // The kernel, when there is enough new evidence for a fit; else nothing.
  std::optional<std::vector<double>> fit();

  void save(StateWriter& out) const;
  // False for bytes that no learner wrote; the learner is then not to be used.
  bool load(StateReader& in);

  std::size_t fit_count() const { return fit_count_; }
  const std::vector<double>& kernel() const { return kernel_; }

 private:
  void begin_generation(double mean_position);
  // The mean of the candidates by what speaks for each, with the evidence divided by `unit`.
  std::vector<double> weighted_prior(double unit) const;

  std::vector<KernelCandidate> candidates_;  // log_weight: with what earlier generations saw
  std::vector<double> original_log_weights_;
  std::vector<double> inherited_;  // the kernel at the end of the last generation, if any
  std::vector<double> kernel_;
  KernelLearnerConfig config_;
  KernelEvidence evidence_;
  std::vector<double> line_;  // scratch, with a place for "never"
  std::array<double, 2> held_{};
  bool has_stock_ = false;
  double printed_ = 0.0;
  std::size_t prints_ = 0;
  std::size_t fitted_at_ = 0;  // observations of this generation at the last fit
  std::size_t fit_count_ = 0;
};

}  // namespace faultline
