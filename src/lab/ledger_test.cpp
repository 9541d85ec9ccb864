#include "lab/ledger.hpp"

#include <gtest/gtest.h>

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
  ledger.pay_funding(100'000, PriceTicks(1'000'000));  // .01 % of 1e9
  EXPECT_EQ(ledger[0].wallet, -100'000);
  EXPECT_EQ(ledger[1].wallet, 100'000);
}

TEST(Ledger, MoneyAndContractsAreConservedInARandomMarket) {
  Ledger ledger(7);
  Rng rng(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto taker = static_cast<AccountIndex>(rng.below(7));
    const auto maker = static_cast<AccountIndex>((taker + 1 + rng.below(6)) % 7);
    const auto price = static_cast<std::int64_t>(900'000 + rng.below(200'000));
    const auto qty = static_cast<std::int64_t>(1 + rng.below(50'000));
    ledger.trade(rng.uniform() < 0.5 ? buy(taker, maker, price, qty)
                                     : sell(taker, maker, price, qty));
    if (i % 10 == 0) ledger.transfer(taker, static_cast<std::int64_t>(rng.below(1'000'000)));
    if (i % 100 == 0) ledger.pay_funding(-123'457, PriceTicks(price));
    if (ledger[taker].qty == 0) ledger.settle(taker);
    std::int64_t net = 0;
    std::int64_t money = ledger.insurance();
    std::int64_t longs = 0;
    for (const LabAccount& account : ledger.accounts()) {
      net += account.qty;
      money += account.wallet - account.cost;
      longs += std::max<std::int64_t>(account.qty, 0);
    }
    ASSERT_EQ(net, 0);
    ASSERT_EQ(longs, ledger.open_interest().value);
    ASSERT_EQ(money, ledger.transferred());
  }
}

TEST(LedgerDeathTest, NobodyTradesWithItself) {
  Ledger ledger(2);
  EXPECT_DEATH(ledger.trade(buy(1, 1, 100, 1)), "fill.taker != fill.maker");
}

}  // namespace
}  // namespace faultline
