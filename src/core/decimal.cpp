#include "core/decimal.hpp"

#include <array>
#include <cmath>
#include <cstdlib>

namespace faultline {
namespace {

__extension__ using Wide = __int128;

constexpr int kMaxDigits = 18;
constexpr int kMaxExponent = 30;
constexpr std::array<std::int64_t, 19> kPow10 = [] {
  std::array<std::int64_t, 19> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The mantissa and exponent of the digits, before the exponent part of the text is applied.
struct Digits {
  std::int64_t mantissa = 0;
  int exponent = 0;
  int significant = 0;
  bool any = false;
};

// Reads digits and at most one point from `text` at `at`. Zeros that only move the point cost no
// significant digits.
bool read_digits(std::string_view text, std::size_t& at, Digits& out) {
  bool after_point = false;
  int pending_zeros = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') {
      if (after_point) return true;
      after_point = true;
      continue;
    }
    if (!is_digit(c)) return true;
    out.any = true;
    if (after_point) --out.exponent;
    if (c == '0') {
      if (out.significant > 0) ++pending_zeros;
      continue;
    }
    out.significant += pending_zeros + 1;
    if (out.significant > kMaxDigits) return false;
    out.mantissa = out.mantissa * kPow10[static_cast<std::size_t>(pending_zeros) + 1] + (c - '0');
    pending_zeros = 0;
  }
  return true;
}

}  // namespace

Result<Decimal> parse_decimal(std::string_view text) {
  if (text.empty()) return Error{Errc::kEmpty};
  std::size_t at = 0;
  const bool negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') ++at;
  const std::size_t first = at;
  // Trailing zeros are never multiplied in, so the exponent counts the digits after the last
  // nonzero one.
  std::size_t last_nonzero = std::string_view::npos;
  std::size_t point = std::string_view::npos;
  Digits digits;
  if (!read_digits(text, at, digits)) return Error{Errc::kOutOfRange, at};
  if (!digits.any) return Error{Errc::kNotANumber, at};
  for (std::size_t i = first; i < at; ++i) {
    if (text[i] == '.')
      point = i;
    else if (text[i] != '0')
      last_nonzero = i;
  }
  if (point == std::string_view::npos) point = at;
  int exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool down = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (at >= text.size()) return Error{Errc::kNotANumber, at};
    for (; at < text.size() && is_digit(text[at]) && exponent < 1000; ++at)
      exponent = exponent * 10 + (text[at] - '0');
    if (down) exponent = -exponent;
  }
  if (at != text.size()) return Error{Errc::kNotANumber, at};
  if (digits.mantissa == 0) return Decimal{};
  exponent += last_nonzero < point ? static_cast<int>(point - last_nonzero) - 1
                                   : -static_cast<int>(last_nonzero - point);
  if (std::abs(exponent) > kMaxExponent) return Error{Errc::kOutOfRange};
  return Decimal{negative ? -digits.mantissa : digits.mantissa, exponent};
}

namespace {

struct Ratio {
  Wide numerator;
  Wide denominator;
};

// value / unit as a ratio of integers. False when it would not fit 128 bits.
bool ratio_of(Decimal value, Decimal unit, Ratio& out) {
  const int shift = value.exponent - unit.exponent;
  out = Ratio{value.mantissa, unit.mantissa};
  if (std::abs(shift) > kMaxDigits) return false;
  const Wide power = kPow10[static_cast<std::size_t>(std::abs(shift))];
  (shift >= 0 ? out.numerator : out.denominator) *= power;
  return true;
}

bool fits(Wide value) { return value <= INT64_MAX && value >= INT64_MIN; }

}  // namespace

Result<std::int64_t> units_of(Decimal value, Decimal unit) {
  FAULTLINE_CHECK(unit.mantissa > 0);
  if (value.mantissa == 0) return std::int64_t{0};
  Ratio ratio{};
  if (!ratio_of(value, unit, ratio)) {
    return Error{value.exponent > unit.exponent ? Errc::kOutOfRange : Errc::kOffGrid};
  }
  if (ratio.numerator % ratio.denominator != 0) return Error{Errc::kOffGrid};
  const Wide count = ratio.numerator / ratio.denominator;
  if (!fits(count)) return Error{Errc::kOutOfRange};
  return static_cast<std::int64_t>(count);
}

Result<std::int64_t> parse_units(std::string_view text, Decimal unit) {
  const Result<Decimal> value = parse_decimal(text);
  if (!value) return value.error();
  return units_of(*value, unit);
}

Result<std::int64_t> parse_fixed(std::string_view text, int places) {
  return parse_units(text, Decimal{1, -places});
}

Result<std::int64_t> nearest_units_lossy(Decimal value, Decimal unit) {
  FAULTLINE_CHECK(unit.mantissa > 0);
  if (value.mantissa == 0) return std::int64_t{0};
  Ratio ratio{};
  if (!ratio_of(value, unit, ratio)) {
    if (value.exponent > unit.exponent) return Error{Errc::kOutOfRange};
    return std::int64_t{0};
  }
  const Wide half = ratio.denominator / 2;
  const Wide count = (ratio.numerator + (ratio.numerator < 0 ? -half : half)) / ratio.denominator;
  if (!fits(count)) return Error{Errc::kOutOfRange};
  return static_cast<std::int64_t>(count);
}

std::string to_text(std::int64_t count, Decimal unit) {
  Wide scaled = static_cast<Wide>(count) * unit.mantissa;
  const bool negative = scaled < 0;
  if (negative) scaled = -scaled;
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(scaled % 10)));
    scaled /= 10;
  } while (scaled != 0);
  if (unit.exponent >= 0) {
    if (count != 0) digits.append(static_cast<std::size_t>(unit.exponent), '0');
  } else {
    const auto places = static_cast<std::size_t>(-unit.exponent);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, ".");
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return negative ? "-" + digits : digits;
}

double to_double_approx(Decimal value) {
  const double power = std::pow(10.0, std::abs(value.exponent));
  const auto mantissa = static_cast<double>(value.mantissa);
  return value.exponent >= 0 ? mantissa * power : mantissa / power;
}

double to_double_approx(std::int64_t count, Decimal unit) {
  const double power = std::pow(10.0, std::abs(unit.exponent));
  const double scaled = static_cast<double>(count) * static_cast<double>(unit.mantissa);
  return unit.exponent >= 0 ? scaled * power : scaled / power;
}

}  // namespace faultline
