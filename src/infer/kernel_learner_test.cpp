#include "infer/kernel_learner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>

#include "base/rng.hpp"
#include "infer/ensemble_prior.hpp"
#include "infer/position_density.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

// A market of minutes that wanders, with volume and open interest.
std::vector<MarketStep> minutes(std::uint64_t seed, int count) {
  Rng rng(seed);
  std::vector<MarketStep> steps;
  double price = 100.0;
  double interest = 1'000.0;
  for (int i = 0; i < count; ++i) {
    MarketStep step;
    step.begin = UnixNanos(1'764'547'200'000'000'000 + i * kMinute.value);
    step.end = step.begin + kMinute;
    step.open = price;
    price *= std::exp(0.001 * rng.normal());
    step.close = price;
    step.high = std::max(step.open, price) * (1.0 + 5e-4 * rng.uniform());
    step.low = std::min(step.open, price) * (1.0 - 5e-4 * rng.uniform());
    step.volume = 6.0 * rng.exponential();
    step.oi_begin = interest;
    interest += 0.5 * rng.normal();
    step.oi_end = interest;
    steps.push_back(step);
  }
  return steps;
}

MemberParameters member_of(const DistanceGrid& grid, double median, double sigma) {
  MemberParameters member = central_member({}, grid);
  member.kernel = log_normal_kernel(grid, median, sigma);
  return member;
}

double l1(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

Profile near_profile(const PositionDensity& density, Side side, double price) {
  Profile out;
  density.add_profile(
      side, 0, {.log_begin = std::log(price) - 0.05, .row_log = 1e-3, .row_count = 100}, out);
  return out;
}

// Prints are what a density with another kernel sweeps: the learner must find that kernel where
// prices went, and the map near the price with it.
TEST(KernelLearner, FindsTheKernelThatMadeThePrints) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  PositionDensity truth(config, {member_of(grid, 0.25, 0.9)});
  PositionDensity prior(config, {});
  PositionDensity learning(config, {});
  KernelLearner learner(grid, {{0.0, learning.member(0).kernel}});
  double price = 0.0;
  for (const MarketStep& step : minutes(1, 12'000)) {
    const StepReport printed = truth.advance(step);
    prior.advance(step);
    const StepReport report = learning.advance(step);
    for (const Side side : kSides) {
      const std::vector<double> crossed = learning.swept_unit(side, std::array{1.0});
      learner.add(side, {.crossed_unit = crossed,
                         .opened = report.opened[index_of(side)],
                         .liquidated = printed.swept[index_of(side)],
                         .prints = 5,
                         .held = learning.stock(side)});
    }
    if (const auto kernel = learner.fit()) learning.set_kernels(std::span(&*kernel, 1));
    price = step.close;
  }
  ASSERT_GE(learner.fit_count(), 3U);
  EXPECT_NEAR(std::accumulate(learner.kernel().begin(), learner.kernel().end(), 0.0), 1.0, 1e-9);
  for (const Side side : kSides) {
    const Profile wanted = near_profile(truth, side, price);
    const double scale = std::accumulate(wanted.rows.begin(), wanted.rows.end(), 0.0);
    const double before = l1(wanted.rows, near_profile(prior, side, price).rows) / scale;
    const double after = l1(wanted.rows, near_profile(learning, side, price).rows) / scale;
    std::printf("map within 5 %%, side %d: L1 %.3f with the prior, %.3f with what was learnt\n",
                static_cast<int>(side), before, after);
    EXPECT_LT(after, 0.25 * before);
  }
}

// Prices never went beyond 3 %; what lies behind follows what was seen before it.
TEST(KernelLearner, CarriesWhatWasSeenToDistancesThatWereNotReached) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  const std::vector<double> truth = log_normal_kernel(grid, 0.24, 1.25);
  const std::vector<KernelCandidate> all = kernel_candidates({}, config);
  const std::vector<KernelCandidate> one{{0.0, mixed_kernel(grid, config.kernel)}};
  std::array<double, 2> beyond{};  // within 3 to 10 %, over the truth
  std::size_t which = 0;
  for (const auto& candidates : {one, all}) {
    KernelLearner learner(grid, candidates);
    Rng rng(3);
    for (int i = 0; i < 2'000; ++i) {
      std::vector<double> crossed(grid.size(), 0.0);
      double liquidated = 0.0;
      for (std::size_t j = 0; j < grid.size() && grid.edges()[j + 1] < 0.03; ++j) {
        crossed[j] = 2.0 * rng.uniform();
        liquidated += truth[j] * crossed[j];
      }
      const auto count = static_cast<double>(rng.poisson(20.0 * liquidated));
      learner.add(i % 2 == 0 ? Side::kLong : Side::kShort,
                  {.crossed_unit = crossed,
                   .opened = 2.0,
                   .liquidated = 0.05 * count,
                   .prints = static_cast<std::size_t>(count),
                   .held = 100.0});
      learner.fit();
    }
    ASSERT_GE(learner.fit_count(), 2U);
    double sum = 0.0;
    double wanted = 0.0;
    for (std::size_t j = 0; j < grid.size(); ++j) {
      if (grid.edges()[j] < 0.03 || grid.edges()[j + 1] > 0.10) continue;
      sum += learner.kernel()[j];
      wanted += truth[j];
    }
    beyond[which++] = sum / wanted;
  }
  std::printf("money within 3 to 10 %% over the truth's: %.2f with one prior, %.2f with several\n",
              beyond[0], beyond[1]);
  EXPECT_GT(beyond[0], 1.5);
  EXPECT_NEAR(beyond[1], 1.0, 0.25);
}

TEST(KernelLearner, WithoutPrintsTheKernelStays) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  KernelLearner learner(grid, {{0.0, central_member(config, grid).kernel}});
  const std::vector<double> crossed(grid.size(), 1.0);
  for (int i = 0; i < 1'000; ++i)
    learner.add(Side::kLong, {.crossed_unit = crossed, .opened = 10.0, .held = 100.0});
  learner.add(Side::kLong,
              {.crossed_unit = crossed, .liquidated = std::nan(""), .prints = 1, .held = 100.0});
  EXPECT_FALSE(learner.fit());
  EXPECT_LT(l1(learner.kernel(), central_member(config, grid).kernel), 1e-12);
}

// A long run begins its evidence anew, and goes on learning.
TEST(KernelLearner, GenerationsBoundTheEvidence) {
  const DistanceGrid grid(0.003, 0.6, 28);
  KernelLearner learner(grid, {{0.0, log_normal_kernel(grid, 0.12, 1.25)}},
                        {.first_fit = 20, .generation = 100});
  Rng rng(3);
  std::vector<double> crossed(grid.size(), 0.0);
  std::size_t fits = 0;
  for (int i = 0; i < 1'000; ++i) {
    crossed[static_cast<std::size_t>(i) % grid.size()] = rng.uniform();
    learner.add(
        i % 2 == 0 ? Side::kLong : Side::kShort,
        {.crossed_unit = crossed, .opened = 5.0, .liquidated = 0.1, .prints = 1, .held = 100.0});
    if (learner.fit()) ++fits;
  }
  EXPECT_GT(fits, 40U);
  EXPECT_EQ(learner.fit_count(), fits);
}

TEST(KernelLearner, RefusesAmountsThatNoLearnerHas) {
  const DistanceGrid grid(0.003, 0.6, 28);
  const KernelLearner one(grid, {{0.0, log_normal_kernel(grid, 0.12, 1.25)}});
  StateWriter out;
  one.save(out);
  const std::vector<std::uint8_t> good = out.take();
  // The end: held of both sides, whether there was stock, printed, three counts.
  for (const std::size_t before_end : {56, 48, 32}) {
    for (const double value : {std::nan(""), HUGE_VAL, 1e300, -1.0, 1.0}) {
      std::vector<std::uint8_t> bytes = good;
      std::memcpy(bytes.data() + bytes.size() - before_end, &value, 8);
      StateReader in(bytes);
      KernelLearner other = one;
      EXPECT_EQ(other.load(in), value == 1.0) << before_end;
    }
  }
}

// What no evidence of ours says, under sizes that are right: the next fit must not break a promise.
TEST(KernelLearner, ACraftedCheckpointBreaksNoPromise) {
  const DistanceGrid grid(0.003, 0.6, 28);
  const std::vector<KernelCandidate> candidates = kernel_candidates({}, {});
  KernelLearner one(grid, candidates, {.first_fit = 5, .generation = 40});
  std::vector<double> crossed(grid.size(), 0.5);
  const auto feed = [&](KernelLearner& learner, int count) {
    for (int i = 0; i < count; ++i) {
      learner.add(
          i % 2 == 0 ? Side::kLong : Side::kShort,
          {.crossed_unit = crossed, .opened = 5.0, .liquidated = 0.1, .prints = 1, .held = 100.0});
      (void)learner.fit();
    }
  };
  feed(one, 20);
  StateWriter out;
  one.save(out);
  const std::vector<std::uint8_t> good = out.take();
  for (std::size_t at = 0; at + 8 <= good.size(); at += 8) {
    for (const double value : {0.0, 1e-300, 1e59, -1.0}) {
      std::vector<std::uint8_t> bytes = good;
      std::memcpy(bytes.data() + at, &value, 8);
      StateReader in(bytes);
      KernelLearner other(grid, candidates, {.first_fit = 5, .generation = 40});
      if (other.load(in)) feed(other, 60);
    }
  }
}

// After so many generations of one law, another one is learnt about as soon as by a fresh learner.
TEST(KernelLearner, ForgetsWhatEarlierGenerationsSaw) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  KernelLearner learner(grid, kernel_candidates({}, config), {.generation = 500});
  Rng rng(5);
  const auto live = [&](const std::vector<double>& law, int steps) {
    for (int i = 0; i < steps; ++i) {
      std::vector<double> crossed(grid.size(), 0.0);
      double liquidated = 0.0;
      for (std::size_t j = 0; j < grid.size() && grid.edges()[j + 1] < 0.03; ++j) {
        crossed[j] = 4.0 * rng.uniform();
        liquidated += law[j] * crossed[j];
      }
      const auto count = static_cast<double>(rng.poisson(20.0 * liquidated));
      learner.add(i % 2 == 0 ? Side::kLong : Side::kShort,
                  {.crossed_unit = crossed,
                   .opened = 4.0,
                   .liquidated = 0.05 * count,
                   .prints = static_cast<std::size_t>(count),
                   .held = 100.0});
      (void)learner.fit();
    }
  };
  const auto beyond = [&](const std::vector<double>& law) {
    double sum = 0.0;
    double wanted = 0.0;
    for (std::size_t j = 0; j < grid.size(); ++j) {
      if (grid.edges()[j] < 0.03 || grid.edges()[j + 1] > 0.10) continue;
      sum += learner.kernel()[j];
      wanted += law[j];
    }
    return sum / wanted;
  };
  const std::vector<double> near = log_normal_kernel(grid, 0.10, 1.25);
  const std::vector<double> far = log_normal_kernel(grid, 0.24, 1.25);
  live(near, 5'000);
  const double before = beyond(far);
  live(far, 5'000);
  const double after = beyond(far);
  std::printf("money within 3 to 10 %% over that of the new law: %.2f, then %.2f\n", before, after);
  EXPECT_GT(before, 1.5);
  EXPECT_NEAR(after, 1.0, 0.25);
}

}  // namespace
}  // namespace faultline
