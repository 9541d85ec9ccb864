#include "infer/close_split.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace faultline {
namespace {

constexpr UnixNanos kBegin(1'764'547'200'000'000'000);
constexpr double kInterest = 1000.0;

// A market of even steps that a test changes: a walk of a tenth of a per cent up and down.
class Market {
 public:
  explicit Market(Nanos length = kMinute) : length_(length) {}

  MarketStep next(double log_return, double bought = 0.5, double change = 0.0) {
    MarketStep step;
    step.begin = now_;
    step.end = now_ = now_ + length_;
    step.open = price_;
    step.close = price_ *= std::exp(log_return);
    step.volume = static_cast<double>(length_.value) / static_cast<double>(kMinute.value);
    step.taker_buy_volume = bought * step.volume;
    step.has_taker_side = true;
    step.oi_begin = step.oi_end = kInterest;
    step.oi_end += change;
    return step;
  }
  MarketStep wave(double bought = 0.5) { return next(++count_ % 2 == 0 ? 1e-3 : -1e-3, bought); }

 private:
  Nanos length_;
  UnixNanos now_ = kBegin;
  double price_ = 50'000.0;
  int count_ = 0;
};

double split_after(CloseSplitPath& path, const MarketStep& step, const CloseSplitResponse& response,
                   double base = 0.5) {
  path.begin_step(step, step.oi_begin);
  return path.advance(0, base, response);
}

double logit(double split) { return std::log(split / (1.0 - split)); }

std::vector<std::uint8_t> bytes_of(const CloseSplitPath& path) {
  StateWriter out;
  path.save(out);
  return out.take();
}

constexpr CloseSplitResponse kAll{
    .half_life_hours = 1.0, .taker_imbalance = -0.6, .step_return = 0.1, .interest_sign = 0.2};

TEST(CloseSplit, WithoutAResponseItIsTheBaseToTheLastBit) {
  for (const double base : {0.0, 0.3, 0.5, 0.71, 1.0}) {
    CloseSplitPath path(1);
    Market market;
    for (int i = 0; i < 50; ++i) EXPECT_EQ(split_after(path, market.wave(0.9), {}, base), base);
  }
}

TEST(CloseSplit, EveryDriverMovesItByItsCoefficient) {
  const auto after = [](const CloseSplitResponse& response, double log_return, double bought,
                        double change) {
    CloseSplitPath path(1);
    Market market;
    for (int i = 0; i < 600; ++i) split_after(path, market.wave(), response);
    return split_after(path, market.next(log_return, bought, change), response);
  };
  // An hour of buying alone is half of what a memory of one hour holds, a minute a ninetieth.
  EXPECT_LT(after({.taker_imbalance = -1.0}, 0.0, 1.0, 0.0), 0.499);
  EXPECT_GT(after({.taker_imbalance = -1.0}, 0.0, 0.0, 0.0), 0.501);
  EXPECT_GT(after({.step_return = 0.1}, 0.01, 0.5, 0.0), 0.52);
  EXPECT_LT(after({.step_return = 0.1}, -0.01, 0.5, 0.0), 0.48);
  // Falling prices with falling interest are longs that leave.
  EXPECT_GT(after({.interest_sign = 0.1}, -0.01, 0.5, -5.0), 0.52);
  EXPECT_LT(after({.interest_sign = 0.1}, -0.01, 0.5, 5.0), 0.48);
  EXPECT_EQ(after({.interest_sign = 0.1}, -0.01, 0.5, 0.0), 0.5);
  // A crash is kReturnMax and no more.
  EXPECT_NEAR(logit(after({.step_return = 0.1}, -0.5, 0.5, 0.0)), -0.1 * kReturnMax, 0.4);
  EXPECT_GE(logit(after({.step_return = 0.1}, -0.5, 0.5, 0.0)), -0.1 * kReturnMax - 1e-12);
}

// The half-life is one of time: in steps of a minute and of ten.
TEST(CloseSplit, ItReturnsToTheBaseByItsHalfLife) {
  const CloseSplitResponse response{.half_life_hours = 1.0, .taker_imbalance = 1.0};
  for (const Nanos length : {kMinute, Nanos(10 * kMinute.value)}) {
    CloseSplitPath path(1);
    Market market(length);
    const std::int64_t hour = kHour.value / length.value;
    for (std::int64_t i = 0; i < 40 * hour; ++i) split_after(path, market.wave(), response);
    double split = 0.0;
    for (std::int64_t i = 0; i < hour; ++i) split = split_after(path, market.wave(1.0), response);
    EXPECT_NEAR(logit(split), 0.5, 1e-6);
    for (std::int64_t i = 0; i < hour; ++i) split = split_after(path, market.wave(), response);
    EXPECT_NEAR(logit(split), 0.25, 1e-6);
  }
}

TEST(CloseSplit, AnEmptyStepChangesNothing) {
  CloseSplitPath path(1);
  Market market;
  double split = 0.0;
  for (int i = 0; i < 90; ++i) split = split_after(path, market.wave(0.8), kAll);
  const std::vector<std::uint8_t> before = bytes_of(path);
  for (int i = 0; i < 20; ++i) {
    MarketStep empty = market.next(0.002);
    empty.volume = empty.taker_buy_volume = 0.0;
    EXPECT_EQ(split_after(path, empty, kAll), split);
    EXPECT_EQ(bytes_of(path), before);
  }
  // Its time and its return are the next step's.
  EXPECT_NE(split_after(path, market.wave(), kAll), split);
}

TEST(CloseSplit, AMirroredMarketHasTheMirroredSplit) {
  CloseSplitPath path(1);
  CloseSplitPath mirrored(1);
  Market market;
  for (int i = 0; i < 300; ++i) {
    const double bought = 0.5 + 0.4 * std::sin(0.1 * i);
    const MarketStep step = market.next(2e-3 * std::cos(0.3 * i), bought, 3.0 * std::sin(0.05 * i));
    MarketStep other = step;
    other.open = 1.0 / step.open;
    other.close = 1.0 / step.close;
    other.taker_buy_volume = step.volume - step.taker_buy_volume;
    const double here = split_after(path, step, kAll, 0.4);
    EXPECT_NEAR(split_after(mirrored, other, kAll, 0.6), 1.0 - here, 1e-9);
    if (i > 20) {
      EXPECT_GT(std::abs(logit(here) - logit(0.4)), 1e-5);
    }
  }
}

// The same market in steps and in their halves.
TEST(CloseSplit, HalvesAddWhatTheWholeDoes) {
  CloseSplitPath whole(1);
  CloseSplitPath halves(1);
  Market market(Nanos(10 * kMinute.value));
  CloseSplitResponse buys = kAll;
  buys.step_return = buys.interest_sign = 0.0;
  for (int i = 0; i < 200; ++i) {
    const double bought = 0.5 + 0.4 * std::sin(0.1 * i);
    const MarketStep step = market.next(2e-3 * std::cos(2.0 * i), bought, 3.0 * std::sin(0.05 * i));
    MarketStep first = step;
    first.end = step.begin + Nanos((step.end - step.begin).value / 2);
    first.volume = 0.5 * step.volume;
    first.taker_buy_volume = 0.5 * step.taker_buy_volume;
    first.close = std::sqrt(step.open * step.close);
    first.oi_end = 0.5 * (step.oi_begin + step.oi_end);
    MarketStep second = first;
    second.begin = first.end;
    second.end = step.end;
    second.open = first.close;
    second.close = step.close;
    second.oi_begin = first.oi_end;
    second.oi_end = step.oi_end;
    whole.begin_step(step, step.oi_begin);
    halves.begin_step(first, first.oi_begin);
    halves.advance(0, 0.5, kAll);
    halves.begin_step(second, second.oi_begin);
    whole.advance(0, 0.5, kAll);
    halves.advance(0, 0.5, kAll);
    // Without a step between them, what is read is what is remembered.
    MarketStep none = step;
    none.volume = 0.0;
    none.oi_end = none.oi_begin;
    EXPECT_NEAR(split_after(whole, none, buys), split_after(halves, none, buys), 1e-12) << i;
    // Halves of a return have half of its square, so that volatility is a little lower.
    if (i > 50) {
      EXPECT_NEAR(split_after(whole, none, kAll), split_after(halves, none, kAll), 0.05) << i;
    }
  }
}

TEST(CloseSplit, AFeedWithoutTheTakersSideSaysNothingAndForgets) {
  const CloseSplitResponse response{.taker_imbalance = -1.0};
  CloseSplitPath path(1);
  Market market;
  double split = 0.0;
  for (int i = 0; i < 120; ++i) split = split_after(path, market.wave(0.9), response);
  EXPECT_LT(split, 0.4);
  for (int i = 0; i < 600; ++i) {
    MarketStep step = market.wave(0.9);
    step.has_taker_side = false;
    split = split_after(path, step, response);
  }
  EXPECT_NEAR(split, 0.5, 1e-3);
}

TEST(CloseSplit, MembersGoOnWithTheirParentsMemory) {
  CloseSplitPath path(2);
  Market market;
  const CloseSplitResponse slow{.half_life_hours = 8.0, .taker_imbalance = 1.0};
  const CloseSplitResponse fast{.half_life_hours = 0.2, .taker_imbalance = 1.0};
  double slow_split = 0.0;
  for (int i = 0; i < 100; ++i) {
    const MarketStep step = market.wave(i < 60 ? 1.0 : 0.5);
    path.begin_step(step, step.oi_begin);
    slow_split = path.advance(0, 0.5, slow);
    EXPECT_TRUE(i < 70 || path.advance(1, 0.5, fast) < slow_split);
  }
  path.resample(std::vector<std::size_t>{0, 0});
  MarketStep none = market.wave();
  none.volume = 0.0;
  path.begin_step(none, kInterest);
  EXPECT_EQ(path.advance(1, 0.5, slow), slow_split);
}

TEST(CloseSplit, StateIsSavedAndCraftedStateRefused) {
  CloseSplitPath path(1);
  Market market;
  MarketStep step;
  for (int i = 0; i < 90; ++i) split_after(path, step = market.wave(0.8), kAll);
  const std::vector<std::uint8_t> bytes = bytes_of(path);
  EXPECT_EQ(bytes.size(), 8 * path.state_doubles());
  CloseSplitPath restored(1);
  StateReader in(bytes);
  ASSERT_TRUE(restored.load(in, step.end));
  EXPECT_EQ(bytes_of(restored), bytes);
  const MarketStep next = market.wave(0.1);
  EXPECT_EQ(split_after(restored, next, kAll), split_after(path, next, kAll));
  StateReader early(bytes);
  EXPECT_FALSE(restored.load(early, step.end - Nanos(1)));
  const auto shorter = std::span(bytes).first(bytes.size() - 1);
  StateReader cut(shorter);
  EXPECT_FALSE(restored.load(cut, step.end));
}

TEST(CloseSplit, ResponsesThatCouldOverflowAreUnsound) {
  EXPECT_TRUE(is_sound(kAll));
  EXPECT_FALSE(is_sound({.half_life_hours = 0.0}));
  EXPECT_FALSE(is_sound({.half_life_hours = std::nan("")}));
  EXPECT_FALSE(is_sound({.taker_imbalance = HUGE_VAL}));
  EXPECT_FALSE(is_sound({.step_return = -11.0}));
  EXPECT_FALSE(is_sound({.interest_sign = std::nan("")}));
}

}  // namespace
}  // namespace faultline
