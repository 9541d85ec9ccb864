#include "infer/kernel_learner.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr double kSumTolerance = 1e-6;

// What a checkpoint may say, so that nothing overflows later.
constexpr double kAmountMax = 1e60;
bool is_amount(double value) { return value >= 0.0 && value <= kAmountMax; }

}  // namespace

KernelLearner::KernelLearner(const DistanceGrid& grid, std::vector<KernelCandidate> candidates,
                             const KernelLearnerConfig& config)
    : candidates_(std::move(candidates)),
      config_(config),
      evidence_(grid.size() + 1),
      line_(grid.size() + 1, 0.0) {
  FAULTLINE_CHECK(!candidates_.empty());
  for (const KernelCandidate& one : candidates_) {
    FAULTLINE_CHECK(one.kernel.size() == line_.size() && std::isfinite(one.log_weight));
    FAULTLINE_CHECK(std::ranges::min(one.kernel) > 0.0);
  }
  for (const KernelCandidate& one : candidates_) original_log_weights_.push_back(one.log_weight);
  kernel_ = weighted_prior(1.0);
}

std::vector<double> KernelLearner::weighted_prior(double unit) const {
  std::vector<double> log_weights;
  for (const KernelCandidate& one : candidates_) {
    const double seen = evidence_.opened() > 0.0 ? kernel_log_likelihood(evidence_, one.kernel) : 0;
    // Of a checkpoint's numbers the quotient may be none.
    const double sum = one.log_weight + seen / unit;
    log_weights.push_back(std::isfinite(sum) ? sum : one.log_weight);
  }
  const double most = std::ranges::max(log_weights);
  std::vector<double> mean(line_.size(), 0.0);
  double total = 0.0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const double weight = std::exp(log_weights[i] - most);
    total += weight;
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += weight * candidates_[i].kernel[j];
  }
  for (double& weight : mean) weight /= total;
  if (inherited_.empty()) return mean;
  for (std::size_t j = 0; j < mean.size(); ++j)
    mean[j] = config_.prior_kept * mean[j] + (1.0 - config_.prior_kept) * inherited_[j];
  return mean;
}

void KernelLearner::add(Side side, const Observation& observation) {
  FAULTLINE_CHECK(observation.crossed_unit.size() + 1 == line_.size());
  // What is held before the first step had its entries, too.
  if (!has_stock_) {
    evidence_.add_opened(observation.held);
    has_stock_ = side == Side::kShort;
  } else {
    evidence_.add_opened(observation.opened);
  }
  held_[index_of(side)] = observation.held;
  std::ranges::copy(observation.crossed_unit, line_.begin());
  if (!evidence_.add(line_, observation.liquidated)) return;
  printed_ += observation.liquidated;
  prints_ += observation.prints;
}

std::optional<std::vector<double>> KernelLearner::fit() {
  const std::size_t seen = evidence_.observation_count();
  const double wanted = std::max(static_cast<double>(config_.first_fit),
                                 config_.refit_growth * static_cast<double>(fitted_at_));
  if (static_cast<double>(seen) < wanted || prints_ == 0) return std::nullopt;
  const double mean_position = printed_ / static_cast<double>(prints_);
  const std::vector<double> belief =
      dirichlet_prior(weighted_prior(mean_position), config_.prior_strength * mean_position);
  kernel_ = fit_kernel(evidence_, kernel_, belief, config_.em).weights;
  fitted_at_ = seen;
  ++fit_count_;
  if (seen >= config_.generation) begin_generation(mean_position);
  return kernel_;
}

void KernelLearner::save(StateWriter& out) const {
  for (const KernelCandidate& one : candidates_) out.put(one.log_weight);
  out.put_list(std::span<const double>(inherited_));
  out.put_all(std::span<const double>(kernel_));
  evidence_.save(out);
  out.put_all(std::span<const double>(held_));
  out.put(static_cast<std::uint64_t>(has_stock_ ? 1 : 0));
  out.put(printed_);
  for (const std::size_t count : {prints_, fitted_at_, fit_count_})
    out.put(static_cast<std::uint64_t>(count));
}

bool KernelLearner::load(StateReader& in) {
  for (KernelCandidate& one : candidates_) one.log_weight = in.get<double>();
  inherited_ = in.get_list<double>();
  in.get_all(std::span<double>(kernel_));
  if (!evidence_.load(in)) return false;
  in.get_all(std::span<double>(held_));
  has_stock_ = in.get<std::uint64_t>() != 0;
  printed_ = in.get<double>();
  prints_ = in.get<std::uint64_t>();
  fitted_at_ = in.get<std::uint64_t>();
  fit_count_ = in.get<std::uint64_t>();
  const auto is_weights = [](const std::vector<double>& weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    return std::abs(sum - 1.0) < kSumTolerance && std::ranges::min(weights) >= 0.0;
  };
  const std::size_t last = kernel_.size() - 1;  // "never", which no price crosses
  const bool has_inherited = inherited_.size() == kernel_.size() && is_weights(inherited_);
  // A fit divides by what was printed, and some candidate must explain what was seen.
  const bool is_explained =
      evidence_.observation_count() == 0 ||
      (printed_ > 0.0 && evidence_.opened() > 0.0 && evidence_.chance(last) < 1.0);
  return in.has_all() && (inherited_.empty() || has_inherited) && is_weights(kernel_) &&
         is_explained && is_amount(printed_) && std::ranges::all_of(held_, is_amount) &&
         std::ranges::all_of(candidates_, [](const KernelCandidate& one) {
           return std::abs(one.log_weight) <= kAmountMax;
         });
}

// What was seen speaks for the candidates in the next generation too, a generation before it by
// half of that, and so on: they forget as the kernel does.
void KernelLearner::begin_generation(double mean_position) {
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const double seen = kernel_log_likelihood(evidence_, candidates_[i].kernel) / mean_position;
    double& weight = candidates_[i].log_weight;
    weight = config_.prior_kept * original_log_weights_[i] +
             (1.0 - config_.prior_kept) * (weight + seen);
  }
  const double most =
      std::ranges::max_element(candidates_, {}, &KernelCandidate::log_weight)->log_weight;
  for (KernelCandidate& one : candidates_) one.log_weight -= most;
  inherited_ = kernel_;
  evidence_ = KernelEvidence(kernel_.size());
  evidence_.add_opened(held_[0] + held_[1]);
  fitted_at_ = 0;
}

}  // namespace faultline
