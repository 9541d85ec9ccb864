#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/instrument.hpp"
#include "infer/ensemble_prior.hpp"
#include "infer/ensemble_weights.hpp"
#include "infer/feed_likelihood.hpp"
#include "infer/kernel_learner.hpp"
#include "infer/observation_factor.hpp"
#include "infer/position_density.hpp"
#include "infer/size_learner.hpp"

namespace faultline {

struct DensityFilterConfig {
  DensityConfig density{};
  EnsemblePrior prior{};
  EnsembleWeightsConfig weights{};
  // Of the feed as it is published, and of every member's; a fine feed is one that prints single
  // liquidations by a known rule, from which the kernel is learnt.
  ObservationFactorConfig factor{};
  ObservationFactorConfig fine_factor = kFineFeedFactor;
  // F before the feed has shown enough: a guess, ln USD.
  SizeParameters sizes{.log_median = 8.5, .log_sigma = 1.5};
  // The power of a total's likelihood, times that of EnsembleWeightsConfig: the hours of a day err
  // together, so that a total is far less than one independent observation. With 1, ensembles of
  // different seeds contradicted each other on recorded hours (docs/models/position_density.md).
  double total_power = 0.25;
  // Where a feed prints liquidations one by one by a known rule, the kernel is learnt from it.
  bool learns_kernel = true;
  KernelLearnerConfig kernel{};
  // The correlation of a jittered member with its parent, a resampling.
  double jitter_kept = 0.9;
  std::size_t members = 1;  // 1: the central member alone, without interval
};

// One step of the market, and what it crossed on the map.
struct FilterStep {
  StepReport report;                     // means over members of equal weight, native units
  std::array<double, 2> crossed_usd{};   // weighted mean, at the liquidation prices
  std::array<double, 2> returned_usd{};  // of it, what the identity sent back
};

// What a reading of the feed did. Expectations are those from before the reading was learnt.
struct FilterReading {
  bool is_used = false;  // false: not the stretch that was swept, or not what its rule allows
  std::array<std::optional<double>, 2> printed_usd{};
  std::array<double, 2> expected_liquidation_usd{};
  bool moved_weights = false;
  bool was_resampled = false;
};

// What a fine feed has shown by its present rule.
struct PooledFeed {
  // By Side, of the last kPoolSeconds or so: a single second has no empty ones to tell Λ by.
  std::array<FeedEvidence, 2> recent{};
  double shown_usd = 0.0;
  double hidden_usd = 0.0;
  double crowded_usd = 0.0;  // of what was shown, while hardly a second was empty
};

// The estimator of one venue's instrument: members that each hold a whole position density, and
// weights that say how well each expected what the feed then printed.
//
//   MarketStep  ──advance()──> N densities            swept USD of each member
//                                                        │  φ_m, observation factor a, β
//   FeedReading ──observe()──> likelihood of each ──> weights ──> resampling, jitter
//
//   published:   expected_liquidation_usd = a·(swept)^β of the weighted mean of what was swept
//   of member m: expected_m = a_m·(swept_m)^β_m, where a_m starts at φ_m/φ times the prior of a
//
// The published factor begins anew, with the prior of its kind of feed, when the rule of a feed
// changes (a venue that stops throttling, totals where prints were). The members' begin with the
// prior of one that is not in either case: they tell members apart, and no level must.
//
// Why each member has a factor of its own: nothing public says what share of swept mass a feed
// prints, so a map of twice the dollars with half the share prints the same. Against one common
// factor every member would be judged by its distance from the others, and the interval would
// shrink around their mean for no reason. With its own, a member is judged by when and how unevenly
// it swept; the spread of its dollars stays what the prior says.
//
// Where the feed prints single liquidations by a known rule (fine), KernelLearner finds the kernel
// that sweeps what was printed and what the rule hid beside it (hidden_usd()), as long as that is
// less than two fifths of it all and half of it is printed while there are empty seconds; each
// member keeps
// its draw relative to the central one: K_m ∝ draw_m · learnt / mean draw. Evidence and mean are
// weighted, because the weighted mean is what is published: otherwise kernel and weights would both
// answer to the same prints, and the map would have too little near the price. Elsewhere (totals,
// prints of unknown rule) the kernel stays what the prior says.
//
// A stretch without a reading changes no weight: a feed that is down is not a zero. A reading in
// which no member swept anything and nothing was printed changes none either.
//
// Units: USD of quote currency. Invariant: the weights sum to 1; every member's stock is the open
// interest on both sides. Deterministic: seeded by `root`, never by the clock.
// Thread safety: none; several filters share nothing. Cost: that of PositionDensity; a reading adds
// some hundred exponentials a member.
class DensityFilter {
 public:
  // Requires: 1 <= members <= kEnsembleMembersMax, jitter_kept in [0, 1] (checked).
  DensityFilter(const InstrumentSpec& spec, const DensityFilterConfig& config, const Rng& root);

  FilterStep advance(const MarketStep& step);

  // Learns from what the feed printed over the steps since the last reading or discard().
  // A reading that is not of exactly that stretch is not used. Either way the next stretch begins.
  FilterReading observe(const FeedReading& reading);
  // The stretch had no reading, or none is on its way.
  void discard();

  const InstrumentSpec& spec() const { return spec_; }
  const PositionDensity& density() const { return density_; }
  std::span<const double> weights() const { return weights_.weights(); }
  double effective_count() const { return weights_.effective_count(); }
  const ObservationFactor& factor() const { return factor_; }
  std::uint64_t reading_count() const { return reading_count_; }
  std::uint64_t resampling_count() const { return resampling_count_; }
  std::size_t kernel_fit_count() const { return learner_.fit_count(); }
  // How far the members' weighted mean kernel is from the learnt one: the sum of the differences; 0
  // before the first fit. It grows as weights move; a reading of a fine feed leaves at most
  // kKernelDriftMax.
  double kernel_drift() const;
  static constexpr double kKernelDriftMax = 0.02;

  // What the feed would print if `swept_usd` were crossed within one reading; absent before the
  // first reading that taught the factor something.
  std::optional<double> expected_liquidation_usd(double swept_usd) const;

  // Everything that the next step depends on; restore() continues bit for bit.
  std::vector<std::uint8_t> checkpoint() const;
  // Errors: those of PositionDensity::restore(); kTruncated, kOutOfRange. The state is untouched
  // then. Requires: made with the same configuration and root.
  Result<void> restore(std::span<const std::uint8_t> bytes, UnixNanos resumes_at);

  std::uint64_t state_hash() const;
  std::size_t memory_bytes() const;

 private:
  double usd_of_quote(const StepReport& report, Side side) const;
  std::span<const double> swept_usd(Side side) const;
  double mean_swept_usd(Side side) const;
  bool add_log_likelihoods(const FeedReading& reading, Side side, std::vector<double>& sum);
  bool add_print_likelihoods(const FeedReading& reading, Side side, std::vector<double>& sum);
  double background_usd(double seconds) const;
  void learn(const FeedReading& reading, Side side);
  void meet_feed(const FeedReading& reading);
  const ObservationFactorConfig& published_factor_config() const;
  ObservationFactorConfig factor_config(const EnsembleMember& member) const;
  void resample();
  void learn_kernel(const FeedReading& reading);
  double hidden_usd_of(const FeedReading& reading, Side side);
  bool is_fine() const { return fine_rule_ != Completeness::kUnknown; }
  void collect_for_kernel(const MarketStep& step);
  void collect_crossed();
  double native_of_usd(double usd) const;
  // Gives the members their own kernels, or, once there is a learnt one, kernels whose weighted
  // mean it is; the mass is laid out anew.
  void spread_kernels();
  void save_tail(StateWriter& out) const;

  InstrumentSpec spec_;
  DensityFilterConfig config_;
  Rng root_;
  std::vector<EnsembleMember> members_;
  PositionDensity density_;
  EnsembleWeights weights_;
  ObservationFactor factor_;  // of the weighted mean: what is published
  std::vector<ObservationFactor> member_factors_;
  SizeLearner sizes_;
  std::optional<ShownIntensity> intensity_;  // of intensity_rule_ and fit intensity_fit_
  Completeness intensity_rule_ = Completeness::kUnknown;
  std::uint64_t intensity_fit_ = 0;
  std::vector<double> swept_usd_;  // since the stretch began, [side][member]
  std::optional<UnixNanos> stretch_begin_;
  UnixNanos stretch_end_{};
  KernelLearner learner_;
  // The rule of the last reading, if it was of a fine feed.
  Completeness fine_rule_ = Completeness::kUnknown;
  PooledFeed pooled_;                 // since that rule began
  std::vector<double> crossed_unit_;  // since the stretch began, [side][distance]; if is_fine()
  std::array<double, 2> opened_{};    // since the last reading that was learnt from, by Side
  double price_ = 0.0;                // the last close
  double quiet_usd_ = 0.0;            // printed while nothing was swept
  double quiet_seconds_ = 0.0;
  std::uint64_t reading_count_ = 0;
  std::uint64_t resampling_count_ = 0;
};

}  // namespace faultline
