#include "infer/ensemble_weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.hpp"

namespace faultline {
namespace {

// A member worse than the best by more than this counts as worse by this: enough for a weight of
// zero at full power, and finite, so that a smaller power can still keep it.
constexpr double kLogLikelihoodSpan = 1000.0;
// The same for the weights themselves: a member may come back.
constexpr double kLogWeightSpan = 100.0;
constexpr double kFloorRounding = 1e-9;  // weights that meet the floor exactly have met it
constexpr int kBisections = 50;
constexpr double kSumTolerance = 1e-9;
// Sums of weights reach a probability only up to rounding.
constexpr double kQuantileRounding = 1e-12;

bool is_share(double value) { return value >= 0.0 && value <= 1.0; }

double total(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

void exponentiate(std::span<const double> log_weights, std::vector<double>& weights) {
  for (std::size_t m = 0; m < weights.size(); ++m) weights[m] = std::exp(log_weights[m]);
  const double sum = total(weights);
  for (double& weight : weights) weight /= sum;
}

}  // namespace

EnsembleWeights::EnsembleWeights(std::size_t count, const EnsembleWeightsConfig& config)
    : config_(config) {
  FAULTLINE_CHECK(count >= 1);
  FAULTLINE_CHECK(config.tempering >= 0.0 && std::isfinite(config.tempering));
  FAULTLINE_CHECK(is_share(config.kept) && is_share(config.floor_share));
  FAULTLINE_CHECK(is_share(config.resample_share));
  log_weights_.assign(count, 0.0);
  weights_.assign(count, 1.0 / static_cast<double>(count));
}

// What is kept of the old weights times a power of the likelihood, in logs; the best is at 0.
void EnsembleWeights::mix(std::span<const double> log_likelihood, double power,
                          std::vector<double>& out) const {
  for (std::size_t m = 0; m < out.size(); ++m) {
    out[m] = config_.kept * log_weights_[m] + power * log_likelihood[m];
  }
  const double most = *std::ranges::max_element(out);
  for (double& weight : out) weight = std::max(weight - most, -kLogWeightSpan);
}

WeightUpdate EnsembleWeights::update(std::span<const double> log_likelihood) {
  FAULTLINE_CHECK(log_likelihood.size() == count());
  double best = -std::numeric_limits<double>::infinity();
  for (const double value : log_likelihood) {
    FAULTLINE_CHECK(value < std::numeric_limits<double>::infinity());
    best = std::max(best, value);
  }
  WeightUpdate result;
  result.is_uninformative = std::isinf(best);
  std::vector<double> relative(count(), 0.0);
  for (std::size_t m = 0; m < count() && !result.is_uninformative; ++m) {
    relative[m] = std::max(log_likelihood[m] - best, -kLogLikelihoodSpan);
  }
  const double floor =
      (1.0 - kFloorRounding) * std::max(config_.floor_share * static_cast<double>(count()), 1.0);
  std::vector<double> mixed(count());
  const auto effective = [&](double power) {
    mix(relative, power, mixed);
    exponentiate(mixed, weights_);
    return effective_count_of(weights_);
  };
  result.applied_tempering = config_.tempering;
  if (effective(config_.tempering) < floor) {
    result.is_limited = true;
    // Without the step the floor holds: it held before, and fading only evens weights out.
    double low = 0.0;
    double high = config_.tempering;
    for (int i = 0; i < kBisections; ++i) {
      const double middle = 0.5 * (low + high);
      (effective(middle) < floor ? high : low) = middle;
    }
    result.applied_tempering = low;
    effective(low);
  }
  log_weights_ = mixed;
  result.effective_count = effective_count();
  return result;
}

Result<EnsembleWeights> EnsembleWeights::restore(const EnsembleWeightsConfig& config,
                                                 std::span<const double> log_weights) {
  if (log_weights.empty()) return Error{Errc::kBadFormat};
  for (std::size_t m = 0; m < log_weights.size(); ++m) {
    const bool is_inside = log_weights[m] <= 0.0 && log_weights[m] >= -kLogWeightSpan;
    if (!is_inside) return Error{Errc::kOutOfRange, m};
  }
  EnsembleWeights restored(log_weights.size(), config);
  restored.log_weights_.assign(log_weights.begin(), log_weights.end());
  exponentiate(restored.log_weights_, restored.weights_);
  return restored;
}

double EnsembleWeights::effective_count() const { return effective_count_of(weights_); }

bool EnsembleWeights::wants_resampling() const {
  return effective_count() < config_.resample_share * static_cast<double>(count());
}

std::vector<std::size_t> EnsembleWeights::resample(Rng& rng) {
  const auto slots = static_cast<double>(count());
  const double offset = rng.uniform();
  std::vector<std::size_t> children(count(), 0);
  // Slot i takes the member whose stretch of the cumulative weights holds (i + offset)/n. The last
  // member takes what rounding leaves.
  std::size_t slot = 0;
  double upto = 0.0;
  for (std::size_t m = 0; m < count(); ++m) {
    upto += weights_[m] * slots;
    const bool is_last = m + 1 == count();
    while (slot < count() && (is_last || static_cast<double>(slot) + offset < upto)) {
      ++children[m];
      ++slot;
    }
  }
  std::vector<std::size_t> parents(count(), 0);
  std::size_t giver = 0;
  for (std::size_t m = 0; m < count(); ++m) {
    if (children[m] > 0) {
      parents[m] = m;
      continue;
    }
    while (children[giver] < 2) ++giver;
    parents[m] = giver;
    --children[giver];
  }
  std::ranges::fill(log_weights_, 0.0);
  std::ranges::fill(weights_, 1.0 / slots);
  return parents;
}

double effective_count_of(std::span<const double> weights) {
  double square = 0.0;
  for (const double weight : weights) square += weight * weight;
  return 1.0 / square;
}

EnsembleQuantiles weighted_quantiles(std::span<const double> values,
                                     std::span<const double> weights) {
  const std::size_t members = weights.size();
  FAULTLINE_CHECK(members > 0 && values.size() % members == 0);
  FAULTLINE_CHECK(std::abs(total(weights) - 1.0) <= kSumTolerance);
  struct Weighted {
    double value;
    double weight;
  };
  constexpr std::array kLevels{0.1, 0.5, 0.9};
  const std::size_t rows = values.size() / members;
  EnsembleQuantiles out;
  const std::array<std::vector<double>*, 3> columns{&out.p10, &out.p50, &out.p90};
  for (std::vector<double>* column : columns) column->resize(rows);
  std::vector<Weighted> sorted(members);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t m = 0; m < members; ++m) {
      sorted[m] = Weighted{values[row * members + m], weights[m]};
    }
    std::ranges::sort(sorted, {}, &Weighted::value);
    std::size_t at = 0;
    double upto = sorted[0].weight;
    for (std::size_t level = 0; level < kLevels.size(); ++level) {
      while (upto < kLevels[level] - kQuantileRounding && at + 1 < members) {
        upto += sorted[++at].weight;
      }
      (*columns[level])[row] = sorted[at].value;
    }
  }
  return out;
}

}  // namespace faultline
