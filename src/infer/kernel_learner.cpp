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

void KernelLearner::save(StateWriter& out) const {
  out.put_all(std::span<const double>(prior_));
  out.put_all(std::span<const double>(kernel_));
  evidence_.save(out);
  out.put_all(std::span<const double>(held_));
  out.put(static_cast<std::uint64_t>(has_stock_ ? 1 : 0));
  out.put(printed_);
  for (const std::size_t count : {prints_, fitted_at_, fit_count_})
    out.put(static_cast<std::uint64_t>(count));
}

bool KernelLearner::load(StateReader& in) {
  in.get_all(std::span<double>(prior_));
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
  return in.has_all() && is_weights(prior_) && is_weights(kernel_) && is_amount(printed_) &&
         std::ranges::all_of(held_, is_amount);
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
