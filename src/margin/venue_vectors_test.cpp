// Published liquidation prices of every venue, through the public functions.
//
// Origin: official = printed on an exchange page or by its calculator; returned = what an exchange
// API returned for a real position; third = third-party test suite; derived = our arithmetic only.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "margin/bitmex_inverse.hpp"
#include "margin/liquidation_price.hpp"
#include "margin/rules.hpp"

namespace faultline {
namespace {

struct Vector {
  std::string venue;
  std::string name;
  std::string origin;
  double calculated = 0.0;
  double expected = 0.0;
  double tolerance = 0.0;
  std::string source;
};

MarginRules rules_of(Venue venue, ContractKind kind, MarginMode mode = MarginMode::kIsolated) {
  return margin_rules({.venue = venue, .kind = kind, .mode = mode}).value();
}

TierTable flat(double rate) { return TierTable::make({{.maintenance_rate = rate}}).value(); }

struct Rung {
  double cap;
  double rate;
};

TierTable continuous(std::vector<Rung> rungs) {
  std::vector<MaintenanceTier> tiers;
  for (const Rung& rung : rungs) {
    const double floor = tiers.empty() ? 0.0 : tiers.back().notional_cap;
    tiers.push_back(
        {.notional_floor = floor, .notional_cap = rung.cap, .maintenance_rate = rung.rate});
  }
  return TierTable::make(with_continuous_deductions(std::move(tiers))).value();
}

// Binance ladders of 2021. The official examples name one rate and one deduction; the solver has to
// find that rung by itself.
TierTable binance_btcusdt_2021() {
  return continuous({{50e3, .004},
                     {250e3, .005},
                     {1e6, .01},
                     {10e6, .025},
                     {20e6, .05},
                     {50e6, .1},
                     {100e6, .125},
                     {200e6, .15},
                     {300e6, .25},
                     {500e6, .5}});
}
TierTable binance_ethusdt_2021() {
  return continuous({{10e3, .005},
                     {100e3, .0065},
                     {500e3, .01},
                     {1e6, .02},
                     {2e6, .05},
                     {5e6, .1},
                     {10e6, .125},
                     {20e6, .15}});
}
TierTable binance_btcusd_2021() {
  return continuous({{5, .004},
                     {10, .005},
                     {20, .01},
                     {50, .025},
                     {100, .05},
                     {200, .1},
                     {400, .125},
                     {1000, .15}});
}

void add_binance(std::vector<Vector>& vectors) {
  const MarginRules linear = rules_of(Venue::kBinanceUsdm, ContractKind::kLinear);
  const std::string faq = "Binance support b3c689c1f50a44cabb3a84e663b81d93";
  const Position eth{Side::kLong, 3683.979, 1456.84, 1335.18};
  const Position btc{Side::kLong, 109.488, 32481.98, 31967.27};
  const auto add = [&](const char* name, const TierTable& tiers, const Position& position,
                       const CrossMargin& margin, double expected) {
    const auto price = liquidation_price(linear, tiers, position, cross_collateral(margin));
    vectors.push_back({"binance", name, "official", price->price, expected, .01, faq});
  };
  const double wallet = 1535443.01;
  add("cross ETH long 3683.979@1456.84", binance_ethusdt_2021(), eth,
      {.wallet_balance = wallet,
       .others_unrealized_pnl = -56354.57,
       .others_maintenance = 71200.81144},
      1153.26);
  add("cross BTC long 109.488@32481.98", binance_btcusdt_2021(), btc,
      {.wallet_balance = wallet,
       .others_unrealized_pnl = -448192.89,
       .others_maintenance = 356512.508},
      26316.89);
  add("isolated ETH", binance_ethusdt_2021(), eth, {.wallet_balance = wallet}, 1114.78);
  add("isolated BTC", binance_btcusdt_2021(), btc, {.wallet_balance = wallet}, 18778.73);
  const auto coin =
      liquidation_price(rules_of(Venue::kBinanceCoinm, ContractKind::kInverse),
                        binance_btcusd_2021(), {Side::kLong, 100'000 * 100.0, 45'000}, {101.0});
  vectors.push_back({"binance-cm", "long 100000x100USD@45000", "official", coin->price, 33599.40,
                     .05, "dev.binance.vision/t/6292"});
}

void add_bybit(std::vector<Vector>& vectors) {
  const MarginRules unified = rules_of(Venue::kBybitLinear, ContractKind::kLinear);
  const Position one{Side::kLong, 1.0, 40'000};
  const auto with_extra = liquidation_price(
      unified, flat(.005), one,
      isolated_collateral(unified, one,
                          {.initial = initial_margin(unified, one, 50), .added = 3'000}));
  vectors.push_back({"bybit", "UTA iso long 1@40000 50x +3000", "official", with_extra->price,
                     36380.25, .01, "Bybit help center UTA isolated 2026-05"});
  const auto old_isolated = [&](const Position& position, double leverage) {
    const IsolatedMargin margin{.initial = initial_margin(kBybitIsolated2021, position, leverage)};
    const auto collateral = isolated_collateral(kBybitIsolated2021, position, margin);
    return liquidation_price(kBybitIsolated2021, flat(.005), position, collateral)->price;
  };
  vectors.push_back({"bybit", "old iso long 10000 50x", "official",
                     old_isolated({Side::kLong, 1.0, 10'000}, 50), 9850, 1e-6, "Bybit help"});
  vectors.push_back({"bybit", "old iso short 8000 40x", "official",
                     old_isolated({Side::kShort, 1.0, 8'000}, 40), 8160, 1e-6, "Bybit help"});
  const MarginRules& cross = kBybitInverseCross2021;
  const Position inverse{Side::kLong, 10'000, 8'000};
  const Collateral balance = cross_collateral({.wallet_balance = .5});
  vectors.push_back({"bybit", "inverse cross bankruptcy", "official",
                     *bankruptcy_price(cross, inverse, balance), 5718.57, .01,
                     "help.bybit.com 360039261334"});
  const auto price = liquidation_price(cross, flat(.005), inverse, balance);
  vectors.push_back({"bybit", "inverse cross LP (up to the .5 tick)", "official",
                     reported_price_lossy(cross, {Side::kLong, price->price, .5}), 5739.50, 1e-9,
                     "help.bybit.com 360039261334"});
}

void add_okx(std::vector<Vector>& vectors) {
  const MarginRules rules = rules_of(Venue::kOkx, ContractKind::kLinear);
  const auto add = [&](const char* name, double calculated, double expected, double tolerance,
                       const char* source) {
    vectors.push_back({"okx", name, "returned", calculated, expected, tolerance, source});
  };
  const Position bigtime{Side::kLong, 6130, .01305, .01304};
  const Position doge{Side::kLong, 2000, .06367, .08176};
  const Collateral of_bigtime{.wallet = 9.9995625};
  const Collateral of_doge{.wallet = 42.419874619058858};
  const auto printed = [&](const TierTable& tiers, const Position& position,
                           const Collateral& collateral) {
    const auto price = liquidation_price(rules, tiers, position, collateral);
    return reported_price_lossy(rules, {position.side, price->price, 1e-5});
  };
  add("BIGTIME long", printed(flat(.02), bigtime, of_bigtime), .0116677335, 1e-9, "ccxt#28121");
  add("DOGE long", printed(flat(.0065), doge, of_doge), .0427693783, 1e-9, "ccxt#20688");
  const auto ratio = [&](const TierTable& tiers, const Position& position,
                         const Collateral& collateral) {
    const auto state = margin_state(rules, tiers, position, collateral);
    return state->equity / state->maintenance;
  };
  add("BIGTIME margin ratio", ratio(flat(.02), bigtime, of_bigtime), 6.064828669759, 1e-9,
      "ccxt#28121");
  add("DOGE margin ratio", ratio(flat(.0065), doge, of_doge), 68.66776857, 1e-7, "ccxt#20688");
  MarginRules low_fee = rules;
  low_fee.maintenance_fee_rate = .0006;
  for (const auto& [side, expected] :
       {std::pair{Side::kLong, 6.738090425}, {Side::kShort, 13.193482420}}) {
    const Position position{side, 1.0, 10.0};
    const Collateral collateral{initial_margin(low_fee, position, 3)};
    const auto price = liquidation_price(low_fee, flat(.01), position, collateral);
    vectors.push_back({"okx", std::string("3x entry 10 ") + name_of(side), "third", price->price,
                       expected, 1e-8, "freqtrade"});
  }
}

void add_gate(std::vector<Vector>& vectors) {
  const MarginRules rules = rules_of(Venue::kGate, ContractKind::kLinear);
  const auto ada =
      liquidation_price(rules, flat(.025), {Side::kLong, 20, .79271}, {.wallet = .80460065});
  vectors.push_back(
      {"gate", "ADA long 20@.79271", "returned", ada->price, .77237, 1e-5, "ccxt PR13130"});
  const auto btc = liquidation_price(rules, flat(.005), {Side::kLong, .0006, 22322},
                                     cross_collateral({.wallet_balance = 4.053794242903}));
  vectors.push_back(
      {"gate", "BTC cross .0006@22322", "returned", btc->price, 15655.7, .01, "ccxt PR15622"});
  MarginRules low_fee = rules;
  low_fee.maintenance_fee_rate = .0006;
  for (const auto& [side, expected] :
       {std::pair{Side::kLong, 8.0857085}, {Side::kShort, 11.8741342}}) {
    const Position position{side, 1.0, 10.0};
    const Collateral collateral{initial_margin(low_fee, position, 5)};
    const auto price = liquidation_price(low_fee, flat(.01), position, collateral);
    vectors.push_back({"gate", std::string("5x entry 10 ") + name_of(side), "third", price->price,
                       expected, 1e-6, "freqtrade"});
  }
}

void add_hyperliquid(std::vector<Vector>& vectors) {
  const MarginRules rules = rules_of(Venue::kHyperliquid, ContractKind::kLinear);
  struct Row {
    const char* name;
    Position position;
    double collateral;
    double leverage_max;
    double expected;
    double tolerance;
    const char* origin;
  };
  const std::vector<Row> rows{
      {"SOL long", {Side::kLong, .6, 173.06}, 20.735658, 20, 142.05186667, 2e-8, "returned"},
      {"BTC long", {Side::kLong, .0015, 66930}, 20.043862, 50, 54108.51043771, 2e-8, "returned"},
      {"BTC short", {Side::kShort, .00099, 65536}, 21.604172, 50, 86493.46174617, 2e-8, "returned"},
      {"ETH long", {Side::kLong, .0329, 2545.5}, 20.909894, 50, 1929.23322895, 2e-8, "returned"},
      {"SOL short", {Side::kShort, .48, 163.11}, 15.650731, 20, 190.94213618, 2e-8, "returned"},
      {"DOGE short", {Side::kShort, 351, .14333}, 25.136807, 20, .20970228, 2e-8, "returned"},
      {"AAPL long 10x", {Side::kLong, .5, 250}, 25, 10, 210.5263158, 1e-6 / 210, "third"}};
  for (const Row& row : rows) {
    const LeverageStep step{.leverage_max = row.leverage_max};
    const TierTable tiers = tiers_of_leverage_steps({&step, 1}).value();
    const auto price = liquidation_price(rules, tiers, row.position, {.wallet = row.collateral});
    vectors.push_back({"hyperliquid", row.name, row.origin, price->price, row.expected,
                       row.expected * row.tolerance, "freqtrade test_hyperliquid.py"});
  }
}

void add_bitmex_and_deribit(std::vector<Vector>& vectors) {
  const MarginRules rules = rules_of(Venue::kBitmex, ContractKind::kLinear);
  const std::string page = "bitmex.com/app/isolatedMarginExamples";
  const Position eth{Side::kLong, 20, 1000};
  const Collateral wallet = cross_collateral({.wallet_balance = 10'000});
  vectors.push_back({"bitmex", "20 ETHUSDT@1000 wallet 10000 bankrupt", "official",
                     *bankruptcy_price(rules, eth, wallet), 500, 1e-9, page});
  vectors.push_back({"bitmex", "same, liquidation (MM 1% of entry value)", "official",
                     liquidation_price(rules, flat(.01), eth, wallet)->price, 510, 1e-9, page});
  const auto isolated =
      liquidation_price(rules, flat(.01), {Side::kLong, 100, 100}, {.wallet = 4 * 100});
  vectors.push_back(
      {"bitmex", "100@100 margin 4, MM 1%", "official", isolated->price, 97, 1e-9, page});
  const auto inverse = bitmex_inverse_liquidation(
      flat(.005), {.side = Side::kShort, .contracts = 500, .entry_price = 6725, .leverage = 25});
  vectors.push_back({"bitmex", "XBTUSD short -500 avg6725 liq", "returned",
                     inverse->liquidation_price, 6968.5, 1e-9, "2018 real position"});
  vectors.push_back({"bitmex", "XBTUSD short -500 avg6725 bankrupt", "returned",
                     inverse->bankruptcy_price, 7004.5, 1e-9, "2018 real position"});
  const TierTable slope =
      TierTable::make({{.maintenance_rate = .01, .rate_slope = .00005}}).value();
  const auto deribit = liquidation_price(rules_of(Venue::kDeribit, ContractKind::kInverse), slope,
                                         {Side::kLong, 10'000, 50'000}, {.wallet = .2});
  vectors.push_back({"deribit", "BTC-PERP long 10000USD@50000 C=.2", "derived", deribit->price,
                     25250.495, 5e-4, "support.deribit.com 2022"});
}

// Rows 8 and 10 of the reference's section 9, which its script leaves out.
void add_bankruptcy_and_old_inverse(std::vector<Vector>& vectors) {
  for (const double entry : {60'000.0, 10'000.0}) {
    const Position position{Side::kLong, 1.0, entry};
    const Collateral collateral{initial_margin(kBybitIsolated2021, position, 50)};
    vectors.push_back({"bybit", "bankruptcy long 50x", "official",
                       *bankruptcy_price(kBybitIsolated2021, position, collateral), entry * .98,
                       1e-9, "Bybit help"});
  }
  MarginRules old_inverse = kBybitIsolated2021;
  old_inverse.kind = ContractKind::kInverse;
  const Position position{Side::kShort, 60'000, 50'000};
  const Collateral collateral{initial_margin(old_inverse, position, 10)};
  vectors.push_back({"bybit", "old inverse short 60000 USD@50000 10x", "derived",
                     liquidation_price(old_inverse, flat(.005), position, collateral)->price,
                     55248.62, .005, "Bybit help, formula"});
}

TEST(VenueVectors, ReproducePublishedLiquidationPrices) {
  std::vector<Vector> vectors;
  add_binance(vectors);
  add_bybit(vectors);
  add_okx(vectors);
  add_gate(vectors);
  add_hyperliquid(vectors);
  add_bitmex_and_deribit(vectors);
  ASSERT_EQ(vectors.size(), 33U);
  add_bankruptcy_and_old_inverse(vectors);
  std::printf("%-12s %-42s %16s %16s %10s  %-9s %s\n", "venue", "position", "calculated",
              "expected", "error", "origin", "source");
  for (const Vector& row : vectors) {
    const double error = row.calculated - row.expected;
    std::printf("%-12s %-42s %16.10g %16.10g %10.2g  %-9s %s\n", row.venue.c_str(),
                row.name.c_str(), row.calculated, row.expected, error, row.origin.c_str(),
                row.source.c_str());
    EXPECT_LE(std::abs(error), row.tolerance) << row.venue << ' ' << row.name;
  }
}

}  // namespace
}  // namespace faultline
