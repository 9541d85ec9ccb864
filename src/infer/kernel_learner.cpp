#include "infer/kernel_learner.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {

KernelLearner::KernelLearner(const DistanceGrid& grid, std::vector<double> prior,
                             const KernelLearnerConfig& config)
    : original_(std::move(prior)),
      prior_(original_),
      kernel_(original_),
      config_(config),
      evidence_(original_.size()),
      line_(original_.size(), 0.0) {
  FAULTLINE_CHECK(original_.size() == grid.size() + 1);
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
      dirichlet_prior(prior_, config_.prior_strength * mean_position);
  kernel_ = fit_kernel(evidence_, kernel_, belief, config_.em).weights;
  fitted_at_ = seen;
  ++fit_count_;
  if (seen >= config_.generation) begin_generation();
  return kernel_;
}

void KernelLearner::begin_generation() {
  for (std::size_t j = 0; j < prior_.size(); ++j) {
    prior_[j] = config_.prior_kept * original_[j] + (1.0 - config_.prior_kept) * kernel_[j];
  }
  evidence_ = KernelEvidence(prior_.size());
  evidence_.add_opened(held_[0] + held_[1]);
  fitted_at_ = 0;
}

}  // namespace faultline
