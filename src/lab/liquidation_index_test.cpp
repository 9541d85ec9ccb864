#include "lab/liquidation_index.hpp"

#include <gtest/gtest.h>

namespace faultline {
namespace {

PriceE9 usd(std::int64_t price) { return PriceE9(price * 1'000'000'000); }

TEST(LiquidationIndex, FindsTheFarthestCrossedOfEachSide) {
  LiquidationIndex index(4);
  index.place(0, Side::kLong, usd(90));
  index.place(1, Side::kLong, usd(95));
  index.place(2, Side::kShort, usd(105));
  index.place(3, Side::kShort, usd(110));
  EXPECT_EQ(index.crossed(Side::kLong, usd(96)), std::nullopt);
  EXPECT_EQ(index.crossed(Side::kLong, usd(95)), 1U);
  EXPECT_EQ(index.crossed(Side::kLong, usd(80)), 1U);
  EXPECT_EQ(index.crossed(Side::kShort, usd(104)), std::nullopt);
  EXPECT_EQ(index.crossed(Side::kShort, usd(120)), 2U);
  index.place(1, Side::kLong, std::nullopt);
  EXPECT_EQ(index.crossed(Side::kLong, usd(80)), 0U);
  index.place(0, Side::kShort, usd(100));
  EXPECT_EQ(index.crossed(Side::kLong, usd(1)), std::nullopt);
  EXPECT_EQ(index.price_of(0), usd(100));
}

// Linear, isolated, first rung: equity = maintenance at (entry − margin/qty) / (1 ∓ .004).
TEST(LiquidationIndex, PriceIsTheTextbookOneOnTheFirstRung) {
  const TierTable tiers = lab_tiers();
  LabAccount account{.qty = 1'000, .cost = 1'000'000'000, .wallet = 100'000'000};
  const LabMargin margin{.tiers = &tiers, .is_isolated = true, .mark = usd(100'000)};
  ASSERT_TRUE(liquidation_price_of(account, margin));
  EXPECT_NEAR(to_double_approx(*liquidation_price_of(account, margin)), 90'000 / 0.996, 1e-6);
  account.qty = -account.qty;
  account.cost = -account.cost;
  EXPECT_NEAR(to_double_approx(*liquidation_price_of(account, margin)), 110'000 / 1.004, 1e-6);
}

TEST(LiquidationIndex, NoPriceWithoutPositionOrWithFullMargin) {
  const TierTable tiers = lab_tiers();
  const LabMargin margin{.tiers = &tiers, .mark = usd(100'000)};
  EXPECT_EQ(liquidation_price_of({}, margin), std::nullopt);
  const LabAccount paid{.qty = 1'000, .cost = 1'000'000'000, .wallet = 1'000'000'000};
  EXPECT_EQ(liquidation_price_of(paid, margin), std::nullopt);
}

// Its real price lies above a mark that has already passed it.
TEST(LiquidationIndex, PriceDoesNotFollowAMarkThatHasPassedIt) {
  const TierTable tiers = lab_tiers();
  const LabAccount account{.qty = 1'000, .cost = 1'000'000'000, .wallet = 100'000'000};
  const LabMargin margin{.tiers = &tiers, .mark = usd(80'000)};
  EXPECT_NEAR(to_double_approx(*liquidation_price_of(account, margin)), 90'000 / 0.996, 1e-6);
}

}  // namespace
}  // namespace faultline
