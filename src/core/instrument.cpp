#include "core/instrument.hpp"

#include <algorithm>

namespace faultline {
namespace {

constexpr std::array<std::string_view, kVenueCount> kVenueNames{
    "binance_usdm", "binance_coinm", "bybit_linear", "bybit_inverse", "okx",      "gate",
    "hyperliquid",  "bitmex",        "deribit",      "aggregate",     "simulated"};

constexpr std::size_t kSymbolCharsMax = 64;

bool is_symbol_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
         c == '_' || c == '.';
}

}  // namespace

std::string_view name_of(Venue venue) { return kVenueNames[static_cast<std::size_t>(venue)]; }

Result<Venue> parse_venue(std::string_view text) {
  const auto* found = std::ranges::find(kVenueNames, text);
  if (found == kVenueNames.end()) return Error{Errc::kUnknownVenue};
  return static_cast<Venue>(found - kVenueNames.begin());
}

std::string to_text(const InstrumentId& id) {
  return std::string(name_of(id.venue)) + ":" + id.symbol;
}

Result<InstrumentId> parse_instrument_id(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Error{Errc::kUnknownVenue};
  const Result<Venue> venue = parse_venue(text.substr(0, colon));
  if (!venue) return venue.error();
  const std::string_view symbol = text.substr(colon + 1);
  if (symbol.empty()) return Error{Errc::kEmpty, colon + 1};
  if (symbol.size() > kSymbolCharsMax || symbol.front() == '.')
    return Error{Errc::kUnexpectedField, colon + 1};
  const auto bad = std::ranges::find_if_not(symbol, is_symbol_char);
  if (bad != symbol.end()) {
    return Error{Errc::kUnexpectedField,
                 colon + 1 + static_cast<std::uint64_t>(bad - symbol.begin())};
  }
  return InstrumentId{*venue, std::string(symbol)};
}

const InstrumentSpec* spec_valid_at(std::span<const InstrumentSpec> versions, UnixNanos time) {
  for (const InstrumentSpec& spec : versions) {
    if (spec.valid_from <= time && (!spec.valid_to || time < *spec.valid_to)) return &spec;
  }
  return nullptr;
}

PriceE9 to_price_e9(PriceTicks price, const InstrumentSpec& spec) {
  const Result<std::int64_t> tick = units_of(spec.tick_size, Decimal{1, -9});
  FAULTLINE_CHECK(tick.has_value());
  return PriceE9(price.value * *tick);
}

Result<PriceTicks> to_price_ticks(PriceE9 price, const InstrumentSpec& spec) {
  const Result<std::int64_t> tick = units_of(spec.tick_size, Decimal{1, -9});
  FAULTLINE_CHECK(tick.has_value());
  if (price.value % *tick != 0) return Error{Errc::kOffGrid};
  return PriceTicks(price.value / *tick);
}

double native_units_approx(Qty qty, const InstrumentSpec& spec) {
  return to_double_approx(qty.value, spec.lot_size);
}

double notional_approx(Qty qty, double price, const InstrumentSpec& spec) {
  return native_units_approx(qty, spec) * unit_notional_approx(price, spec);
}

double unit_notional_approx(double price, const InstrumentSpec& spec) {
  const double multiplier = to_double_approx(spec.contract_multiplier);
  return spec.kind == ContractKind::kLinear ? multiplier * price : multiplier;
}

}  // namespace faultline
