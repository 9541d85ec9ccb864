#include "lab/scenario.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace faultline {
namespace {

Scenario parsed(std::string_view text) { return parse_scenario(text, "s.toml").value(); }

std::string complaint(std::string_view text) {
  const auto scenario = parse_scenario(text, "s.toml");
  return scenario ? "" : describe(scenario.error());
}

TEST(Scenario, AFileSaysWhatDiffersFromTheDefaults) {
  const Scenario scenario = parsed(R"(
name = "two"
about = "Two venues"
seed = 7
begin = "2025-10-10"
length_s = 7200
[holders]
long_bias = 1.5
count = 100
holding_short_s = 60
[[venue]]
symbol = "BTCUSDT"
feed = "largest_per_second"
[[venue]]
symbol = "BTCUSD"
kind = "inverse"
share = 0.5
mark = "last"
liquidation_style = "step_down"
latency_s = 0.25
)");
  EXPECT_EQ(scenario.name, "two");
  EXPECT_EQ(scenario.market.seed, 7u);
  EXPECT_EQ(scenario.market.length, Nanos(2 * kHour.value));
  EXPECT_EQ(scenario.market.holders.long_bias, 1.5);
  EXPECT_EQ(scenario.market.holders.count, 100u);
  EXPECT_EQ(scenario.market.holders.holding_mean[0], kMinute);
  ASSERT_EQ(scenario.market.venues.size(), 2u);
  EXPECT_EQ(scenario.market.venues[0].feed, Completeness::kLargestPerSecond);
  const VenueConfig& inverse = scenario.market.venues[1];
  EXPECT_EQ(inverse.exchange.instrument.kind, ContractKind::kInverse);
  EXPECT_EQ(inverse.exchange.mark_kind, MarkKind::kLast);
  EXPECT_EQ(inverse.exchange.liquidation.style, LiquidationStyle::kStepDown);
  EXPECT_EQ(inverse.latency, Nanos(250'000'000));
  // 300 000 USD at 100 000 a coin.
  EXPECT_DOUBLE_EQ(inverse.exchange.tiers.tiers()[0].notional_cap, 3.0);
}

TEST(Scenario, AWrittenScenarioReadsBackTheSame) {
  const Scenario scenario = parsed(R"(
name = "quotes \" and \\ slashes"
[value]
start_price = 97531.25
daily_volatility = 0.0123
[[venue]]
symbol = "AAA"
kind = "inverse"
feed = "one_per_second"
fund_usd = 123456.5
[[venue]]
symbol = "BBB"
)");
  const Scenario again = parsed(write_scenario(scenario));
  EXPECT_EQ(again.name, scenario.name);
  EXPECT_EQ(again.market, scenario.market);
}

TEST(Scenario, EveryFieldCanBeSetAndItsBoundsHold) {
  std::set<std::string> names;
  for (const ScenarioField& field : scenario_fields()) {
    const std::string name = std::string(field.table) + "." + std::string(field.key);
    EXPECT_TRUE(names.insert(name).second) << name;
    MarketConfig config;
    const double before = field_value(field, config);
    EXPECT_GE(before, field.least) << name;
    EXPECT_LE(before, field.most) << name;
    const double other = before == field.least ? field.most : field.least;
    ASSERT_TRUE(set_field(field, other, config)) << name;
    EXPECT_NEAR(field_value(field, config), other, 1e-9) << name;
    EXPECT_FALSE(config == MarketConfig{}) << name;
    EXPECT_FALSE(set_field(field, field.most * 1.001 + 1.0, config)) << name;
    EXPECT_FALSE(set_field(field, std::nan(""), config)) << name;
  }
  EXPECT_GT(names.size(), 70u);
}

TEST(Scenario, ComplaintsNameFileLineAndKey) {
  EXPECT_EQ(
      complaint("name = \"a\"\n[holders]\nlong_bais = 1\n"),
      "s.toml:3: holders.long_bais: a key that does not exist here (did you mean \"long_bias\"?)");
  const auto has = [](std::string_view text, std::string_view part) {
    const std::string said = complaint(text);
    EXPECT_NE(said.find(part), std::string::npos) << said;
    EXPECT_NE(said.find("s.toml"), std::string::npos) << said;
  };
  has("about = \"no name\"", "name");
  has("name = \"a\"\nseed = -1", "seed");
  has("name = \"a\"\nbegin = \"yesterday\"", "begin");
  has("name = \"a\"\nlength_s = 61", "ten seconds");
  has("name = \"a\"\n[makers]\ncount = 2.5", "whole number");
  has("name = \"a\"\n[makers]\ncount = 0", "from 1 to 100");
  has("name = \"a\"\n[makers]\ncount = \"six\"", "count");
  has("name = \"a\"\nmakers = 3", "makers");
  has("name = \"a\"\n[holders]\nshare_long = 0.5", "sum to 1");
  has("name = \"a\"\n[[venue]]\nfeed = \"some\"", "largest_per_second");
  has("name = \"a\"\n[[venue]]\nsymbol = \"A/B\"", "symbol");
  has("name = \"a\"\n[[venue]]\nsymbol = \"A\"\n[[venue]]\nsymbol = \"A\"", "same symbol");
  has("name = \"a\"\n[[venue]]\nmaker_fee_e6 = -900", "maker_fee_e6: ");
  has("name = \"a\"\n[[venue]]\nmaker_fee_e6 = -900", "s.toml:3");
  has("name = ", "s.toml:1");
}

}  // namespace
}  // namespace faultline
