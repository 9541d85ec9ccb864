#include "lab/liquidation_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace faultline {
namespace {

Liquidation order(std::int64_t millis, std::int64_t lots) {
  Liquidation made{};
  made.time = UnixNanos(millis * 1'000'000);
  made.qty = Qty(lots);
  return made;
}

// Lots printed of: 1, 5, 3 in one second, nothing in the next, 2 in the third, 4 in the fourth.
std::vector<std::int64_t> printed(Completeness completeness, std::uint64_t seed = 1) {
  std::vector<std::int64_t> lots;
  LiquidationFeed feed(completeness, Rng(seed), [&](const Liquidation& print) {
    EXPECT_EQ(print.completeness, completeness);
    lots.push_back(print.qty.value);
  });
  for (const auto& one :
       {order(10'000, 1), order(10'400, 5), order(10'999, 3), order(12'000, 2), order(13'500, 4)})
    feed.add(one);
  feed.close(UnixNanos(13'999'999'999));
  EXPECT_EQ(std::ranges::count(lots, 4), completeness == Completeness::kAll ? 1 : 0)
      << "the fourth second is not over";
  feed.close(UnixNanos(14'000'000'000));
  return lots;
}

TEST(LiquidationFeed, PrintsWhatItsVenuePrints) {
  using Lots = std::vector<std::int64_t>;
  EXPECT_EQ(printed(Completeness::kAll), (Lots{1, 5, 3, 2, 4}));
  EXPECT_EQ(printed(Completeness::kLargestPerSecond), (Lots{5, 2, 4}));
  EXPECT_EQ(printed(Completeness::kLatestPerSecond), (Lots{3, 2, 4}));
}

TEST(LiquidationFeed, AnUnspecifiedFeedIsAMixture) {
  int largest = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto lots = printed(Completeness::kOnePerSecond, seed);
    ASSERT_EQ(lots.size(), 3u);
    largest += lots.front() == 5 ? 1 : 0;
  }
  EXPECT_NEAR(largest, 200, 40);
}

TEST(LiquidationFeed, OfEqualOrdersTheFirstIsTheLargest) {
  std::vector<std::int64_t> times;
  LiquidationFeed feed(Completeness::kLargestPerSecond, Rng(1), [&](const Liquidation& print) {
    times.push_back(print.time.value / 1'000'000);
  });
  feed.add(order(1'000, 7));
  feed.add(order(1'001, 7));
  feed.close(UnixNanos(5'000'000'000));
  EXPECT_EQ(times, std::vector<std::int64_t>{1'000});
}

}  // namespace
}  // namespace faultline
