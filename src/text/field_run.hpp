#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace faultline {

// One field of many rows to integers: the inner loops of reading columns.
//
//   rows  ──>  text moved into registers, one word a row  ──>  digits of four rows at a time
//
// Why runs: the fields of one column look alike. The first row of every stretch says where the
// point is and how the number begins; the rows that are of the same form are read four a register,
// and whether they are is one comparison for all four. Nothing is assumed of a row unread: what is
// of another form, or no number at all, is named in `left`, and the caller asks the exact parser.
// Thread safety: pure functions.

// The same field of consecutive rows. Row i begins at begins[i * begin_stride] + begin_shift and
// ends at ends[i * end_stride].
//
// Invariant: 64 bytes before and behind the text are readable.
struct FieldRun {
  const char* text = nullptr;
  const std::uint32_t* begins = nullptr;
  std::size_t begin_stride = 1;
  std::uint32_t begin_shift = 0;
  const std::uint32_t* ends = nullptr;
  std::size_t end_stride = 1;
  std::size_t count = 0;

  const char* begin_of(std::size_t row) const {
    return text + begins[row * begin_stride] + begin_shift;
  }
  const char* end_of(std::size_t row) const { return text + ends[row * end_stride]; }
};

// What a number means: value = number * 10^places * scale + shift, as parse_digits reads it
// (text/digits.hpp).
struct DigitForm {
  int places = 0;
  std::size_t size = 0;    // of the text; 0: any
  std::int64_t least = 0;  // a number below it, as parse_digits gives it, is left
  std::int64_t scale = 1;  // more than 1 with whole numbers only
  std::int64_t shift = 0;
};

// Fills `out` and appends to `left`, in rising order, the rows that were not read; their values are
// unspecified. A row that is read has the value that parse_digits gives, with scale and shift.
//
// Requires: one entry of `out` a row, 0 <= places <= 18, scale >= 1.
// Cost: about 1 ns a row where the rows are of one form.
void read_digits(const FieldRun& run, const DigitForm& form, std::span<std::int64_t> out,
                 std::vector<std::uint32_t>& left);

// A word of 1 to 8 bytes, none of them NUL, and its meaning.
struct ShortWord {
  std::uint64_t packed;  // the text's bytes and zeros behind them
  std::int64_t value;
};

// The same for words: rows whose text is exactly one of `words`. Cost: about 1 ns a row for two.
void read_words(const FieldRun& run, std::span<const ShortWord> words, std::span<std::int64_t> out,
                std::vector<std::uint32_t>& left);

}  // namespace faultline
