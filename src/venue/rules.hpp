#pragma once

#include <string_view>

#include "base/result.hpp"
#include "core/instrument.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// What is assumed of a contract when nobody gives its ladder or its fees.
//
// Why: the venues' own ladders need keys or recordings that a first run does not have. A default is
// an assumption, not a measurement; `basis` says how good it is, and callers are expected to show
// it.
enum class DefaultBasis : std::uint8_t {
  kPublished,  // the full ladder as the venue published it on a known day
  kExample,    // rates of an official example or a recorded message: the first rung, held flat
  kAssumed,    // common knowledge among users, not found in a venue's text
};
std::string_view name_of(DefaultBasis basis);

// Fractions of notional at the lowest fee level; negative is a rebate.
struct FeeRates {
  double taker = 0.0;
  double maker = 0.0;
};

struct VenueDefaults {
  TierHistory tiers;
  FeeRates fees;
  DefaultBasis tiers_basis = DefaultBasis::kAssumed;
};

struct DefaultsQuery {
  Venue venue = Venue::kBinanceUsdm;
  ContractKind kind = ContractKind::kLinear;
  std::string_view base = "BTC";
};

// Ladders and fees of the perpetual contract on `base`: BTC everywhere, ETH and SOL on Binance
// USDⓈ-M, ETH on Deribit. The first ladder also stands for all time before it was published.
//
// Units: those of MaintenanceTier; the mechanics that go with them are margin_rules().
// Errors: kUnknownVenue (aggregates), kUnknownInstrument (no default: read a ladder instead),
//         kBadRequest (a contract kind that the venue does not have).
Result<VenueDefaults> venue_defaults(const DefaultsQuery& query);

}  // namespace faultline
