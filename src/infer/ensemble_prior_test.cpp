#include "infer/ensemble_prior.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace faultline {
namespace {

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

bool is_same(const EnsembleMember& a, const EnsembleMember& b) {
  return a.parameters.churn == b.parameters.churn &&
         a.parameters.close_split == b.parameters.close_split &&
         a.parameters.close_response.half_life_hours ==
             b.parameters.close_response.half_life_hours &&
         a.parameters.close_response.taker_imbalance ==
             b.parameters.close_response.taker_imbalance &&
         a.parameters.closing_per_day == b.parameters.closing_per_day &&
         a.parameters.entry_weights == b.parameters.entry_weights &&
         a.parameters.kernel == b.parameters.kernel &&
         a.observation.book_share == b.observation.book_share;
}

TEST(EnsemblePrior, TheFirstMemberIsTheConfiguration) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  const EnsembleMember first = draw_member({}, config, Rng(1), 0);
  const MemberParameters central = central_member(config, grid);
  EXPECT_EQ(first.parameters.churn, central.churn);
  EXPECT_EQ(first.parameters.kernel, central.kernel);
  EXPECT_EQ(first.parameters.closing_per_day, central.closing_per_day);
  EXPECT_EQ(first.observation.book_share, 0.5);
  EXPECT_EQ(first.parameters.close_response.taker_imbalance, 0.0);
}

TEST(EnsemblePrior, AMemberDoesNotDependOnTheSizeOfTheEnsemble) {
  const DensityConfig config;
  const auto few = draw_ensemble({}, config, Rng(2), 8);
  const auto many = draw_ensemble({}, config, Rng(2), 64);
  for (std::size_t k = 0; k < few.size(); ++k) EXPECT_TRUE(is_same(few[k], many[k])) << k;
  EXPECT_FALSE(is_same(many[1], many[2]));
  EXPECT_FALSE(is_same(many[1], draw_member({}, config, Rng(3), 1)));
  // Drawing does not move the generator that it is drawn from.
  Rng root(2);
  root.next_u64();
  EXPECT_TRUE(is_same(draw_member({}, config, root, 5), many[5]));
}

TEST(EnsemblePrior, MembersHaveTheMomentsOfTheirLaws) {
  const DensityConfig config;
  const EnsemblePrior prior;
  constexpr int kDraws = 4000;
  double churn = 0.0;
  double logit_square = 0.0;
  double log_hazard = 0.0;
  double log_hazard_square = 0.0;
  double entry = 0.0;
  double book_share = 0.0;
  double near = 0.0;
  double near_square = 0.0;
  const Rng root(4);
  for (int k = 1; k <= kDraws; ++k) {
    const EnsembleMember member = draw_member(prior, config, root, static_cast<std::size_t>(k));
    const MemberParameters& drawn = member.parameters;
    ASSERT_NEAR(sum_of(drawn.kernel), 1.0, 1e-12);
    ASSERT_EQ(drawn.kernel.size(), config.distance_bins + 1);
    ASSERT_LT(drawn.churn, 1.0);
    churn += drawn.churn / kDraws;
    const double logit = std::log(drawn.close_split / (1.0 - drawn.close_split));
    logit_square += logit * logit / kDraws;
    const double hazard = std::log(drawn.closing_per_day[1] / config.closing_per_day[1]);
    log_hazard += hazard / kDraws;
    log_hazard_square += hazard * hazard / kDraws;
    entry += drawn.entry_weights[0] / kDraws;
    book_share += member.observation.book_share / kDraws;
    const double share = std::accumulate(drawn.kernel.begin(), drawn.kernel.begin() + 10, 0.0);
    near += share / kDraws;
    near_square += share * share / kDraws;
  }
  std::printf(
      "churn %.4f expected %.4f; sd of the split's logit %.4f expected %.4f; hazard sd "
      "%.4f expected .4; near mass %.4f, sd %.4f\n",
      churn, 3.0 / 7.0, std::sqrt(logit_square), prior.close_split.base_sigma,
      std::sqrt(log_hazard_square), near, std::sqrt(near_square - near * near));
  EXPECT_NEAR(churn, 3.0 / 7.0, 0.01);
  EXPECT_NEAR(std::sqrt(logit_square), prior.close_split.base_sigma, 0.015);
  EXPECT_NEAR(log_hazard, 0.0, 0.025);
  EXPECT_NEAR(std::sqrt(log_hazard_square), 0.4, 0.015);
  EXPECT_NEAR(entry, 0.5, 0.005);
  EXPECT_NEAR(book_share, 0.5, 0.015);
  EXPECT_GT(std::sqrt(near_square - near * near), 0.03);
}

TEST(EnsemblePrior, ADensityRunsOnIt) {
  const DensityConfig config;
  const auto members = draw_ensemble({}, config, Rng(6), 16);
  PositionDensity density(config, parameters_of(members));
  EXPECT_EQ(density.member_count(), 16U);
  MarketStep step;
  step.begin = UnixNanos(1'764'547'500'000'000'000);
  for (int i = 0; i < 50; ++i) {
    step.end = step.begin + kMinute;
    step.open = step.close = 100.0;
    step.high = 100.5;
    step.low = 99.5;
    step.volume = 20.0;
    step.oi_begin = step.oi_end = 1000.0;
    density.advance(step);
    step.begin = step.end;
  }
  EXPECT_NEAR(density.stock(Side::kLong), 1000.0, 1e-3);
}

TEST(EnsemblePriorDeathTest, RefusesCountsOutsideItsLimits) {
  EXPECT_DEATH(draw_ensemble({}, DensityConfig{}, Rng(1), 0), "broken promise");
  EXPECT_DEATH(draw_ensemble({}, DensityConfig{}, Rng(1), kEnsembleMembersMax + 1),
               "broken promise");
}

// Jitter leaves the prior as it is: draws that were jittered many times are still draws of it.
TEST(EnsemblePrior, JitterLeavesThePriorAsItIs) {
  const EnsemblePrior prior;
  const DensityConfig config;
  const Rng root(31);
  constexpr int kDraws = 3'000;
  struct Moments {
    double sum = 0.0;
    double square = 0.0;
    void add(double value) {
      sum += value / kDraws;
      square += value * value / kDraws;
    }
    double sd() const { return std::sqrt(square - sum * sum); }
  };
  std::array<Moments, 11> before;
  std::array<Moments, 11> after;
  const auto add = [&](std::array<Moments, 11>& to, const EnsembleMember& member) {
    const MemberParameters& now = member.parameters;
    to[0].add(now.churn);
    to[1].add(std::log(now.close_split / (1.0 - now.close_split)));
    to[2].add(std::log(now.closing_per_day[1]));
    to[3].add(now.entry_weights[0]);
    to[4].add(now.kernel[10]);
    to[5].add(now.kernel.back());
    to[6].add(member.observation.book_share);
    to[7].add(std::log(now.close_response.half_life_hours));
    to[8].add(now.close_response.taker_imbalance);
    to[9].add(now.close_response.step_return);
    to[10].add(now.close_response.interest_sign);
  };
  for (std::size_t k = 1; k <= kDraws; ++k) {
    EnsembleMember member = draw_member(prior, config, root, k);
    add(before, member);
    Rng rng = root.stream("test", k);
    for (int i = 0; i < 5; ++i) member = jittered(prior, config, member, 0.7, rng);
    add(after, member);
    ASSERT_NEAR(sum_of(member.parameters.kernel), 1.0, 1e-9);
    ASSERT_LE(std::abs(member.shape.sigma_shift), prior.kernel_sigma_shift_max);
  }
  EXPECT_NEAR(before[7].sd(), prior.close_split.half_life_log_sigma, 0.03);
  EXPECT_NEAR(before[8].sd(), prior.close_split.taker_imbalance_sigma, 0.015);
  EXPECT_NEAR(before[9].sd(), prior.close_split.step_return_sigma, 0.003);
  EXPECT_NEAR(before[10].sd(), prior.close_split.interest_sign_sigma, 0.003);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_NEAR(after[i].sum, before[i].sum, 5.0 * before[i].sd() / std::sqrt(kDraws)) << i;
    EXPECT_NEAR(after[i].sd() / before[i].sd(), 1.0, 0.1) << i;
  }
}

TEST(EnsemblePrior, JitterStaysNearTheParent) {
  const EnsemblePrior prior;
  const DensityConfig config;
  const Rng root(32);
  const EnsembleMember parent = draw_member(prior, config, root, 5);
  Rng rng(33);
  const EnsembleMember same = jittered(prior, config, parent, 1.0, rng);
  EXPECT_NEAR(same.parameters.churn, parent.parameters.churn, 1e-12);
  EXPECT_NEAR(same.parameters.kernel[3], parent.parameters.kernel[3], 1e-12);
  double near = 0.0;
  double far = 0.0;
  for (std::size_t k = 6; k < 200; ++k) {
    const double here = parent.parameters.churn;
    near += std::abs(jittered(prior, config, parent, 0.95, rng).parameters.churn - here);
    far += std::abs(draw_member(prior, config, root, k).parameters.churn - here);
  }
  EXPECT_LT(near, 0.6 * far);
}

}  // namespace
}  // namespace faultline
