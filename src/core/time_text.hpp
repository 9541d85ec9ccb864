#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/units.hpp"

namespace faultline {

// Reading and writing times. All times are UTC; local offsets are accepted in text and removed.
//
// Range: 2009-01-01 up to but excluding 2100-01-01. Anything else is kBadTime: it is a wrong unit,
// not a market.

enum class TimeUnit : std::uint8_t { kAuto, kSeconds, kMillis, kMicros, kNanos, kText };

// A number whose unit is known, or found by magnitude (kAuto): seconds below 1e11, then
// milliseconds, microseconds, nanoseconds by factors of a thousand. Fractions are allowed
// ("1700000000.123"). kText reads parse_time_text. Errors: kEmpty, kNotANumber, kBadTime.
Result<UnixNanos> parse_time(std::string_view text, TimeUnit unit);

// "2025-12-01", "2025-12-01 00:05:00[.fff]", "2025-12-01T00:05:00Z", with "+00", "+0000" or
// "+03:00", and BitMEX's "2025-12-01D00:05:00.000000000". Errors: kEmpty, kBadTime.
Result<UnixNanos> parse_time_text(std::string_view text);

// "2025-12-01T00:05:00Z", with as many fractional digits as are needed.
std::string to_text(UnixNanos time);

// "2025-12-01": the UTC day that holds `time`.
std::string day_text(UnixNanos time);

// "5m", "1h", "90s", "1d" and back. Errors: kEmpty, kNotANumber, kOutOfRange (zero or over a year).
Result<Nanos> parse_duration(std::string_view text);
std::string to_text(Nanos duration);

// The start of the UTC day that holds `time`, and the number of that day since 1970-01-01.
UnixNanos day_begin(UnixNanos time);
std::int64_t day_number(UnixNanos time);

}  // namespace faultline
