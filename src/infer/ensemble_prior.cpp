#include "infer/ensemble_prior.hpp"

#include <algorithm>
#include <array>
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

// Dirichlet parameters with these means, none so small that its weight would be zero for ever.
template <class Weights>
Weights concentrations_of(Weights means, double concentration) {
  for (double& mean : means) {
    mean = mean > 0.0 ? std::max(concentration * mean, kConcentrationMin) : 0.0;
  }
  return means;
}

// Weights from a Dirichlet law with the given means.
template <class Weights>
Weights draw_around(Rng& rng, const Weights& means, double concentration) {
  Weights weights = means;
  dirichlet_draw(rng, concentrations_of(means, concentration), weights);
  return weights;
}

DistanceGrid grid_of(const DensityConfig& config) {
  return DistanceGrid(config.distance_min, config.distance_max, config.distance_bins);
}

KernelPrior shaped(KernelPrior prior, const KernelLaw& law) {
  for (KernelShape* shape : {&prior.cross, &prior.isolated}) {
    shape->median *= law.median_factor;
    shape->sigma += law.sigma_shift;
  }
  return prior;
}

void draw_parameters(const EnsemblePrior& prior, const DensityConfig& config, Rng& rng,
                     EnsembleMember& out) {
  MemberParameters& member = out.parameters;
  member.churn = std::min(beta_draw(rng, prior.churn), kChurnMax);
  const double logit = prior.close_split.base_sigma * rng.normal();
  member.close_split = 1.0 / (1.0 + std::exp(-logit));
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    member.closing_per_day[c] =
        config.closing_per_day[c] * std::exp(prior.hazard_log_sigma * rng.normal());
  }
  member.entry_weights = draw_around(rng, config.entry_weights, prior.entry_concentration);
  out.shape.median_factor = std::exp(prior.log_median_sigma * rng.normal());
  out.shape.sigma_shift = truncated_normal(
      rng, 0.0, prior.kernel_sigma_sd, -prior.kernel_sigma_shift_max, prior.kernel_sigma_shift_max);
  member.kernel = draw_around(rng, mixed_kernel(grid_of(config), shaped(config.kernel, out.shape)),
                              prior.kernel_concentration);
}

// One step of an AR(1) around `mean` whose stationary standard deviation is `sd`.
double moved_normal(Rng& rng, double value, double mean, double sd, double kept) {
  return mean + kept * (value - mean) + std::sqrt(1.0 - kept * kept) * sd * rng.normal();
}

// Weights of Dirichlet(from) become weights of Dirichlet(to): the gammas behind them lose all but
// `kept` of their shape by beta thinning and are refilled.
template <class Weights>
Weights moved_weights(Rng& rng, const Weights& weights, const Weights& from, const Weights& to,
                      double kept) {
  double shape = 0.0;
  for (const double concentration : from) shape += concentration;
  const double total = gamma_draw(rng, shape);
  Weights moved = weights;
  double sum = 0.0;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const double stays = std::min(kept * from[i], to[i]);
    const double leaves = from[i] - stays;
    moved[i] *= total;
    if (leaves > 0.0) moved[i] *= stays > 0.0 ? beta_draw(rng, {stays, leaves}) : 0.0;
    if (to[i] > stays) moved[i] += gamma_draw(rng, to[i] - stays);
    sum += moved[i];
  }
  FAULTLINE_CHECK(sum > 0.0);
  for (double& weight : moved) weight /= sum;
  return moved;
}

double moved_beta(Rng& rng, double value, BetaShape shape, double kept) {
  const std::array<double, 2> both{shape.a, shape.b};
  return moved_weights(rng, std::array<double, 2>{value, 1.0 - value}, both, both, kept)[0];
}

// With `kept` = 0 a draw of the law, whatever `from` is.
CloseSplitResponse moved_response(const CloseSplitLaw& law, const CloseSplitResponse& center,
                                  const CloseSplitResponse& from, double kept, Rng& rng) {
  const auto moved = [&](double CloseSplitResponse::*coefficient, double sd) {
    return moved_normal(rng, from.*coefficient, center.*coefficient, sd, kept);
  };
  CloseSplitResponse out;
  const double log_ratio = std::log(from.half_life_hours / center.half_life_hours);
  out.half_life_hours = center.half_life_hours *
                        std::exp(moved_normal(rng, log_ratio, 0.0, law.half_life_log_sigma, kept));
  out.taker_imbalance = moved(&CloseSplitResponse::taker_imbalance, law.taker_imbalance_sigma);
  out.step_return = moved(&CloseSplitResponse::step_return, law.step_return_sigma);
  out.interest_sign = moved(&CloseSplitResponse::interest_sign, law.interest_sign_sigma);
  return out;
}

}  // namespace

EnsembleMember draw_member(const EnsemblePrior& prior, const DensityConfig& config, const Rng& root,
                           std::size_t index) {
  if (index == 0) {
    const double book_share = prior.book_share.a / (prior.book_share.a + prior.book_share.b);
    return EnsembleMember{central_member(config, grid_of(config)), MemberObservation{book_share},
                          KernelLaw{}};
  }
  // Each part has a stream of its own, so that a change of one shifts no other.
  Rng of_parameters = root.stream("ensemble_member", index);
  Rng of_observation = root.stream("ensemble_observation", index);
  Rng of_response = root.stream("ensemble_close_split", index);
  EnsembleMember member;
  draw_parameters(prior, config, of_parameters, member);
  member.parameters.close_response = moved_response(prior.close_split, config.close_response,
                                                    config.close_response, 0.0, of_response);
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

EnsembleMember jittered(const EnsemblePrior& prior, const DensityConfig& config,
                        const EnsembleMember& member, double kept, Rng& rng) {
  FAULTLINE_CHECK(kept >= 0.0 && kept <= 1.0);
  const auto moved_log = [&](double value, double center, double sd) {
    return center * std::exp(moved_normal(rng, std::log(value / center), 0.0, sd, kept));
  };
  EnsembleMember out = member;
  MemberParameters& now = out.parameters;
  now.churn = std::min(moved_beta(rng, now.churn, prior.churn, kept), kChurnMax);
  const double logit = std::log(now.close_split / (1.0 - now.close_split));
  const double split_sd = prior.close_split.base_sigma;
  now.close_split = 1.0 / (1.0 + std::exp(-moved_normal(rng, logit, 0.0, split_sd, kept)));
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    now.closing_per_day[c] =
        moved_log(now.closing_per_day[c], config.closing_per_day[c], prior.hazard_log_sigma);
  }
  const auto entries = concentrations_of(config.entry_weights, prior.entry_concentration);
  now.entry_weights = moved_weights(rng, now.entry_weights, entries, entries, kept);
  out.shape.median_factor = moved_log(member.shape.median_factor, 1.0, prior.log_median_sigma);
  const double shift =
      moved_normal(rng, member.shape.sigma_shift, 0.0, prior.kernel_sigma_sd, kept);
  // A step out of the interval is not taken: that is what leaves the truncated law as it is.
  if (std::abs(shift) <= prior.kernel_sigma_shift_max) out.shape.sigma_shift = shift;
  const auto kernel_law = [&](const KernelLaw& shape) {
    return concentrations_of(mixed_kernel(grid_of(config), shaped(config.kernel, shape)),
                             prior.kernel_concentration);
  };
  now.kernel =
      moved_weights(rng, now.kernel, kernel_law(member.shape), kernel_law(out.shape), kept);
  out.observation.book_share =
      moved_beta(rng, member.observation.book_share, prior.book_share, kept);
  now.close_response = moved_response(prior.close_split, config.close_response,
                                      member.parameters.close_response, kept, rng);
  return out;
}

std::vector<KernelCandidate> kernel_candidates(const EnsemblePrior& prior,
                                               const DensityConfig& config) {
  constexpr int kMedianSteps = 6;  // on either side, half a standard deviation each
  constexpr int kSigmaSteps = 2;   // one each
  std::vector<KernelCandidate> out;
  const int medians = prior.log_median_sigma > 0.0 ? kMedianSteps : 0;
  const int sigmas = prior.kernel_sigma_sd > 0.0 ? kSigmaSteps : 0;
  for (int i = -medians; i <= medians; ++i) {
    for (int k = -sigmas; k <= sigmas; ++k) {
      const double median = 0.5 * i;
      const KernelLaw law{.median_factor = std::exp(prior.log_median_sigma * median),
                          .sigma_shift = prior.kernel_sigma_sd * k};
      out.push_back({.log_weight = -0.5 * (median * median + k * k),
                     .kernel = mixed_kernel(grid_of(config), shaped(config.kernel, law))});
    }
  }
  return out;
}

std::vector<MemberParameters> parameters_of(const std::vector<EnsembleMember>& members) {
  std::vector<MemberParameters> parameters;
  parameters.reserve(members.size());
  for (const EnsembleMember& member : members) parameters.push_back(member.parameters);
  return parameters;
}

}  // namespace faultline
