#include "feed/table_reader.hpp"

#include <algorithm>
#include <cstring>

#include "core/decimal.hpp"
#include "store/archive.hpp"
#include "store/text_rows.hpp"

namespace faultline {
namespace {

constexpr std::size_t kTextBlockRows = 8'192;
constexpr std::size_t kTextBlockBytes = std::size_t{16} << 20;  // one row may go beyond it
constexpr std::size_t kArenaPadding = 64;

bool looks_like_number(std::string_view field) {
  const std::size_t sign = !field.empty() && (field[0] == '-' || field[0] == '+') ? 1 : 0;
  const std::size_t digit = sign + (field.size() > sign && field[sign] == '.' ? 1 : 0);
  return field.size() > digit && field[digit] >= '0' && field[digit] <= '9';
}

std::vector<std::string> fields_of_row(const CsvBlock& block, std::size_t row) {
  std::vector<std::string> out;
  std::string scratch;
  for (std::size_t field = 0; field < block.field_count(row); ++field) {
    const Result<std::string_view> text = unquote(block.raw(row, field), scratch);
    out.emplace_back(text ? *text : block.raw(row, field));
  }
  return out;
}

// Whether the first row names columns instead of holding values: it has a name that is known, or
// nothing in it looks like a number. (A file written by a data frame may name its first column "".)
bool is_header(const std::vector<std::string>& row, const TableSpec& table) {
  if (table.header != HeaderChoice::kAuto) return table.header == HeaderChoice::kYes;
  const auto is_known = [&](const std::string& field) {
    return std::ranges::find(table.column_names, field) != table.column_names.end();
  };
  return std::ranges::any_of(row, is_known) || std::ranges::none_of(row, looks_like_number);
}

// Takes the first `count` rows off the block.
void drop_rows(CsvBlock& block, std::size_t count) {
  const std::uint32_t ends = block.row_first[count];
  block.ends.erase(block.ends.begin(), block.ends.begin() + ends);
  block.row_first.erase(block.row_first.begin(),
                        block.row_first.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::uint32_t& first : block.row_first) first -= ends;
  block.row_begin.erase(block.row_begin.begin(),
                        block.row_begin.begin() + static_cast<std::ptrdiff_t>(count));
  block.first_line += count;
  if (block.line_skips.empty()) return;
  block.line_skips.erase(block.line_skips.begin(),
                         block.line_skips.begin() + static_cast<std::ptrdiff_t>(count));
}

class CsvTable final : public TableReader {
 public:
  CsvTable(std::string path, const TableSpec& table, std::unique_ptr<ByteSource> source)
      : path_(std::move(path)), table_(table), source_(std::move(source)) {}

  Outcome<void> start() {
    // Entries of an archive may be empty.
    for (;;) {
      start_entry();
      const Outcome<bool> more = read_block(pending_);
      if (!more) return more.error();
      if (*more) break;
      if (!is_entry_over_)
        return Diagnostic{.code = Errc::kEmpty, .file = path_, .note = "the file holds no rows"};
    }
    has_pending_ = true;
    return take_header(pending_, true);
  }

  const std::vector<std::string>& header() const override { return header_; }

  Outcome<bool> next(CsvBlock& block) override {
    if (has_pending_) {
      has_pending_ = false;
      std::swap(block, pending_);
      if (block.row_count() > 0) return true;
    }
    for (;;) {
      const Outcome<bool> more = read_block(block);
      if (!more) return more.error();
      if (*more) return true;
      if (!is_entry_over_) return false;
      start_entry();
      const Outcome<bool> first = read_block(block);
      if (!first) return first.error();
      if (!*first) continue;
      if (Outcome<void> done = take_header(block, false); !done) return done.error();
      if (block.row_count() > 0) return true;
    }
  }

  std::uint64_t bytes_done() const override { return source_->bytes_done(); }
  std::uint64_t bytes_total() const override { return source_->bytes_total(); }

 private:
  void start_entry() {
    if (is_entry_over_) entry_name_ = next_entry_name_;
    is_entry_over_ = false;
    reader_ = std::make_unique<CsvReader>([this](std::span<char> into) { return read_bytes(into); },
                                          CsvOptions{.delimiter = table_.delimiter});
  }

  // Bytes of the current entry; its end is the end of this reader's text.
  Result<std::size_t> read_bytes(std::span<char> into) {
    if (is_entry_over_) return std::size_t{0};
    if (!carry_.empty()) {
      const std::size_t size = std::min(carry_.size(), into.size());
      std::memcpy(into.data(), carry_.data(), size);
      carry_.erase(0, size);
      return size;
    }
    const Result<std::size_t> got = source_->read(into);
    if (!got || *got == 0) return got;
    if (source_->entry_index() == entry_) {
      if (entry_name_.empty()) entry_name_ = source_->entry_name();
    } else {
      entry_ = source_->entry_index();
      next_entry_name_ = source_->entry_name();
      carry_.assign(into.data(), *got);
      is_entry_over_ = true;
      return std::size_t{0};
    }
    return got;
  }

  // The file, and the entry of the archive where there are several.
  std::string shown_name() const { return entry_name_.empty() ? path_ : path_ + "/" + entry_name_; }

  Outcome<bool> read_block(CsvBlock& block) {
    const Result<bool> more = reader_->next(block);
    if (more) return *more;
    Diagnostic problem{.code = more.error().code,
                       .file = shown_name(),
                       .line = reader_->line(),
                       .note = "after " + std::to_string(more.error().offset) + " bytes of text"};
    if (problem.code == Errc::kBinaryData && more.error().offset - 1 < 3)
      problem.note += "; UTF-16 has to be made UTF-8 first";
    return problem;
  }

  Outcome<void> take_header(CsvBlock& block, bool is_first) {
    std::vector<std::string> row = fields_of_row(block, 0);
    const bool has_header = is_header(row, table_);
    if (!has_header && table_.column_names.empty()) {
      return Diagnostic{.code = Errc::kMissingColumn,
                        .file = shown_name(),
                        .line = 1,
                        .note = "there is no header row, and the descriptor gives no column_names"};
    }
    if (has_header)
      drop_rows(block, 1);
    else
      row = table_.column_names;
    if (!is_first && row != header_) {
      return Diagnostic{.code = Errc::kMissingColumn,
                        .file = shown_name(),
                        .line = 1,
                        .note = "its header is not that of the archive's first entry"};
    }
    header_ = std::move(row);
    return {};
  }

  std::string path_;
  const TableSpec& table_;
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<CsvReader> reader_;
  std::vector<std::string> header_;
  CsvBlock pending_;
  bool has_pending_ = false;
  std::string carry_;
  std::size_t entry_ = 0;
  std::string entry_name_;
  std::string next_entry_name_;
  bool is_entry_over_ = false;
};

// Rows of Parquet or JSON lines, laid out as text with separators so that the same converter reads
// them.
class TextRowsTable final : public TableReader {
 public:
  explicit TextRowsTable(std::unique_ptr<TextRows> rows) : rows_(std::move(rows)) {}

  const std::vector<std::string>& header() const override { return rows_->column_names(); }

  Outcome<bool> next(CsvBlock& block) override {
    block = CsvBlock{};
    arena_.assign(kArenaPadding, ' ');
    block.row_first.push_back(0);
    block.first_line = rows_->row_number() + 1;
    std::vector<std::optional<std::string_view>> fields;
    while (block.row_begin.size() < kTextBlockRows && arena_.size() < kTextBlockBytes) {
      const Outcome<bool> more = rows_->next(fields);
      if (!more) return more.error();
      if (!*more) break;
      block.row_begin.push_back(static_cast<std::uint32_t>(arena_.size() - kArenaPadding));
      for (const auto& field : fields) {
        if (field) arena_.append(*field);
        block.ends.push_back(static_cast<std::uint32_t>(arena_.size() - kArenaPadding));
        arena_ += ',';
      }
      block.row_first.push_back(static_cast<std::uint32_t>(block.ends.size()));
    }
    if (block.row_begin.empty()) return false;
    const std::size_t size = arena_.size() - kArenaPadding;
    arena_.append(kArenaPadding, ' ');
    block.text = std::string_view(arena_).substr(kArenaPadding, size);
    done_ += block.row_count();
    return true;
  }

  std::uint64_t bytes_done() const override { return done_; }
  std::uint64_t bytes_total() const override { return 0; }

 private:
  std::unique_ptr<TextRows> rows_;
  std::string arena_;
  std::uint64_t done_ = 0;
};

TableFormat format_of(const std::string& path, TableFormat wanted) {
  if (wanted != TableFormat::kAuto) return wanted;
  if (path.ends_with(".parquet")) return TableFormat::kParquet;
  for (const char* ending : {".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"}) {
    if (path.ends_with(ending)) return TableFormat::kJsonLines;
  }
  return TableFormat::kCsv;
}

}  // namespace

Outcome<std::unique_ptr<TableReader>> open_table(const std::string& path, const TableSpec& table) {
  const TableFormat format = format_of(path, table.format);
  if (format != TableFormat::kCsv) {
    Outcome<std::unique_ptr<TextRows>> rows =
        open_text_rows(path, format == TableFormat::kParquet ? TextRowsFormat::kParquet
                                                             : TextRowsFormat::kJsonLines);
    if (!rows) {
      // What follows is the engine's own query.
      Diagnostic problem = rows.error();
      problem.note.erase(std::min(problem.note.find("  LINE "), problem.note.size()));
      return problem;
    }
    return std::unique_ptr<TableReader>(std::make_unique<TextRowsTable>(std::move(rows).value()));
  }
  Outcome<std::unique_ptr<ByteSource>> source = open_bytes(path);
  if (!source) return source.error();
  auto csv = std::make_unique<CsvTable>(path, table, std::move(source).value());
  if (Outcome<void> started = csv->start(); !started) return started.error();
  return std::unique_ptr<TableReader>(std::move(csv));
}

}  // namespace faultline
