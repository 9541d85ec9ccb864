#include "stats/resampled_ranks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.hpp"

namespace faultline {
namespace {

struct Sample {
  std::vector<double> actual;
  std::vector<double> predicted;
};

// Rounded, so that there are ties on both sides.
Sample random_sample(Rng& rng, std::size_t count) {
  Sample out;
  for (std::size_t i = 0; i < count; ++i) {
    const double x = rng.normal();
    out.actual.push_back(std::max(0.0, std::round(4.0 * (x + 0.5 * rng.normal())) / 4.0));
    out.predicted.push_back(std::round(8.0 * x) / 8.0);
  }
  return out;
}

Sample repeated(const Sample& sample, std::span<const std::uint32_t> times) {
  Sample out;
  for (std::size_t i = 0; i < times.size(); ++i) {
    out.actual.insert(out.actual.end(), times[i], sample.actual[i]);
    out.predicted.insert(out.predicted.end(), times[i], sample.predicted[i]);
  }
  return out;
}

TEST(ResampledRanks, EqualsTheScoresOfRepeatedObservations) {
  Rng rng(3);
  for (int trial = 0; trial < 50; ++trial) {
    const Sample sample = random_sample(rng, 5 + rng.below(60));
    const ResampledRanks ranks({sample.actual, sample.predicted});
    std::vector<std::uint32_t> times;
    for (std::size_t i = 0; i < sample.actual.size(); ++i)
      times.push_back(trial == 0 ? 1U : static_cast<std::uint32_t>(rng.below(4)));
    const Sample whole = repeated(sample, times);
    const auto correlation = rank_correlation({whole.actual, whole.predicted});
    const auto top = top_hits({whole.actual, whole.predicted});
    const auto fast = ranks.correlation(times);
    ASSERT_EQ(fast.has_value(), correlation.has_value());
    if (fast) {
      EXPECT_NEAR(*fast, *correlation, 1e-9);
    }
    ASSERT_EQ(ranks.top_share(times).has_value(), top.has_value());
    if (top) {
      EXPECT_DOUBLE_EQ(*ranks.top_share(times), top->share());
    }
  }
}

TEST(ResampledRanks, NothingCountedIsAbsent) {
  const ResampledRanks ranks({std::array{1.0, 2.0}, std::array{2.0, 1.0}});
  const std::array<std::uint32_t, 2> none{0, 0};
  const std::array<std::uint32_t, 2> one{3, 0};
  EXPECT_FALSE(ranks.correlation(none));
  EXPECT_FALSE(ranks.top_share(none));
  EXPECT_FALSE(ranks.correlation(one));
  EXPECT_DOUBLE_EQ(*ranks.top_share(one), 1.0);
}

}  // namespace
}  // namespace faultline
