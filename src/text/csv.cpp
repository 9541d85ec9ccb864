#include "text/csv.hpp"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace faultline {
namespace {

constexpr std::size_t kPadding = 64;

struct Scan {
  bool is_special = false;  // a quote or a NUL byte was seen: the careful path is needed
  std::size_t newlines = 0;
};

// What 64 bytes hold.
struct Piece {
  std::uint64_t separators = 0;  // one bit a byte
  __m256i newlines;              // -1 a newline, two positions a byte
  __m256i special;               // not zero where there is a quote or a NUL byte
};

class PieceScanner {
 public:
  explicit PieceScanner(char delimiter) : delimiter_(_mm256_set1_epi8(delimiter)) {}

  Piece scan(const char* text) const {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    const __m256i low_lines = _mm256_cmpeq_epi8(low, newline_);
    const __m256i high_lines = _mm256_cmpeq_epi8(high, newline_);
    const __m256i quotes =
        _mm256_or_si256(_mm256_cmpeq_epi8(low, quote_), _mm256_cmpeq_epi8(high, quote_));
    // A NUL byte is where the smaller of the two halves is zero.
    const __m256i nul = _mm256_cmpeq_epi8(_mm256_min_epu8(low, high), _mm256_setzero_si256());
    return {.separators = bits(_mm256_or_si256(low_lines, _mm256_cmpeq_epi8(low, delimiter_))) |
                          bits(_mm256_or_si256(high_lines, _mm256_cmpeq_epi8(high, delimiter_)))
                              << 32,
            .newlines = _mm256_add_epi8(low_lines, high_lines),
            .special = _mm256_or_si256(quotes, nul)};
  }

 private:
  static std::uint64_t bits(__m256i bytes) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
  }

  __m256i delimiter_;
  __m256i newline_ = _mm256_set1_epi8('\n');
  __m256i quote_ = _mm256_set1_epi8('"');
};

// Writes base + position of every set bit and returns their number. How: eight at a time without
// asking, because a loop that ends where the bits do is guessed wrong nearly every time.
// Requires: room for 64 positions.
std::size_t write_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* out) {
  const auto count = static_cast<std::size_t>(std::popcount(bits));
  for (std::size_t done = 0;; done += 8) {
    for (std::size_t i = 0; i < 8; ++i) {
      out[done + i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
    if (done + 8 >= count) return count;
  }
}

std::size_t sum_of_bytes(__m256i bytes) {
  const __m256i sums = _mm256_sad_epu8(bytes, _mm256_setzero_si256());
  return static_cast<std::size_t>(_mm256_extract_epi64(sums, 0) + _mm256_extract_epi64(sums, 1) +
                                  _mm256_extract_epi64(sums, 2) + _mm256_extract_epi64(sums, 3));
}

// Positions of `delimiter` and '\n' in text[0, size). What `ends` held is only its room.
Scan find_separators(const char* text, std::size_t size, char delimiter,
                     std::vector<std::uint32_t>& ends) {
  constexpr std::size_t kPiece = 64;
  constexpr std::size_t kPiecesCounted = 100;  // a byte counts two a piece
  const PieceScanner scanner(delimiter);
  const char filler = delimiter == ' ' ? '0' : ' ';
  __m256i special = _mm256_setzero_si256();
  Scan scan;
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < size) {
    __m256i newlines = _mm256_setzero_si256();
    for (std::size_t piece = 0; piece < kPiecesCounted && at < size; ++piece, at += kPiece) {
      if (ends.size() < used + kPiece) ends.resize(used + used / 4 + 4096);
      char last[kPiece];
      const char* source = text + at;
      if (size - at < kPiece) {
        std::memset(last, filler, kPiece);
        std::memcpy(last, source, size - at);
        source = last;
      }
      const Piece found = scanner.scan(source);
      special = _mm256_or_si256(special, found.special);
      newlines = _mm256_sub_epi8(newlines, found.newlines);
      used += write_positions(found.separators, static_cast<std::uint32_t>(at), &ends[used]);
    }
    scan.newlines += sum_of_bytes(newlines);
  }
  ends.resize(used);
  scan.is_special = _mm256_testz_si256(special, special) == 0;
  return scan;
}

// The same for text with quotes: separators inside quotes do not count. Returns false when a quote
// stays open.
bool find_separators_quoted(std::string_view text, char delimiter, std::vector<std::uint32_t>& ends,
                            std::vector<std::uint32_t>& inner_newlines) {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"')
      quoted = !quoted;
    else if (quoted && c == '\n')
      inner_newlines.push_back(static_cast<std::uint32_t>(at));
    else if (!quoted && (c == delimiter || c == '\n'))
      ends.push_back(static_cast<std::uint32_t>(at));
  }
  return !quoted;
}

// One past the last newline that ends a row, or npos. With quotes, newlines inside them do not
// count.
std::size_t last_row_end(std::string_view text, bool has_quotes) {
  if (!has_quotes) {
    const std::size_t at = text.rfind('\n');
    return at == std::string_view::npos ? at : at + 1;
  }
  std::size_t last = std::string_view::npos;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"')
      quoted = !quoted;
    else if (text[at] == '\n' && !quoted)
      last = at + 1;
  }
  return last;
}

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

// Where the quote stands that opens the last quoted stretch of the text.
std::size_t last_opening_quote(std::string_view text) {
  std::size_t opening = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '"') continue;
    quoted = !quoted;
    if (quoted) opening = at;
  }
  return opening;
}

// The usual case: every row has as many fields as the first, and more than one. True when that is
// so, with the rows set.
bool group_regular_rows(CsvBlock& block, std::size_t newlines) {
  const char* text = block.text.data();
  const std::size_t total = block.ends.size();
  if (newlines == 0 || total % newlines != 0 || total / newlines < 2) return false;
  const std::size_t fields = total / newlines;
  block.row_begin.resize(newlines);
  block.row_first.resize(newlines + 1);
  const std::uint32_t* ends = block.ends.data() + fields - 1;
  std::uint32_t begin = 0;
  bool has_returns = false;
  bool is_regular = true;
  // There are as many newlines as rows, so if each row ends with one, no row holds another.
  for (std::size_t row = 0; row < newlines; ++row) {
    const std::uint32_t end = ends[row * fields];
    is_regular = is_regular & (text[end] == '\n');
    has_returns = has_returns | (text[end - 1] == '\r');
    block.row_begin[row] = begin;
    begin = end + 1;
  }
  if (!is_regular) {
    block.row_begin.clear();
    block.row_first.clear();
    return false;
  }
  for (std::size_t row = 0; row <= newlines; ++row)
    block.row_first[row] = static_cast<std::uint32_t>(row * fields);
  if (!has_returns) return true;
  for (std::size_t row = 0; row < newlines; ++row) {
    std::uint32_t& end = block.ends[row * fields + fields - 1];
    if (text[end - 1] == '\r') --end;
  }
  return true;
}

// Groups separators into rows. A row ends at a newline; an empty line is no row. Returns the number
// of lines.
std::uint64_t group_rows(CsvBlock& block, const std::vector<std::uint32_t>& inner_newlines) {
  const char* text = block.text.data();
  std::uint32_t begin = 0;
  std::uint32_t skipped = 0;
  std::uint64_t lines = inner_newlines.size();
  std::size_t inner = 0;
  std::size_t out = 0;    // ends of blank lines are squeezed out
  std::size_t first = 0;  // end of the row's first field
  block.row_first.push_back(0);
  for (const std::uint32_t end : block.ends) {
    block.ends[out++] = end;
    if (text[end] != '\n') continue;
    ++lines;
    const bool has_return = end > begin && text[end - 1] == '\r';
    if (out - first == 1 && end - begin == (has_return ? 1U : 0U)) {
      out = first;
      ++skipped;
    } else {
      if (has_return) block.ends[out - 1] = end - 1;
      if (skipped > 0 && block.line_skips.empty())
        block.line_skips.assign(block.row_begin.size(), 0);
      if (skipped > 0) block.line_skips.push_back(skipped);
      block.row_begin.push_back(begin);
      block.row_first.push_back(static_cast<std::uint32_t>(out));
      first = out;
      for (; inner < inner_newlines.size() && inner_newlines[inner] < end; ++inner) ++skipped;
    }
    begin = end + 1;
  }
  block.ends.resize(out);
  return lines;
}

}  // namespace

CsvReader::CsvReader(ReadFn read, CsvOptions options)
    : read_(std::move(read)),
      options_(options),
      buffer_(options.block_bytes + 2 * kPadding),
      begin_(kPadding),
      end_(kPadding) {
  FAULTLINE_CHECK(options_.block_bytes >= 64 && options_.block_bytes <= (std::size_t{1} << 30));
}

// Moves the rest to the front and reads until the buffer is full or the text ends. False when
// nothing is left.
Result<bool> CsvReader::fill() {
  std::memmove(buffer_.data() + kPadding, buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_ - kPadding;
  begin_ = kPadding;
  while (!at_end_ && end_ + kPadding < buffer_.size()) {
    const std::size_t room = buffer_.size() - kPadding - end_;
    const Result<std::size_t> got = read_(std::span(buffer_.data() + end_, room));
    if (!got) return got.error();
    FAULTLINE_CHECK(*got <= room);
    if (*got == 0) at_end_ = true;
    end_ += *got;
  }
  if (at_start_) {
    at_start_ = false;
    if (std::string_view(buffer_.data() + begin_, end_ - begin_).starts_with("\xEF\xBB\xBF")) {
      begin_ += 3;
      offset_ = 3;
    }
  }
  return begin_ != end_;
}

Result<bool> CsvReader::next(CsvBlock& block) {
  block = CsvBlock{.text = {},
                   .ends = std::move(block.ends),
                   .row_first = std::move(block.row_first),
                   .row_begin = std::move(block.row_begin),
                   .line_skips = std::move(block.line_skips)};
  // The old ends stay until new ones are written over them: emptying and growing again would fill
  // the room with zeros.
  block.row_first.clear();
  block.row_begin.clear();
  block.line_skips.clear();
  for (;;) {
    const Result<bool> more = fill();
    if (!more) return more.error();
    if (!*more) {
      block.ends.clear();
      return false;
    }
    const Result<bool> got = cut(block);
    if (!got) return got.error();
    if (*got) return true;
  }
}

// Cuts the complete rows off the front of the buffer. False when the buffer held blank lines only,
// or had to grow.
Result<bool> CsvReader::cut(CsvBlock& block) {
  std::string_view text(buffer_.data() + begin_, end_ - begin_);
  // The whole buffer is scanned once; only text with quotes or NUL bytes is looked at again.
  Scan scan = find_separators(text.data(), text.size(), options_.delimiter, block.ends);
  if (scan.is_special) {
    if (const void* nul = std::memchr(text.data(), '\0', text.size())) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(nul) - text.data());
      line_ += lines_in(text.substr(0, at));
      return Error{Errc::kBinaryData, offset_ + at};
    }
  }
  block.has_quotes = scan.is_special;
  std::size_t size = last_row_end(text, block.has_quotes);
  if (at_end_ && size != text.size()) {
    // The last line has no end: give it one. The padding has room.
    if (block.has_quotes && std::ranges::count(text, '"') % 2 != 0) {
      line_ += lines_in(text.substr(0, last_opening_quote(text)));
      return Error{Errc::kBadQuote, offset_ + text.size()};
    }
    buffer_[end_] = '\n';
    size = text.size() + 1;
    ++end_;
    ++scan.newlines;
    block.ends.push_back(static_cast<std::uint32_t>(size - 1));
  } else if (size == std::string_view::npos) {
    block.ends.clear();
    if (text.size() > options_.line_bytes_max) return Error{Errc::kLineTooLong, offset_};
    buffer_.resize(buffer_.size() * 2);
    return false;
  }
  block.text = std::string_view(buffer_.data() + begin_, size);
  std::vector<std::uint32_t> inner_newlines;
  if (block.has_quotes) {
    block.ends.clear();
    find_separators_quoted(block.text, options_.delimiter, block.ends, inner_newlines);
  } else {
    while (!block.ends.empty() && block.ends.back() >= size) block.ends.pop_back();
  }
  block.first_line = line_;
  block.first_offset = offset_;
  const bool is_regular = !block.has_quotes && group_regular_rows(block, scan.newlines);
  line_ += is_regular ? scan.newlines : group_rows(block, inner_newlines);
  begin_ += size;
  offset_ += size;
  if (block.row_count() != 0) return true;
  block.ends.clear();
  block.row_first.clear();
  return false;
}

Result<std::string_view> unquote(std::string_view raw, std::string& scratch) {
  if (raw.empty() || raw.front() != '"') {
    const std::size_t stray = raw.find('"');
    if (stray != std::string_view::npos) return Error{Errc::kBadQuote, stray};
    return raw;
  }
  // Without inner quotes nothing needs to be undone, and the view keeps the block's padding.
  if (raw.find('"', 1) == raw.size() - 1 && raw.size() > 1) return raw.substr(1, raw.size() - 2);
  scratch.clear();
  for (std::size_t at = 1; at < raw.size(); ++at) {
    if (raw[at] != '"') {
      scratch += raw[at];
    } else if (at + 1 < raw.size() && raw[at + 1] == '"') {
      scratch += '"';
      ++at;
    } else if (at + 1 == raw.size()) {
      return std::string_view(scratch);
    } else {
      return Error{Errc::kBadQuote, at};
    }
  }
  return Error{Errc::kBadQuote, raw.size()};
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace faultline
