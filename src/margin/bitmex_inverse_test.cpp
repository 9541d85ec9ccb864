#include "margin/bitmex_inverse.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace faultline {
namespace {

TierTable flat(double rate) { return TierTable::make({{.maintenance_rate = rate}}).value(); }

TEST(BitmexInverse, ReproducesTheMarginsOfTheRecordedPosition) {
  const auto found = bitmex_inverse_liquidation(
      flat(.005), {.side = Side::kShort, .contracts = 500, .entry_price = 6725, .leverage = 25});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->initial_margin_xbt, 297'400);
  EXPECT_EQ(found->closing_fee_xbt, 5'800);
  EXPECT_EQ(found->initial_margin_xbt + found->closing_fee_xbt, 303'200);
  EXPECT_EQ(found->maintenance_margin_xbt, 42'975);
}

TEST(BitmexInverse, RoundsLongsAwayFromLiquidationToo) {
  const auto found = bitmex_inverse_liquidation(
      flat(.005), {.side = Side::kLong, .contracts = 500, .entry_price = 6725, .leverage = 25});
  ASSERT_TRUE(found);
  EXPECT_LT(found->liquidation_price, 6725);
  EXPECT_LT(found->bankruptcy_price, found->liquidation_price);
  EXPECT_EQ(std::fmod(found->liquidation_price, .5), 0.0);
  EXPECT_GE(found->liquidation_price, 1e8 / (14870 + 14870 * (.04 - .005)));
}

TEST(BitmexInverse, RefusesWhatCannotBe) {
  const auto code = [](const BitmexInversePosition& position) {
    return bitmex_inverse_liquidation(flat(.005), position).error().code;
  };
  EXPECT_EQ(code({.contracts = 0, .entry_price = 6725}), Errc::kOutOfRange);
  EXPECT_EQ(code({.contracts = 1, .entry_price = -1}), Errc::kOutOfRange);
  EXPECT_EQ(code({.contracts = 1, .entry_price = 6725, .leverage = 0}), Errc::kOutOfRange);
  EXPECT_EQ(code({.side = Side::kShort, .contracts = 1, .entry_price = 6725, .leverage = .5}),
            Errc::kNotLiquidatable);
}

}  // namespace
}  // namespace faultline
