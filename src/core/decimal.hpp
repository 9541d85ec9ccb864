#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace faultline {

// An exact decimal number: mantissa · 10^exponent. Used for tick and lot sizes and for reading
// text.
//
// Why: prices and quantities travel as decimal text. They go straight to integers; a double in
// between corrupts them. Invariant: normalised by parse_decimal: the mantissa does not end in a
// zero unless it is zero (then exponent is 0).
struct Decimal {
  std::int64_t mantissa = 0;
  int exponent = 0;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// Reads "-12.50", "1e-05", ".5", "7." or "1_000"-free plain text. Nothing may precede or follow the
// number.
//
// Errors: kEmpty, kNotANumber (offset of the offending character), kOutOfRange (over 18 significant
// digits or an
//         exponent beyond ±30).
Result<Decimal> parse_decimal(std::string_view text);

// How many `unit`s `value` is, exactly.
//
// Errors: kOffGrid when it is not a whole number of units, kOutOfRange when the count does not fit.
// Requires: unit.mantissa > 0.
Result<std::int64_t> units_of(Decimal value, Decimal unit);

// Reads text as a whole number of units; the two steps above in one. Cost: about 10 ns for usual
// texts.
Result<std::int64_t> parse_units(std::string_view text, Decimal unit);

// Reads text as units of 10^-places: the exact fast path for fixed-point columns.
Result<std::int64_t> parse_fixed(std::string_view text, int places);

// How many `unit`s come nearest to `value`, halves away from zero. Lossy on purpose; says so in its
// name. Errors: kOutOfRange.
Result<std::int64_t> nearest_units_lossy(Decimal value, Decimal unit);

// The shortest plain text of count · unit: "92759.3", never with an exponent.
std::string to_text(std::int64_t count, Decimal unit);

// Lossy: the double nearest to count · unit, for estimates and pictures.
double to_double_approx(std::int64_t count, Decimal unit);
double to_double_approx(Decimal value);

}  // namespace faultline
