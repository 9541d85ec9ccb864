#include "margin/rules.hpp"

#include <gtest/gtest.h>

namespace faultline {
namespace {

TEST(MarginRules, KnowsWhichContractsAVenueHas) {
  const auto code = [](RulesQuery query) { return margin_rules(query).error().code; };
  EXPECT_EQ(code({.venue = Venue::kAggregate}), Errc::kUnknownVenue);
  EXPECT_EQ(code({.venue = Venue::kBinanceUsdm, .kind = ContractKind::kInverse}),
            Errc::kBadRequest);
  EXPECT_EQ(code({.venue = Venue::kDeribit, .kind = ContractKind::kLinear}), Errc::kBadRequest);
  for (const Venue venue : {Venue::kOkx, Venue::kGate, Venue::kBitmex, Venue::kSimulated}) {
    for (const ContractKind kind : {ContractKind::kLinear, ContractKind::kInverse}) {
      EXPECT_EQ(margin_rules({.venue = venue, .kind = kind})->kind, kind);
    }
  }
  const auto cross = margin_rules({.venue = Venue::kBybitLinear, .mode = MarginMode::kCross});
  EXPECT_EQ(cross->maintenance_fee_rate, .00055);
}

}  // namespace
}  // namespace faultline
