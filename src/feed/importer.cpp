#include "feed/importer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>

#include "core/time_text.hpp"
#include "feed/convert.hpp"
#include "feed/table_reader.hpp"
#include "store/archive.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kJudgeAfterRows = 200;
constexpr std::size_t kInstrumentsMax = 5'000;  // of one file

// Whether the name fits a pattern with * and ?. The last * is all that has to be tried again.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t tried = 0;
  for (std::size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++tried;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// The side file for rows that were not taken; made when the first one comes.
class Quarantine {
 public:
  explicit Quarantine(std::string folder) : folder_(std::move(folder)) {}
  // Requires: before the first row.
  void set_name(std::string name) { name_ = std::move(name); }

  Outcome<void> add(std::uint64_t line, std::string_view field, Errc code, std::string_view row) {
    if (!writer_) {
      if (auto made = make_folders(folder_); !made) return made.error();
      Outcome<FileWriter> writer = FileWriter::create(path());
      if (!writer) return writer.error();
      writer_ = std::make_unique<FileWriter>(std::move(writer).value());
      if (auto done = writer_->write("line,field,reason,row\n"); !done) return done;
    }
    ++count_;
    return writer_->write(std::to_string(line) + "," + csv_field(field) + "," +
                          std::string(name_of(code)) + "," + csv_field(row) + "\n");
  }

  Outcome<void> commit() { return writer_ ? writer_->commit() : Outcome<void>(); }
  std::uint64_t count() const { return count_; }
  std::string path() const { return folder_ + "/" + name_; }

 private:
  std::string folder_;
  std::string name_;
  std::unique_ptr<FileWriter> writer_;
  std::uint64_t count_ = 0;
};

// Where the rows of one instrument and emit go.
struct Sink {
  RowConverter converter;
  ColumnBatch batch;
  std::unique_ptr<SegmentWriter> writer;
  std::string key;  // "venue:symbol kind"
  std::uint64_t taken = 0;
  std::uint64_t quarantined = 0;
  std::map<std::string, std::uint64_t> warnings{};
  std::int64_t last_time = 0;
  std::int64_t last_id = 0;
};

// The rows of one instrument. Those of an earlier import are read and judged, but not stored again.
struct InstrumentRows {
  bool is_known = false;
  std::vector<Sink> sinks;
};

// Whether two tables can never be about the same instrument.
bool is_apart(const SymbolSource& a, const SymbolSource& b) {
  if (a.fixed && b.fixed) return *a.fixed != *b.fixed;
  if (!a.venue_column.empty() || !b.venue_column.empty()) return false;
  return (a.fixed ? a.fixed->venue : a.venue) != (b.fixed ? b.fixed->venue : b.venue);
}

// Whether another table of the dataset may put rows of the same file into the same kind: then a
// checksum in the manifest does not say that this table is done.
bool has_rival(const Dataset& dataset, std::size_t table_index, const std::string& path,
               const std::string& root) {
  const TableSpec& mine = dataset.tables[table_index];
  const auto reads_file = [&](const TableSpec& table) {
    return std::ranges::any_of(table.files, [&](const std::string& pattern) {
      const Outcome<std::vector<std::string>> files = expand_files(root, pattern);
      return files && std::ranges::find(*files, path) != files->end();
    });
  };
  const auto shares_kind = [&](const TableSpec& table) {
    return std::ranges::any_of(table.emits, [&](const EmitSpec& emit) {
      return std::ranges::find(mine.emits, emit.kind, &EmitSpec::kind) != mine.emits.end();
    });
  };
  for (std::size_t index = 0; index < dataset.tables.size(); ++index) {
    const TableSpec& other = dataset.tables[index];
    if (index == table_index || !shares_kind(other)) continue;
    const bool are_apart = is_apart(mine.symbol, other.symbol);
    if (!are_apart && reads_file(other)) return true;
  }
  return false;
}

std::string_view note_of(EventKind kind, std::string_view field, Errc code) {
  if (kind == EventKind::kBook && code == Errc::kBadJson) return "needs a list of [price, qty]";
  if (code != Errc::kOutOfRange) return {};
  if (kind != EventKind::kBar) return {};
  if (field == "high") return "must be positive and not below open, low and close";
  if (field == "low") return "must be positive and not above open and close";
  if (field == "taker_buy_volume") return "must not be negative and not above volume";
  return {};
}

// One file of one table.
class FileImport {
 public:
  FileImport(const Dataset& dataset, std::size_t table_index, Store& store,
             const ImportOptions& options, std::string path, std::string name)
      : dataset_(dataset),
        table_(dataset.tables[table_index]),
        store_(store),
        options_(options),
        path_(std::move(path)),
        quarantine_(options.quarantine_folder) {
    report_.file = std::move(name);
    report_.table = table_index;
    has_rival_ = has_rival(dataset, table_index, path_, options.root);
  }

  Outcome<FileReport> run(const ProgressFn& progress);

 private:
  // The checksum keeps files of one name apart, so that nothing quarantined is ever overwritten.
  std::string quarantine_name() const {
    std::string flat = report_.file;
    std::ranges::replace(flat, '/', '_');
    return dataset_.name + "-" + std::to_string(report_.table) + "-" + flat + "-" +
           sha256_.substr(0, 12) + ".csv";
  }

  bool is_known(const InstrumentId& id) const;
  Outcome<void> take_block(const CsvBlock& block);
  Outcome<void> filter_rows(const CsvBlock& block);
  Outcome<void> group_by_symbol(const CsvBlock& block);
  Outcome<InstrumentId> symbol_of(const CsvBlock& block, std::uint32_t row);
  Outcome<InstrumentRows*> rows_of(const InstrumentId& id, std::uint64_t line);
  Outcome<void> open_sinks(const InstrumentSpec& spec, InstrumentRows& rows);
  Outcome<void> convert(const CsvBlock& block, std::span<const std::uint32_t> rows,
                        std::vector<Sink>& sinks);
  Outcome<void> quarantine_rows(const CsvBlock& block, const std::vector<RejectedRow>& rejected,
                                const EmitSpec& emit);
  Outcome<void> quarantine_row(const CsvBlock& block, std::uint32_t row, std::string field,
                               Errc code, std::string value, std::string_view note);
  Outcome<void> take_row_counts(const CsvBlock& block);
  Outcome<void> judge(bool is_end) const;
  void watch_order(Sink& sink);
  Outcome<void> finish_sink(Sink& sink, std::uint64_t bytes, const ProgressFn& progress);
  Outcome<void> finish(const ProgressFn& progress);
  std::string text_of(const CsvBlock& block, std::uint32_t row, std::size_t field) const;
  Outcome<std::size_t> header_index(const std::string& column) const;

  const Dataset& dataset_;
  const TableSpec& table_;
  Store& store_;
  const ImportOptions& options_;
  std::string path_;
  std::string sha256_;
  Quarantine quarantine_;
  FileReport report_;
  std::vector<std::string> header_;
  std::map<InstrumentId, InstrumentRows> instruments_;
  std::vector<std::uint32_t> rows_;   // of the block that passed the filters
  std::vector<std::uint8_t> is_bad_;  // by row of the block: quarantined
  bool has_rival_ = false;
};

std::string FileImport::text_of(const CsvBlock& block, std::uint32_t row, std::size_t field) const {
  if (field >= block.field_count(row)) return {};
  std::string scratch;
  const Result<std::string_view> text = unquote(block.raw(row, field), scratch);
  return std::string(text ? *text : block.raw(row, field));
}

Outcome<std::size_t> FileImport::header_index(const std::string& column) const {
  const auto found = std::ranges::find(header_, column);
  if (found != header_.end()) return static_cast<std::size_t>(found - header_.begin());
  return Diagnostic{.code = Errc::kMissingColumn, .file = path_, .line = 1, .field = column};
}

// True when every emit of the table has this file for the instrument already.
bool FileImport::is_known(const InstrumentId& id) const {
  if (options_.is_dry_run || has_rival_) return false;
  return std::ranges::all_of(table_.emits, [&](const EmitSpec& emit) {
    return store_.has_source(id, emit.kind, sha256_);
  });
}

Outcome<FileReport> FileImport::run(const ProgressFn& progress) {
  Outcome<std::string> sha256 = sha256_of_file(path_);
  if (!sha256) return sha256.error();
  sha256_ = std::move(sha256).value();
  quarantine_.set_name(quarantine_name());
  report_.was_known = table_.symbol.fixed && is_known(*table_.symbol.fixed);
  if (report_.was_known) return report_;
  Outcome<std::unique_ptr<TableReader>> reader = open_table(path_, table_);
  if (!reader) return reader.error();
  header_ = (*reader)->header();
  CsvBlock block;
  for (;;) {
    const Outcome<bool> more = (*reader)->next(block);
    if (!more) return more.error();
    if (!*more) break;
    if (auto done = take_block(block); !done) return done.error();
    if (!keep_going(progress, {report_.file, (*reader)->bytes_done(), (*reader)->bytes_total(),
                               report_.rows_read})) {
      return Diagnostic{.code = Errc::kCancelled, .file = path_};
    }
  }
  if (auto done = judge(true); !done) return done.error();
  const auto known = [](const auto& entry) { return entry.second.is_known; };
  if (!instruments_.empty() && std::ranges::all_of(instruments_, known)) {
    FileReport nothing;
    nothing.file = report_.file;
    nothing.table = report_.table;
    nothing.was_known = true;
    return nothing;
  }
  if (auto done = finish(progress); !done) return done.error();
  return report_;
}

Outcome<void> FileImport::take_block(const CsvBlock& block) {
  report_.rows_read += block.row_count();
  is_bad_.assign(block.row_count(), 0);
  rows_.clear();
  if (auto done = take_row_counts(block); !done) return done;
  if (auto done = filter_rows(block); !done) return done;
  if (table_.symbol.fixed) {
    const Outcome<InstrumentRows*> rows = rows_of(*table_.symbol.fixed, block.first_line);
    if (!rows) return rows.error();
    if (auto done = convert(block, rows_, (*rows)->sinks); !done) return done;
  } else if (auto done = group_by_symbol(block); !done) {
    return done;
  }
  return judge(false);
}

// A file that is mostly unusable is the wrong file, or the descriptor is wrong about it.
Outcome<void> FileImport::judge(bool is_end) const {
  const std::uint64_t bad = report_.rows_quarantined;
  const std::uint64_t judged = report_.rows_read - report_.rows_filtered;
  const bool is_mostly_bad = (is_end || judged >= kJudgeAfterRows) && bad * 2 > judged;
  if (!is_mostly_bad && bad <= options_.quarantined_rows_max) return {};
  return Diagnostic{.code = Errc::kBadFormat,
                    .file = path_,
                    .note = std::to_string(bad) + " of " + std::to_string(judged) +
                            " rows are unusable; the first: " + report_.first_complaint};
}

// Rows with another number of fields than the header has are nobody's rows.
Outcome<void> FileImport::take_row_counts(const CsvBlock& block) {
  for (std::uint32_t row = 0; row < block.row_count(); ++row) {
    const std::size_t count = block.field_count(row);
    if (count == header_.size()) {
      rows_.push_back(row);
      continue;
    }
    const Errc code = count < header_.size() ? Errc::kMissingField : Errc::kTooManyFields;
    const std::string value =
        std::to_string(count) + " fields instead of " + std::to_string(header_.size());
    if (auto done = quarantine_row(block, row, "row", code, value, {}); !done) return done;
  }
  return {};
}

Outcome<void> FileImport::filter_rows(const CsvBlock& block) {
  std::vector<std::size_t> fields;
  for (const RowFilter& filter : table_.filters) {
    const Outcome<std::size_t> field = header_index(filter.column);
    if (!field) return field.error();
    fields.push_back(*field);
  }
  if (fields.empty()) return {};
  const auto is_unwanted = [&](std::uint32_t row) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto& values = table_.filters[i].values;
      if (std::ranges::find(values, text_of(block, row, fields[i])) == values.end()) return true;
    }
    return false;
  };
  report_.rows_filtered += std::erase_if(rows_, is_unwanted);
  return {};
}

Outcome<InstrumentId> FileImport::symbol_of(const CsvBlock& block, std::uint32_t row) {
  const SymbolSource& source = table_.symbol;
  const Outcome<std::size_t> field = header_index(source.column);
  if (!field) return field.error();
  std::string symbol = text_of(block, row, *field);
  if (source.is_upper) {
    std::ranges::transform(symbol, symbol.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  Venue venue = source.venue;
  if (!source.venue_column.empty()) {
    const Outcome<std::size_t> venue_field = header_index(source.venue_column);
    if (!venue_field) return venue_field.error();
    std::string word = text_of(block, row, *venue_field);
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto found = source.venue_words.find(word);
    if (found == source.venue_words.end()) {
      return Diagnostic{.code = Errc::kUnknownVenue, .field = source.venue_column, .value = word};
    }
    venue = found->second;
  }
  std::string named = source.pattern;
  const std::size_t at = named.find("{}");
  if (at != std::string::npos) named.replace(at, 2, symbol);
  const Result<InstrumentId> id = parse_instrument_id(std::string(name_of(venue)) + ":" + named);
  if (symbol.empty()) return Diagnostic{.code = Errc::kEmpty, .field = source.column};
  if (id) return *id;
  return Diagnostic{.code = id.error().code, .field = source.column, .value = symbol};
}

Outcome<void> FileImport::group_by_symbol(const CsvBlock& block) {
  std::map<InstrumentId, std::vector<std::uint32_t>> groups;
  for (const std::string& column : {table_.symbol.column, table_.symbol.venue_column}) {
    if (column.empty()) continue;
    if (const Outcome<std::size_t> field = header_index(column); !field) return field.error();
  }
  for (const std::uint32_t row : rows_) {
    const Outcome<InstrumentId> id = symbol_of(block, row);
    if (id) {
      groups[*id].push_back(row);
      continue;
    }
    const Diagnostic& bad = id.error();
    if (auto done = quarantine_row(block, row, bad.field, bad.code, bad.value, {}); !done)
      return done;
  }
  for (const auto& [id, rows] : groups) {
    const Outcome<InstrumentRows*> sinks = rows_of(id, block.line_of(rows.front()));
    if (!sinks) return sinks.error();
    if (auto done = convert(block, rows, (*sinks)->sinks); !done) return done;
  }
  return {};
}

Outcome<InstrumentRows*> FileImport::rows_of(const InstrumentId& id, std::uint64_t line) {
  if (const auto found = instruments_.find(id); found != instruments_.end()) return &found->second;
  if (instruments_.size() >= kInstrumentsMax) {
    return Diagnostic{.code = Errc::kLimit, .file = path_, .note = "over 5000 symbols in one file"};
  }
  const std::optional<InstrumentSpec> spec = dataset_.spec_of(id);
  if (!spec) {
    return Diagnostic{.code = Errc::kMissingField,
                      .file = path_,
                      .line = line,
                      .field = table_.symbol.column,
                      .value = to_text(id),
                      .note = "no [[instrument]] describes it and there is no [other_instruments]"};
  }
  InstrumentRows rows;
  rows.is_known = is_known(id);
  if (auto done = open_sinks(*spec, rows); !done) return done.error();
  return &instruments_.emplace(id, std::move(rows)).first->second;
}

Outcome<void> FileImport::open_sinks(const InstrumentSpec& spec, InstrumentRows& rows) {
  const bool is_stored = !options_.is_dry_run && !rows.is_known;
  if (is_stored) {
    if (auto put = store_.put_spec(spec); !put) return put.error();
  }
  for (const EmitSpec& emit : table_.emits) {
    Outcome<RowConverter> converter = RowConverter::make(table_, emit, spec, header_, path_);
    if (!converter) return converter.error();
    Sink sink{std::move(converter).value(), ColumnBatch(emit.kind), nullptr,
              to_text(spec.id) + " " + std::string(name_of(emit.kind))};
    if (is_stored) {
      WriterOptions writer_options;
      writer_options.duplicates =
          emit.removes_duplicates ? Duplicates::kRemoveExact : Duplicates::kKeep;
      writer_options.expected_interval = emit.interval;
      Outcome<std::unique_ptr<SegmentWriter>> writer =
          store_.writer(spec.id, emit.kind, writer_options);
      if (!writer) return writer.error();
      sink.writer = std::move(writer).value();
    }
    rows.sinks.push_back(std::move(sink));
  }
  return {};
}

Outcome<void> FileImport::convert(const CsvBlock& block, std::span<const std::uint32_t> rows,
                                  std::vector<Sink>& sinks) {
  for (Sink& sink : sinks) {
    sink.batch.clear();
    std::vector<RejectedRow> rejected;
    ConvertCounts counts;
    sink.converter.convert(block, rows, sink.batch, rejected, counts);
    const std::string kind(name_of(sink.batch.kind));
    const std::array<std::pair<std::string, std::uint64_t>, 4> warnings{
        {{"rows_without_" + kind, counts.skipped_absent + counts.without_values},
         {"rows_outside_period", counts.outside_period},
         {"empty_levels", counts.skipped_levels},
         {"empty_books", counts.empty_books}}};
    for (const auto& [name, count] : warnings) {
      if (count > 0) sink.warnings[name] += count;
    }
    sink.quarantined += rejected.size();
    if (auto done = quarantine_rows(block, rejected, sink.converter.emit()); !done) return done;
    sink.taken += sink.batch.row_count();
    watch_order(sink);
    if (sink.writer == nullptr || sink.batch.row_count() == 0) continue;
    if (auto done = sink.writer->append(sink.batch); !done) return done;
  }
  return {};
}

// Counts what a reader of the data should know: rows out of order, and holes in running trade ids.
void FileImport::watch_order(Sink& sink) {
  const auto& times = sink.batch.columns.front().values;
  std::uint64_t disorder = 0;
  for (const std::int64_t time : times) {
    disorder += time < sink.last_time ? 1 : 0;
    sink.last_time = std::max(sink.last_time, time);
  }
  if (disorder > 0) sink.warnings["out_of_order_rows"] += disorder;
  if (!sink.converter.emit().has_running_ids) return;
  std::uint64_t jumps = 0;
  for (const std::int64_t id : sink.batch.columns[4].values) {
    jumps += sink.last_id != 0 && id > sink.last_id + 1 ? 1 : 0;
    sink.last_id = id;
  }
  if (jumps > 0) sink.warnings["trade_id_jumps"] += jumps;
}

Outcome<void> FileImport::quarantine_row(const CsvBlock& block, std::uint32_t row,
                                         std::string field, Errc code, std::string value,
                                         std::string_view note) {
  if (is_bad_[row] == 0) ++report_.rows_quarantined;
  is_bad_[row] = 1;
  const std::uint64_t line = block.line_of(row);
  if (report_.first_complaint.empty()) {
    report_.first_complaint = describe(Diagnostic{.code = code,
                                                  .file = report_.file,
                                                  .line = line,
                                                  .field = field,
                                                  .value = std::move(value),
                                                  .note = std::string(note)});
  }
  if (options_.is_dry_run) return {};
  return quarantine_.add(line, field, code, block.raw_row(row));
}

Outcome<void> FileImport::quarantine_rows(const CsvBlock& block,
                                          const std::vector<RejectedRow>& rejected,
                                          const EmitSpec& emit) {
  for (const RejectedRow& bad : rejected) {
    const auto& source = emit.fields[bad.column];
    const std::string_view name = fields_of(emit.kind)[bad.column].name;
    std::string field(name);
    std::string value;
    std::optional<std::size_t> at = bad.field;
    if (!at && source && !source->column.empty()) {
      if (const Outcome<std::size_t> found = header_index(source->column)) at = *found;
    }
    if (at) {
      field = header_[*at];
      value = text_of(block, bad.row, *at);
    }
    if (auto done = quarantine_row(block, bad.row, std::move(field), bad.code, std::move(value),
                                   note_of(emit.kind, name, bad.code));
        !done)
      return done;
  }
  return {};
}

// Why the side file first: rows must not be gone when the machine stops between the two.
Outcome<void> FileImport::finish(const ProgressFn& progress) {
  const Outcome<std::uint64_t> bytes = file_bytes(path_);
  if (!bytes) return bytes.error();
  if (quarantine_.count() > 0) {
    report_.quarantine_file = quarantine_.path();
    if (auto done = quarantine_.commit(); !done) return done;
  }
  if (report_.rows_read == 0) report_.warnings["files_without_rows"] = 1;
  for (auto& [id, rows] : instruments_) {
    for (Sink& sink : rows.sinks) {
      if (rows.is_known) continue;
      if (auto done = finish_sink(sink, *bytes, progress); !done) return done;
    }
  }
  return {};
}

Outcome<void> FileImport::finish_sink(Sink& sink, std::uint64_t bytes, const ProgressFn& progress) {
  report_.rows_taken[sink.key] += sink.taken;
  for (const auto& [name, count] : sink.warnings) report_.warnings[name] += count;
  if (sink.writer == nullptr) return {};
  const SourceRecord source{.name = report_.file,
                            .sha256 = sha256_,
                            .imported_with = dataset_.name,
                            .bytes = bytes,
                            .rows_taken = sink.taken,
                            .rows_quarantined = sink.quarantined};
  for (const auto& [name, count] : sink.warnings) sink.writer->count_warning(name, count);
  const Outcome<WriteSummary> written = sink.writer->finish(std::span(&source, 1), progress);
  if (!written) return written.error();
  if (written->duplicates_removed > 0)
    report_.warnings["duplicate_rows"] += written->duplicates_removed;
  return {};
}

}  // namespace

std::uint64_t ImportReport::total_taken() const {
  std::uint64_t sum = 0;
  for (const FileReport& file : files) {
    for (const auto& [key, count] : file.rows_taken) sum += count;
  }
  return sum;
}

std::uint64_t ImportReport::total_quarantined() const {
  std::uint64_t sum = 0;
  for (const FileReport& file : files) sum += file.rows_quarantined;
  return sum;
}

Outcome<std::vector<std::string>> expand_files(const std::string& root,
                                               const std::string& pattern) {
  const std::string full =
      pattern.starts_with('/') ? pattern : (root.empty() ? "." : root) + "/" + pattern;
  const std::size_t slash = full.rfind('/');
  const std::string last = full.substr(slash + 1);
  if (last.find_first_of("*?") == std::string::npos) {
    if (file_exists(full)) return std::vector<std::string>{full};
    return Diagnostic{.code = Errc::kNotFound, .file = full};
  }
  const std::string folder = full.substr(0, slash);
  const Outcome<std::vector<FolderEntry>> entries = list_folder(folder);
  if (!entries) return entries.error();
  std::vector<std::string> out;
  for (const FolderEntry& entry : *entries) {
    if (!entry.is_folder && matches(last, entry.name)) out.push_back(folder + "/" + entry.name);
  }
  if (out.empty())
    return Diagnostic{.code = Errc::kNotFound, .file = full, .note = "no file matches"};
  return out;
}

Outcome<ImportReport> import_dataset(const Dataset& dataset, Store& store,
                                     const ImportOptions& options, const ProgressFn& report) {
  ImportReport out;
  for (std::size_t index = 0; index < dataset.tables.size(); ++index) {
    for (const std::string& pattern : dataset.tables[index].files) {
      const Outcome<std::vector<std::string>> files = expand_files(options.root, pattern);
      if (!files) return files.error();
      for (const std::string& path : *files) {
        const std::string prefix = (options.root.empty() ? "." : options.root) + "/";
        const std::string name = path.starts_with(prefix) ? path.substr(prefix.size()) : path;
        FileImport file(dataset, index, store, options, path, name);
        Outcome<FileReport> done = file.run(report);
        if (!done) return done.error();
        out.files.push_back(std::move(done).value());
        if (const Outcome<std::uint64_t> bytes = file_bytes(path)) out.bytes += *bytes;
      }
    }
  }
  return out;
}

}  // namespace faultline
