#include "venue/rules.hpp"

#include <gtest/gtest.h>

#include "margin/liquidation_price.hpp"
#include "margin/rules.hpp"

namespace faultline {
namespace {

TEST(VenueDefaults, EveryVenueHasBtcAndLiquidatesATenfoldLong) {
  for (std::size_t i = 0; i < kVenueCount; ++i) {
    const auto venue = static_cast<Venue>(i);
    for (const ContractKind kind : {ContractKind::kLinear, ContractKind::kInverse}) {
      const auto rules = margin_rules({.venue = venue, .kind = kind});
      const auto defaults = venue_defaults({.venue = venue, .kind = kind});
      if (!rules) {
        EXPECT_EQ(defaults.error(), rules.error()) << name_of(venue);
        continue;
      }
      if (venue == Venue::kSimulated && kind == ContractKind::kInverse) continue;
      ASSERT_TRUE(defaults) << name_of(venue);
      const TierTable& tiers = defaults->tiers.tables().back();
      const double quantity = kind == ContractKind::kLinear ? .1 : 10'000;
      const Position position{Side::kLong, quantity, 100'000};
      const auto price = liquidation_price(
          *rules, tiers, position,
          isolated_collateral(*rules, position, {initial_margin(*rules, position, 10)}));
      ASSERT_TRUE(price) << name_of(venue);
      EXPECT_GT(price->price, 88'000) << name_of(venue);
      EXPECT_LT(price->price, 93'000) << name_of(venue);
    }
  }
}

TEST(VenueDefaults, BinanceLaddersFollowTheirDates) {
  const auto defaults = venue_defaults({});
  ASSERT_TRUE(defaults);
  EXPECT_EQ(defaults->tiers_basis, DefaultBasis::kPublished);
  const auto leverage_at = [&](std::int64_t seconds) {
    const auto index = defaults->tiers.table_index_at(UnixNanos(seconds * kSecond.value));
    return defaults->tiers.tables()[*index].tiers()[0].leverage_max;
  };
  EXPECT_EQ(leverage_at(1'600'000'000), 125.0);
  EXPECT_EQ(leverage_at(1'772'668'799), 125.0);
  EXPECT_EQ(leverage_at(1'772'668'800), 150.0);
  // The maintenance amounts that Binance printed beside the last rungs of 2024 and 2026.
  EXPECT_NEAR(defaults->tiers.tables()[1].tiers().back().deduction, 421'481'450, 1e-3);
  EXPECT_NEAR(defaults->tiers.tables()[2].tiers().back().deduction, 421'482'000, 1e-3);
}

TEST(VenueDefaults, CoinLadderHasTheDeductionOfTheOfficialExample) {
  const auto defaults =
      venue_defaults({.venue = Venue::kBinanceCoinm, .kind = ContractKind::kInverse});
  ASSERT_TRUE(defaults);
  EXPECT_NEAR(defaults->tiers.tables()[0].tiers()[6].deduction, 11.605, 1e-9);
  EXPECT_EQ(name_of(defaults->tiers_basis), "assumed");
}

TEST(VenueDefaults, RefusesToGuess) {
  const auto code = [](DefaultsQuery query) { return venue_defaults(query).error().code; };
  EXPECT_EQ(code({.base = "DOGE"}), Errc::kUnknownInstrument);
  EXPECT_EQ(code({.venue = Venue::kGate, .base = "SOL"}), Errc::kUnknownInstrument);
  EXPECT_EQ(code({.venue = Venue::kAggregate}), Errc::kUnknownVenue);
  EXPECT_EQ(code({.venue = Venue::kHyperliquid, .kind = ContractKind::kInverse}),
            Errc::kBadRequest);
  EXPECT_TRUE(venue_defaults({.base = "SOL"}));
  EXPECT_TRUE(
      venue_defaults({.venue = Venue::kDeribit, .kind = ContractKind::kInverse, .base = "ETH"}));
}

}  // namespace
}  // namespace faultline
