#include "margin/liquidation_price.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "margin/rules.hpp"

namespace faultline {
namespace {

constexpr MarginRules kLinear{};
constexpr MarginRules kInverse{.kind = ContractKind::kInverse};

TierTable flat(double rate) { return TierTable::make({{.maintenance_rate = rate}}).value(); }

// Two rungs without deductions: the requirement jumps where the second begins.
TierTable jump(double edge) {
  return TierTable::make({{.notional_cap = edge, .maintenance_rate = .005},
                          {.notional_floor = edge, .maintenance_rate = .02}})
      .value();
}

TEST(LiquidationPrice, TakesTheEdgeWhereIterationCycles) {
  // Short 1 at 100 with 10: the first rung answers 109.45 (which lies on the second), the second
  // answers 107.84 (which lies on the first). Iteration never ends; the venue acts at the edge.
  const Position position{Side::kShort, 1.0, 100.0};
  const double by_first = 110.0 / 1.005;
  const double by_second = 110.0 / 1.02;
  ASSERT_GE(by_first, 108.5);
  ASSERT_LT(by_second, 108.5);
  const auto price = liquidation_price(kLinear, jump(108.5), position, {.wallet = 10.0});
  ASSERT_TRUE(price);
  EXPECT_EQ(price->price, 108.5);
  EXPECT_EQ(price->tier_index, 1U);
}

TEST(LiquidationPrice, TakesTheNearerOfTwoConsistentPrices) {
  // Long 1 at 100 with 10: 90.45 is consistent with the first rung and 91.84 with the second.
  const Position position{Side::kLong, 1.0, 100.0};
  const auto price = liquidation_price(kLinear, jump(91.0), position, {.wallet = 10.0});
  ASSERT_TRUE(price);
  EXPECT_NEAR(price->price, 90.0 / .98, 1e-12);
  EXPECT_EQ(price->tier_index, 1U);
  // Entered below the edge, the second rung is never met.
  const Position below{Side::kLong, 1.0, 100.0, 90.99};
  const auto other = liquidation_price(kLinear, jump(91.0), below, {.wallet = 10.0});
  ASSERT_TRUE(other);
  EXPECT_NEAR(other->price, 90.0 / .995, 1e-12);
  EXPECT_EQ(other->tier_index, 0U);
}

TEST(LiquidationPrice, UsesTheRungAtThePriceNotAtTheEntry) {
  // Entry notional 120 lies on the second rung, the price on the first.
  const TierTable tiers =
      TierTable::make(with_continuous_deductions({{.notional_cap = 100, .maintenance_rate = .01},
                                                  {.notional_floor = 100, .maintenance_rate = .1}}))
          .value();
  const auto price = liquidation_price(kLinear, tiers, {Side::kLong, 1.0, 120.0}, {.wallet = 60.0});
  ASSERT_TRUE(price);
  EXPECT_NEAR(price->price, 60.0 / .99, 1e-12);
  EXPECT_EQ(price->tier_index, 0U);
}

TEST(LiquidationPrice, LiquidatesAtTheMarkWhatIsAlreadyShort) {
  const auto price =
      liquidation_price(kLinear, flat(.05), {Side::kLong, 1.0, 100.0}, {.wallet = 5.0});
  ASSERT_TRUE(price);
  EXPECT_EQ(price->price, 100.0);
}

TEST(LiquidationPrice, SaysWhyThereIsNone) {
  const auto code = [](const MarginRules& rules, const TierTable& tiers, const Position& position,
                       double wallet) {
    return liquidation_price(rules, tiers, position, {.wallet = wallet}).error().code;
  };
  const Position long_position{Side::kLong, 1.0, 100.0};
  EXPECT_EQ(code(kLinear, flat(.01), long_position, 100.0), Errc::kNotLiquidatable);
  EXPECT_TRUE(liquidation_price(kLinear, flat(.01), long_position, {.wallet = 99.9}));
  const Position inverse_short{Side::kShort, 100.0, 100.0};
  EXPECT_EQ(code(kInverse, flat(.01), inverse_short, 1.0), Errc::kNotLiquidatable);
  EXPECT_TRUE(liquidation_price(kInverse, flat(.01), inverse_short, {.wallet = .999}));

  const TierTable capped =
      TierTable::make({{.notional_cap = 150, .maintenance_rate = .01}}).value();
  const Position short_position{Side::kShort, 1.0, 100.0};
  EXPECT_EQ(code(kLinear, capped, short_position, 60.0), Errc::kNoTier);  // 158 is beyond 150
  EXPECT_TRUE(liquidation_price(kLinear, capped, short_position, {.wallet = 50.0}));
  EXPECT_EQ(code(kLinear, capped, {Side::kLong, 2.0, 100.0}, 60.0), Errc::kNoTier);

  for (const Position& bad :
       {Position{Side::kLong, 0.0, 100.0}, Position{Side::kLong, 1.0, -1.0},
        Position{Side::kLong, 1.0, 100.0, 0.0}, Position{Side::kLong, std::nan(""), 100.0}}) {
    EXPECT_EQ(code(kLinear, flat(.01), bad, 10.0), Errc::kOutOfRange);
  }
  EXPECT_EQ(code(kLinear, flat(.01), long_position, std::nan("")), Errc::kOutOfRange);
}

TEST(LiquidationPrice, CrossMayPassTheEntryButNotTheMark) {
  // Profit at the mark 150 keeps alive an account whose wallet is already lost elsewhere.
  const Position position{Side::kLong, 1.0, 100.0, 150.0};
  const auto price =
      liquidation_price(kLinear, flat(.01), position,
                        cross_collateral({.wallet_balance = 10.0, .others_unrealized_pnl = -40.0}));
  ASSERT_TRUE(price);
  EXPECT_NEAR(price->price, 130.0 / .99, 1e-12);
}

TEST(LiquidationPrice, AccountValueAtTheMarkIsTheSameAccount) {
  const Position position{Side::kShort, 2.0, 100.0, 110.0};
  const auto by_wallet = liquidation_price(
      kLinear, flat(.01), position,
      cross_collateral(
          {.wallet_balance = 60.0, .others_unrealized_pnl = -5.0, .others_maintenance = 3.0}));
  const auto by_value = liquidation_price(
      kLinear, flat(.01), position,
      cross_collateral_at_mark(kLinear, position,
                               {.account_value = 60.0 - 5.0 - 20.0, .others_maintenance = 3.0}));
  ASSERT_TRUE(by_wallet);
  ASSERT_TRUE(by_value);
  EXPECT_NEAR(by_wallet->price, by_value->price, 1e-12);
}

TEST(LiquidationPrice, LaddersBySizeDoNotMoveWithThePrice) {
  MarginRules rules = margin_rules({.venue = Venue::kOkx}).value();
  rules.maintenance_fee_rate = 0.0;
  const TierTable tiers = TierTable::make({{.notional_cap = 5, .maintenance_rate = .01},
                                           {.notional_floor = 5, .maintenance_rate = .05}})
                              .value();
  const auto small = liquidation_price(rules, tiers, {Side::kLong, 4.9, 100.0}, {.wallet = 49.0});
  const auto large = liquidation_price(rules, tiers, {Side::kLong, 5.0, 100.0}, {.wallet = 50.0});
  ASSERT_TRUE(small);
  ASSERT_TRUE(large);
  EXPECT_NEAR(small->price, 90.0 / .99, 1e-12);
  EXPECT_NEAR(large->price, 90.0 / .95, 1e-12);
  EXPECT_EQ(large->tier_index, 1U);
}

TEST(LiquidationPrice, EntryValueRulesReportTheirRung) {
  const TierTable tiers = jump(91.0);
  const auto price =
      liquidation_price(kBybitIsolated2021, tiers, {Side::kLong, 1.0, 100.0}, {.wallet = 10.0});
  ASSERT_TRUE(price);
  EXPECT_NEAR(price->price, 92.0, 1e-12);
  EXPECT_EQ(price->tier_index, 1U);
}

TEST(BankruptcyPrice, LeavesRoomForTheClosingFee) {
  // Gate: (EP ∓ IM/qty)/(1 ∓ fee).
  const MarginRules gate = margin_rules({.venue = Venue::kGate}).value();
  const auto below = bankruptcy_price(gate, {Side::kLong, 2.0, 100.0}, {.wallet = 20.0});
  const auto above = bankruptcy_price(gate, {Side::kShort, 2.0, 100.0}, {.wallet = 20.0});
  ASSERT_TRUE(below);
  ASSERT_TRUE(above);
  EXPECT_NEAR(*below, 90.0 / (1 - .00075), 1e-12);
  EXPECT_NEAR(*above, 110.0 / (1 + .00075), 1e-12);
  const Position covered{Side::kLong, 1.0, 100.0};
  EXPECT_EQ(bankruptcy_price(gate, covered, {.wallet = 100.0}).error().code,
            Errc::kNotLiquidatable);
  EXPECT_EQ(bankruptcy_price(kInverse, {Side::kShort, 100.0, 100.0}, {.wallet = 1.0}).error().code,
            Errc::kNotLiquidatable);
}

TEST(HedgeLiquidation, FollowsBinancesFormulaOnBothSides) {
  // LP = (WB + cumL + cumS − Q_L·EP_L + Q_S·EP_S) / (Q_L·MMR_L + Q_S·MMR_S − Q_L + Q_S).
  const HedgedPosition position{.long_quantity = 3,
                                .long_entry_price = 100,
                                .short_quantity = 1,
                                .short_entry_price = 110,
                                .mark_price = 105};
  const auto found = hedge_liquidation_prices(kLinear, flat(.01), position, {.wallet = 50.0});
  ASSERT_TRUE(found);
  ASSERT_TRUE(found->below);
  EXPECT_NEAR(found->below->price, (50.0 - 300 + 110) / (.03 + .01 - 3 + 1), 1e-12);
  EXPECT_EQ(found->above.error().code, Errc::kNotLiquidatable);
}

TEST(HedgeLiquidation, NeutralHedgesDieByARise) {
  const HedgedPosition position{.long_quantity = 1,
                                .long_entry_price = 100,
                                .short_quantity = 1,
                                .short_entry_price = 100,
                                .mark_price = 100};
  const auto found = hedge_liquidation_prices(kLinear, flat(.01), position, {.wallet = 10.0});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->below.error().code, Errc::kNotLiquidatable);
  ASSERT_TRUE(found->above);
  EXPECT_NEAR(found->above->price, 500.0, 1e-9);

  EXPECT_EQ(hedge_liquidation_prices(kBybitIsolated2021, flat(.01), position, {}).error().code,
            Errc::kBadRequest);
  EXPECT_EQ(hedge_liquidation_prices(kLinear, flat(.01), {}, {}).error().code, Errc::kOutOfRange);
}

TEST(HedgeLiquidation, InverseRunsTheOtherWayInX) {
  const HedgedPosition position{.long_quantity = 300,
                                .long_entry_price = 100,
                                .short_quantity = 100,
                                .short_entry_price = 100,
                                .mark_price = 100};
  const auto found = hedge_liquidation_prices(kInverse, flat(.01), position, {.wallet = .5});
  ASSERT_TRUE(found);
  ASSERT_TRUE(found->below);
  // .5 + 200·(1/100 − x) = 4·x, in coins.
  EXPECT_NEAR(found->below->price, 204.0 / 2.5, 1e-9);
}

}  // namespace
}  // namespace faultline
