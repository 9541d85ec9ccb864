#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

namespace faultline {

namespace digits_detail {

inline constexpr std::array<std::int64_t, 19> kPow10 = [] {
  std::array<std::int64_t, 19> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// kInside + 16 - n holds 16 - n zero bytes and then n set ones, read forward from the right place.
alignas(32) inline constexpr std::array<std::uint8_t, 32> kInside = [] {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 16; i < 32; ++i) bytes[i] = 0xff;
  return bytes;
}();

// Row p moves the bytes before position p one to the right, over the point at p.
alignas(16) inline constexpr std::array<std::array<std::uint8_t, 16>, 16> kSqueeze = [] {
  std::array<std::array<std::uint8_t, 16>, 16> rows{};
  for (std::size_t point = 0; point < 16; ++point) {
    for (std::size_t i = 0; i < 16; ++i) {
      rows[point][i] = static_cast<std::uint8_t>(i > point ? i : i == 0 ? 0x80 : i - 1);
    }
  }
  return rows;
}();

}  // namespace digits_detail

// Decimal digits to an integer, sixteen at a time: the inner loop of reading columns.
//
// How: the sixteen bytes that end with the field are loaded at once, the point is squeezed out by a
// shuffle, and three multiply-adds turn digits into one number. False: anything but 1 to 16
// characters of digits with at most one point and at most `places` digits behind it, or a
//        result that does not fit. Nothing is decided then: the caller asks the exact parser.
// Units: `out` counts 10^-places. Requires: 16 readable bytes before `end`, 0 <= places <= 18.
// Cost: about 4 ns.
inline bool parse_digits(const char* begin, const char* end, int places, std::int64_t& out) {
  using namespace digits_detail;
  const std::ptrdiff_t size = end - begin;
  if (size < 1 || size > 16) return false;
  const auto* inside = reinterpret_cast<const __m128i*>(kInside.data() + size);
  // Bytes before the field become zero; characters become digits, and everything else more than 9.
  __m128i digits =
      _mm_sub_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(end - 16)), _mm_set1_epi8('0'));
  digits = _mm_and_si128(digits, _mm_loadu_si128(inside));
  const auto points =
      static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(digits, _mm_set1_epi8('.' - '0'))));
  int decimals = 0;
  if (points != 0) {
    const int at = __builtin_ctz(points);
    decimals = 15 - at;
    if (size == 1 || decimals > places) return false;
    // A second point stays and fails the digit check.
    const auto* squeeze =
        reinterpret_cast<const __m128i*>(kSqueeze[static_cast<std::size_t>(at)].data());
    digits = _mm_shuffle_epi8(digits, _mm_load_si128(squeeze));
  }
  const __m128i nine = _mm_set1_epi8(9);
  const __m128i fits = _mm_cmpeq_epi8(_mm_max_epu8(digits, nine), nine);
  if (_mm_movemask_epi8(fits) != 0xffff) return false;
  const __m128i pairs = _mm_maddubs_epi16(
      digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1));
  const __m128i packed = _mm_packus_epi32(fours, fours);
  const __m128i eights =
      _mm_madd_epi16(packed, _mm_setr_epi16(10000, 1, 10000, 1, 10000, 1, 10000, 1));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  const auto number = static_cast<std::int64_t>((both & 0xffffffffU) * 100'000'000U + (both >> 32));
  const std::int64_t power = kPow10[static_cast<std::size_t>(places - decimals)];
  return !__builtin_mul_overflow(number, power, &out);
}

}  // namespace faultline
