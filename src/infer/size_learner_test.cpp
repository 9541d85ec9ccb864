#include "infer/size_learner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "infer/feed_observation.hpp"

namespace faultline {
namespace {

constexpr SizeParameters kPrior{.log_median = 8.5, .log_sigma = 1.5};

TEST(SizeLearner, FindsTheSizesOfAFeedThatShowsAll) {
  const SizeDistribution truth({.log_median = 7.0, .log_sigma = 1.0});
  Rng rng(1);
  SizeLearner learner(kPrior);
  for (int i = 0; i < 3'000; ++i) {
    const std::vector<double> one{truth.draw(rng)};
    learner.learn(one, 10.0, Completeness::kAll);
  }
  EXPECT_GT(learner.fit_count(), 3U);
  EXPECT_NEAR(learner.sizes().mean() / truth.mean(), 1.0, 0.15);
}

TEST(SizeLearner, DoesNotTakeMaximaForOrders) {
  const SizeDistribution truth({.log_median = 7.0, .log_sigma = 1.0});
  Rng rng(2);
  SizeLearner learner(kPrior);
  for (int i = 0; i < 40; ++i) {
    learner.learn(simulate_shown(Completeness::kLargestPerSecond, 1.5, 60, truth, rng), 60.0,
                  Completeness::kLargestPerSecond);
  }
  EXPECT_NEAR(learner.sizes().parameters().log_median, 7.0, 0.3);
}

TEST(SizeLearner, StaysAtThePriorUntilThereIsEnough) {
  SizeLearner learner(kPrior);
  const std::vector<double> few(SizeLearner::kFirstFit - 1, 100.0);
  learner.learn(few, 60.0, Completeness::kAll);
  EXPECT_EQ(learner.fit_count(), 0U);
  EXPECT_EQ(learner.sizes().parameters().log_median, 8.5);
}

TEST(SizeLearner, ComesBackFromBytes) {
  Rng rng(3);
  SizeLearner one(kPrior);
  for (int i = 0; i < 100; ++i) {
    one.learn(std::vector<double>{std::exp(7.0 + rng.normal())}, 3.0, Completeness::kAll);
  }
  StateWriter out;
  one.save(out);
  const std::vector<std::uint8_t> bytes = out.take();
  SizeLearner other(kPrior);
  StateReader in(bytes);
  ASSERT_TRUE(other.load(in));
  EXPECT_TRUE(in.is_at_end());
  EXPECT_EQ(other.sizes().mean(), one.sizes().mean());
  StateReader cut(std::span<const std::uint8_t>(bytes).first(bytes.size() - 1));
  EXPECT_FALSE(SizeLearner(kPrior).load(cut));
}

TEST(SizeLearner, RefusesValuesThatNoLearnerHas) {
  SizeLearner one(kPrior);
  for (int i = 0; i < 10; ++i) one.learn(std::vector<double>{100.0}, 3.0, Completeness::kAll);
  StateWriter out;
  one.save(out);
  const std::vector<std::uint8_t> good = out.take();
  const auto loads = [&](std::size_t at, auto value) {
    std::vector<std::uint8_t> bytes = good;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    StateReader in(bytes);
    return SizeLearner(kPrior).load(in);
  };
  EXPECT_TRUE(loads(0, 8.0));
  // log_median, log_sigma, seconds; then three counts and a count of sizes before the sizes.
  for (const std::size_t at : {0, 8, 40, 80, 80 + 8 * 11}) {
    EXPECT_FALSE(loads(at, std::nan(""))) << at;
    EXPECT_FALSE(loads(at, HUGE_VAL)) << at;
  }
  for (const std::size_t at : {8, 40, 80, 80 + 8 * 11}) EXPECT_FALSE(loads(at, -1.0)) << at;
  // Densities of such sizes are no numbers.
  for (const double value : {1e-300, 1e300}) {
    for (const std::size_t at : {8, 80}) EXPECT_FALSE(loads(at, value)) << at;
  }
  EXPECT_FALSE(loads(16, 5e-324));            // where the tail begins
  EXPECT_FALSE(loads(32, std::nan("")));      // the largest size
  EXPECT_FALSE(loads(56, std::uint64_t{0}));  // a fit of nothing
}

}  // namespace
}  // namespace faultline
