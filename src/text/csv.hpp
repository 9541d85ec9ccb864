#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "text/field_run.hpp"

namespace faultline {

// Reading delimited text block by block, as fast as memory allows.
//
//   bytes ──> CsvReader ──> CsvBlock: where each field of each row begins and ends, nothing copied
//
// Why blocks: the caller converts one column of a whole block at a time, with one tight loop a
// column. Accepts: LF and CRLF line ends, a UTF-8 mark at the start, empty lines (skipped), a last
// line without an end, fields in
//          double quotes with doubled quotes inside (RFC 4180), and rows with differing numbers of
//          fields, which the caller judges.
// Invariant: memory is bounded by two blocks, whatever the file's size; a line longer than the
// limit is an error.

// Bytes on request: fills the front of the span and returns how many; 0 at the end.
using ReadFn = std::function<Result<std::size_t>(std::span<char>)>;

// The rows of one block. Valid until the next call of CsvReader::next.
//
// Invariant: 64 bytes before and behind `text` are readable, so that fields can be loaded whole
// (text/digits.hpp).
//
//   text    1,42000.1,0.5\n2,42000.2,0.25\n
//   ends     ^       ^   ^  ^       ^    ^      positions of the separators, row after row
//   row r   covers ends[row_first[r] .. row_first[r+1])
struct CsvBlock {
  std::string_view text;
  std::vector<std::uint32_t> ends;
  std::vector<std::uint32_t> row_first;  // one more than there are rows
  std::vector<std::uint32_t> row_begin;  // where the text of each row begins
  std::uint64_t first_line = 1;          // line number of row 0, counted from 1
  std::vector<std::uint32_t>
      line_skips;  // lines before row r that hold no row (blank, or inside quotes), cumulative
  std::uint64_t first_offset = 0;  // byte offset of the block in the unpacked file
  bool has_quotes = false;

  std::size_t row_count() const { return row_begin.size(); }
  std::size_t field_count(std::size_t row) const { return row_first[row + 1] - row_first[row]; }
  // The raw text of a field, quotes included.
  std::string_view raw(std::size_t row, std::size_t field) const {
    const std::size_t at = row_first[row] + field;
    const std::uint32_t begin = field == 0 ? row_begin[row] : ends[at - 1] + 1;
    return {text.data() + begin, ends[at] - begin};
  }
  // The whole row without its line end.
  std::string_view raw_row(std::size_t row) const {
    return text.substr(row_begin[row], ends[row_first[row + 1] - 1] - row_begin[row]);
  }
  // One field of rows [row, row + count). Requires: those rows have the same number of fields, more
  // than `field`.
  FieldRun run_of(std::size_t row, std::size_t count, std::size_t field) const {
    const std::size_t stride = field_count(row);
    const std::uint32_t* field_ends = ends.data() + row_first[row] + field;
    const bool is_first = field == 0;
    return FieldRun{.text = text.data(),
                    .begins = is_first ? row_begin.data() + row : field_ends - 1,
                    .begin_stride = is_first ? 1 : stride,
                    .begin_shift = is_first ? 0U : 1U,
                    .ends = field_ends,
                    .end_stride = stride,
                    .count = count};
  }
  std::uint64_t line_of(std::size_t row) const {
    return first_line + row + (line_skips.empty() ? 0 : line_skips[row]);
  }
};

struct CsvOptions {
  char delimiter = ',';
  std::size_t block_bytes = std::size_t{1} << 18;  // fits a core's own cache with its columns
  std::size_t line_bytes_max = std::size_t{1} << 20;
};

class CsvReader {
 public:
  CsvReader(ReadFn read, CsvOptions options = {});

  // Fills `block` with the next rows. False at the end of the text.
  //
  // Errors: whatever the source returns; kLineTooLong, kBadQuote (a quote still open at the end of
  // the text) and
  //         kBinaryData (a NUL byte), with the byte offset in the unpacked file.
  Result<bool> next(CsvBlock& block);

  // Line number of the first line that has not been returned yet; after an error, of the line that
  // holds the offending byte (for an open quote, the line where it opens).
  std::uint64_t line() const { return line_; }

 private:
  Result<bool> fill();
  Result<bool> cut(CsvBlock& block);

  ReadFn read_;
  CsvOptions options_;
  std::vector<char> buffer_;  // padded on both sides, so that wide loads may run past the text
  std::size_t begin_ = 0;     // first byte not yet returned
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;  // of buffer_[begin_] in the unpacked file
  std::uint64_t line_ = 1;
  bool at_end_ = false;
  bool at_start_ = true;
};

// The text of a field without its quotes, doubled quotes undone into `scratch`; the raw text where
// it is not quoted. Errors: kBadQuote when text follows the closing quote or the field does not
// close.
Result<std::string_view> unquote(std::string_view raw, std::string& scratch);

// Quotes a field where it needs it.
std::string csv_field(std::string_view text);

}  // namespace faultline
