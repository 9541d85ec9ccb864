#include "lab/market_config.hpp"

#include <cmath>
#include <string>

#include "lab/scenario.hpp"

namespace faultline {
namespace {

constexpr Nanos kGrid{10 * kSecond.value};
// Of the range of UnixNanos that files may hold (core/time_text.hpp), in days since 1970.
constexpr std::int64_t kFirstDay = 14'245;
constexpr std::int64_t kLastDay = 47'450;

Diagnostic complaint(Errc code, std::string_view field, std::string note) {
  return {.code = code, .field = std::string(field), .note = std::move(note)};
}

// Every number within the bounds that the table of fields gives it.
Outcome<void> check_bounds(const MarketConfig& config) {
  MarketConfig copy = config;
  for (const ScenarioField& field : scenario_fields()) {
    const std::size_t count = field.table == "venue" ? config.venues.size() : 1;
    for (std::size_t venue = 0; venue < count; ++venue) {
      const double value = field_value(field, config, venue);
      if (auto fine = set_field(field, value, copy, venue); !fine) return fine;
    }
  }
  return {};
}

}  // namespace

InstrumentSpec lab_instrument(const std::string& symbol, ContractKind kind) {
  InstrumentSpec spec{.id = {Venue::kSimulated, symbol},
                      .kind = kind,
                      .tick_size = Decimal{5, -1},
                      .lot_size = Decimal{1, -3}};
  if (kind == ContractKind::kInverse) {
    spec.contract_multiplier = {10, 0};
    spec.lot_size = {1, 0};
    spec.quote = "USD";
    spec.settle = spec.base;
  }
  return spec;
}

bool has_readers(const ReaderConfig& readers) {
  return readers.hunters > 0 || readers.providers > 0 || readers.avoider_share > 0.0;
}

Outcome<void> validate(const VenueConfig& config) {
  ExchangeConfig exchange = config.exchange;
  exchange.account_count = 1;  // known when the market is made
  return validate(exchange);
}

Outcome<void> validate(const MarketConfig& config) {
  if (config.venues.empty() || config.venues.size() > kLabVenuesMax)
    return complaint(Errc::kBadRequest, "venue", "from 1 to " + std::to_string(kLabVenuesMax));
  if (auto fine = check_bounds(config); !fine) return fine;
  double shares = 0.0;
  for (const double share : config.holders.holding_share) shares += share;
  if (!(std::abs(shares - 1.0) < 1e-9))
    return complaint(Errc::kBadRequest, "share_long", "the three shares must sum to 1");
  if (config.length.value % kGrid.value != 0)
    return complaint(Errc::kBadRequest, "length_s", "a multiple of ten seconds");
  if (config.warm_up.value % kGrid.value != 0)
    return complaint(Errc::kBadRequest, "warm_up_s", "a multiple of ten seconds");
  if (config.begin.value % kGrid.value != 0 || config.begin.value < kFirstDay * kDay.value ||
      config.begin.value >= kLastDay * kDay.value)
    return complaint(Errc::kBadTime, "begin", "a multiple of ten seconds in 2009 to 2099");
  for (const VenueConfig& venue : config.venues) {
    if (auto fine = validate(venue); !fine) return fine;
  }
  return {};
}

}  // namespace faultline
