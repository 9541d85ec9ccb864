#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/decimal.hpp"
#include "core/units.hpp"

namespace faultline {

// The venues that Faultline knows, with one spelling in store, command line and API. `aggregate`
// marks rows that a data vendor has already summed over several venues; it has no margin rules.
enum class Venue : std::uint8_t {
  kBinanceUsdm,
  kBinanceCoinm,
  kBybitLinear,
  kBybitInverse,
  kOkx,
  kGate,
  kHyperliquid,
  kBitmex,
  kDeribit,
  kAggregate,
  kSimulated,
};
inline constexpr std::size_t kVenueCount = 11;

std::string_view name_of(Venue venue);
// Errors: kUnknownVenue.
Result<Venue> parse_venue(std::string_view text);

// `venue:symbol`, for example `binance_usdm:BTCUSDT`. The symbol is the venue's own spelling.
struct InstrumentId {
  Venue venue = Venue::kBinanceUsdm;
  std::string symbol;

  friend auto operator<=>(const InstrumentId&, const InstrumentId&) = default;
};

std::string to_text(const InstrumentId& id);
// Errors: kUnknownVenue, kEmpty (no symbol), kUnexpectedField (a character that cannot be part of a
// file name).
Result<InstrumentId> parse_instrument_id(std::string_view text);

// Linear: quantity in base coins, profit in the quote currency. Inverse: quantity in contracts of a
// fixed quote value, profit in the base coin.
enum class ContractKind : std::uint8_t { kLinear, kInverse };

// What one contract is, during [valid_from, valid_to).
//
// Units: one Qty is `lot_size` native units. A native unit is one base coin for linear contracts
// that are quoted in coins
//        (multiplier 1), or one contract otherwise; `contract_multiplier` turns native units into
//        base coins (linear) or into quote currency (inverse).
struct InstrumentSpec {
  InstrumentId id{};
  ContractKind kind = ContractKind::kLinear;
  Decimal contract_multiplier{1, 0};
  Decimal tick_size{1, -1};
  Decimal lot_size{1, -3};
  std::string base = "BTC";
  std::string quote = "USDT";
  std::string settle = "USDT";
  UnixNanos valid_from{};
  std::optional<UnixNanos> valid_to{};

  friend bool operator==(const InstrumentSpec&, const InstrumentSpec&) = default;
};

// The version that is valid at `time`; null where there is none. Requires: they do not overlap.
// Cost: one comparison a version, and there are few.
const InstrumentSpec* spec_valid_at(std::span<const InstrumentSpec> versions, UnixNanos time);

// Exact: every tick size that a venue uses is a whole number of 1e-9. Requires: that it is
// (checked).
PriceE9 to_price_e9(PriceTicks price, const InstrumentSpec& spec);
// Errors: kOffGrid.
Result<PriceTicks> to_price_ticks(PriceE9 price, const InstrumentSpec& spec);

// Money in quote currency for `qty` at `price`. Lossy beyond 2^53; for estimates.
double notional_approx(Qty qty, double price, const InstrumentSpec& spec);
// The same of one native unit.
double unit_notional_approx(double price, const InstrumentSpec& spec);
// Native units (coins or contracts) of a quantity. Lossy beyond 2^53; for estimates.
double native_units_approx(Qty qty, const InstrumentSpec& spec);

}  // namespace faultline
