#include "venue/rules.hpp"

#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "margin/rules.hpp"

namespace faultline {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr UnixNanos k20241024{1'729'728'000'000'000'000};
constexpr UnixNanos k20260305{1'772'668'800'000'000'000};

// One rung; its floor is the cap before, its deduction follows from the rates.
struct Rung {
  double notional_cap;
  double maintenance_rate;
  double leverage_max;
};

// Source: the tiers of Binance's examples of 2021 (support b3c689c1f50a44cabb3a84e663b81d93). Their
// leverage limits are common knowledge; no liquidation price depends on them.
constexpr Rung kBinanceBtc2021[] = {
    {50e3, .004, 125}, {250e3, .005, 100}, {1e6, .01, 50},  {10e6, .025, 20}, {20e6, .05, 10},
    {50e6, .1, 5},     {100e6, .125, 4},   {200e6, .15, 3}, {300e6, .25, 2},  {500e6, .5, 1}};

// Source: leverage brackets of all contracts, copies of 2024-10-24 and 2026-03-05.
constexpr Rung kBinanceBtc2024[] = {{50e3, .004, 125}, {600e3, .005, 100}, {3e6, .0065, 75},
                                    {12e6, .01, 50},   {70e6, .02, 25},    {100e6, .025, 20},
                                    {230e6, .05, 10},  {480e6, .1, 5},     {600e6, .125, 4},
                                    {800e6, .15, 3},   {1.2e9, .25, 2},    {1.8e9, .5, 1}};
constexpr Rung kBinanceBtc2026[] = {{300e3, .004, 150}, {800e3, .005, 100}, {3e6, .0065, 75},
                                    {12e6, .01, 50},    {70e6, .02, 25},    {100e6, .025, 20},
                                    {230e6, .05, 10},   {480e6, .1, 5},     {600e6, .125, 4},
                                    {800e6, .15, 3},    {1.2e9, .25, 2},    {1.8e9, .5, 1}};
constexpr Rung kBinanceEth2024[] = {{50e3, .004, 125}, {600e3, .005, 100}, {3e6, .0065, 75},
                                    {12e6, .01, 50},   {50e6, .02, 25},    {65e6, .025, 20},
                                    {150e6, .05, 10},  {320e6, .1, 5},     {400e6, .125, 4},
                                    {530e6, .15, 3},   {800e6, .25, 2},    {1.2e9, .5, 1}};
constexpr Rung kBinanceEth2026[] = {{300e3, .004, 150}, {800e3, .005, 100}, {3e6, .0065, 75},
                                    {12e6, .01, 50},    {50e6, .02, 25},    {65e6, .025, 20},
                                    {150e6, .05, 10},   {320e6, .1, 5},     {400e6, .125, 4},
                                    {530e6, .15, 3},    {800e6, .25, 2},    {1.2e9, .5, 1}};
constexpr Rung kBinanceSol2024[] = {
    {20e3, .005, 100}, {100e3, .0065, 75}, {800e3, .01, 50}, {4e6, .02, 25},  {8e6, .025, 20},
    {40e6, .05, 10},   {80e6, .1, 5},      {100e6, .125, 4}, {200e6, .25, 2}, {400e6, .5, 1}};
constexpr Rung kBinanceSol2026[] = {
    {50e3, .005, 100}, {400e3, .0065, 75}, {1e6, .01, 50},   {4e6, .02, 25},  {8e6, .025, 20},
    {40e6, .05, 10},   {80e6, .1, 5},      {100e6, .125, 4}, {200e6, .25, 2}, {400e6, .5, 1}};

// In BTC. Not found in a venue's text; the deduction that follows for the rung of 200 to 400 BTC is
// the 11.605 of Binance's calculator example (dev.binance.vision/t/6292).
constexpr Rung kBinanceBtcCoin2021[] = {{5, .004, 125}, {10, .005, 100}, {20, .01, 50},
                                        {50, .025, 20}, {100, .05, 10},  {200, .1, 5},
                                        {400, .125, 4}, {1'000, .15, 3}, {1'500, .25, 2}};

// Our own constants: a ladder that does not pass is our mistake, not the caller's.
TierTable table_of(std::span<const Rung> rungs, TierValidity validity) {
  std::vector<MaintenanceTier> tiers;
  tiers.reserve(rungs.size());
  for (const Rung& rung : rungs) {
    tiers.push_back({.notional_floor = tiers.empty() ? 0.0 : tiers.back().notional_cap,
                     .notional_cap = rung.notional_cap,
                     .maintenance_rate = rung.maintenance_rate,
                     .leverage_max = rung.leverage_max});
  }
  return TierTable::make(with_continuous_deductions(std::move(tiers)), validity).value();
}

TierHistory always(TierTable table) { return TierHistory::make({std::move(table)}).value(); }

// The first rung's rate, held flat: right for positions that retail accounts can hold.
TierHistory flat(double maintenance_rate, double leverage_max) {
  const Rung rung{kInfinity, maintenance_rate, leverage_max};
  return always(table_of({&rung, 1}, {}));
}

TierHistory in_2024_and_2026(std::span<const Rung> of_2024, std::span<const Rung> of_2026) {
  return TierHistory::make({table_of(of_2024, {.valid_to = k20260305}),
                            table_of(of_2026, {.valid_from = k20260305})})
      .value();
}

Result<VenueDefaults> binance_usdm(std::string_view base) {
  constexpr FeeRates kFees{.taker = .0005, .maker = .0002};
  if (base == "BTC") {
    auto history = TierHistory::make({table_of(kBinanceBtc2021, {.valid_to = k20241024}),
                                      table_of(kBinanceBtc2024, {k20241024, k20260305}),
                                      table_of(kBinanceBtc2026, {.valid_from = k20260305})});
    return VenueDefaults{std::move(history).value(), kFees, DefaultBasis::kPublished};
  }
  if (base == "ETH") {
    return VenueDefaults{in_2024_and_2026(kBinanceEth2024, kBinanceEth2026), kFees,
                         DefaultBasis::kPublished};
  }
  if (base == "SOL") {
    return VenueDefaults{in_2024_and_2026(kBinanceSol2024, kBinanceSol2026), kFees,
                         DefaultBasis::kPublished};
  }
  return Error{Errc::kUnknownInstrument};
}

// Source: Hyperliquid documentation, "Margin tiers", for 40x; the second rung is common knowledge.
TierHistory hyperliquid_btc() {
  constexpr LeverageStep kSteps[] = {{0, 40}, {150e6, 20}};
  return always(tiers_of_leverage_steps(kSteps).value());
}

// Source: instrument message dated 2024-11-24 (base 200 XBT, step 150 XBT, maintenance .5 %).
// That each step adds .5 % is common knowledge. In XBT for inverse contracts; linear ones have
// other limits, so only the base rate is used there.
TierHistory bitmex_btc(ContractKind kind) {
  if (kind == ContractKind::kLinear) return flat(.005, 100);
  return always(tiers_of_risk_steps({.base_limit = 200,
                                     .base_rate = .005,
                                     .step_limit = 150,
                                     .step_rate = .005,
                                     .step_count = 10})
                    .value());
}

// Source: support.deribit.com, read 2022-01-11: maintenance 1 % + slope · size in coins, initial 2
// %.
TierHistory deribit(double rate_slope) {
  return always(
      TierTable::make({{.maintenance_rate = .01, .rate_slope = rate_slope, .leverage_max = 50.0}})
          .value());
}

Result<VenueDefaults> btc_defaults(const DefaultsQuery& query) {
  switch (query.venue) {
    case Venue::kBinanceCoinm:
      return VenueDefaults{always(table_of(kBinanceBtcCoin2021, {})), {.0005, .0002}};
    case Venue::kBybitLinear:  // Source: Bybit help centre, example of 2026-05
    case Venue::kBybitInverse:
      return VenueDefaults{flat(.005, 100), {.00055, .0002}, DefaultBasis::kExample};
    case Venue::kOkx:
      return VenueDefaults{flat(.004, 100), {.0005, .0002}};
    case Venue::kGate:  // Source: recorded contract message of 2023-05-24
      return VenueDefaults{flat(.005, 100), {.00075, -.000152}, DefaultBasis::kExample};
    case Venue::kHyperliquid:
      return VenueDefaults{hyperliquid_btc(), {.00045, .00015}};
    case Venue::kBitmex:  // Source: instrument message dated 2024-11-24
      return VenueDefaults{bitmex_btc(query.kind), {.0005, .0005}, DefaultBasis::kExample};
    case Venue::kDeribit:
      return VenueDefaults{deribit(.00005), {.0005, 0.0}, DefaultBasis::kPublished};
    default:
      return Error{Errc::kUnknownInstrument};
  }
}

}  // namespace

std::string_view name_of(DefaultBasis basis) {
  switch (basis) {
    case DefaultBasis::kPublished:
      return "published";
    case DefaultBasis::kExample:
      return "example";
    case DefaultBasis::kAssumed:
      return "assumed";
  }
  return "unknown";
}

Result<VenueDefaults> venue_defaults(const DefaultsQuery& query) {
  const auto rules = margin_rules({.venue = query.venue, .kind = query.kind});
  if (!rules) return rules.error();
  // A lab market follows Binance.
  const bool like_binance = query.venue == Venue::kBinanceUsdm || query.venue == Venue::kSimulated;
  if (like_binance && query.kind == ContractKind::kLinear) return binance_usdm(query.base);
  if (query.venue == Venue::kDeribit && query.base == "ETH") {
    return VenueDefaults{deribit(.000004), {.0005, 0.0}, DefaultBasis::kPublished};
  }
  if (query.base != "BTC") return Error{Errc::kUnknownInstrument};
  return btc_defaults(query);
}

}  // namespace faultline
