// Files of tables: any bytes give rows and complaints that name the file, or one error; rows come
// in the order of their lines; and the same bytes give the same rows plain, packed, and as each of
// two entries of a zip.
#include <string>
#include <vector>

#include "feed/table_reader.hpp"
#include "fuzz_input.hpp"
#include "memory_file.hpp"
#include "store/test_archives.hpp"

namespace faultline {
namespace {

struct Row {
  std::uint64_t line = 0;
  std::vector<std::string> fields;

  friend bool operator==(const Row&, const Row&) = default;
};

// What one entry, or the whole file, held.
struct Part {
  std::vector<Row> rows;
  std::vector<std::uint64_t> unreadable;  // lines
  bool is_left_out = false;

  friend bool operator==(const Part&, const Part&) = default;
};

struct Table {
  std::vector<std::string> header;
  std::vector<Part> parts;  // of entries "a" and "b"; the first one of a plain file
  bool is_open = false;
  std::optional<Errc> failure;
};

void check_complaint(const Diagnostic& problem, const std::string& path) {
  const std::string said = describe(problem);
  FAULTLINE_CHECK(said.starts_with(path));
  FAULTLINE_CHECK(said.find('\n') == std::string::npos);
}

void take_block(const TableReader& reader, const CsvBlock& block, Table& out) {
  FAULTLINE_CHECK(block.row_count() + reader.unreadable().size() > 0);
  for (const UnreadableLine& line : reader.unreadable()) {
    Part& part = out.parts[line.part == "b" ? 1 : 0];
    FAULTLINE_CHECK(line.line > 0);
    part.unreadable.push_back(line.line);
    part.is_left_out = line.is_entry;
  }
  Part& part = out.parts[reader.part() == "b" ? 1 : 0];
  for (std::size_t row = 0; row < block.row_count(); ++row) {
    Row read{block.line_of(row), {}};
    FAULTLINE_CHECK(part.rows.empty() || part.rows.back().line < read.line);
    for (std::size_t field = 0; field < block.field_count(row); ++field)
      read.fields.emplace_back(block.raw(row, field));
    if (block.field_count(row) > 0)
      FAULTLINE_CHECK(block.raw_row(row).size() >= read.fields.front().size());
    part.rows.push_back(std::move(read));
  }
}

Table read(std::string_view bytes, const TableSpec& table) {
  const MemoryFile file(bytes);
  Table out;
  out.parts.resize(2);
  const auto reader = open_table(file.path(), table);
  if (!reader) {
    check_complaint(reader.error(), file.path());
    out.failure = reader.error().code;
    return out;
  }
  out.is_open = true;
  out.header = (*reader)->header();
  CsvBlock block;
  for (;;) {
    const Outcome<bool> more = (*reader)->next(block);
    if (!more) {
      check_complaint(more.error(), file.path());
      out.failure = more.error().code;
      return out;
    }
    if (!*more) break;
    FAULTLINE_CHECK((*reader)->bytes_done() <= (*reader)->bytes_total());
    take_block(**reader, block, out);
  }
  FAULTLINE_CHECK(!*(*reader)->next(block));  // the end stays the end
  return out;
}

TableSpec spec_of(unsigned char choice) {
  TableSpec table;
  table.format = (choice & 1U) != 0 ? TableFormat::kJsonLines : TableFormat::kCsv;
  table.delimiter = (choice & 2U) != 0 ? ';' : ',';
  if ((choice & 4U) != 0) table.column_names = {"t", "p"};
  table.header = (choice & 8U) != 0    ? HeaderChoice::kYes
                 : (choice & 16U) != 0 ? HeaderChoice::kNo
                                       : HeaderChoice::kAuto;
  table.symbol.fixed = *parse_instrument_id("okx:X");
  if ((choice & 32U) != 0) {
    EmitSpec emit;
    emit.kind = EventKind::kFunding;
    emit.fields.resize(2);
    emit.fields[0] = emit.fields[1] = FieldSource();
    emit.fields[0]->column = "t";
    emit.fields[1]->column = "p";
    table.emits.push_back(emit);
  }
  return table;
}

void check_zip(std::string_view text, const TableSpec& table, const Table& plain) {
  const Table both = read(zip_of({{"a", std::string(text)}, {"b", std::string(text)}}), table);
  FAULTLINE_CHECK(!plain.is_open || both.is_open || !table.emits.empty());
  if (!both.is_open || plain.failure || both.failure) return;
  FAULTLINE_CHECK(both.header == plain.header);
  for (const Part& part : both.parts) {
    if (!part.is_left_out) FAULTLINE_CHECK(part == plain.parts[0]);
  }
}

}  // namespace
}  // namespace faultline

// The first byte chooses the descriptor.
FAULTLINE_FUZZ(text) {
  using namespace faultline;
  if (text.empty()) return;
  const TableSpec table = spec_of(static_cast<unsigned char>(text[0]));
  text.remove_prefix(1);
  const Table plain = read(text, table);
  // Packed bytes are not packed once more, and a text may not be taken for them.
  const bool is_packed = text.starts_with("PK") || text.starts_with("\x1f\x8b") ||
                         text.starts_with("\x28\xb5\x2f\xfd");
  if (is_packed || text.empty()) return;
  const Table packed = read(gzip_of(text), table);
  FAULTLINE_CHECK(plain.is_open == packed.is_open && plain.failure == packed.failure);
  FAULTLINE_CHECK(plain.header == packed.header && plain.parts == packed.parts);
  check_zip(text, table, plain);
}
