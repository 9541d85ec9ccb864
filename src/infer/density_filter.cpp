#include "infer/density_filter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr std::uint64_t kMagic = 0x3530544c49464c46ULL;  // "FLFILT05"
// The spread of ln Λ around what the factor says is the factor's own, within these.
constexpr double kSigmaMin = 0.3;
constexpr double kSigmaMax = 2.5;
// A dollar an hour was printed without a sweep before anything was seen: not zero, because a member
// that swept nothing is not impossible.
constexpr double kQuietUsdPrior = 1.0;
constexpr double kQuietSecondsPrior = 3600.0;
constexpr double kBookShareMin = 1e-3;

constexpr double kKernelTolerance = 1e-6;  // of the sum of a checkpoint's kernel

bool are_amounts(std::span<const double> values) {
  return std::ranges::all_of(values,
                             [](double value) { return std::isfinite(value) && value >= 0.0; });
}

// What jitter and factors rely on in a member that was read from a checkpoint.
bool is_sound(const EnsembleMember& member, const EnsemblePrior& prior) {
  const std::vector<double>& kernel = member.parameters.kernel;
  const double sum = std::accumulate(kernel.begin(), kernel.end(), 0.0);
  return are_amounts(kernel) && std::abs(sum - 1.0) < kKernelTolerance &&
         are_amounts(std::array{member.observation.book_share, member.shape.median_factor}) &&
         member.shape.median_factor > 0.0 &&
         std::abs(member.shape.sigma_shift) <= prior.kernel_sigma_shift_max;
}

// Where a checkpoint's number of seconds or sum of prints stops being one.
constexpr double kPooledMax = 1e18;

void save_pooled(const PooledFeed& pooled, StateWriter& out) {
  for (const FeedEvidence& evidence : pooled.recent) {
    for (const double value : {evidence.observed_seconds, evidence.shown_count, evidence.shown_usd,
                               evidence.survival_sum, evidence.log_density_sum})
      out.put(value);
  }
  out.put(pooled.shown_usd);
  out.put(pooled.hidden_usd);
  out.put(pooled.crowded_usd);
}

bool load_pooled(StateReader& in, PooledFeed& pooled) {
  const auto is_amount = [](double value) { return value >= 0.0 && value <= kPooledMax; };
  bool is_sound = true;
  for (FeedEvidence& evidence : pooled.recent) {
    for (double* value : {&evidence.observed_seconds, &evidence.shown_count, &evidence.shown_usd,
                          &evidence.survival_sum}) {
      *value = in.get<double>();
      is_sound = is_sound && is_amount(*value);
    }
    evidence.log_density_sum = in.get<double>();
    is_sound = is_sound && std::abs(evidence.log_density_sum) <= kPooledMax;
  }
  for (double* value : {&pooled.shown_usd, &pooled.hidden_usd, &pooled.crowded_usd}) {
    *value = in.get<double>();
    is_sound = is_sound && is_amount(*value);
  }
  return is_sound && in.has_all();
}

DensityConfig checked(const DensityFilterConfig& config) {
  FAULTLINE_CHECK(config.members >= 1 && config.members <= kEnsembleMembersMax);
  FAULTLINE_CHECK(config.jitter_kept >= 0.0 && config.jitter_kept <= 1.0);
  return config.density;
}

}  // namespace

DensityFilter::DensityFilter(const InstrumentSpec& spec, const DensityFilterConfig& config,
                             const Rng& root)
    : spec_(spec),
      config_(config),
      root_(root),
      members_(draw_ensemble(config.prior, checked(config), root, config.members)),
      density_(config.density, parameters_of(members_)),
      weights_(config.members, config.weights),
      factor_(config.factor),
      sizes_(config.sizes),
      swept_usd_(2 * config.members, 0.0),
      learner_(density_.grid(), kernel_candidates(config.prior, config.density), config.kernel),
      crossed_unit_(2 * density_.grid().size(), 0.0) {
  for (const EnsembleMember& member : members_) member_factors_.emplace_back(factor_config(member));
}

// A member's own share of swept mass is the prior of its factor.
ObservationFactorConfig DensityFilter::factor_config(const EnsembleMember& member) const {
  const BetaShape& law = config_.prior.book_share;
  const double mean = law.a / (law.a + law.b);
  ObservationFactorConfig config = config_.factor;
  config.share_prior *= std::max(member.observation.book_share, kBookShareMin) / mean;
  return config;
}

// USD per unit of quote money that PositionDensity counts: its prices times native units.
double DensityFilter::usd_of_quote(const StepReport& report, Side side) const {
  const double multiplier = to_double_approx(spec_.contract_multiplier);
  if (spec_.kind == ContractKind::kLinear) return multiplier;
  // A contract of an inverse kind is worth its face whatever the price, so the price is taken out
  // again: the mean of what the step swept, which the members share up to the step's range.
  const std::size_t s = index_of(side);
  return report.swept_quote[s] > 0.0 ? multiplier * report.swept[s] / report.swept_quote[s] : 0.0;
}

FilterStep DensityFilter::advance(const MarketStep& step) {
  FilterStep out;
  out.report = density_.advance(step);
  if (!stretch_begin_) stretch_begin_ = step.begin;
  stretch_end_ = step.end;
  if (config_.learns_kernel) collect_for_kernel(step);
  const std::size_t members = members_.size();
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    if (out.report.swept[s] <= 0.0) continue;
    const double unit = usd_of_quote(out.report, side);
    for (std::size_t m = 0; m < members; ++m) {
      const double usd = density_.swept_quote(side, m) * unit;
      swept_usd_[s * members + m] += usd;
      out.crossed_usd[s] += weights()[m] * usd;
    }
    out.returned_usd[s] = out.crossed_usd[s] * out.report.returned[s] / out.report.swept[s];
  }
  return out;
}

std::span<const double> DensityFilter::swept_usd(Side side) const {
  return std::span(swept_usd_).subspan(index_of(side) * members_.size(), members_.size());
}

double DensityFilter::mean_swept_usd(Side side) const {
  const std::span<const double> swept = swept_usd(side);
  return std::inner_product(swept.begin(), swept.end(), weights().begin(), 0.0);
}

double DensityFilter::background_usd(double seconds) const {
  return seconds * (quiet_usd_ + kQuietUsdPrior) / (quiet_seconds_ + kQuietSecondsPrior);
}

// False when the prints are not what the feed's rule allows.
bool DensityFilter::add_log_likelihoods(const FeedReading& reading, Side side,
                                        std::vector<double>& sum) {
  const std::optional<double> printed = reading.printed_usd(side);
  if (!printed) return true;
  if (reading.has_prints && shows_intensity(reading.completeness)) {
    return add_print_likelihoods(reading, side, sum);
  }
  const double background = background_usd(reading.seconds());
  const std::span<const double> swept = swept_usd(side);
  for (std::size_t m = 0; m < sum.size(); ++m) {
    sum[m] += config_.total_power *
              total_log_likelihood(member_factors_[m], {swept[m], *printed}, background);
  }
  return true;
}

bool DensityFilter::add_print_likelihoods(const FeedReading& reading, Side side,
                                          std::vector<double>& sum) {
  const ObservedWindow window{static_cast<std::uint64_t>(reading.seconds()),
                              reading.shown_usd[index_of(side)]};
  if (window.observed_seconds == 0) return true;
  const Result<FeedEvidence> evidence = evidence_of(window, reading.completeness, sizes_.sizes());
  if (!evidence) return false;
  const FeedRule rule{.completeness = reading.completeness};
  if (!intensity_ || intensity_rule_ != rule.completeness || intensity_fit_ != sizes_.fit_count()) {
    intensity_.emplace(rule, sizes_.sizes());
    intensity_rule_ = rule.completeness;
    intensity_fit_ = sizes_.fit_count();
  }
  const SpreadLikelihood likelihood(*evidence, rule);
  const double background = background_usd(reading.seconds());
  const std::span<const double> swept = swept_usd(side);
  for (std::size_t m = 0; m < sum.size(); ++m) {
    const ObservationFactor& factor = member_factors_[m];
    const double sigma = std::clamp(factor.residual_sigma(), kSigmaMin, kSigmaMax);
    // The factor's mean is that of a log-normal, whose median lies lower.
    const double to_median = std::exp(-0.5 * sigma * sigma);
    const double usd = factor.expected_liquidation_usd(swept[m]) * to_median + background;
    sum[m] += likelihood.log_of(intensity_->per_second(usd / reading.seconds()), sigma);
  }
  return true;
}

// Requires: amounts, which observe() has made sure of.
void DensityFilter::learn(const FeedReading& reading, Side side) {
  const std::optional<double> printed = reading.printed_usd(side);
  if (!printed) return;
  const double mean = mean_swept_usd(side);
  FAULTLINE_CHECK(factor_.learn({mean, *printed}));
  const std::span<const double> swept = swept_usd(side);
  for (std::size_t m = 0; m < members_.size(); ++m) {
    FAULTLINE_CHECK(member_factors_[m].learn({swept[m], *printed}));
  }
  if (mean < ObservationFactor::kSweptMinUsd) {
    quiet_usd_ += *printed;
    quiet_seconds_ += reading.seconds();
  }
  if (!reading.has_prints || !shows_intensity(reading.completeness)) return;
  sizes_.learn(reading.shown_usd[index_of(side)], reading.seconds(), reading.completeness);
}

FilterReading DensityFilter::observe(const FeedReading& reading) {
  FilterReading out;
  const bool is_of_stretch =
      stretch_begin_ && *stretch_begin_ == reading.begin && stretch_end_ == reading.end;
  out.is_used = is_of_stretch;
  for (const Side side : kSides) {
    const std::optional<double> printed = reading.printed_usd(side);
    out.printed_usd[index_of(side)] = printed;
    out.is_used = out.is_used && !(printed && !(std::isfinite(*printed) && *printed >= 0.0));
  }
  // What was crossed by distance is known of this stretch only if the feed was fine before it.
  const Completeness rule_before = fine_rule_;
  const ObservationFactor factor_before = factor_;
  const PooledFeed pooled_before = pooled_;
  if (out.is_used) meet_feed(reading);
  std::vector<double> log_likelihoods(members_.size(), 0.0);
  bool tells = false;
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    const double swept = mean_swept_usd(side);
    out.expected_liquidation_usd[s] = factor_.expected_liquidation_usd(swept);
    const bool has_news = swept > 0.0 || out.printed_usd[s].value_or(0.0) > 0.0;
    if (!out.is_used || !has_news || members_.size() == 1) continue;
    tells = true;
    out.is_used = add_log_likelihoods(reading, side, log_likelihoods);
  }
  if (out.is_used) {
    ++reading_count_;
    for (const Side side : kSides) learn(reading, side);
    if (rule_before != Completeness::kUnknown && is_fine()) learn_kernel(reading);
    if (tells) weights_.update(log_likelihoods);
    out.moved_weights = tells;
    if (tells && weights_.wants_resampling()) {
      resample();
      out.was_resampled = true;
    } else if (is_fine() && kernel_drift() > kKernelDriftMax) {
      spread_kernels();
    }
  } else if (fine_rule_ != rule_before) {
    // What is refused says nothing of the feed either.
    fine_rule_ = rule_before;
    factor_ = factor_before;
    pooled_ = pooled_before;
  }
  discard();
  return out;
}

const ObservationFactorConfig& DensityFilter::published_factor_config() const {
  return is_fine() ? config_.fine_factor : config_.factor;
}

// Which kind of feed this is shows with its readings.
void DensityFilter::meet_feed(const FeedReading& reading) {
  const bool is_fine =
      config_.learns_kernel && reading.has_prints && shows_intensity(reading.completeness);
  const Completeness rule = is_fine ? reading.completeness : Completeness::kUnknown;
  if (rule == fine_rule_) return;
  fine_rule_ = rule;
  factor_ = ObservationFactor(published_factor_config());
  pooled_ = {};
}

void DensityFilter::discard() {
  stretch_begin_.reset();
  std::ranges::fill(swept_usd_, 0.0);
  std::ranges::fill(crossed_unit_, 0.0);
}

void DensityFilter::resample() {
  Rng draw = root_.stream("ensemble_resample", resampling_count_);
  const std::vector<std::size_t> parents = weights_.resample(draw);
  std::vector<EnsembleMember> next;
  next.reserve(members_.size());
  std::vector<ObservationFactor> factors;
  factors.reserve(members_.size());
  for (std::size_t m = 0; m < parents.size(); ++m) {
    const EnsembleMember& parent = members_[parents[m]];
    if (parents[m] == m) {
      next.push_back(parent);
      factors.push_back(member_factors_[m]);
      continue;
    }
    Rng jitter = root_.stream("ensemble_jitter", resampling_count_ * kEnsembleMembersMax + m);
    next.push_back(jittered(config_.prior, config_.density, parent, config_.jitter_kept, jitter));
    // What the parent's factor has learnt goes on, under the prior of the child's own share.
    Result<ObservationFactor> factor =
        ObservationFactor::restore(factor_config(next.back()), member_factors_[parents[m]].state());
    FAULTLINE_CHECK(factor);
    factors.push_back(factor.value());
  }
  members_ = std::move(next);
  member_factors_ = std::move(factors);
  std::vector<MemberParameters> parameters = parameters_of(members_);
  // The mass was laid out with the parents' kernels, and is laid out anew.
  for (std::size_t m = 0; m < parents.size(); ++m)
    parameters[m].kernel = density_.member(parents[m]).kernel;
  density_.resample(parents, std::move(parameters));
  spread_kernels();
  ++resampling_count_;
}

std::optional<double> DensityFilter::expected_liquidation_usd(double swept_usd) const {
  if (factor_.pairs_learnt() < 1.0) return std::nullopt;
  return factor_.expected_liquidation_usd(swept_usd);
}

// All but the density: what checkpoints and digests are made of.
void DensityFilter::save_tail(StateWriter& out) const {
  out.put_all(weights_.log_weights());
  out.put_all(std::span<const double>(factor_.state()));
  sizes_.save(out);
  save_pooled(pooled_, out);
  out.put_all(std::span<const double>(swept_usd_));
  out.put(static_cast<std::uint64_t>(stretch_begin_.has_value() ? 1 : 0));
  out.put(stretch_begin_.value_or(UnixNanos(0)).value);
  out.put(stretch_end_.value);
  learner_.save(out);
  out.put_all(std::span<const double>(crossed_unit_));
  out.put_all(std::span<const double>(opened_));
  out.put(price_);
  out.put(quiet_usd_);
  out.put(quiet_seconds_);
  out.put(reading_count_);
  out.put(resampling_count_);
  for (std::size_t m = 0; m < members_.size(); ++m) {
    out.put(members_[m].observation.book_share);
    out.put(members_[m].shape.median_factor);
    out.put(members_[m].shape.sigma_shift);
    out.put_all(std::span<const double>(members_[m].parameters.kernel));
    out.put_all(std::span<const double>(member_factors_[m].state()));
  }
}

std::vector<std::uint8_t> DensityFilter::checkpoint() const {
  StateWriter out;
  out.put(kMagic);
  out.put(static_cast<std::uint64_t>(fine_rule_));
  out.put_list(std::span<const std::uint8_t>(density_.checkpoint()));
  save_tail(out);
  return out.take_with_digest();
}

Result<void> DensityFilter::restore(std::span<const std::uint8_t> bytes, UnixNanos resumes_at) {
  if (bytes.size() < 2 * sizeof(std::uint64_t)) return Error{Errc::kTruncated, bytes.size()};
  const auto body = bytes.first(bytes.size() - sizeof(std::uint64_t));
  StateReader in(body);
  if (in.get<std::uint64_t>() != kMagic) return Error{Errc::kBadFormat, 0};
  if (!has_right_digest(bytes)) return Error{Errc::kCorrupt, body.size()};
  // Not a copy: the cells of this one would be held twice.
  DensityFilter fresh(spec_, config_, root_);
  const auto rule = in.get<std::uint64_t>();
  if (rule > static_cast<std::uint64_t>(Completeness::kUnknown)) return Error{Errc::kOutOfRange, 8};
  fresh.fine_rule_ = static_cast<Completeness>(rule);
  const auto density = in.get_list<std::uint8_t>();
  if (Result<void> done = fresh.density_.restore(density, resumes_at); !done) return done;
  std::vector<double> log_weights(members_.size());
  in.get_all(std::span<double>(log_weights));
  ObservationFactor::State factor{};
  in.get_all(std::span<double>(factor));
  if (!fresh.sizes_.load(in) || !load_pooled(in, fresh.pooled_))
    return Error{Errc::kOutOfRange, in.at()};
  in.get_all(std::span<double>(fresh.swept_usd_));
  const bool has_stretch = in.get<std::uint64_t>() != 0;
  const UnixNanos begin(in.get<std::int64_t>());
  fresh.stretch_begin_ = has_stretch ? std::optional(begin) : std::nullopt;
  fresh.stretch_end_ = UnixNanos(in.get<std::int64_t>());
  if (has_stretch && (begin > fresh.stretch_end_ || fresh.stretch_end_ > resumes_at))
    return Error{Errc::kOutOfRange, in.at()};
  if (!fresh.learner_.load(in)) return Error{Errc::kOutOfRange, in.at()};
  in.get_all(std::span<double>(fresh.crossed_unit_));
  in.get_all(std::span<double>(fresh.opened_));
  fresh.price_ = in.get<double>();
  fresh.quiet_usd_ = in.get<double>();
  fresh.quiet_seconds_ = in.get<double>();
  if (!are_amounts(fresh.swept_usd_) || !are_amounts(fresh.crossed_unit_) ||
      !are_amounts(fresh.opened_) ||
      !are_amounts(std::array{fresh.price_, fresh.quiet_usd_, fresh.quiet_seconds_})) {
    return Error{Errc::kOutOfRange, in.at()};
  }
  fresh.reading_count_ = in.get<std::uint64_t>();
  fresh.resampling_count_ = in.get<std::uint64_t>();
  for (std::size_t m = 0; m < members_.size(); ++m) {
    fresh.members_[m].observation.book_share = in.get<double>();
    fresh.members_[m].shape.median_factor = in.get<double>();
    fresh.members_[m].shape.sigma_shift = in.get<double>();
    // The density has the kernel with what was learnt; the draw itself is kept here.
    fresh.members_[m].parameters = fresh.density_.member(m);
    in.get_all(std::span<double>(fresh.members_[m].parameters.kernel));
    if (!is_sound(fresh.members_[m], config_.prior)) return Error{Errc::kOutOfRange, in.at()};
    ObservationFactor::State state{};
    in.get_all(std::span<double>(state));
    Result<ObservationFactor> one =
        ObservationFactor::restore(factor_config(fresh.members_[m]), state);
    if (!one) return one.error();
    fresh.member_factors_[m] = one.value();
  }
  if (!in.has_all() || !in.is_at_end()) return Error{Errc::kTruncated, bytes.size()};
  Result<EnsembleWeights> weights = EnsembleWeights::restore(config_.weights, log_weights);
  if (!weights) return weights.error();
  Result<ObservationFactor> restored =
      ObservationFactor::restore(fresh.published_factor_config(), factor);
  if (!restored) return restored.error();
  fresh.weights_ = std::move(weights).value();
  fresh.factor_ = restored.value();
  fresh.intensity_.reset();
  *this = std::move(fresh);
  return {};
}

std::uint64_t DensityFilter::state_hash() const {
  StateWriter tail;
  save_tail(tail);
  Hash64 hash;
  hash.add_u64(density_.state_hash()).add_bytes(tail.take());
  // Only where it decides something.
  if (is_fine()) hash.add_u64(static_cast<std::uint64_t>(fine_rule_));
  return hash.value();
}

std::size_t DensityFilter::memory_bytes() const {
  return density_.memory_bytes() + swept_usd_.size() * sizeof(double);
}

}  // namespace faultline
