#include "feed/table_reader.hpp"

#include <algorithm>
#include <cstring>

#include "core/decimal.hpp"
#include "feed/convert.hpp"
#include "feed/json_lines.hpp"
#include "feed/text_block.hpp"
#include "store/archive.hpp"
#include "store/text_rows.hpp"

namespace faultline {
namespace {

constexpr std::size_t kShownBytesMax = 1'000;  // of an entry that is left out
constexpr std::size_t kEntriesLeftOutMax = 10'000;

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

// Whether the file comes from where lines end in CR alone: it is then one long row.
bool ends_in_returns(const std::vector<std::string>& row) {
  return std::ranges::any_of(
      row, [](const std::string& field) { return field.find('\r') != std::string::npos; });
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

// Whether the header has every column that the table asks for. What else may be wrong with them is
// said when the rows are converted.
Outcome<void> check_columns(const std::vector<std::string>& header, const TableSpec& table,
                            const std::string& file) {
  std::vector<std::string> others{table.symbol.column, table.symbol.venue_column};
  for (const RowFilter& filter : table.filters) others.push_back(filter.column);
  for (const std::string& name : others) {
    if (name.empty() || std::ranges::find(header, name) != header.end()) continue;
    return Diagnostic{.code = Errc::kMissingColumn, .file = file, .line = 1, .field = name};
  }
  for (const EmitSpec& emit : table.emits) {
    const auto made = RowConverter::make(table, emit, InstrumentSpec{}, header, file);
    if (made || made.error().code != Errc::kMissingColumn) continue;
    return made.error();
  }
  return {};
}

// Entries of an archive with other things in them are left out; a damaged archive is not.
bool is_about_entry(Errc code) {
  return code == Errc::kMissingColumn || code == Errc::kBinaryData || code == Errc::kBadQuote ||
         code == Errc::kLineTooLong;
}

class CsvTable final : public TableReader {
 public:
  CsvTable(std::string path, const TableSpec& table, std::unique_ptr<ByteSource> source)
      : path_(std::move(path)), table_(table), source_(std::move(source)) {}

  Outcome<void> start() {
    const Outcome<bool> opened = open_entry(pending_);
    if (!opened) return opened.error();
    if (*opened) {
      has_pending_ = true;
      return {};
    }
    if (first_problem_) return *first_problem_;
    return Diagnostic{.code = Errc::kEmpty, .file = path_, .note = "the file holds no rows"};
  }

  const std::vector<std::string>& header() const override { return header_; }
  const std::vector<UnreadableLine>& unreadable() const override { return unreadable_; }
  const std::string& part() const override { return entry_name_; }

  Outcome<bool> next(CsvBlock& block) override {
    if (has_pending_) {
      has_pending_ = false;
      std::swap(block, pending_);
      if (block.row_count() > 0 || !unreadable_.empty()) return true;
    }
    unreadable_.clear();
    while (!is_done_) {
      Outcome<bool> more = read_block(block);
      if (!more || *more) return more;
      is_done_ = !is_entry_over_;
      if (is_done_) break;
      Outcome<bool> opened = open_entry(block);
      if (!opened) return opened;
      is_done_ = !*opened;
      if (!is_done_ && block.row_count() > 0) return true;
    }
    block = CsvBlock{};
    return !unreadable_.empty();
  }

  std::uint64_t bytes_done() const override { return source_->bytes_done(); }
  std::uint64_t bytes_total() const override { return source_->bytes_total(); }

 private:
  // Moves on to the next entry that holds this table, and reads its first rows; the entries before
  // it that hold something else are unreadable(). False at the end of the file.
  Outcome<bool> open_entry(CsvBlock& block) {
    for (;;) {
      start_entry();
      const Outcome<bool> first = read_block(block);
      if (first && !*first) {
        if (!is_entry_over_) return false;
        continue;
      }
      const Outcome<void> fits = first ? take_header(block) : Outcome<void>(first.error());
      if (fits) return true;
      if (entry_name_.empty() || !is_about_entry(fits.error().code)) return fits.error();
      if (!first) block = CsvBlock{};
      if (Outcome<void> left = leave_out(fits.error(), block); !left) return left.error();
      if (!is_entry_over_) return false;
    }
  }

  void start_entry() {
    if (is_entry_over_) entry_name_ = next_entry_name_;
    is_entry_over_ = false;
    reader_ = std::make_unique<CsvReader>([this](std::span<char> into) { return read_bytes(into); },
                                          CsvOptions{.delimiter = table_.delimiter});
  }

  // Notes why, and passes over the rest of the entry.
  Outcome<void> leave_out(const Diagnostic& problem, const CsvBlock& block) {
    if (!first_problem_) first_problem_ = problem;
    if (unreadable_.size() == kEntriesLeftOutMax)
      return Diagnostic{.code = Errc::kLimit, .file = path_, .note = "over 10,000 other entries"};
    const std::string_view row = block.row_count() > 0 ? block.raw_row(0) : "";
    unreadable_.push_back({.part = entry_name_,
                           .line = std::max<std::uint64_t>(problem.line, 1),
                           .field = problem.field,
                           .code = problem.code,
                           .note = problem.note,
                           .text = std::string(row.substr(0, kShownBytesMax)),
                           .is_entry = true});
    std::vector<char> passed(std::size_t{1} << 16);
    for (;;) {
      const Result<std::size_t> got = read_bytes(passed);
      if (!got) return Diagnostic{.code = got.error().code, .file = shown_name()};
      if (*got == 0) return {};
    }
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

  Outcome<void> take_header(CsvBlock& block) {
    std::vector<std::string> row = fields_of_row(block, 0);
    const bool has_header = is_header(row, table_);
    if (!has_header && table_.column_names.empty()) {
      return Diagnostic{.code = Errc::kMissingColumn,
                        .file = shown_name(),
                        .line = 1,
                        .note = ends_in_returns(row)
                                    ? "its lines end in CR only; they have to end in LF or CR LF"
                                    : "there is no header row, and the descriptor gives no "
                                      "column_names"};
    }
    std::vector<std::string> names = has_header ? row : table_.column_names;
    if (!header_.empty() && names != header_) {
      return Diagnostic{.code = Errc::kMissingColumn,
                        .file = shown_name(),
                        .line = 1,
                        .note = "its header is not that of the archive's first entry"};
    }
    if (header_.empty() && !entry_name_.empty()) {
      if (Outcome<void> fits = check_columns(names, table_, shown_name()); !fits) return fits;
    }
    if (has_header) drop_rows(block, 1);
    header_ = std::move(names);
    return {};
  }

  std::string path_;
  const TableSpec& table_;
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<CsvReader> reader_;
  std::vector<std::string> header_;
  CsvBlock pending_;
  bool has_pending_ = false;
  std::vector<UnreadableLine> unreadable_;
  std::optional<Diagnostic> first_problem_;
  std::string carry_;
  std::size_t entry_ = 0;
  std::string entry_name_;
  std::string next_entry_name_;
  bool is_entry_over_ = false;
  bool is_done_ = false;
};

// Rows of Parquet.
class TextRowsTable final : public TableReader {
 public:
  explicit TextRowsTable(std::unique_ptr<TextRows> rows) : rows_(std::move(rows)) {}

  const std::vector<std::string>& header() const override { return rows_->column_names(); }
  const std::vector<UnreadableLine>& unreadable() const override { return unreadable_; }
  const std::string& part() const override { return part_; }

  Outcome<bool> next(CsvBlock& block) override {
    text_block_.start(block);
    std::vector<std::optional<std::string_view>> fields;
    while (!text_block_.is_full()) {
      const Outcome<bool> more = rows_->next(fields);
      if (!more) return more.error();
      if (!*more) break;
      text_block_.add(rows_->row_number(), fields);
    }
    text_block_.finish();
    done_ += block.row_count();
    return block.row_count() > 0;
  }

  std::uint64_t bytes_done() const override { return done_; }
  std::uint64_t bytes_total() const override { return 0; }

 private:
  std::unique_ptr<TextRows> rows_;
  TextBlock text_block_;
  std::vector<UnreadableLine> unreadable_;  // none: the engine reads all or nothing
  std::string part_;
  std::uint64_t done_ = 0;
};

TableFormat format_of(const std::string& path, TableFormat wanted) {
  if (wanted != TableFormat::kAuto) return wanted;
  if (path.ends_with(".parquet")) return TableFormat::kParquet;
  for (const char* ending : {".jsonl", ".jsonl.gz", ".jsonl.zst", ".jsonl.zip", ".ndjson",
                             ".ndjson.gz", ".ndjson.zst", ".ndjson.zip"}) {
    if (path.ends_with(ending)) return TableFormat::kJsonLines;
  }
  return TableFormat::kCsv;
}

}  // namespace

Outcome<std::unique_ptr<TableReader>> open_table(const std::string& path, const TableSpec& table) {
  const TableFormat format = format_of(path, table.format);
  if (format == TableFormat::kJsonLines) return open_json_lines(path);
  if (format == TableFormat::kParquet) {
    Outcome<std::unique_ptr<TextRows>> rows = open_text_rows(path);
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
