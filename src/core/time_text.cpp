#include "core/time_text.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "core/decimal.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kEarliest = 1'230'768'000'000'000'000;  // 2009-01-01
constexpr std::int64_t kLatest = 4'102'444'800'000'000'000;    // 2100-01-01

Result<UnixNanos> in_range(std::int64_t nanos) {
  if (nanos < kEarliest || nanos >= kLatest) return Error{Errc::kBadTime};
  return UnixNanos(nanos);
}

// How many decimal places lie between the unit and a nanosecond.
int places_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillis:
      return 6;
    case TimeUnit::kMicros:
      return 3;
    case TimeUnit::kNanos:
      return 0;
    default:
      return 9;
  }
}

TimeUnit unit_by_magnitude(double value) {
  if (value < 1e11) return TimeUnit::kSeconds;
  if (value < 1e14) return TimeUnit::kMillis;
  if (value < 1e17) return TimeUnit::kMicros;
  return TimeUnit::kNanos;
}

// A cursor over text; every read says whether it succeeded.
struct Cursor {
  std::string_view text;
  std::size_t at = 0;

  bool done() const { return at >= text.size(); }
  char peek() const { return done() ? '\0' : text[at]; }
  bool skip(char c) {
    if (peek() != c) return false;
    ++at;
    return true;
  }
  std::optional<int> digits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i, ++at) {
      if (done() || text[at] < '0' || text[at] > '9') return std::nullopt;
      value = value * 10 + (text[at] - '0');
    }
    return value;
  }
  // The fraction after a point, in nanoseconds; further digits must be digits and are dropped.
  std::optional<std::int64_t> fraction() {
    std::int64_t nanos = 0;
    int seen = 0;
    for (; !done() && text[at] >= '0' && text[at] <= '9'; ++at, ++seen) {
      if (seen < 9) nanos = nanos * 10 + (text[at] - '0');
    }
    if (seen == 0) return std::nullopt;
    for (; seen < 9; ++seen) nanos *= 10;
    return nanos;
  }
};

std::optional<std::int64_t> read_date(Cursor& in) {
  const auto year = in.digits(4);
  if (!year || !in.skip('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.skip('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// Nanoseconds since midnight.
std::optional<std::int64_t> read_clock(Cursor& in) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.skip(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  int second = 0;
  std::int64_t fraction = 0;
  if (in.skip(':')) {
    const auto read = in.digits(2);
    if (!read || *read > 59) return std::nullopt;
    second = *read;
    if (in.skip('.')) {
      const auto nanos = in.fraction();
      if (!nanos) return std::nullopt;
      fraction = *nanos;
    }
  }
  return ((*hour * 60LL + *minute) * 60 + second) * kSecond.value + fraction;
}

// The offset from UTC in nanoseconds: "", "Z", "+00", "+0300", "-05:30".
std::optional<std::int64_t> read_offset(Cursor& in) {
  if (in.done() || in.skip('Z')) return 0;
  const bool west = in.peek() == '-';
  if (!in.skip('+') && !in.skip('-')) return std::nullopt;
  const auto hours = in.digits(2);
  if (!hours || *hours > 14) return std::nullopt;
  in.skip(':');
  int minutes = 0;
  if (!in.done()) {
    const auto read = in.digits(2);
    if (!read || *read > 59) return std::nullopt;
    minutes = *read;
  }
  const std::int64_t offset = (*hours * 60LL + minutes) * kMinute.value;
  return west ? -offset : offset;
}

}  // namespace

Result<UnixNanos> parse_time(std::string_view text, TimeUnit unit) {
  if (unit == TimeUnit::kText) return parse_time_text(text);
  const Result<Decimal> value = parse_decimal(text);
  if (!value) {
    const bool long_fraction = value.error().code == Errc::kOutOfRange;
    return Error{long_fraction ? Errc::kBadTime : value.error().code, value.error().offset};
  }
  if (unit == TimeUnit::kAuto) unit = unit_by_magnitude(to_double_approx(*value));
  // Digits beyond a nanosecond carry no information: a float of seconds has them by accident.
  const Result<std::int64_t> nanos = nearest_units_lossy(*value, Decimal{1, -places_of(unit)});
  if (!nanos) return Error{Errc::kBadTime};
  return in_range(*nanos);
}

Result<UnixNanos> parse_time_text(std::string_view text) {
  if (text.empty()) return Error{Errc::kEmpty};
  Cursor in{text};
  const auto days = read_date(in);
  constexpr std::int64_t kDaysMax = kLatest / kDay.value + 1;
  if (!days || *days < 0 || *days > kDaysMax) return Error{Errc::kBadTime, in.at};
  std::int64_t nanos = *days * kDay.value;
  if (in.skip('T') || in.skip(' ') || in.skip('D')) {
    const auto clock = read_clock(in);
    if (!clock) return Error{Errc::kBadTime, in.at};
    const auto offset = read_offset(in);
    if (!offset) return Error{Errc::kBadTime, in.at};
    nanos += *clock - *offset;
  }
  if (!in.done()) return Error{Errc::kBadTime, in.at};
  return in_range(nanos);
}

std::string day_text(UnixNanos time) {
  const std::chrono::sys_days day{std::chrono::days(day_number(time))};
  const std::chrono::year_month_day date{day};
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return out;
}

std::string to_text(UnixNanos time) {
  const std::int64_t within = time.value - day_begin(time).value;
  const std::int64_t seconds = within / kSecond.value;
  char clock[32];
  std::snprintf(clock, sizeof clock, "T%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  std::string out = day_text(time) + clock;
  if (const std::int64_t fraction = within % kSecond.value; fraction != 0) {
    char digits[16];
    std::snprintf(digits, sizeof digits, ".%09d", static_cast<int>(fraction));
    out += digits;
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out + "Z";
}

namespace {

struct DurationUnit {
  std::string_view suffix;
  Nanos length;
};
constexpr std::array kDurationUnits{DurationUnit{"ms", Nanos(1'000'000)},
                                    DurationUnit{"s", kSecond}, DurationUnit{"m", kMinute},
                                    DurationUnit{"h", kHour}, DurationUnit{"d", kDay}};

}  // namespace

Result<Nanos> parse_duration(std::string_view text) {
  if (text.empty()) return Error{Errc::kEmpty};
  for (const DurationUnit& unit : kDurationUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const Result<std::int64_t> count =
        parse_fixed(text.substr(0, text.size() - unit.suffix.size()), 0);
    if (!count) continue;
    if (*count <= 0 || *count > 366 * kDay.value / unit.length.value)
      return Error{Errc::kOutOfRange};
    return Nanos(*count * unit.length.value);
  }
  return Error{Errc::kNotANumber};
}

std::string to_text(Nanos duration) {
  for (auto unit = kDurationUnits.rbegin(); unit != kDurationUnits.rend(); ++unit) {
    if (duration.value % unit->length.value == 0) {
      return std::to_string(duration.value / unit->length.value) + std::string(unit->suffix);
    }
  }
  return std::to_string(duration.value) + "ns";
}

std::int64_t day_number(UnixNanos time) {
  const std::int64_t day = time.value / kDay.value;
  return time.value < 0 && time.value % kDay.value != 0 ? day - 1 : day;
}

UnixNanos day_begin(UnixNanos time) { return UnixNanos(day_number(time) * kDay.value); }

}  // namespace faultline
