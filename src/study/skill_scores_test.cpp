#include "study/skill_scores.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"
#include "stats/scores.hpp"

namespace faultline {
namespace {

struct World {
  SkillRows rows;
  SkillPrediction good;
  SkillPrediction poor;
  SkillPrediction mean;
};

World make_scored_world(std::size_t count) {
  World world;
  Rng rng(11);
  for (std::size_t row = 0; row < count; ++row) {
    world.rows.hours.push_back(row);
    world.rows.days.push_back(static_cast<std::int64_t>(row / 24));
    for (const std::size_t side : {0U, 1U}) {
      const double truth = 10.0 + 2.0 * rng.normal();
      world.rows.reach[side].push_back(0.01 * rng.exponential());
      world.rows.target[side].push_back(truth);
      world.rows.liquidated_usd[side].push_back(std::expm1(truth));
      world.good.log_usd[side].push_back(truth + 0.5 * rng.normal());
      world.poor.log_usd[side].push_back(truth + 2.0 * rng.normal());
      world.mean.log_usd[side].push_back(10.0);
      for (auto* one : {&world.good, &world.poor, &world.mean})
        one->mean_usd[side].push_back(std::exp(one->log_usd[side].back()) / kSweepUnitUsd);
    }
  }
  return world;
}

TEST(WindowScorer, AgreesWithTheScoresOfAllObservations) {
  const World world = make_scored_world(480);
  const WindowScorer scorer(world.rows, world.mean, row_range(0, 480), {.replicas = 200});
  std::vector<double> actual = world.rows.target[0];
  std::vector<double> predicted = world.good.log_usd[0];
  actual.insert(actual.end(), world.rows.target[1].begin(), world.rows.target[1].end());
  predicted.insert(predicted.end(), world.good.log_usd[1].begin(), world.good.log_usd[1].end());
  const std::vector<double> means(actual.size(), 10.0);
  const SkillScore score = scorer.score(world.good);
  EXPECT_NEAR(score.r_squared->value, *r_squared_against({actual, predicted}, means), 1e-12);
  EXPECT_LT(score.r_squared->low, score.r_squared->value);
  EXPECT_GT(score.r_squared->high, score.r_squared->value);
  const double spearman = 0.5 * (*rank_correlation({world.rows.target[0], world.good.log_usd[0]}) +
                                 *rank_correlation({world.rows.target[1], world.good.log_usd[1]}));
  EXPECT_NEAR(score.spearman->value, spearman, 1e-9);
  EXPECT_TRUE(score.poisson);
  EXPECT_TRUE(score.wide_r_squared);
}

TEST(WindowScorer, IncrementsArePairedAndHaveASign) {
  const World world = make_scored_world(480);
  const WindowScorer scorer(world.rows, world.mean, row_range(0, 480), {.replicas = 200});
  const SkillIncrement gain = scorer.increment(world.good, world.poor);
  const double difference =
      scorer.score(world.good).r_squared->value - scorer.score(world.poor).r_squared->value;
  EXPECT_NEAR(gain.r_squared->value, difference, 1e-12);
  EXPECT_GT(gain.r_squared->low, 0.0);
  EXPECT_LT(gain.wide_mse_ratio->high, 1.0);
  EXPECT_GT(gain.top_hits->value, 0.0);
  const SkillIncrement none = scorer.increment(world.good, world.good);
  EXPECT_EQ(none.r_squared->low, 0.0);
  EXPECT_EQ(none.r_squared->high, 0.0);
  EXPECT_EQ(none.wide_mse_ratio->value, 1.0);
}

TEST(WindowScorer, AmountsThatWereNotPredictedAreAbsent) {
  World world = make_scored_world(96);
  world.good.mean_usd = {};
  const WindowScorer scorer(world.rows, world.mean, row_range(0, 96), {.replicas = 50});
  EXPECT_FALSE(scorer.score(world.good).poisson);
  EXPECT_FALSE(scorer.increment(world.good, world.poor).poisson);
}

}  // namespace
}  // namespace faultline
