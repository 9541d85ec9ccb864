#include "infer/position_density.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "base/rng.hpp"

namespace faultline {
namespace {

constexpr double kStart = 100.0;

MarketStep step_at(int index, double open, double high, double low, double close) {
  MarketStep step;
  step.begin = UnixNanos(1'764'547'500'000'000'000 + index * 5 * kMinute.value);
  step.end = step.begin + Nanos(5 * kMinute.value);
  step.open = open;
  step.high = high;
  step.low = low;
  step.close = close;
  step.oi_begin = 1000.0;
  step.oi_end = 1000.0;
  return step;
}

MarketStep quiet_step(int index, double price = kStart) {
  return step_at(index, price, price, price, price);
}

PositionDensity central() { return PositionDensity(DensityConfig{}, {}); }

// A seeded random market: prices, volume and open interest all move.
std::vector<MarketStep> random_market(std::uint64_t seed, int count) {
  Rng rng(seed);
  std::vector<MarketStep> steps;
  double price = kStart;
  double oi = 1000.0;
  for (int i = 0; i < count; ++i) {
    const double open = price;
    price *= std::exp(0.004 * rng.normal());
    const double high = std::max(open, price) * (1.0 + 0.002 * rng.uniform());
    const double low = std::min(open, price) * (1.0 - 0.002 * rng.uniform());
    MarketStep step = step_at(i, open, high, low, price);
    step.volume = 40.0 * rng.exponential();
    step.oi_begin = oi;
    oi = std::max(100.0, oi + 8.0 * rng.normal());
    step.oi_end = oi;
    step.funding_rate = i % 96 == 0 ? 1e-4 * rng.normal() : 0.0;
    steps.push_back(step);
  }
  return steps;
}

double sum_of(const Profile& profile) {
  return std::accumulate(profile.rows.begin(), profile.rows.end(), profile.below + profile.above);
}

TEST(PositionDensity, FirstStepHoldsTheOpenInterestOnBothSides) {
  PositionDensity density = central();
  density.advance(quiet_step(0));
  for (const Side side : {Side::kLong, Side::kShort}) {
    EXPECT_NEAR(density.stock(side), 1000.0, 1e-6);
    EXPECT_NEAR(density.recounted_stock(side), 1000.0, 1e-3);
  }
}

// The share of one entry that is liquidated when the log price moves `distance` against it, by the
// kernel and its boxes alone.
double share_within(const PositionDensity& density, Side side, double distance) {
  double share = 0.0;
  for (std::size_t j = 0; j < density.grid().size(); ++j) {
    const double low = density.grid().delta_low(side, j);
    const double high = density.grid().delta_high(side, j);
    const double part = std::clamp((distance - low) / (high - low), 0.0, 1.0);
    share += density.member(0).kernel[j] * part;
  }
  return share;
}

// Narrow boxes are filled at once and wide ones later; either way no mass is more than two bins
// from where its box puts it.
TEST(PositionDensity, WaitingEntriesShowWhereTheirBoxesAre) {
  PositionDensity density = central();
  density.advance(quiet_step(0));
  const double bin = density.config().entry_bin;
  const ProfileGrid grid{.log_begin = std::log(kStart) - 1.0, .row_log = bin, .row_count = 4'000};
  for (const Side side : {Side::kLong, Side::kShort}) {
    Profile profile;
    density.add_profile(side, 0, grid, profile);
    double within = 0.0;
    for (std::size_t i = 0; i < 1'900; ++i) {
      // Rows from the entry outwards, on the side's own side; row 2000 begins at the entry.
      within += profile.rows[side == Side::kLong ? 1'999 - i : 2'000 + i];
      const double distance = static_cast<double>(i + 1) * bin;
      ASSERT_LE(within, 1000.0 * share_within(density, side, distance + 2.0 * bin) + 1e-3);
      ASSERT_GE(within, 1000.0 * share_within(density, side, distance - 2.0 * bin) - 1e-3);
    }
  }
}

TEST(PositionDensity, ASweepMeetsWhatWaited) {
  for (const double move : {0.005, 0.015, 0.02, 0.03, 0.1, 0.3}) {
    PositionDensity density = central();
    const double low = kStart * std::exp(-move);
    const double high = kStart * std::exp(move);
    const StepReport report = density.advance(step_at(0, kStart, high, low, kStart));
    const double bin = density.config().entry_bin;
    for (const Side side : {Side::kLong, Side::kShort}) {
      const double swept = report.swept[index_of(side)];
      EXPECT_LE(swept, 1000.0 * share_within(density, side, move + 2.0 * bin) + 1e-3) << move;
      EXPECT_GE(swept, 1000.0 * share_within(density, side, move - 2.0 * bin) - 1e-3) << move;
    }
  }
}

TEST(PositionDensity, StockFollowsOpenInterestThroughARandomMarket) {
  PositionDensity density = central();
  for (const MarketStep& step : random_market(3, 3000)) {
    density.advance(step);
    ASSERT_NEAR(density.stock(Side::kLong), step.oi_end, 1e-3 * step.oi_end);
    ASSERT_NEAR(density.stock(Side::kShort), step.oi_end, 1e-3 * step.oi_end);
  }
  // The running totals and the cells themselves tell the same story.
  EXPECT_NEAR(density.recounted_stock(Side::kLong) / density.stock(Side::kLong), 1.0, 1e-3);
  EXPECT_NEAR(density.recounted_stock(Side::kShort) / density.stock(Side::kShort), 1.0, 1e-3);
}

TEST(PositionDensity, AnEmptyStepChangesNothing) {
  PositionDensity density = central();
  for (const MarketStep& step : random_market(5, 50)) density.advance(step);
  const auto steps = random_market(5, 51);
  MarketStep empty = quiet_step(50, steps[49].close);
  empty.oi_begin = empty.oi_end = steps[49].oi_end;
  const auto advance_empty = [&] {
    const StepReport report = density.advance(empty);
    empty.begin = empty.end;
    empty.end = empty.begin + kMinute;
    return report;
  };
  // All bytes of the state but the end of the last step and the digest.
  const auto state = [&] {
    std::vector<std::uint8_t> bytes = density.checkpoint();
    bytes.resize(bytes.size() - 8);
    bytes.erase(bytes.begin() + 40, bytes.begin() + 48);
    return bytes;
  };
  // A first one sweeps what the last step opened beyond its own close, a second one forgets what
  // was swept; from then on nothing can move.
  advance_empty();
  advance_empty();
  const std::vector<std::uint8_t> before = state();
  const StepReport report = advance_empty();
  EXPECT_EQ(state(), before);
  EXPECT_EQ(report.opened[0] + report.closed[0] + report.swept[0], 0.0);
}

TEST(PositionDensity, FallingOpenInterestAloneOpensNothing) {
  PositionDensity density = central();
  density.advance(quiet_step(0));
  MarketStep falling = quiet_step(1);
  falling.oi_end = 900.0;
  const StepReport report = density.advance(falling);
  EXPECT_NEAR(report.opened[0], 0.0, 1e-9);
  EXPECT_NEAR(report.closed[0], 100.0, 1e-6);
  EXPECT_TRUE(report.oi_exceeds_volume);
}

TEST(PositionDensity, CrossedMassIsErasedOnceAndTouchingAgainErasesNothing) {
  PositionDensity density = central();
  density.advance(quiet_step(0));
  const StepReport fall = density.advance(step_at(1, 100.0, 100.0, 90.0, 90.0));
  EXPECT_GT(fall.swept[0], 100.0);  // the kernel holds about 44 % within 10 %
  EXPECT_NEAR(fall.swept[1], 0.0, 1e-9);
  // The identity says that nobody closed (no volume, flat open interest): all of it comes back
  // beyond the low.
  EXPECT_NEAR(fall.returned[0], fall.swept[0], 1e-6);
  const StepReport again = density.advance(step_at(2, 90.0, 90.0, 90.0, 90.0));
  EXPECT_EQ(again.swept[0], 0.0);
}

TEST(PositionDensity, NoLongMassLiesAboveThePriceNorShortMassBelow) {
  PositionDensity density = central();
  auto steps = random_market(9, 400);
  for (const MarketStep& step : steps) density.advance(step);
  MarketStep last = quiet_step(400, steps.back().close);
  last.oi_begin = last.oi_end = steps.back().oi_end;
  density.advance(last);
  const double mark = std::log(last.close);
  const ProfileGrid above{.log_begin = mark + 5e-4, .row_log = 1e-3, .row_count = 500};
  Profile longs;
  density.add_profile(Side::kLong, 0, above, longs);
  EXPECT_NEAR(sum_of(longs) - longs.below, 0.0, 1e-6);
  const ProfileGrid below{.log_begin = mark - 0.5 - 5e-4, .row_log = 1e-3, .row_count = 500};
  Profile shorts;
  density.add_profile(Side::kShort, 0, below, shorts);
  EXPECT_NEAR(sum_of(shorts) - shorts.above, 0.0, 1e-6);
}

TEST(PositionDensity, ProfileHoldsAllThatIsNotNever) {
  PositionDensity density = central();
  for (const MarketStep& step : random_market(4, 300)) density.advance(step);
  for (const Side side : {Side::kLong, Side::kShort}) {
    Profile wide;
    density.add_profile(side, 0, {.log_begin = 3.0, .row_log = 1e-3, .row_count = 3000}, wide);
    EXPECT_NEAR(sum_of(wide) + density.never(side), density.recounted_stock(side), 1e-6);
    Profile narrow;
    density.add_profile(side, 0, {.log_begin = 4.6, .row_log = 1e-3, .row_count = 10}, narrow);
    EXPECT_NEAR(sum_of(narrow), sum_of(wide), 1e-6);
  }
}

TEST(PositionDensity, ASingleDistanceLandsWhereTheFormulaSays) {
  DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  for (const Side side : {Side::kLong, Side::kShort}) {
    MemberParameters member = central_member(config, grid);
    std::ranges::fill(member.kernel, 0.0);
    constexpr std::size_t kBin = 14;
    member.kernel[kBin] = 1.0;
    PositionDensity density(config, {member});
    density.advance(quiet_step(0));
    Profile profile;
    const ProfileGrid target{.log_begin = std::log(50.0), .row_log = 5e-4, .row_count = 3000};
    density.add_profile(side, 0, target, profile);
    double mean = 0.0;
    for (std::size_t row = 0; row < profile.rows.size(); ++row) {
      mean += profile.rows[row] * (target.log_begin + 5e-4 * (static_cast<double>(row) + 0.5));
    }
    mean /= 1000.0;
    EXPECT_NEAR(mean, std::log(kStart) - sign(side) * grid.delta_mid(side, kBin), 1e-5);
  }
}

TEST(PositionDensity, FundingMovesIsolatedLiquidationPricesByTheFormula) {
  DensityConfig config;
  config.kernel.cross_share = 0.0;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  constexpr std::size_t kBin = 20;
  constexpr double kRate = 0.001;
  for (const Side side : {Side::kLong, Side::kShort}) {
    MemberParameters member = central_member(config, grid);
    std::ranges::fill(member.kernel, 0.0);
    member.kernel[kBin] = 1.0;
    PositionDensity density(config, {member});
    const ProfileGrid target{.log_begin = std::log(50.0), .row_log = 5e-4, .row_count = 3000};
    const auto mean_of_profile = [&] {
      Profile profile;
      density.add_profile(side, 0, target, profile);
      double mean = 0.0;
      for (std::size_t row = 0; row < profile.rows.size(); ++row) {
        mean += profile.rows[row] * 5e-4 * (static_cast<double>(row) + 0.5);
      }
      return mean / 1000.0;
    };
    density.advance(quiet_step(0));
    const double before = mean_of_profile();
    MarketStep paid = quiet_step(1);
    paid.funding_rate = kRate;
    density.advance(paid);
    const double s = sign(side);
    const double liq = kStart * std::exp(-s * grid.delta_mid(side, kBin));
    const double moved = kRate * kStart / (1.0 - s * config.maintenance_rate);
    EXPECT_NEAR(mean_of_profile() - before, moved / liq, 2e-6);
  }
}

// A step as two halves of the same path: down to the low and up to the high, or the other way.
std::array<MarketStep, 2> halves_of(const MarketStep& step, bool low_first) {
  std::array<MarketStep, 2> halves{step, step};
  const UnixNanos middle(step.begin.value + (step.end.value - step.begin.value) / 2);
  halves[0].end = halves[1].begin = middle;
  const double between = low_first ? step.low : step.high;
  halves[0].close = halves[1].open = between;
  (low_first ? halves[0].high : halves[0].low) =
      low_first ? std::max(step.open, between) : std::min(step.open, between);
  halves[0].volume = halves[1].volume = 0.5 * step.volume;
  halves[0].oi_end = halves[1].oi_begin = 0.5 * (step.oi_begin + step.oi_end);
  halves[1].funding_rate = 0.0;
  return halves;
}

TEST(PositionDensity, SplittingEveryStepChangesLittle) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    PositionDensity whole = central();
    PositionDensity split = central();
    double opened_whole = 0.0;
    double opened_split = 0.0;
    double price = kStart;
    int index = 0;
    for (const MarketStep& step : random_market(seed, 1'000)) {
      const StepReport report = whole.advance(step);
      opened_whole += report.opened[0] + report.opened[1];
      for (const MarketStep& half : halves_of(step, ++index % 2 == 0)) {
        const StepReport part = split.advance(half);
        opened_split += part.opened[0] + part.opened[1];
      }
      price = step.close;
    }
    double difference = 0.0;
    double sum = 0.0;
    for (const Side side : {Side::kLong, Side::kShort}) {
      Profile a;
      Profile b;
      const ProfileGrid near{
          .log_begin = std::log(price) - 0.05, .row_log = 1e-3, .row_count = 100};
      whole.add_profile(side, 0, near, a);
      split.add_profile(side, 0, near, b);
      for (std::size_t i = 0; i < a.rows.size(); ++i) {
        difference += std::abs(a.rows[i] - b.rows[i]);
        sum += a.rows[i];
      }
    }
    std::printf("split in two: opened %.4f, L1 of the map within 5 %% %.4f\n",
                opened_split / opened_whole, difference / sum);
    EXPECT_NEAR(opened_split / opened_whole, 1.0, 0.01);
    EXPECT_LT(difference / sum, 0.05);
  }
}

// In a mirrored market, log prices about the start, with sides and split exchanged, the shorts are
// where the longs were: as exactly as boxes near the entry are alike on both sides.
TEST(PositionDensity, AMirroredMarketExchangesTheSides) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  MemberParameters near = central_member(config, grid);
  for (std::size_t j = 0; j < near.kernel.size(); ++j)
    near.kernel[j] = grid.edges().size() > j && grid.edges()[j] < 0.01 ? 1.0 : 0.0;
  const double sum = std::accumulate(near.kernel.begin(), near.kernel.end(), 0.0);
  for (double& weight : near.kernel) weight /= sum;
  MemberParameters mirrored_member = near;
  near.close_split = 0.4;
  mirrored_member.close_split = 0.6;
  near.close_response = mirrored_member.close_response = {
      .taker_imbalance = -0.6, .step_return = 0.2, .interest_sign = 0.2};
  PositionDensity density(config, {near});
  PositionDensity mirrored(config, {mirrored_member});
  const auto flip = [](double price) { return kStart * kStart / price; };
  Rng takers(5);
  for (MarketStep step : random_market(9, 500)) {
    step.has_taker_side = true;
    step.taker_buy_volume = step.volume * takers.uniform();
    density.advance(step);
    MarketStep other = step;
    other.taker_buy_volume = step.volume - step.taker_buy_volume;
    other.open = flip(step.open);
    other.close = flip(step.close);
    other.high = flip(step.low);
    other.low = flip(step.high);
    other.funding_rate = -step.funding_rate;
    mirrored.advance(other);
    ASSERT_NEAR(density.stock(Side::kLong), mirrored.stock(Side::kShort), 1e-6);
  }
  // Rows of a long at −x and of a short at x, cumulated so that a bin's offset does not count.
  Profile longs;
  Profile shorts;
  const ProfileGrid all{.log_begin = std::log(kStart) - 1.0, .row_log = 1e-3, .row_count = 2'000};
  density.add_profile(Side::kLong, 0, all, longs);
  mirrored.add_profile(Side::kShort, 0, all, shorts);
  double from_top = longs.above;
  double from_bottom = shorts.below;
  double gap = 0.0;
  for (std::size_t i = 0; i < all.row_count; ++i) {
    from_top += longs.rows[all.row_count - 1 - i];
    from_bottom += shorts.rows[i];
    gap += std::abs(from_top - from_bottom) * all.row_log;
  }
  // The mean way, in log price, by which the two differ: under two bins.
  EXPECT_LT(gap / density.stock(Side::kLong), 1e-3);
}

// A response moves what each side closes, and never what the identity says of both together.
TEST(PositionDensity, TheCloseSplitFollowsTheMarket) {
  DensityConfig config;
  config.close_response = {.taker_imbalance = -2.0};
  PositionDensity even = central();
  PositionDensity follows(config, {});
  double closed_apart = 0.0;
  for (MarketStep step : random_market(14, 300)) {
    step.has_taker_side = true;
    step.taker_buy_volume = 0.1 * step.volume;
    const StepReport a = even.advance(step);
    const StepReport b = follows.advance(step);
    ASSERT_NEAR(a.opened[0] + a.opened[1], b.opened[0] + b.opened[1], 1e-6);
    // Who sells as a taker leaves a long.
    ASSERT_LE(b.opened[1], a.opened[1] + 1e-9);
    closed_apart += b.opened[0] - a.opened[0];
    ASSERT_NEAR(follows.stock(Side::kLong), step.oi_end, 1e-3 * step.oi_end);
  }
  EXPECT_GT(closed_apart, 300.0);
}

TEST(PositionDensity, SameHistorySameState) {
  PositionDensity a = central();
  PositionDensity b = central();
  for (const MarketStep& step : random_market(8, 500)) {
    a.advance(step);
    b.advance(step);
  }
  EXPECT_EQ(a.state_hash(), b.state_hash());
}

// Two members with the same parameters must each be what one member alone is.
TEST(PositionDensity, MembersDoNotTouchEachOther) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  MemberParameters other = central_member(config, grid);
  other.churn = 0.6;
  other.kernel = log_normal_kernel(grid, 0.05, 0.8);
  PositionDensity both(config, {central_member(config, grid), other});
  PositionDensity alone(config, {other});
  for (const MarketStep& step : random_market(6, 300)) {
    both.advance(step);
    alone.advance(step);
  }
  const ProfileGrid target{.log_begin = std::log(60.0), .row_log = 1e-3, .row_count = 1000};
  Profile a;
  Profile b;
  both.add_profile(Side::kLong, 1, target, a);
  alone.add_profile(Side::kLong, 0, target, b);
  for (std::size_t i = 0; i < a.rows.size(); ++i) EXPECT_NEAR(a.rows[i], b.rows[i], 1e-5);
}

TEST(PositionDensity, MemoryDependsOnThePriceRangeNotOnTheNumberOfSteps) {
  PositionDensity density = central();
  density.advance(quiet_step(0));
  const std::size_t before = density.memory_bytes();
  for (int i = 1; i < 20'000; ++i) density.advance(quiet_step(i, kStart * (1.0 + 0.001 * (i % 7))));
  EXPECT_EQ(density.memory_bytes(), before);
}

// Steps whose volume is many times the open interest close nearly everything at once.
TEST(PositionDensity, StepsThatTurnOverEverythingStayFinite) {
  Rng rng(12);
  for (const double volume : {5'000.0, 500'000.0}) {
    PositionDensity density = central();
    double price = kStart;
    for (int i = 0; i < 400; ++i) {
      const double open = price;
      price *= std::exp(0.05 * rng.normal());
      MarketStep step = step_at(i, open, std::max(open, price), std::min(open, price), price);
      step.volume = volume * rng.uniform();
      step.oi_begin = step.oi_end = 1000.0;
      density.advance(step);
      for (const Side side : {Side::kLong, Side::kShort}) {
        ASSERT_NEAR(density.recounted_stock(side) / 1000.0, 1.0, 1e-3) << volume << " " << i;
      }
    }
  }
}

// Funding of months adds up in the rows' shifts; the bins must follow.
TEST(PositionDensity, LongAndLargeFundingIsCarried) {
  for (const double rate : {0.02, -0.02}) {
    DensityConfig config;
    config.kernel.cross_share = 0.5;
    PositionDensity density(config, {});
    for (int i = 0; i < 600; ++i) {
      MarketStep step = quiet_step(i, kStart * (1.0 + 0.05 * (i % 3)));
      step.volume = 30.0;
      step.funding_rate = i % 3 == 0 ? rate : 0.0;
      density.advance(step);
      ASSERT_NEAR(density.recounted_stock(Side::kLong) / 1000.0, 1.0, 1e-3) << i;
    }
  }
}

TEST(PositionDensityDeathTest, ABrokenPromiseOfTheCallerAborts) {
  PositionDensity density = central();
  EXPECT_DEATH(density.advance(step_at(0, 100.0, 99.0, 98.0, 100.0)), "broken promise");
}

TEST(Kernel, WeightsSumToOneAndKeepTheNearTail) {
  const DistanceGrid grid(0.003, 0.6, 28);
  const auto kernel = log_normal_kernel(grid, 0.12, 1.25);
  EXPECT_NEAR(std::accumulate(kernel.begin(), kernel.end(), 0.0), 1.0, 1e-12);
  EXPECT_NEAR(kernel.back(), 0.099, 0.001);
  EXPECT_GT(kernel.front(), 0.001);
}

TEST(Accounting, OpensAndClosesSatisfyTheIdentityForAnyInput) {
  Rng rng(21);
  for (int i = 0; i < 20'000; ++i) {
    FlowInput input;
    input.volume = rng.uniform() < 0.1 ? 0.0 : 500.0 * rng.exponential();
    input.oi_begin = 1000.0 * rng.uniform();
    input.oi_end = std::max(0.0, input.oi_begin + 300.0 * rng.normal());
    input.churn = 0.99 * rng.uniform();
    input.close_split = rng.uniform();
    const StepFlows flows = step_flows(input);
    for (const std::size_t side : {0U, 1U}) {
      ASSERT_GE(flows.opened[side], 0.0);
      ASSERT_GE(flows.closed[side], 0.0);
      ASSERT_NEAR(flows.opened[side] - flows.closed[side], input.oi_end - input.oi_begin, 1e-6);
      ASSERT_LE(flows.closed[side], input.oi_begin + 1e-6);
    }
  }
}

// Open interest reported in every tenth step only: with the ledger the effective volume is that of
// the long steps, without it every report would invent volume.
TEST(Accounting, TheLedgerMakesEffectiveVolumeIndependentOfTheStep) {
  Rng rng(22);
  FlowLedger fine;
  FlowLedger coarse;
  double fine_volume = 0.0;
  double coarse_volume = 0.0;
  double alone_volume = 0.0;
  double interest = 1e5;
  for (int report = 0; report < 2'000; ++report) {
    const double next = interest + 4.0 * rng.normal();
    double total = 0.0;
    for (int k = 0; k < 10; ++k) {
      const FlowInput input{.volume = rng.exponential(),
                            .oi_begin = interest,
                            .oi_end = k == 9 ? next : interest,
                            .churn = 0.3};
      fine_volume += fine.advance(input).effective_volume;
      alone_volume += step_flows(input).effective_volume;
      total += input.volume;
      ASSERT_GE(fine.owed(), 0.0);
    }
    coarse_volume +=
        coarse.advance({.volume = total, .oi_begin = interest, .oi_end = next, .churn = 0.3})
            .effective_volume;
    interest = next;
  }
  EXPECT_NEAR(fine_volume / coarse_volume, 1.0, 1e-3);
  EXPECT_GT(alone_volume / coarse_volume, 1.2);
}

TEST(Accounting, TheSplitMirrors) {
  FlowInput input{
      .volume = 50.0, .oi_begin = 1000.0, .oi_end = 1010.0, .churn = 0.3, .close_split = 0.2};
  const StepFlows flows = step_flows(input);
  input.close_split = 0.8;
  const StepFlows mirrored = step_flows(input);
  EXPECT_DOUBLE_EQ(flows.opened[0], mirrored.opened[1]);
  EXPECT_DOUBLE_EQ(flows.closed[0], mirrored.closed[1]);
}

}  // namespace
}  // namespace faultline
