#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.hpp"

namespace faultline {

// What the model swept in a step, and what the feed printed in the same step.
struct SweepPair {
  double swept_usd = 0.0;
  double printed_usd = 0.0;
};

// What a pair weighs in the fit of the link.
enum class PairWeight : std::uint8_t {
  kEqual,    // every pair that printed the same, in logarithms
  kDollars,  // what was expected of it, in dollars; pairs that printed nothing take part
};

// What is believed of a feed before it showed anything. The defaults are for feeds that are
// throttled, added up or of unknown completeness.
struct ObservationFactorConfig {
  double exponent_prior = 0.6;  // beta
  double exponent_prior_sd = 0.15;
  double share_prior = 0.1;  // printed of swept, at kReferenceUsd
  double log_share_prior_sd = 1.5;
  double half_life_pairs = 500.0;  // after so many pairs an old one counts half
  PairWeight weight = PairWeight::kEqual;
  // kDollars: what is printed has the variance usd_per_pair·mean + sweep_variance·mean²: few
  // orders, and a sweep that is itself known up to a factor only.
  double usd_per_pair = 1e5;
  double sweep_variance = 0.25;
};

// A feed that prints single liquidations, beside a kernel that is learnt from it: what is swept is
// what is printed, dollar for dollar, up to a third in level and a tenth in slope. One that is
// throttled prints less, which it teaches.
//
// Why dollars: small sweeps print seldom, and then more than was swept. In logarithms of the pairs
// that printed the slope is near .5 whatever the feed does, and the large sweeps, which are nearly
// all of the money, are expected at a fraction of what they print.
inline constexpr ObservationFactorConfig kFineFeedFactor{.exponent_prior = 1.0,
                                                         .exponent_prior_sd = 0.1,
                                                         .share_prior = 1.0,
                                                         .log_share_prior_sd = 0.3,
                                                         .weight = PairWeight::kDollars};

// a and β of expected_liquidation_usd = a·(swept USD)^β, learnt online, for one feed.
//
// Why a concave link: reported prints were about a tenth of the modelled dollars, and less than
// proportional to them (slope .5–.65 in logs); a share alone would be wrong at both ends.
//
// How: least squares of ln printed on ln swept, recursive, in information form. Every pair with a
// positive print makes the older ones count a little less, and what they lose is refilled from the
// prior; so a stretch in which swept hardly varies drifts back to the prior exponent and cannot
// wind up. Pairs that printed nothing have no logarithm: their share is kept beside the line. The
// mean of exp(residual) turns the line of logarithms into one of dollars; the residual of a pair is
// taken before the pair is learnt.
//
//   expected = (1 − zero share) · smearing · exp(intercept + β·ln(swept/kReferenceUsd)) = a·swept^β
//
// With PairWeight::kDollars the same line is fitted by the quasi-likelihood of that variance, one
// step a pair; then the line is that of dollars already, and expected = exp(intercept +
// β·ln(swept/kReferenceUsd)). A print counts as at most kExcessMax times what was expected, or
// kExcessMax times usd_per_pair where that is more: a pair must not carry the line.
//
// Units: USD a step; a belongs to the length of step it was learnt on.
// Invariant: a prediction depends on earlier learn() calls only. Deterministic.
// Thread safety: none. Cost: constant time and memory.
class ObservationFactor {
 public:
  static constexpr double kReferenceUsd = 1e6;
  static constexpr double kSweptMinUsd = 1.0;
  static constexpr double kExponentMax = 1.5;
  static constexpr double kExcessMax = 10.0;
  static constexpr std::size_t kStateSize = 12;
  using State = std::array<double, kStateSize>;

  // Requires: positive standard deviations, share and half-life (checked).
  explicit ObservationFactor(const ObservationFactorConfig& config = {});

  // Zero for nothing swept. Requires: swept_usd >= 0, finite (checked).
  double expected_liquidation_usd(double swept_usd) const;

  // Learns from a pair. Less than kSweptMinUsd swept teaches nothing about the link: what was
  // printed then is counted as unexplained. Requires: swept_usd >= 0, finite (checked: ours).
  // Errors: kOutOfRange for a print that is negative or not finite; nothing is learnt from it.
  Result<void> learn(const SweepPair& pair);

  // Begins the link anew from its prior, for a map that now sweeps otherwise and of which so much
  // is shown; what is counted stays. Requires: 0 < share <= 1 (checked).
  void forget_link(double share = 1.0);

  double factor() const;    // a
  double exponent() const;  // β, within [0, kExponentMax]
  // From the residuals' variance, or with kDollars from that which is assumed; pairs that follow
  // each other are taken for independent.
  double exponent_error() const;
  double zero_share() const;
  double smearing() const;
  // The standard deviation of the residuals of ln printed.
  double residual_sigma() const;
  double pairs_learnt() const { return state_[kPairs]; }
  double unexplained_usd() const { return state_[kUnexplained]; }

  // The whole state as plain numbers, and back: the same configuration then continues bit by bit.
  const State& state() const { return state_; }
  // Errors: kBadFormat for another count of numbers, kOutOfRange with the index of a number that
  // no state can hold.
  static Result<ObservationFactor> restore(const ObservationFactorConfig& config,
                                           std::span<const double> state);

 private:
  // The numbers of the state: information and its right-hand side, sums for the residuals, the
  // zeros, and two counters.
  enum Slot : std::size_t {
    kInfo00,
    kInfo01,
    kInfo11,
    kRight0,
    kRight1,
    kExpSum,
    kSquareSum,
    kResidualWeight,
    kZeroSum,
    kZeroWeight,
    kPairs,
    kUnexplained
  };
  struct Line {
    double intercept;
    double slope;
  };

  Line line() const;
  double level() const;
  // Lets `weight` pairs' worth of what was learnt be forgotten.
  void fade(Slot first, Slot last, double weight);
  void add_to_line(double weight, double x, double y);
  void learn_dollars(const Line& before, double x, double printed_usd);

  ObservationFactorConfig config_;
  State prior_{};
  State state_{};
};

}  // namespace faultline
