#include "infer/observation_factor.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {
namespace {

// The residuals begin as if so many pairs had lain on the line, and the zeros as one in two.
constexpr double kResidualPriorWeight = 5.0;
constexpr double kZeroPriorWeight = 1.0;
constexpr double kZeroPriorShare = 0.5;
// A factor of about 150 either way: a single print must not carry the mean of exp(residual).
constexpr double kResidualMax = 5.0;
// What a state may say, so that nothing overflows later.
constexpr double kSumMax = 1e30;
constexpr double kInterceptMax = 100.0;  // ln USD
constexpr double kPriorTolerance = 1e-9;
constexpr double kLogExpectedMin = 0.0;  // a dollar: what is less is not divided by

bool is_amount(double value) { return std::isfinite(value) && value >= 0.0; }

}  // namespace

ObservationFactor::ObservationFactor(const ObservationFactorConfig& config) : config_(config) {
  FAULTLINE_CHECK(config.exponent_prior_sd > 0.0 && config.log_share_prior_sd > 0.0);
  FAULTLINE_CHECK(config.share_prior > 0.0 && config.half_life_pairs > 0.0);
  FAULTLINE_CHECK(config.usd_per_pair > 0.0 && config.sweep_variance >= 0.0);
  FAULTLINE_CHECK(config.exponent_prior >= 0.0 && config.exponent_prior <= kExponentMax);
  const double intercept = std::log(config.share_prior * kReferenceUsd);
  prior_[kInfo00] = 1.0 / (config.log_share_prior_sd * config.log_share_prior_sd);
  prior_[kInfo11] = 1.0 / (config.exponent_prior_sd * config.exponent_prior_sd);
  prior_[kRight0] = prior_[kInfo00] * intercept;
  prior_[kRight1] = prior_[kInfo11] * config.exponent_prior;
  prior_[kExpSum] = kResidualPriorWeight;
  prior_[kSquareSum] = kResidualPriorWeight;
  prior_[kResidualWeight] = kResidualPriorWeight;
  prior_[kZeroSum] = kZeroPriorWeight * kZeroPriorShare;
  prior_[kZeroWeight] = kZeroPriorWeight;
  state_ = prior_;
}

ObservationFactor::Line ObservationFactor::line() const {
  const double determinant = state_[kInfo00] * state_[kInfo11] - state_[kInfo01] * state_[kInfo01];
  const double slope =
      (state_[kInfo00] * state_[kRight1] - state_[kInfo01] * state_[kRight0]) / determinant;
  // Where the slope is held at an edge, the intercept is the best for that slope.
  const double held = std::clamp(slope, 0.0, kExponentMax);
  return Line{(state_[kRight0] - state_[kInfo01] * held) / state_[kInfo00], held};
}

double ObservationFactor::exponent() const { return line().slope; }

double ObservationFactor::residual_sigma() const {
  return std::sqrt(state_[kSquareSum] / state_[kResidualWeight]);
}

double ObservationFactor::exponent_error() const {
  const double determinant = state_[kInfo00] * state_[kInfo11] - state_[kInfo01] * state_[kInfo01];
  // In dollars the weights are one over the variance already.
  const double sigma = config_.weight == PairWeight::kDollars ? 1.0 : residual_sigma();
  return sigma * std::sqrt(state_[kInfo00] / determinant);
}

double ObservationFactor::zero_share() const { return state_[kZeroSum] / state_[kZeroWeight]; }

double ObservationFactor::smearing() const { return state_[kExpSum] / state_[kResidualWeight]; }

// What turns the line into dollars.
double ObservationFactor::level() const {
  return config_.weight == PairWeight::kDollars ? 1.0 : (1.0 - zero_share()) * smearing();
}

void ObservationFactor::forget_link(double share) {
  FAULTLINE_CHECK(share > 0.0 && share <= 1.0);
  for (std::size_t i = kInfo00; i <= kRight1; ++i) state_[i] = prior_[i];
  // The line's intercept moves by ln share: right-hand sides are information times means.
  state_[kRight0] += state_[kInfo00] * std::log(share);
  state_[kRight1] += state_[kInfo01] * std::log(share);
}

double ObservationFactor::factor() const {
  const Line now = line();
  return level() * std::exp(now.intercept - now.slope * std::log(kReferenceUsd));
}

double ObservationFactor::expected_liquidation_usd(double swept_usd) const {
  FAULTLINE_CHECK(is_amount(swept_usd));
  if (swept_usd == 0.0) return 0.0;
  const Line now = line();
  return level() * std::exp(now.intercept + now.slope * std::log(swept_usd / kReferenceUsd));
}

// What is forgotten comes back from the prior, so that its weight never changes.
void ObservationFactor::fade(Slot first, Slot last, double weight) {
  const double kept = std::exp2(-weight / config_.half_life_pairs);
  for (std::size_t i = first; i <= last; ++i) {
    state_[i] = kept * state_[i] + (1.0 - kept) * prior_[i];
  }
}

void ObservationFactor::add_to_line(double weight, double x, double y) {
  fade(kInfo00, kRight1, weight);
  state_[kInfo00] += weight;
  state_[kInfo01] += weight * x;
  state_[kInfo11] += weight * x * x;
  state_[kRight0] += weight * y;
  state_[kRight1] += weight * x * y;
}

// One step of iteratively weighted least squares.
void ObservationFactor::learn_dollars(const Line& before, double x, double printed_usd) {
  const double log_expected = std::max(before.intercept + before.slope * x, kLogExpectedMin);
  const double expected = std::exp(log_expected);
  const double pairs = expected / config_.usd_per_pair;
  const double weight = pairs / (1.0 + config_.sweep_variance * pairs);
  // A sweep of less than an order prints seldom, and then many times what was expected: held at a
  // multiple of that, it would seem to print less than it does.
  const double excess = std::min(printed_usd / expected - 1.0, kExcessMax / std::min(weight, 1.0));
  add_to_line(weight, x, log_expected + excess);
}

Result<void> ObservationFactor::learn(const SweepPair& pair) {
  FAULTLINE_CHECK(is_amount(pair.swept_usd));
  if (!is_amount(pair.printed_usd)) return Error{Errc::kOutOfRange};
  if (pair.swept_usd < kSweptMinUsd) {
    state_[kUnexplained] += pair.printed_usd;
    return {};
  }
  state_[kPairs] += 1.0;
  fade(kZeroSum, kZeroWeight, 1.0);
  state_[kZeroWeight] += 1.0;
  const double x = std::log(pair.swept_usd / kReferenceUsd);
  const Line before = line();
  if (config_.weight == PairWeight::kDollars) learn_dollars(before, x, pair.printed_usd);
  if (pair.printed_usd == 0.0) {
    state_[kZeroSum] += 1.0;
    return {};
  }
  const double y = std::log(pair.printed_usd);
  const double residual =
      std::clamp(y - before.intercept - before.slope * x, -kResidualMax, kResidualMax);
  fade(kExpSum, kResidualWeight, 1.0);
  state_[kExpSum] += std::exp(residual);
  state_[kSquareSum] += residual * residual;
  state_[kResidualWeight] += 1.0;
  if (config_.weight == PairWeight::kEqual) add_to_line(1.0, x, y);
  return {};
}

Result<ObservationFactor> ObservationFactor::restore(const ObservationFactorConfig& config,
                                                     std::span<const double> state) {
  if (state.size() != kStateSize) return Error{Errc::kBadFormat};
  ObservationFactor restored(config);
  for (std::size_t i = 0; i < kStateSize; ++i) {
    const bool has_sign = i == kInfo01 || i == kRight0 || i == kRight1;
    // What is forgotten comes back from the prior, so that no sum is ever below it.
    const double least = has_sign ? -kSumMax : (1.0 - kPriorTolerance) * restored.prior_[i];
    if (!(state[i] >= least && state[i] <= kSumMax)) return Error{Errc::kOutOfRange, i};
    restored.state_[i] = state[i];
  }
  const double determinant = state[kInfo00] * state[kInfo11] - state[kInfo01] * state[kInfo01];
  if (!(determinant > 0.0)) return Error{Errc::kOutOfRange, kInfo01};
  if (!(state[kZeroSum] < state[kZeroWeight])) return Error{Errc::kOutOfRange, kZeroSum};
  if (!(std::abs(restored.line().intercept) <= kInterceptMax))
    return Error{Errc::kOutOfRange, kRight0};
  return restored;
}

}  // namespace faultline
