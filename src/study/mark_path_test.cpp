#include "study/mark_path.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"

namespace faultline {
namespace {

// Long enough for three levels of blocks.
TEST(MarkPath, FindsWhatALookAtEveryPointFinds) {
  Rng rng(3);
  MarkPath path;
  std::vector<std::int64_t> ticks;
  std::int64_t price = 100'000;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    price += std::llround(20.0 * rng.normal());
    ticks.push_back(price);
    path.add(UnixNanos(10 * i), PriceTicks(price));
  }
  path.finish();
  std::size_t reached = 0;
  for (int question = 0; question < 2'000; ++question) {
    const auto from = static_cast<std::int64_t>(rng.below(100'000));
    const bool is_below = rng.uniform() < 0.5;
    const std::int64_t away = std::llround(1'500.0 * rng.uniform());
    const std::int64_t start = ticks[static_cast<std::size_t>(from / 10)];
    EXPECT_EQ(path.at(UnixNanos(from)).value, start);
    const std::int64_t tick = is_below ? start - away : start + away;
    std::optional<std::int64_t> expected;
    for (auto i = static_cast<std::size_t>(from / 10) + 1; i < ticks.size() && !expected; ++i) {
      if (is_below ? ticks[i] <= tick : ticks[i] >= tick)
        expected = static_cast<std::int64_t>(10 * i);
    }
    const auto towards = is_below ? MarkPath::Towards::kBelow : MarkPath::Towards::kAbove;
    const auto found = path.first_reach(PriceTicks(tick), towards, UnixNanos(from));
    ASSERT_EQ(found.has_value(), expected.has_value()) << question;
    if (found) {
      ASSERT_EQ(found->value, *expected) << question;
    }
    reached += found ? 1 : 0;
  }
  EXPECT_GT(reached, 500U);
  EXPECT_LT(reached, 1'900U);
}

TEST(MarkPath, BeforeItsBeginningItIsItsFirstPrice) {
  MarkPath path;
  path.add(UnixNanos(50), PriceTicks(7));
  path.add(UnixNanos(60), PriceTicks(9));
  path.finish();
  EXPECT_EQ(path.at(UnixNanos(1)), PriceTicks(7));
  EXPECT_EQ(path.at(UnixNanos(59)), PriceTicks(7));
  // What the mark is at already does not count: only what it comes to.
  EXPECT_EQ(path.first_reach(PriceTicks(7), MarkPath::Towards::kBelow, UnixNanos(50)),
            std::nullopt);
  EXPECT_EQ(path.first_reach(PriceTicks(8), MarkPath::Towards::kAbove, UnixNanos(50)),
            UnixNanos(60));
}

}  // namespace
}  // namespace faultline
