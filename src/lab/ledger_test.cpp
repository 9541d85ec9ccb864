#include "lab/ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/rng.hpp"

namespace faultline {
namespace {

Fill buy(AccountIndex taker, AccountIndex maker, std::int64_t price, std::int64_t qty) {
  return {.taker = taker, .maker = maker, .price = PriceTicks(price), .qty = Qty(qty)};
}

Fill sell(AccountIndex taker, AccountIndex maker, std::int64_t price, std::int64_t qty) {
  Fill fill = buy(taker, maker, price, qty);
  fill.opens_towards = Side::kShort;
  return fill;
}

TEST(Ledger, RealisesProfitOnWhatIsClosedAndKeepsTheRestAtCost) {
  Ledger ledger(2);
  ledger.trade(buy(0, 1, 100, 10));
  ledger.trade(buy(0, 1, 110, 10));
  EXPECT_EQ(ledger[0].cost, 2'100);
  ledger.trade(sell(0, 1, 120, 5));
  EXPECT_EQ(ledger[0].qty, 15);
  EXPECT_EQ(ledger[0].cost, 1'575);
  EXPECT_EQ(ledger[0].wallet, 5 * 120 - 525);
  EXPECT_EQ(ledger[1].wallet, -ledger[0].wallet);
  EXPECT_EQ(ledger.open_interest(), Qty(15));
}

TEST(Ledger, TurnsAroundInOneTrade) {
  Ledger ledger(2);
  ledger.trade(buy(0, 1, 100, 10));
  ledger.trade(sell(0, 1, 90, 15));
  EXPECT_EQ(ledger[0].qty, -5);
  EXPECT_EQ(ledger[0].cost, -450);
  EXPECT_EQ(ledger[0].wallet, -100);
  EXPECT_EQ(ledger.open_interest(), Qty(5));
}

TEST(Ledger, FundingIsPaidByLongsWhenPositive) {
  Ledger ledger(2);
  ledger.trade(buy(0, 1, 1'000'000, 1'000));
  ledger.pay_funding({.rate_e9 = 100'000, .mark = PriceTicks(1'000'000)});  // .01 % of 1e9
  EXPECT_EQ(ledger[0].wallet, -100'000);
  EXPECT_EQ(ledger[1].wallet, 100'000);
}

TEST(Ledger, FeesLeaveTheTradersAndRebatesComeBack) {
  Ledger ledger(2);
  ledger.transfer(0, 1'000);
  Fill fill = buy(0, 1, 100, 10);
  fill.taker_fee = 5;
  fill.maker_fee = -2;
  ledger.trade(fill);
  EXPECT_EQ(ledger[0].wallet, 995);
  EXPECT_EQ(ledger[1].wallet, 2);
  EXPECT_EQ(ledger.fees(), 3);
}

TEST(Ledger, AnIsolatedPositionRisksItsMarginOnly) {
  Ledger ledger(2);
  ledger.transfer(0, 1'000);
  ledger.set_isolated(0, 100'000);  // a tenth
  ledger.trade(buy(0, 1, 100, 10));
  EXPECT_EQ(ledger[0].margin, 100);
  EXPECT_EQ(ledger[0].wallet, 900);
  EXPECT_EQ(ledger.equity(0, PriceTicks(95)), 50);

  // Half is closed at a loss of 25: half of the margin was for it, the rest of that comes back.
  ledger.trade(sell(0, 1, 95, 5));
  EXPECT_EQ(ledger[0].margin, 50);
  EXPECT_EQ(ledger[0].wallet, 925);
  // The other half at a loss of 100: 50 more than there was. The free wallet is not touched.
  ledger.trade(sell(0, 1, 80, 5));
  EXPECT_EQ(ledger[0].margin, -50);
  EXPECT_EQ(ledger[0].wallet, 925);
  EXPECT_EQ(ledger.cover(0), 50);
  EXPECT_EQ(ledger[0].margin, 0);
  EXPECT_EQ(ledger.insurance(), -50);
  EXPECT_TRUE(ledger.is_conserved());
}

TEST(Ledger, APartialCloseBeyondItsShareEatsTheMarginThatStays) {
  Ledger ledger(2);
  ledger.transfer(0, 100);
  ledger.set_isolated(0, 100'000);
  ledger.trade(buy(0, 1, 100, 10));
  ledger.trade(sell(0, 1, 85, 5));  // loses 75, half of the margin is 50
  EXPECT_EQ(ledger[0].margin, 25);
  EXPECT_EQ(ledger[0].wallet, 0);
}

TEST(Ledger, RealisingKeepsEquity) {
  Ledger ledger(2);
  ledger.transfer(0, 10);
  ledger.trade(buy(0, 1, 100, 10));
  const std::int64_t equity = ledger.equity(0, PriceTicks(130));
  ledger.realise(0, PriceTicks(130));
  EXPECT_EQ(ledger[0].wallet, 310);
  EXPECT_EQ(ledger.equity(0, PriceTicks(130)), equity);
  EXPECT_TRUE(ledger.is_conserved());
}

TEST(Ledger, ALiquidationFeeTakesNoMoreThanThereIs) {
  Ledger ledger(1);
  ledger.transfer(0, 10);
  ledger.charge_liquidation(0, 25);
  EXPECT_EQ(ledger[0].wallet, 0);
  EXPECT_EQ(ledger.insurance(), 10);
}

LabContract inverse_contract() {
  return LabContract::of(
             {.kind = ContractKind::kInverse, .contract_multiplier = {100, 0}, .lot_size = {1, 0}})
      .value();
}

class LedgerOfKind : public ::testing::TestWithParam<ContractKind> {};

// Every operation in random order: the sums are recomputed from the accounts after each.
TEST_P(LedgerOfKind, MoneyAndContractsAreConservedInARandomMarket) {
  constexpr std::size_t kAccounts = 7;
  Ledger ledger(kAccounts,
                GetParam() == ContractKind::kLinear ? LabContract() : inverse_contract());
  Rng rng(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto taker = static_cast<AccountIndex>(rng.below(kAccounts));
    const auto maker =
        static_cast<AccountIndex>((taker + 1 + rng.below(kAccounts - 1)) % kAccounts);
    const auto price = static_cast<std::int64_t>(900'000 + rng.below(200'000));
    const auto qty = static_cast<std::int64_t>(1 + rng.below(50'000));
    if (ledger[taker].qty == 0) {
      if (rng.uniform() < 0.5)
        ledger.set_isolated(taker, static_cast<std::int32_t>(1 + rng.below(1'000'000)));
      else
        ledger.set_cross(taker, 1);
    }
    Fill fill =
        rng.uniform() < 0.5 ? buy(taker, maker, price, qty) : sell(taker, maker, price, qty);
    if (ledger[taker].qty != 0 && rng.uniform() < 0.2) {  // closes all of it
      fill.qty = Qty(std::abs(ledger[taker].qty));
      fill.opens_towards = opposite(ledger[taker].side());
    }
    fill.taker_fee = static_cast<std::int64_t>(rng.below(1'000));
    fill.maker_fee = -static_cast<std::int64_t>(rng.below(100));
    ledger.trade(fill);
    if (i % 10 == 0) ledger.transfer(taker, static_cast<std::int64_t>(rng.below(100'000'000)));
    if (i % 100 == 0) ledger.pay_funding({.rate_e9 = -123'457, .mark = PriceTicks(price)});
    if (i % 7 == 0) ledger.realise(maker, PriceTicks(price));
    if (i % 13 == 0) ledger.charge_liquidation(maker, 77);
    if (ledger[taker].is_isolated && ledger[taker].qty != 0 && ledger[taker].wallet > 3)
      ledger.add_margin(taker, ledger[taker].wallet / 3);
    if (ledger[taker].qty == 0) ledger.cover(taker);
    ASSERT_TRUE(ledger.is_conserved()) << i;
    const std::int64_t residue = ledger.valuation_residue(PriceTicks(price));
    ASSERT_LE(std::abs(residue), GetParam() == ContractKind::kLinear
                                     ? 0
                                     : static_cast<std::int64_t>(kAccounts + 1) / 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LedgerOfKind,
                         ::testing::Values(ContractKind::kLinear, ContractKind::kInverse),
                         [](const auto& param) {
                           return param.param == ContractKind::kLinear ? "linear" : "inverse";
                         });

TEST(LedgerDeathTest, NobodyTradesWithItself) {
  Ledger ledger(2);
  EXPECT_DEATH(ledger.trade(buy(1, 1, 100, 1)), "fill.taker != fill.maker");
}

// What was paid stays known when profit is turned into cash, and goes with what is closed.
TEST(Ledger, RealisingKeepsTheEntry) {
  Ledger ledger(2);
  ledger.transfer(0, 1'000'000);
  ledger.transfer(1, 1'000'000);
  ledger.trade({.taker = 0, .maker = 1, .price = PriceTicks(1'000), .qty = Qty(10)});
  const std::int64_t entry = ledger[0].cost;
  ledger.realise(0, PriceTicks(1'200));
  EXPECT_GT(ledger[0].cost, entry);
  EXPECT_EQ(ledger[0].entry_value(), entry);
  ledger.trade({.taker = 0,
                .maker = 1,
                .opens_towards = Side::kShort,
                .price = PriceTicks(1'200),
                .qty = Qty(5)});
  EXPECT_EQ(ledger[0].entry_value(), entry / 2);
  ledger.trade({.taker = 0,
                .maker = 1,
                .opens_towards = Side::kShort,
                .price = PriceTicks(1'200),
                .qty = Qty(5)});
  EXPECT_EQ(ledger[0].entry_value(), 0);
  EXPECT_EQ(ledger[0].moved, 0);
  EXPECT_TRUE(ledger.is_conserved());
}

TEST(Ledger, TheMarginOfAnIsolatedPositionPaysWhatTheWalletCannot) {
  Ledger ledger(2);
  ledger.set_isolated(0, 1'000'000);
  const std::int64_t value = ledger.contract().notional(10, PriceTicks(1'000));
  ledger.transfer(0, value);  // all of it is set aside
  ledger.trade({.taker = 0,
                .maker = 1,
                .price = PriceTicks(1'000),
                .qty = Qty(10),
                .taker_fee = 7,
                .maker_fee = 0});
  EXPECT_EQ(ledger[0].wallet, 0);
  EXPECT_EQ(ledger[0].margin, value - 7);
  EXPECT_TRUE(ledger.is_conserved());
}

}  // namespace
}  // namespace faultline
