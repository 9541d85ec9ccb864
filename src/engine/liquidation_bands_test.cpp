#include "engine/liquidation_bands.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "base/rng.hpp"

namespace faultline {
namespace {

// Spans of a walk whose prints scatter around what was expected, more so in wide ones.
ColumnSpan span_of(Rng& rng, double& price, bool has_feed) {
  ColumnSpan span;
  Candle& candle = span.candle;
  candle.open = price;
  price *= std::exp(0.005 * rng.normal());
  candle.close = price;
  candle.high = std::max(candle.open, price) * std::exp(0.002 * std::abs(rng.normal()));
  candle.low = std::min(candle.open, price) * std::exp(-0.002 * std::abs(rng.normal()));
  if (!has_feed) return span;
  span.feed.emplace();
  span.feed->readings = 1;
  span.feed->has_side = {true, true};
  const std::array reach{candle.open / candle.low - 1.0, candle.high / candle.open - 1.0};
  for (const std::size_t side : {0U, 1U}) {
    const double expected = 1e8 * reach[side];
    span.feed->expected_liquidation_usd[side] = expected;
    span.feed->printed_usd[side] = expected * std::exp((0.5 + 100.0 * reach[side]) * rng.normal());
  }
  return span;
}

TEST(LiquidationBands, CoverWhatTheyPromise) {
  LiquidationBands bands;
  Rng rng(5);
  double price = 50'000.0;
  for (int i = 0; i < 4'000; ++i) {
    ColumnSpan span = span_of(rng, price, true);
    bands.add(span);
  }
  ASSERT_GT(bands.interval_count(), 7'000U);
  const double covered =
      static_cast<double>(bands.inside_count()) / static_cast<double>(bands.interval_count());
  std::printf("80 %% bands of a synthetic feed cover %.4f\n", covered);
  EXPECT_NEAR(covered, LiquidationBands::kCoverage, 0.02);
}

TEST(LiquidationBands, ASpanKnowsOnlyEarlierSpans) {
  Rng rng(6);
  double price = 50'000.0;
  LiquidationBands bands;
  for (int i = 0; i < 500; ++i) {
    ColumnSpan span = span_of(rng, price, true);
    bands.add(span);
  }
  LiquidationBands other = bands;
  ColumnSpan one = span_of(rng, price, true);
  ColumnSpan two = one;
  two.feed->printed_usd = {0.0, 1e12};
  bands.add(one);
  other.add(two);
  for (const std::size_t side : {0U, 1U}) {
    ASSERT_TRUE(one.feed->liquidation_interval[side]);
    EXPECT_EQ(one.feed->liquidation_interval[side]->low, two.feed->liquidation_interval[side]->low);
    EXPECT_EQ(one.feed->liquidation_interval[side]->high,
              two.feed->liquidation_interval[side]->high);
  }
}

TEST(LiquidationBands, ASideThatIsNotRecordedIsNoZero) {
  Rng rng(8);
  double price = 50'000.0;
  LiquidationBands bands;
  for (int i = 0; i < 300; ++i) {
    ColumnSpan span = span_of(rng, price, true);
    span.feed->has_side = {true, false};
    bands.add(span);
    EXPECT_FALSE(span.feed->liquidation_interval[1]);
  }
  EXPECT_LT(bands.interval_count(), 300U);
  EXPECT_GT(bands.interval_count(), 150U);
}

TEST(LiquidationBands, WithoutAFeedAndAtFirstThereIsNone) {
  Rng rng(7);
  double price = 50'000.0;
  LiquidationBands bands;
  ColumnSpan bare = span_of(rng, price, false);
  bands.add(bare);
  EXPECT_FALSE(bare.feed);
  ColumnSpan first = span_of(rng, price, true);
  bands.add(first);
  EXPECT_FALSE(first.feed->liquidation_interval[0]);
  EXPECT_EQ(bands.interval_count(), 0U);
}

}  // namespace
}  // namespace faultline
