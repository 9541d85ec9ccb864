#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "feed/dataset.hpp"
#include "text/config.hpp"

namespace faultline {

// What the columns of each kind are called in a descriptor, and what their text means. Internal to
// feed.

enum class Meaning : std::uint8_t {
  kTime,
  kLength,
  kPriceTicks,
  kPriceE9,
  kQty,
  kMoneyE6,
  kRateE9,  // a ratio; percent on request
  kRateE6,
  kSide,       // long, short
  kTakerSide,  // buy, sell, unknown
  kFlag,       // yes, no
  kPriceKind,
  kCompleteness,
  kMarginMode,  // isolated, cross
  kId,
};

// One field of a kind. Its position in the list is the column of the kind.
struct FieldInfo {
  std::string_view name;
  Meaning meaning;
};
std::span<const FieldInfo> fields_of(EventKind kind);

// An [[emit]]. Keys of `table` (length, completeness, price_kind) stand in for those that the emit
// lacks.
Outcome<EmitSpec> parse_emit(const Config& emit, const Config& table);

// The integer unit of a meaning, in its natural unit, for one instrument.
Decimal unit_of(Meaning meaning, const InstrumentSpec& spec);

}  // namespace faultline
