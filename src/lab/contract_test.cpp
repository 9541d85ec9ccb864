#include "lab/contract.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace faultline {
namespace {

InstrumentSpec inverse_spec() {
  return {.kind = ContractKind::kInverse,
          .contract_multiplier = {100, 0},
          .tick_size = {1, -1},
          .lot_size = {1, 0},
          .settle = "BTC"};
}

LabContract inverse() { return LabContract::of(inverse_spec()).value(); }

TEST(LabContract, LinearValueIsExact) {
  const LabContract contract;
  EXPECT_EQ(contract.value(3, PriceTicks(1'000'001)), 3'000'003);
  EXPECT_EQ(contract.value(-3, PriceTicks(1'000'001)), -3'000'003);
  // One lot of .001 BTC at 100 000.1 USD.
  EXPECT_NEAR(contract.money_approx(contract.value(1, PriceTicks(1'000'001))), 100.0001, 1e-9);
  EXPECT_EQ(contract.money_of(100.0001), 1'000'001);
}

TEST(LabContract, InverseLongGainsAsThePriceRises) {
  const LabContract contract = inverse();
  // 50 contracts of 100 USD at 50 000: .1 BTC.
  EXPECT_EQ(contract.value(50, PriceTicks(500'000)), -10'000'000);
  EXPECT_EQ(contract.value(-50, PriceTicks(500'000)), 10'000'000);
  const std::int64_t cost = contract.value(50, PriceTicks(500'000));
  EXPECT_EQ(contract.value(50, PriceTicks(625'000)) - cost, 2'000'000);  // .1 − .08
  EXPECT_NEAR(contract.usd_approx(50, PriceTicks(625'000)), 5'000.0, 1e-9);
  EXPECT_NEAR(contract.money_approx(10'000'000), 0.1, 1e-15);
}

TEST(LabContract, InverseRoundsHalfAwayFromZeroOnBothSides) {
  const LabContract contract = inverse();
  Rng rng(3);
  for (int i = 0; i < 2'000; ++i) {
    const auto qty = static_cast<std::int64_t>(1 + rng.below(1'000'000));
    const PriceTicks price(static_cast<std::int64_t>(10'000 + rng.below(2'000'000)));
    const std::int64_t value = contract.value(qty, price);
    EXPECT_EQ(contract.value(-qty, price), -value);
    const long double exact = -1e8L * 1'000 * qty / price.value;
    EXPECT_LE(std::abs(static_cast<double>(exact - value)), 0.5 + 1e-6);
    EXPECT_LE(value, contract.value(qty, price + TickDelta(1)));
  }
}

TEST(LabContract, LotsWithinMoneyIsTheLargestThatFits) {
  for (const LabContract& contract : {LabContract(), inverse()}) {
    for (const std::int64_t money : {0L, 1L, 999'999L, 1'000'000L, 123'456'789'012L}) {
      const PriceTicks price(654'321);
      const std::int64_t lots = contract.lots_within(money, price);
      EXPECT_LE(contract.notional(lots, price), money + 1);  // + 1: an inverse value is rounded
      EXPECT_GE(contract.notional(lots + 1, price), money);
    }
  }
}

TEST(LabContract, RefusesGridsThatAreNotWholeNanos) {
  InstrumentSpec spec;
  spec.tick_size = {1, -10};
  EXPECT_EQ(LabContract::of(spec).error().field, "tick_size");
  spec.tick_size = {1, -9};
  EXPECT_TRUE(LabContract::of(spec));
  spec.lot_size = {0, 0};
  EXPECT_EQ(LabContract::of(spec).error().field, "lot_size");
}

TEST(LabContractDeathTest, AValueThatWouldNotFitIsRefused) {
  EXPECT_DEATH(LabContract().value(std::int64_t{1} << 40, PriceTicks(std::int64_t{1} << 22)),
               "kMoneyMax");
}

}  // namespace
}  // namespace faultline
