#include "infer/kernel_em.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr double kSumTolerance = 1e-6;

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

bool is_amount(double value) { return std::isfinite(value) && value >= 0.0; }

// What a checkpoint may say, so that no sum or product overflows later.
constexpr double kAmountMax = 1e60;
bool is_kept_amount(double value) { return value >= 0.0 && value <= kAmountMax; }

// 0·ln 0 is 0: what has no weight and no claim to one adds nothing.
double weighted_log(double weight, double value) {
  return weight > 0.0 ? weight * std::log(value) : 0.0;
}

// What one pass over the evidence gives at the current weights.
struct Expectation {
  std::vector<double> liquidated;  // E_j
  double explained = 0.0;
  double objective = 0.0;
};

void expect(const KernelEvidence& evidence, std::span<const double> weights, Expectation& out) {
  std::ranges::fill(out.liquidated, 0.0);
  out.explained = 0.0;
  out.objective = 0.0;
  for (std::size_t t = 0; t < evidence.observation_count(); ++t) {
    const std::span<const double> crossed = evidence.crossed(t);
    double sum = 0.0;
    for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] * crossed[j];
    if (!(sum > 0.0)) continue;
    const double liquidated = evidence.liquidated(t);
    const double factor = liquidated / sum;
    for (std::size_t j = 0; j < weights.size(); ++j) {
      out.liquidated[j] += factor * weights[j] * crossed[j];
    }
    out.explained += liquidated;
    out.objective += liquidated * std::log(sum / evidence.opened());
  }
}

}  // namespace

KernelEvidence::KernelEvidence(std::size_t bin_count) : reached_(bin_count, 0.0) {
  FAULTLINE_CHECK(bin_count >= 2);
}

void KernelEvidence::add_opened(double opened) {
  FAULTLINE_CHECK(is_amount(opened));
  opened_ += opened;
}

Result<void> KernelEvidence::add(std::span<const double> crossed_unit, double liquidated) {
  FAULTLINE_CHECK(crossed_unit.size() == reached_.size());
  FAULTLINE_CHECK(std::ranges::all_of(crossed_unit, is_amount));
  if (!is_amount(liquidated)) return Error{Errc::kOutOfRange};
  if (liquidated > 0.0) {
    if (liquidated_.size() == kObservationsMax) return Error{Errc::kLimit};
    crossed_.insert(crossed_.end(), crossed_unit.begin(), crossed_unit.end());
    liquidated_.push_back(liquidated);
  }
  for (std::size_t j = 0; j < reached_.size(); ++j) reached_[j] += crossed_unit[j];
  return {};
}

void KernelEvidence::save(StateWriter& out) const {
  out.put(opened_);
  out.put_all(std::span<const double>(reached_));
  out.put_list(std::span<const double>(liquidated_));
  out.put_all(std::span<const double>(crossed_));
}

bool KernelEvidence::load(StateReader& in) {
  opened_ = in.get<double>();
  in.get_all(std::span<double>(reached_));
  liquidated_ = in.get_list<double>();
  if (liquidated_.size() > kObservationsMax) return false;
  crossed_.resize(liquidated_.size() * bin_count());
  in.get_all(std::span<double>(crossed_));
  return in.has_all() && is_kept_amount(opened_) && std::ranges::all_of(reached_, is_kept_amount) &&
         std::ranges::all_of(liquidated_, is_kept_amount) &&
         std::ranges::all_of(crossed_, is_kept_amount);
}

double KernelEvidence::liquidated_total() const { return sum_of(liquidated_); }

std::span<const double> KernelEvidence::crossed(std::size_t observation) const {
  return std::span(crossed_).subspan(observation * bin_count(), bin_count());
}

double KernelEvidence::chance(std::size_t bin) const {
  return opened_ > 0.0 ? std::min(reached_[bin] / opened_, 1.0) : 0.0;
}

KernelFit fit_kernel(const KernelEvidence& evidence, std::span<const double> start,
                     std::span<const double> prior, const KernelEmConfig& config) {
  const std::size_t bins = evidence.bin_count();
  FAULTLINE_CHECK(start.size() == bins && prior.size() == bins);
  FAULTLINE_CHECK(std::ranges::all_of(start, is_amount) && std::ranges::all_of(prior, is_amount));
  FAULTLINE_CHECK(std::abs(sum_of(start) - 1.0) <= kSumTolerance);
  KernelFit fit;
  fit.weights.assign(start.begin(), start.end());
  fit.expected.assign(bins, 0.0);
  fit.liquidated_exceeds_opened = evidence.liquidated_total() > evidence.opened();
  if (evidence.opened() == 0.0) return fit;
  std::vector<double> unreached(bins);
  for (std::size_t j = 0; j < bins; ++j) unreached[j] = 1.0 - evidence.chance(j);
  Expectation expectation{.liquidated = std::vector<double>(bins)};
  std::vector<double> counts(bins);
  for (std::uint32_t i = 0; i < config.iterations_max && !fit.is_converged; ++i) {
    expect(evidence, fit.weights, expectation);
    fit.unexplained = evidence.liquidated_total() - expectation.explained;
    fit.survivors = std::max(evidence.opened() - evidence.liquidated_total(), 0.0);
    double survival = 0.0;
    for (std::size_t j = 0; j < bins; ++j) survival += fit.weights[j] * unreached[j];
    double objective = expectation.objective + weighted_log(fit.survivors, survival);
    for (std::size_t j = 0; j < bins; ++j) objective += weighted_log(prior[j], fit.weights[j]);
    fit.objective.push_back(objective);
    double total = 0.0;
    for (std::size_t j = 0; j < bins; ++j) {
      const double survived =
          survival > 0.0 ? fit.survivors * fit.weights[j] * unreached[j] / survival : 0.0;
      counts[j] = expectation.liquidated[j] + survived + prior[j];
      total += counts[j];
    }
    if (!(total > 0.0)) break;
    double change = 0.0;
    for (std::size_t j = 0; j < bins; ++j) {
      const double weight = counts[j] / total;
      change = std::max(change, std::abs(weight - fit.weights[j]));
      fit.weights[j] = weight;
    }
    fit.is_converged = change < config.tolerance;
  }
  fit.expected = expectation.liquidated;
  return fit;
}

double kernel_log_likelihood(const KernelEvidence& evidence, std::span<const double> weights) {
  FAULTLINE_CHECK(weights.size() == evidence.bin_count());
  FAULTLINE_CHECK(std::ranges::all_of(weights, [](double weight) { return weight > 0.0; }));
  double objective = 0.0;
  for (std::size_t t = 0; t < evidence.observation_count(); ++t) {
    const std::span<const double> crossed = evidence.crossed(t);
    const double sum = std::inner_product(weights.begin(), weights.end(), crossed.begin(), 0.0);
    if (sum > 0.0) objective += evidence.liquidated(t) * std::log(sum / evidence.opened());
  }
  double survival = 0.0;
  for (std::size_t j = 0; j < weights.size(); ++j)
    survival += weights[j] * (1.0 - evidence.chance(j));
  const double survivors = std::max(evidence.opened() - evidence.liquidated_total(), 0.0);
  return objective + weighted_log(survivors, survival);
}

std::vector<double> dirichlet_prior(std::span<const double> kernel, double strength) {
  FAULTLINE_CHECK(is_amount(strength));
  std::vector<double> prior(kernel.begin(), kernel.end());
  for (double& count : prior) count *= strength;
  return prior;
}

}  // namespace faultline
