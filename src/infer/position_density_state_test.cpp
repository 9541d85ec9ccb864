#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/hash.hpp"
#include "base/rng.hpp"
#include "infer/position_density.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr UnixNanos kLater(2'000'000'000'000'000'000);  // than every step here

std::vector<MarketStep> random_market(std::uint64_t seed, int count) {
  Rng rng(seed);
  std::vector<MarketStep> steps;
  double price = 100.0;
  double oi = 1000.0;
  for (int i = 0; i < count; ++i) {
    MarketStep step;
    step.begin = UnixNanos(1'764'547'500'000'000'000 + i * kMinute.value);
    step.end = step.begin + kMinute;
    step.open = price;
    price *= std::exp(0.003 * rng.normal());
    step.close = price;
    step.high = std::max(step.open, price) * (1.0 + 0.001 * rng.uniform());
    step.low = std::min(step.open, price) * (1.0 - 0.001 * rng.uniform());
    step.volume = 40.0 * rng.exponential();
    step.has_taker_side = true;
    step.taker_buy_volume = step.volume * (i % 7) / 7.0;
    step.oi_begin = oi;
    oi = std::max(100.0, oi + 8.0 * rng.normal());
    step.oi_end = oi;
    step.funding_rate = i % 96 == 0 ? 1e-4 * rng.normal() : 0.0;
    steps.push_back(step);
  }
  return steps;
}

// Members that differ in churn and response, so that each has a history of its own.
std::vector<MemberParameters> four_members() {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  std::vector<MemberParameters> members(4, central_member(config, grid));
  for (std::size_t m = 0; m < members.size(); ++m) {
    members[m].churn = 0.1 + 0.2 * static_cast<double>(m);
    members[m].close_response = {.half_life_hours = 0.5 + static_cast<double>(m),
                                 .taker_imbalance = -0.5,
                                 .step_return = 0.1,
                                 .interest_sign = 0.1 * static_cast<double>(m)};
    members[m].kernel = log_normal_kernel(grid, 0.08 + 0.02 * static_cast<double>(m), 1.25);
  }
  return members;
}

PositionDensity after(std::vector<MemberParameters> members, std::span<const MarketStep> steps) {
  PositionDensity density({}, std::move(members));
  for (const MarketStep& step : steps) density.advance(step);
  return density;
}

constexpr ProfileGrid kGrid{.log_begin = 4.3, .row_log = 1e-3, .row_count = 600};

TEST(PositionDensityState, ProfilesOfAllMembersAreThoseOfEach) {
  const PositionDensity density = after(four_members(), random_market(1, 300));
  for (const Side side : kSides) {
    const MemberProfiles all = density.profiles(side, kGrid);
    for (std::size_t m = 0; m < 4; ++m) {
      Profile one;
      density.add_profile(side, m, kGrid, one);
      for (std::size_t row = 0; row < kGrid.row_count; ++row)
        ASSERT_NEAR(all.rows[row * 4 + m], one.rows[row], 1e-9);
      EXPECT_NEAR(all.below[m], one.below, 1e-6);
      EXPECT_NEAR(all.above[m], one.above, 1e-6);
    }
  }
}

TEST(PositionDensityState, NeverAndCrossedMoneyAddUpOverMembers) {
  const std::vector<MarketStep> steps = random_market(2, 200);
  PositionDensity density = after(four_members(), std::span(steps).first(199));
  const StepReport report = density.advance(steps.back());
  for (const Side side : kSides) {
    double never = 0.0;
    double quote = 0.0;
    for (std::size_t m = 0; m < 4; ++m) {
      never += density.never(side, m) / 4.0;
      quote += density.swept_quote(side, m) / 4.0;
    }
    EXPECT_NEAR(never, density.never(side), 1e-9);
    EXPECT_NEAR(quote, report.swept_quote[index_of(side)], 1e-9 * (1.0 + quote));
  }
}

TEST(PositionDensityState, ARestoredStateContinuesBitForBit) {
  const std::vector<MarketStep> steps = random_market(3, 400);
  PositionDensity whole = after(four_members(), std::span(steps).first(250));
  PositionDensity resumed({}, std::vector<MemberParameters>(4, whole.member(0)));
  ASSERT_TRUE(resumed.restore(whole.checkpoint(), kLater));
  EXPECT_EQ(resumed.state_hash(), whole.state_hash());
  for (std::size_t i = 250; i < steps.size(); ++i) {
    whole.advance(steps[i]);
    resumed.advance(steps[i]);
  }
  EXPECT_EQ(resumed.state_hash(), whole.state_hash());
  EXPECT_EQ(resumed.checkpoint(), whole.checkpoint());
}

TEST(PositionDensityState, DamagedCheckpointsAreRefusedAndChangeNothing) {
  const std::vector<MarketStep> steps = random_market(4, 50);
  const std::vector<std::uint8_t> good = after(four_members(), steps).checkpoint();
  PositionDensity density = after(four_members(), std::span(steps).first(20));
  const std::uint64_t before = density.state_hash();
  const auto refusal = [&](std::vector<std::uint8_t> bytes) {
    const Result<void> done = density.restore(bytes, kLater);
    return done ? Errc::kEmpty : done.error().code;
  };
  EXPECT_EQ(refusal({}), Errc::kBadFormat);
  EXPECT_EQ(refusal(std::vector<std::uint8_t>(good.begin(), good.begin() + 20)), Errc::kTruncated);
  EXPECT_EQ(refusal(std::vector<std::uint8_t>(good.begin(), good.end() - 1)), Errc::kTruncated);
  std::vector<std::uint8_t> damaged = good;
  damaged[good.size() / 2] ^= 1U;
  EXPECT_EQ(refusal(damaged), Errc::kCorrupt);
  std::vector<std::uint8_t> other = good;
  other[0] ^= 1U;
  EXPECT_EQ(refusal(other), Errc::kBadFormat);
  std::vector<std::uint8_t> older = good;
  older[7] = '3';  // "FLDENS03", before the split had a memory
  EXPECT_EQ(refusal(older), Errc::kBadFormat);
  std::vector<std::uint8_t> huge = good;
  huge[24 + 7] = 0x7f;  // the number of bins
  EXPECT_EQ(refusal(huge), Errc::kOutOfRange);
  DensityConfig wide;
  wide.distance_bins = 20;
  PositionDensity different(wide, {});
  EXPECT_EQ(different.restore(good, kLater).error().code, Errc::kBadRequest);
  PositionDensity single({}, {});
  EXPECT_EQ(single.restore(good, kLater).error().code, Errc::kBadRequest);
  EXPECT_EQ(density.state_hash(), before);
}

// A price that loses four orders of magnitude, with the range of each step at most 5 %.
std::vector<MarketStep> collapse(double total_log, int count) {
  std::vector<MarketStep> steps = random_market(7, count);
  double price = 100.0;
  for (MarketStep& step : steps) {
    step.open = price;
    price *= std::exp(total_log / count);
    step.close = price;
    step.high = 1.005 * std::max(step.open, price);
    step.low = 0.995 * std::min(step.open, price);
    step.volume += 10.0;
  }
  return steps;
}

TEST(PositionDensityState, ACollapseOfThePriceKeepsMemoryAndStock) {
  for (const double total_log : {-std::log(1e4), std::log(1e4)}) {
    PositionDensity density({}, four_members());
    const double bins = PositionDensity::kSpanMax / density.config().entry_bin;
    const double cells = 2.0 * static_cast<double>(density.grid().size() * kPatienceClasses) * bins;
    const double bound = 4.0 * sizeof(float) * cells + 100'000.0;
    double most_never = 0.0;
    for (const MarketStep& step : collapse(total_log, 400)) {
      density.advance(step);
      ASSERT_LE(static_cast<double>(density.memory_bytes()), bound);
      for (const Side side : kSides) {
        ASSERT_NEAR(density.stock(side) / step.oi_end, 1.0, 1e-3);
        ASSERT_NEAR(density.recounted_stock(side) / density.stock(side), 1.0, 1e-4);
        most_never = std::max(most_never, density.never(side) / step.oi_end);
      }
    }
    EXPECT_GT(static_cast<double>(density.memory_bytes()), 0.9 * bound);
    EXPECT_GT(most_never, 0.0);
  }
}

// What leaves the bins is never's, of the same member: nothing else changes a stock that nobody
// closes.
TEST(PositionDensityState, WhatIsGivenUpCountsAsNever) {
  PositionDensity density({}, four_members());
  std::vector<MarketStep> steps = collapse(-4.0, 200);
  for (MarketStep& step : steps) {
    step.volume = 0.0;
    step.oi_begin = step.oi_end = 1000.0;
  }
  density.advance(steps.front());
  const std::array<double, 4> before{density.never(Side::kShort, 0), density.never(Side::kShort, 1),
                                     density.never(Side::kShort, 2),
                                     density.never(Side::kShort, 3)};
  for (std::size_t i = 1; i < steps.size(); ++i) density.advance(steps[i]);
  // All shorts are from the first step, far above the price: nothing was swept, all is given up.
  for (std::size_t m = 0; m < 4; ++m) {
    EXPECT_LT(before[m], 900.0);
    EXPECT_NEAR(density.never(Side::kShort, m), 1000.0, 0.1);
  }
  EXPECT_NEAR(density.stock(Side::kShort), 1000.0, 1e-3);
}

// One low of a thousandth needs more than kSpanMax; the next step gives the memory back.
TEST(PositionDensityState, OneBadLowIsForgotten) {
  std::vector<MarketStep> steps = random_market(11, 40);
  steps[20].low = 0.1;
  PositionDensity density({}, {});
  std::size_t most = 0;
  for (const MarketStep& step : steps) {
    density.advance(step);
    most = std::max(most, density.memory_bytes());
    for (const Side side : kSides) {
      ASSERT_NEAR(density.stock(side) / step.oi_end, 1.0, 1e-3);
      ASSERT_NEAR(density.recounted_stock(side) / density.stock(side), 1.0, 1e-4);
    }
  }
  EXPECT_GT(most, 3 * density.memory_bytes());
}

// Where the fields of a checkpoint of four members are: see position_density_state.cpp.
struct Places {
  std::size_t open_interest = 48;
  std::size_t is_started = 56;
  std::size_t scale = 64;
  std::size_t stock = scale + 8 * 24;
  std::size_t never = stock + 8 * 24;
  std::size_t given_up = never + 8 * 24;
  std::size_t quote = given_up + 8 * 672;
  std::size_t rows = quote + 8 * 8;
  std::size_t waiting = rows + 24 * 56;
  std::size_t amounts = waiting + 24 * 2;
  std::size_t ledgers = amounts + 8 * 24 * 64;
  std::size_t splits = ledgers + 16 * 4;
  std::size_t members = splits + 8 * (4 + 16);
  std::size_t cells = members + 4 * 8 * 41;
};

template <class T>
Errc refusal_of(PositionDensity& density, std::vector<std::uint8_t> bytes, std::size_t at,
                T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  const std::uint64_t digest = Hash64().add_bytes(std::span(bytes).first(bytes.size() - 8)).value();
  std::memcpy(bytes.data() + bytes.size() - 8, &digest, 8);
  const Result<void> done = density.restore(bytes, kLater);
  return done ? Errc::kEmpty : done.error().code;
}

TEST(PositionDensityState, CraftedValuesAreRefused) {
  PositionDensity density = after(four_members(), random_market(4, 50));
  const std::vector<std::uint8_t> good = density.checkpoint();
  const std::uint64_t before = density.state_hash();
  const Places at;
  const double nan = std::nan("");
  const auto expect_refused = [&](std::size_t place, auto value) {
    EXPECT_EQ(refusal_of(density, good, place, value), Errc::kOutOfRange) << place << ' ' << value;
  };
  for (const std::size_t place :
       {std::size_t{32}, at.open_interest, at.scale,        at.stock,        at.never,
        at.given_up,     at.quote,         at.rows + 16,    at.waiting + 16, at.amounts,
        at.ledgers,      at.members,       at.members + 8,  at.members + 16, at.members + 24,
        at.members + 32, at.members + 40,  at.members + 48, at.members + 72, at.members + 96,
        at.splits,       at.splits + 16,   at.splits + 24}) {
    expect_refused(place, nan);
    expect_refused(place, HUGE_VAL);
    expect_refused(place, -1e3);
  }
  expect_refused(at.amounts, 1e200);  // would make cells infinite
  expect_refused(at.scale, 0.0);
  expect_refused(at.stock, 1e5);  // not the open interest
  expect_refused(at.is_started, std::uint64_t{0});
  expect_refused(at.members, 1.0);                  // churn
  expect_refused(at.members + 8, 1.1);              // close split
  expect_refused(at.members + 72, 0.9);             // entry weights add up to more than 1
  expect_refused(at.splits + 8, std::int64_t{-1});  // a time before all times
  expect_refused(at.splits + 8, kLater.value);      // a time after the last step
  expect_refused(at.splits + 32, nan);              // what a member remembers
  expect_refused(at.splits + 32, HUGE_VAL);
  expect_refused(at.rows, std::uint64_t{1} << 30U);        // low
  expect_refused(at.rows + 8, std::uint64_t{0});           // high, below low
  expect_refused(at.waiting, std::uint64_t{64});           // low, above high
  expect_refused(at.waiting + 8, std::uint64_t{65});       // high
  expect_refused(at.waiting + 16, std::log(100.0) + 1.0);  // outside the bins
  for (const float cell : {std::nanf(""), HUGE_VALF, -1.0F}) expect_refused(at.cells, cell);
  EXPECT_EQ(density.state_hash(), before);
  EXPECT_EQ(refusal_of(density, good, at.cells, 0.0F), Errc::kEmpty);
}

// Steps must follow each other, so a state of a later time than that of the next step is none.
TEST(PositionDensityState, AStateOfTheFutureIsRefused) {
  const std::vector<MarketStep> steps = random_market(4, 50);
  PositionDensity density = after(four_members(), steps);
  const std::vector<std::uint8_t> good = density.checkpoint();
  const UnixNanos end = steps.back().end;
  EXPECT_TRUE(density.restore(good, end));
  EXPECT_EQ(density.restore(good, end - Nanos(1)).error(), (Error{Errc::kOutOfRange, 40}));
  EXPECT_EQ(refusal_of(density, good, std::size_t{40}, kLater.value), Errc::kEmpty);
  EXPECT_EQ(refusal_of(density, good, std::size_t{40}, kLater.value + 1), Errc::kOutOfRange);
}

// Two states that go on differently do not have one digest.
TEST(PositionDensityState, TheDigestIsOfAllThatAdvanceReads) {
  PositionDensity density = after(four_members(), random_market(4, 50));
  const std::vector<std::uint8_t> good = density.checkpoint();
  const std::uint64_t before = density.state_hash();
  const Places at;
  const double close_split = 0.4;
  EXPECT_EQ(refusal_of(density, good, at.members + 8, close_split), Errc::kEmpty);
  EXPECT_NE(density.state_hash(), before);
  EXPECT_EQ(refusal_of(density, good, std::size_t{40}, kLater.value), Errc::kEmpty);  // last end
  EXPECT_NE(density.state_hash(), before);
  for (const std::size_t place : {at.quote, at.splits, at.splits + 32, at.members + 24}) {
    EXPECT_EQ(refusal_of(density, good, place, 2.5), Errc::kEmpty);
    EXPECT_NE(density.state_hash(), before) << place;
    ASSERT_TRUE(density.restore(good, kLater));
  }
  ASSERT_TRUE(density.restore(good, kLater));
  EXPECT_EQ(density.state_hash(), before);
}

// A slot that was given another's history goes on exactly as that one would have.
TEST(PositionDensityState, ResamplingCopiesHistories) {
  const std::vector<MarketStep> steps = random_market(5, 300);
  const std::vector<MemberParameters> members = four_members();
  PositionDensity density = after(members, std::span(steps).first(200));
  const std::array<std::size_t, 4> parents{2, 2, 0, 3};
  std::vector<MemberParameters> parameters;
  for (const std::size_t parent : parents) parameters.push_back(members[parent]);
  density.resample(parents, parameters);
  // Every slot its own parent, so that both have added up their entries at the same time.
  PositionDensity untouched = after(members, std::span(steps).first(200));
  untouched.resample(std::array<std::size_t, 4>{0, 1, 2, 3}, members);
  for (std::size_t i = 200; i < steps.size(); ++i) {
    density.advance(steps[i]);
    untouched.advance(steps[i]);
  }
  for (const Side side : kSides) {
    const MemberProfiles moved = density.profiles(side, kGrid);
    const MemberProfiles original = untouched.profiles(side, kGrid);
    for (std::size_t row = 0; row < kGrid.row_count; ++row) {
      for (std::size_t m = 0; m < 4; ++m)
        ASSERT_NEAR(moved.rows[row * 4 + m], original.rows[row * 4 + parents[m]], 1e-9);
    }
  }
}

// Kernels set afterwards are as if they had been there from the begin: exactly so where the
// identity never had to return anything, because returned mass was drawn with the old ones.
TEST(PositionDensityState, KernelsSetLaterAreThoseOfAllEntries) {
  const DistanceGrid grid(0.003, 0.6, 28);
  std::vector<MemberParameters> members = four_members();
  std::vector<std::vector<double>> kernels;
  for (const MemberParameters& member : members) kernels.push_back(member.kernel);
  for (MemberParameters& member : members) member.kernel = log_normal_kernel(grid, 0.1, 1.2);
  // Steps without a range beyond the nearest distance, so that nothing is swept.
  std::vector<MarketStep> steps = random_market(8, 60);
  for (MarketStep& step : steps) {
    step.open = step.high = step.low = step.close = 100.0;
    step.volume += 1.0;
  }
  PositionDensity later = after(members, steps);
  later.set_kernels(kernels);
  for (std::size_t m = 0; m < members.size(); ++m) members[m].kernel = kernels[m];
  const PositionDensity first = after(members, steps);
  for (const Side side : kSides) {
    EXPECT_NEAR(later.stock(side), first.stock(side), 1e-9 * first.stock(side));
    EXPECT_NEAR(later.recounted_stock(side) / later.stock(side), 1.0, 1e-5);
    const MemberProfiles a = later.profiles(side, kGrid);
    const MemberProfiles b = first.profiles(side, kGrid);
    for (std::size_t i = 0; i < a.rows.size(); ++i) ASSERT_NEAR(a.rows[i], b.rows[i], 1e-4);
  }
}

// What was given up entered at a distance, and is weighed anew by that distance, not by the weight
// of "never", as which it counts.
TEST(PositionDensityState, WhatWasGivenUpKeepsItsDistanceWhenKernelsAreSet) {
  PositionDensity density({}, four_members());
  std::vector<MarketStep> steps = collapse(-4.0, 200);
  for (MarketStep& step : steps) {
    step.volume = 0.0;
    step.oi_begin = step.oi_end = 1000.0;
  }
  // All shorts of the first step are given up; as many enter in the last, and nobody closes.
  steps.back().volume = 1000.0;
  steps.back().oi_end = 2000.0;
  for (const MarketStep& step : steps) density.advance(step);
  std::vector<std::vector<double>> kernels;
  for (std::size_t m = 0; m < 4; ++m) {
    std::vector<double> kernel = density.member(m).kernel;
    const double never = kernel.back();
    for (double& weight : kernel) weight *= (1.0 - 0.25 * never) / (1.0 - never);
    kernel.back() = 0.25 * never;
    kernels.push_back(std::move(kernel));
  }
  density.set_kernels(kernels);
  for (std::size_t m = 0; m < 4; ++m)
    EXPECT_NEAR(density.never(Side::kShort, m), 1000.0 * (1.0 + kernels[m].back()), 0.5);
  EXPECT_NEAR(density.stock(Side::kShort), 2000.0, 1e-3);
}

// A learnt kernel may have nothing beyond a low: what comes back from there is never reached.
TEST(PositionDensityState, AKernelWithoutFarDistancesReturnsToNever) {
  std::vector<MemberParameters> members = four_members();
  for (MemberParameters& member : members) {
    std::ranges::fill(member.kernel, 0.0);
    member.kernel[5] = 1.0;
  }
  members[0].kernel[5] = 0.5;
  members[0].kernel.back() = 0.5;
  PositionDensity density({}, members);
  MarketStep step = random_market(1, 1).front();
  step.low = 0.9 * step.open;
  step.high = step.close = step.open;
  step.volume = 0.0;
  step.oi_begin = step.oi_end = 1000.0;
  density.advance(step);
  for (std::size_t m = 0; m < members.size(); ++m)
    EXPECT_NEAR(density.never(Side::kLong, m), 1000.0, 1e-3);
  EXPECT_NEAR(density.recounted_stock(Side::kLong), 1000.0, 1e-3);
}

TEST(PositionDensityState, SweptByDistanceAddsUpToWhatWasSwept) {
  PositionDensity density(DensityConfig{}, {});
  for (const MarketStep& step : random_market(9, 300)) {
    const StepReport report = density.advance(step);
    for (const Side side : kSides) {
      double sum = 0.0;
      for (std::size_t j = 0; j < density.grid().size(); ++j)
        sum += density.swept_unit(side, std::array{1.0})[j] * density.member(0).kernel[j];
      ASSERT_NEAR(sum, report.swept[index_of(side)], 1e-9 * (1.0 + sum));
    }
  }
}

TEST(PositionDensityState, EntriesAtOtherPricesKeepTheStock) {
  const std::vector<MarketStep> steps = random_market(6, 200);
  PositionDensity moved({}, {});
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const MarketStep& from = steps[i / 2];
    const EntryPrices entries{from.close, from.high, from.low};
    moved.advance(steps[i], &entries);
  }
  for (const Side side : kSides) EXPECT_NEAR(moved.stock(side) / steps.back().oi_end, 1.0, 1e-6);
  EXPECT_NE(moved.state_hash(), after({}, steps).state_hash());
}

}  // namespace
}  // namespace faultline
