#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/rng.hpp"

namespace faultline {

struct EnsembleWeightsConfig {
  // The power of a step's likelihood. Below 1, because seconds that follow each other are not the
  // independent observations that the likelihood takes them for.
  double tempering = 0.2;
  // The power of the old weights, a step: what was learnt fades, so that hours in which every
  // member is wrong are not remembered for ever.
  double kept = 0.999;
  // The effective sample size never falls below this share of the members.
  double floor_share = 0.1;
  // resample() is worth its copies below this share.
  double resample_share = 0.5;
};

// How an update ended.
struct WeightUpdate {
  double applied_tempering = 0.0;  // less than configured where the floor was met
  double effective_count = 0.0;
  bool is_limited = false;        // the whole likelihood would have collapsed the ensemble
  bool is_uninformative = false;  // no member explains the step: the weights only faded
};

// The weights of the members of an ensemble, by how well each expected what was then observed.
//
//   log w_m ← kept · log w_m + tempering · log likelihood_m, normalised
//
// Collapse is refused: when the effective sample size 1/Σw² would fall below the floor, the step's
// likelihood is applied with the largest power that keeps it there. A model that is wrong for hours
// would otherwise leave one member, and with it an interval of no width.
//
// Invariant: the weights sum to 1; the effective count lies between the floor and the count.
// Deterministic. Thread safety: none. Cost: O(members) an update, some fifty times that at the
// floor.
class EnsembleWeights {
 public:
  // Requires: count >= 1, tempering >= 0, kept, floor_share and resample_share in [0, 1] (checked).
  explicit EnsembleWeights(std::size_t count, const EnsembleWeightsConfig& config = {});

  // Minus infinity is allowed: that member held the step impossible.
  // Requires: one log-likelihood a member, none NaN or plus infinity (checked).
  WeightUpdate update(std::span<const double> log_likelihood);

  std::size_t count() const { return weights_.size(); }
  std::span<const double> weights() const { return weights_; }
  // The whole state: restored from it, the same configuration continues bit by bit.
  std::span<const double> log_weights() const { return log_weights_; }
  // Errors: kBadFormat for no numbers, kOutOfRange with the index of one that no state holds.
  static Result<EnsembleWeights> restore(const EnsembleWeightsConfig& config,
                                         std::span<const double> log_weights);
  double effective_count() const;
  bool wants_resampling() const;

  // Systematic resampling: for each slot the member whose state it takes. A member of weight w gets
  // floor(n·w) or ceil(n·w) slots, and n·w in the mean. Those that survive keep their own slot, so
  // that only the others are copied. Afterwards all weights are equal.
  //
  // The members that share a parent must be jittered by the caller.
  std::vector<std::size_t> resample(Rng& rng);

 private:
  void mix(std::span<const double> log_likelihood, double power, std::vector<double>& out) const;

  EnsembleWeightsConfig config_;
  std::vector<double> log_weights_;
  std::vector<double> weights_;
};

// 1/Σw² of weights that sum to 1.
double effective_count_of(std::span<const double> weights);

// p10, p50 and p90 of each row.
struct EnsembleQuantiles {
  std::vector<double> p10;
  std::vector<double> p50;
  std::vector<double> p90;
};

// Weighted quantiles over members of many rows: values[row · members + member]. The quantile at p
// is the smallest value at which the weight of all values up to it reaches p, so it is one of the
// members' values.
//
// Requires: values.size() is a multiple of weights.size(), weights sum to 1, no value is NaN
// (all but the last are checked).
// Cost: a sort of the members a row.
EnsembleQuantiles weighted_quantiles(std::span<const double> values,
                                     std::span<const double> weights);

}  // namespace faultline
