// The CSV reader against a naive twin that goes character by character, for several sizes of blocks
// and of pieces.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fuzz_input.hpp"
#include "text/csv.hpp"

namespace faultline {
namespace {

struct Row {
  std::vector<std::string> fields;
  std::uint64_t line = 0;

  friend bool operator==(const Row&, const Row&) = default;
};

// Absent where the text ends inside quotes.
std::optional<std::vector<Row>> read_naively(std::string_view text) {
  std::vector<Row> rows;
  Row row{{""}, 1};
  std::uint64_t line = 1;
  bool is_quoted = false;
  const auto end_row = [&] {
    std::string& last = row.fields.back();
    if (last.ends_with('\r')) last.pop_back();
    if (row.fields.size() > 1 || !last.empty()) rows.push_back(row);
  };
  for (const char c : text) {
    if (c == '\n') ++line;
    if (c == '\n' && !is_quoted) {
      end_row();
      row = Row{{""}, line};
    } else if (c == ',' && !is_quoted) {
      row.fields.emplace_back();
    } else {
      row.fields.back() += c;
      if (c == '"') is_quoted = !is_quoted;
    }
  }
  if (is_quoted) return std::nullopt;
  if (row.fields.size() > 1 || !row.fields[0].empty()) end_row();
  return rows;
}

// Absent on an error.
std::optional<std::vector<Row>> read_fast(std::string_view text, std::size_t piece,
                                          std::size_t block_bytes) {
  const ReadFn source = [&text, piece](std::span<char> out) -> Result<std::size_t> {
    const std::size_t size = std::min({piece, out.size(), text.size()});
    std::copy_n(text.begin(), size, out.begin());  // memcpy may not be given an empty text
    text.remove_prefix(size);
    return size;
  };
  CsvReader reader(source, CsvOptions{.block_bytes = block_bytes});
  CsvBlock block;
  std::vector<Row> rows;
  for (;;) {
    const Result<bool> more = reader.next(block);
    if (!more) return std::nullopt;
    if (!*more) return rows;
    for (std::size_t row = 0; row < block.row_count(); ++row) {
      Row& out = rows.emplace_back(Row{{}, block.line_of(row)});
      for (std::size_t field = 0; field < block.field_count(row); ++field) {
        out.fields.emplace_back(block.raw(row, field));
        std::string scratch;
        static_cast<void>(unquote(block.raw(row, field), scratch).has_value());
      }
    }
  }
}

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const bool is_binary = text.find('\0') != std::string_view::npos;
  const auto whole = read_fast(text, text.size() + 1, std::size_t{1} << 12);
  const auto pieces = read_fast(text, 7, 64);
  if (is_binary) {
    FAULTLINE_CHECK(!whole && !pieces);
  } else {
    const auto naive =
        read_naively(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
    FAULTLINE_CHECK(whole == naive);
    FAULTLINE_CHECK(pieces == naive);
  }
  std::string scratch;
  const std::string quoted = csv_field(text);
  const auto field = unquote(quoted, scratch);
  FAULTLINE_CHECK(field && *field == text);
}
