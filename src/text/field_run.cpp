#include "text/field_run.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include "base/check.hpp"
#include "text/digits.hpp"

namespace faultline {
namespace {

constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kStretchRows = 512;  // their words stay in the first cache
constexpr std::size_t kLanes = 4;
constexpr std::uint64_t kZeros = 0x3030303030303030;  // digits become 0 to 9 by it
constexpr std::uint8_t kPoint = '.' ^ '0';
constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};  // no byte of it is a digit

std::uint64_t load_word(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, kWordBytes);
  return word;
}

// The form of a stretch's first row: how its numbers begin, and where the point is.
//
//   narrow   92759.3         at most 8 characters, all of them in the word
//   wide     1764547|50012.3  9 to 16 characters: the head is the same in every row, the last 8
//                             characters are the word
struct Shape {
  bool is_wide = false;
  std::size_t size_min = 1;
  std::size_t size_max = kWordBytes;
  int point_back = -1;      // characters behind the point, which is among the last 8; -1: no point
  std::uint64_t head = 0;   // as in the loop below
  std::uint64_t scale = 1;  // of the word's number
  std::int64_t base = 0;    // the value of head and shift
};

// scale and base, where no row of the shape can overflow. Requires: digits before `head_end` only.
bool set_units(const DigitForm& form, const char* begin, const char* head_end, Shape& shape) {
  const int decimals = std::max(shape.point_back, 0);
  if (decimals > form.places) return false;
  std::int64_t scale = form.scale;
  if (__builtin_mul_overflow(
          scale, digits_detail::kPow10[static_cast<std::size_t>(form.places - decimals)], &scale)) {
    return false;
  }
  if (scale > std::numeric_limits<std::uint32_t>::max()) return false;
  shape.scale = static_cast<std::uint64_t>(scale);
  std::int64_t head = 0;
  if (shape.is_wide && !parse_digits(begin, head_end, 0, head)) return false;
  const std::int64_t words = shape.point_back < 0 ? 100'000'000 : 10'000'000;
  std::int64_t base = 0;
  std::int64_t most = 0;
  if (form.least > 0 && (form.places > 0 || head * words < form.least)) return false;
  return !__builtin_mul_overflow(head, words, &base) &&
         !__builtin_mul_overflow(base, scale, &base) &&
         !__builtin_add_overflow(base, words * scale, &most) &&
         !__builtin_add_overflow(most, form.shift, &most) &&
         !__builtin_add_overflow(base, form.shift, &shape.base);
}

// Nothing when the row is not plain.
std::optional<Shape> shape_of(const char* begin, const char* end, const DigitForm& form) {
  const auto size = static_cast<std::size_t>(end - begin);
  if (end <= begin || size > 2 * kWordBytes || (form.size != 0 && size != form.size)) {
    return std::nullopt;
  }
  Shape shape;
  shape.is_wide = size > kWordBytes;
  const char* head_end = shape.is_wide ? end - kWordBytes : begin;
  if (std::find(begin, head_end, '.') != head_end) return std::nullopt;
  const char* point = std::find(head_end, end, '.');
  if (point != end) shape.point_back = static_cast<int>(end - point) - 1;
  shape.size_min = shape.is_wide ? kWordBytes + 1 : point != end ? 2 : 1;
  shape.size_max = shape.is_wide ? 2 * kWordBytes : kWordBytes;
  if (form.size != 0) shape.size_min = shape.size_max = form.size;
  if (shape.is_wide) {
    shape.head = (load_word(begin) ^ kZeros) << (8 * (2 * kWordBytes - size));
  }
  if (!set_units(form, begin, head_end, shape)) return std::nullopt;
  return shape;
}

// The words of rows [first, first + count): the field's last 8 characters, less '0', zeros where
// the field is shorter. False when a row has another head.
template <bool kIsWide>
bool gather(const FieldRun& run, std::size_t first, std::size_t count, const Shape& shape,
            std::uint64_t* words) {
  const char* text = run.text;
  const std::uint32_t* begins = run.begins + first * run.begin_stride;
  const std::uint32_t* ends = run.ends + first * run.end_stride;
  const std::size_t begin_stride = run.begin_stride;
  const std::size_t end_stride = run.end_stride;
  const std::size_t size_min = shape.size_min;
  const std::size_t size_span = shape.size_max - size_min;
  const std::uint64_t head = shape.head;
  std::uint64_t differing = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = *begins + run.begin_shift;
    const std::size_t end = *ends;
    begins += begin_stride;
    ends += end_stride;
    const std::size_t size = end - begin;
    const bool is_good = size - size_min <= size_span;
    const std::uint64_t front = load_word(text + begin) ^ kZeros;
    // Shifts are taken modulo 64, which is what 128 - 8 * size and 64 - 8 * size have in common.
    const std::uint64_t shifted = front << ((0 - 8 * size) & 63);
    if constexpr (kIsWide) {
      differing |= is_good ? shifted ^ head : 0;
      words[i] = is_good ? load_word(text + end - kWordBytes) ^ kZeros : kNoNumber;
    } else {
      words[i] = is_good ? shifted : kNoNumber;
    }
  }
  return differing == 0;
}

// Constants of the loop over words.
struct Decoder {
  __m256i point;    // what turns the point into zero
  __m256i largest;  // 9 everywhere and 0 at the point
  __m256i squeeze;  // moves the digits over the point
  __m256i scale;
  __m256i base;

  explicit Decoder(const Shape& shape) {
    alignas(32) std::array<std::uint8_t, 32> points{};
    alignas(32) std::array<std::uint8_t, 32> limits{};
    alignas(32) std::array<std::uint8_t, 32> moves{};
    const int at = 7 - shape.point_back;  // 8 without a point
    for (int i = 0; i < 32; ++i) {
      const auto out = static_cast<std::size_t>(i);
      const int byte = i % 8;
      const bool is_point = byte == at;
      points[out] = is_point ? kPoint : 0;
      limits[out] = is_point ? 0 : 9;
      const bool is_moved = at < 8 && byte <= at;
      const int source = is_moved ? i % 16 - 1 : i % 16;
      moves[out] = static_cast<std::uint8_t>(is_moved && byte == 0 ? 0x80 : source);
    }
    point = _mm256_load_si256(reinterpret_cast<const __m256i*>(points.data()));
    largest = _mm256_load_si256(reinterpret_cast<const __m256i*>(limits.data()));
    squeeze = _mm256_load_si256(reinterpret_cast<const __m256i*>(moves.data()));
    scale = _mm256_set1_epi64x(static_cast<std::int64_t>(shape.scale));
    base = _mm256_set1_epi64x(shape.base);
  }
};

// Four rows a turn. Requires: count is a multiple of kLanes.
void decode(const std::uint64_t* words, std::size_t count, const Decoder& by, std::size_t first,
            std::int64_t* out, std::vector<std::uint32_t>& left) {
  const __m256i tens = _mm256_set1_epi16(0x010a);          // 10, 1
  const __m256i hundreds = _mm256_set1_epi32(0x00010064);  // 100, 1
  const __m256i ten_thousand = _mm256_set1_epi64x(10'000);
  for (std::size_t i = 0; i < count; i += kLanes) {
    const __m256i word =
        _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + i)), by.point);
    const __m256i fits = _mm256_cmpeq_epi8(_mm256_min_epu8(word, by.largest), word);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_shuffle_epi8(word, by.squeeze), tens);
    const __m256i fours = _mm256_madd_epi16(pairs, hundreds);
    const __m256i number =
        _mm256_add_epi64(_mm256_mul_epu32(fours, ten_thousand), _mm256_srli_epi64(fours, 32));
    const __m256i value = _mm256_add_epi64(_mm256_mul_epu32(number, by.scale), by.base);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), value);
    const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(fits));
    if (mask == 0xffffffff) continue;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (((mask >> (8 * lane)) & 0xff) != 0xff)
        left.push_back(static_cast<std::uint32_t>(first + i + lane));
    }
  }
}

void leave(std::size_t first, std::size_t end, std::vector<std::uint32_t>& left) {
  for (std::size_t row = first; row < end; ++row) left.push_back(static_cast<std::uint32_t>(row));
}

}  // namespace

void read_digits(const FieldRun& run, const DigitForm& form, std::span<std::int64_t> out,
                 std::vector<std::uint32_t>& left) {
  FAULTLINE_CHECK(out.size() == run.count && form.places >= 0 && form.places <= 18);
  std::array<std::uint64_t, kStretchRows> words;
  for (std::size_t first = 0; first < run.count; first += kStretchRows) {
    const std::size_t end = std::min(first + kStretchRows, run.count);
    const std::size_t count = (end - first) / kLanes * kLanes;
    const std::optional<Shape> shape = shape_of(run.begin_of(first), run.end_of(first), form);
    const std::size_t left_before = left.size();
    const bool is_even =
        shape && (shape->is_wide ? gather<true>(run, first, count, *shape, words.data())
                                 : gather<false>(run, first, count, *shape, words.data()));
    if (is_even) {
      decode(words.data(), count, Decoder(*shape), first, out.data() + first, left);
      leave(first + count, end, left);
    } else {
      leave(first, end, left);
    }
    // A column of many forms is not worth another attempt in this block.
    if (left.size() - left_before <= kStretchRows / 2) continue;
    leave(end, run.count, left);
    return;
  }
}

void read_words(const FieldRun& run, std::span<const ShortWord> words, std::span<std::int64_t> out,
                std::vector<std::uint32_t>& left) {
  FAULTLINE_CHECK(out.size() == run.count);
  // Texts are compared with their last byte on top, so that one shift cuts off what follows them.
  constexpr std::size_t kWordsMax = 16;
  std::array<ShortWord, kWordsMax> raised{};
  std::array<std::size_t, kWordsMax> sizes{};
  const std::size_t word_count = std::min(words.size(), kWordsMax);
  for (std::size_t i = 0; i < word_count; ++i) {
    FAULTLINE_CHECK(words[i].packed != 0);
    const int empty_bytes = std::countl_zero(words[i].packed) / 8;
    sizes[i] = kWordBytes - static_cast<std::size_t>(empty_bytes);
    raised[i] = {.packed = words[i].packed << (8 * empty_bytes), .value = words[i].value};
  }
  const std::size_t left_before = left.size();
  left.resize(left_before + run.count);
  std::uint32_t* left_at = left.data() + left_before;
  for (std::size_t row = 0; row < run.count; ++row) {
    const char* begin = run.begin_of(row);
    const auto size = static_cast<std::size_t>(run.end_of(row) - begin);
    const std::uint64_t text = load_word(begin) << ((0 - 8 * size) & 63);
    std::int64_t value = 0;
    bool is_found = false;
    for (std::size_t i = 0; i < word_count; ++i) {
      // Without a branch: both are looked at.
      const int is_text = raised[i].packed == text ? 1 : 0;
      const int is_size = sizes[i] == size ? 1 : 0;
      const bool is_same = (is_text & is_size) != 0;
      value = is_same ? raised[i].value : value;
      is_found = is_found | is_same;
    }
    out[row] = value;
    *left_at = static_cast<std::uint32_t>(row);
    left_at += is_found ? 0 : 1;
  }
  left.resize(static_cast<std::size_t>(left_at - left.data()));
}

}  // namespace faultline
