// Decimal numbers, times and durations: what is read is written and read again as the same value,
// and the fast paths agree with the plain one.
#include "core/decimal.hpp"
#include "core/time_text.hpp"
#include "fuzz_input.hpp"

namespace faultline {
namespace {

// True where both failed, or both gave the same number.
bool agree(const Result<std::int64_t>& a, const Result<std::int64_t>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return *a == *b;
}

void check_decimal(std::string_view text) {
  const Result<Decimal> decimal = parse_decimal(text);
  for (const int places : {0, 1, 8, 9}) {
    const Decimal unit{1, -places};
    const Result<std::int64_t> slow =
        decimal ? units_of(*decimal, unit) : Result<std::int64_t>(decimal.error());
    FAULTLINE_CHECK(agree(parse_units(text, unit), slow));
    FAULTLINE_CHECK(agree(parse_fixed(text, places), slow));
    if (slow) FAULTLINE_CHECK(agree(parse_units(to_text(*slow, unit), unit), slow));
  }
  const Decimal tick{5, -1};
  const Result<std::int64_t> ticks = parse_units(text, tick);
  if (ticks) {
    FAULTLINE_CHECK(agree(parse_units(to_text(*ticks, tick), tick), ticks));
    FAULTLINE_CHECK(agree(nearest_units_lossy(*decimal, tick), ticks));
  }
  if (!decimal) return;
  FAULTLINE_CHECK(decimal->mantissa == 0 ? decimal->exponent == 0 : decimal->mantissa % 10 != 0);
  static_cast<void>(to_double_approx(*decimal));
  static_cast<void>(nearest_units_lossy(*decimal, tick).has_value());
}

void check_time(std::string_view text) {
  for (const TimeUnit unit : {TimeUnit::kAuto, TimeUnit::kSeconds, TimeUnit::kMillis,
                              TimeUnit::kMicros, TimeUnit::kNanos, TimeUnit::kText}) {
    const Result<UnixNanos> time = parse_time(text, unit);
    if (!time) continue;
    const Result<UnixNanos> again = parse_time_text(to_text(*time));
    FAULTLINE_CHECK(again && *again == *time);
    const UnixNanos day = day_begin(*time);
    FAULTLINE_CHECK(day <= *time && *time - day < kDay);
    FAULTLINE_CHECK(day.value == day_number(*time) * kDay.value);
    FAULTLINE_CHECK(to_text(*time).starts_with(day_text(*time)));
  }
  const Result<Nanos> duration = parse_duration(text);
  if (!duration) return;
  const Result<Nanos> again = parse_duration(to_text(*duration));
  FAULTLINE_CHECK(again && *again == *duration);
}

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  faultline::check_decimal(text);
  faultline::check_time(text);
}
