#include "infer/ensemble_prior.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {
namespace {

// Below it a Dirichlet weight would be zero to all digits, and zero is for ever.
constexpr double kConcentrationMin = 1e-3;
constexpr double kChurnMax = 0.99;  // a member for whom nearly all volume is churn opens nothing

double truncated_normal(Rng& rng, double mean, double sd, double low, double high) {
  FAULTLINE_CHECK(low < high && mean >= low && mean <= high);
  // At least every other draw is inside when the mean is, unless the sd dwarfs the interval.
  for (;;) {
    const double value = mean + sd * rng.normal();
    if (value >= low && value <= high) return value;
  }
}

// Weights from a Dirichlet law with the given means.
template <class Weights>
Weights draw_around(Rng& rng, const Weights& means, double concentration) {
  std::vector<double> concentrations;
  concentrations.reserve(means.size());
  for (const double mean : means) {
    concentrations.push_back(mean > 0.0 ? std::max(concentration * mean, kConcentrationMin) : 0.0);
  }
  Weights weights = means;
  dirichlet_draw(rng, concentrations, weights);
  return weights;
}

MemberParameters draw_parameters(const EnsemblePrior& prior, const DensityConfig& config,
                                 Rng& rng) {
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  MemberParameters member;
  member.churn = std::min(beta_draw(rng, prior.churn), kChurnMax);
  const double logit = prior.close_split.stationary_sigma() * rng.normal();
  member.close_split = 1.0 / (1.0 + std::exp(-logit));
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    member.closing_per_day[c] =
        config.closing_per_day[c] * std::exp(prior.hazard_log_sigma * rng.normal());
  }
  member.entry_weights = draw_around(rng, config.entry_weights, prior.entry_concentration);
  const double median = config.kernel_median * std::exp(prior.log_median_sigma * rng.normal());
  const double sigma = truncated_normal(rng, config.kernel_sigma, prior.kernel_sigma_sd,
                                        prior.kernel_sigma_min, prior.kernel_sigma_max);
  member.kernel =
      draw_around(rng, log_normal_kernel(grid, median, sigma), prior.kernel_concentration);
  return member;
}

}  // namespace

double CloseSplitLaw::stationary_sigma() const {
  FAULTLINE_CHECK(persistence >= 0.0 && persistence < 1.0 && innovation >= 0.0);
  return innovation / std::sqrt(1.0 - persistence * persistence);
}

EnsembleMember draw_member(const EnsemblePrior& prior, const DensityConfig& config, const Rng& root,
                           std::size_t index) {
  if (index == 0) {
    const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
    const double book_share = prior.book_share.a / (prior.book_share.a + prior.book_share.b);
    return EnsembleMember{central_member(config, grid), MemberObservation{book_share}};
  }
  // The observation has a stream of its own, so that a change of one part shifts no other.
  Rng of_parameters = root.stream("ensemble_member", index);
  Rng of_observation = root.stream("ensemble_observation", index);
  EnsembleMember member;
  member.parameters = draw_parameters(prior, config, of_parameters);
  member.observation.book_share = beta_draw(of_observation, prior.book_share);
  return member;
}

std::vector<EnsembleMember> draw_ensemble(const EnsemblePrior& prior, const DensityConfig& config,
                                          const Rng& root, std::size_t count) {
  FAULTLINE_CHECK(count >= 1 && count <= kEnsembleMembersMax);
  std::vector<EnsembleMember> members;
  for (std::size_t index = 0; index < count; ++index) {
    members.push_back(draw_member(prior, config, root, index));
  }
  return members;
}

std::vector<MemberParameters> parameters_of(const std::vector<EnsembleMember>& members) {
  std::vector<MemberParameters> parameters;
  parameters.reserve(members.size());
  for (const EnsembleMember& member : members) parameters.push_back(member.parameters);
  return parameters;
}

}  // namespace faultline
