#include "feed/importer.hpp"

#include <algorithm>
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

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    for (std::size_t skip = 0; skip <= name.size(); ++skip) {
      if (matches(pattern.substr(1), name.substr(skip))) return true;
    }
    return false;
  }
  if (name.empty()) return false;
  return (pattern.front() == '?' || pattern.front() == name.front()) &&
         matches(pattern.substr(1), name.substr(1));
}

// The side file for rows that were not taken; made when the first one comes.
class Quarantine {
 public:
  Quarantine(std::string folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {}

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
  std::int64_t last_time = 0;
  std::int64_t last_id = 0;
};

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
        quarantine_(options.quarantine_folder, quarantine_name(dataset.name, table_index, name)) {
    report_.file = std::move(name);
    report_.table = table_index;
  }

  Outcome<FileReport> run(const ProgressFn& progress);

 private:
  static std::string quarantine_name(const std::string& dataset, std::size_t table,
                                     const std::string& name) {
    std::string flat = name;
    std::ranges::replace(flat, '/', '_');
    return dataset + "-" + std::to_string(table) + "-" + flat + ".csv";
  }

  Outcome<bool> is_known(const InstrumentId& id) const;
  Outcome<void> take_block(const CsvBlock& block);
  Outcome<void> filter_rows(const CsvBlock& block);
  Outcome<void> group_by_symbol(const CsvBlock& block);
  Outcome<InstrumentId> symbol_of(const CsvBlock& block, std::uint32_t row);
  Outcome<std::vector<Sink>*> sinks_of(const InstrumentId& id);
  Outcome<void> convert(const CsvBlock& block, std::span<const std::uint32_t> rows,
                        std::vector<Sink>& sinks);
  Outcome<void> quarantine_rows(const CsvBlock& block, const std::vector<RejectedRow>& rejected,
                                const EmitSpec& emit);
  Outcome<void> quarantine_row(const CsvBlock& block, std::uint32_t row, std::string field,
                               Errc code, std::string value);
  void watch_order(Sink& sink);
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
  std::map<InstrumentId, std::vector<Sink>> sinks_;
  std::vector<std::uint32_t> rows_;  // of the block that passed the filters
  std::map<std::string, std::vector<std::uint32_t>> groups_;
  bool is_skipped_ = false;
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
Outcome<bool> FileImport::is_known(const InstrumentId& id) const {
  if (options_.is_dry_run) return false;
  return std::ranges::all_of(table_.emits, [&](const EmitSpec& emit) {
    return store_.has_source(id, emit.kind, sha256_);
  });
}

Outcome<FileReport> FileImport::run(const ProgressFn& progress) {
  Outcome<std::string> sha256 = sha256_of_file(path_);
  if (!sha256) return sha256.error();
  sha256_ = std::move(sha256).value();
  if (table_.symbol.fixed) {
    const Outcome<bool> known = is_known(*table_.symbol.fixed);
    if (!known) return known.error();
    report_.was_known = *known;
    if (*known) return report_;
  }
  Outcome<std::unique_ptr<TableReader>> reader = open_table(path_, table_);
  if (!reader) return reader.error();
  header_ = (*reader)->header();
  CsvBlock block;
  for (;;) {
    const Outcome<bool> more = (*reader)->next(block);
    if (!more) return more.error();
    if (!*more) break;
    if (auto done = take_block(block); !done) return done.error();
    if (is_skipped_) {
      report_.was_known = true;
      return report_;
    }
    if (!keep_going(progress, {report_.file, (*reader)->bytes_done(), (*reader)->bytes_total(),
                               report_.rows_read})) {
      return Diagnostic{.code = Errc::kCancelled, .file = path_};
    }
  }
  if (auto done = finish(progress); !done) return done.error();
  return report_;
}

Outcome<void> FileImport::take_block(const CsvBlock& block) {
  report_.rows_read += block.row_count();
  if (auto done = filter_rows(block); !done) return done;
  if (table_.symbol.fixed) {
    const Outcome<std::vector<Sink>*> sinks = sinks_of(*table_.symbol.fixed);
    if (!sinks) return sinks.error();
    if (auto done = convert(block, rows_, **sinks); !done) return done;
  } else if (auto done = group_by_symbol(block); !done) {
    return done;
  }
  const std::uint64_t bad = report_.rows_quarantined;
  const bool is_mostly_bad = report_.rows_read >= kJudgeAfterRows && bad * 2 > report_.rows_read;
  if (!is_mostly_bad && bad <= options_.quarantined_rows_max) return {};
  return Diagnostic{.code = Errc::kBadFormat,
                    .file = path_,
                    .note = std::to_string(bad) + " of " + std::to_string(report_.rows_read) +
                            " rows are unusable; the first: " + report_.first_complaint};
}

Outcome<void> FileImport::filter_rows(const CsvBlock& block) {
  rows_.clear();
  std::vector<std::size_t> fields;
  for (const RowFilter& filter : table_.filters) {
    const Outcome<std::size_t> field = header_index(filter.column);
    if (!field) return field.error();
    fields.push_back(*field);
  }
  for (std::uint32_t row = 0; row < block.row_count(); ++row) {
    bool is_wanted = true;
    for (std::size_t i = 0; i < fields.size() && is_wanted; ++i) {
      const std::string value = text_of(block, row, fields[i]);
      is_wanted =
          std::ranges::find(table_.filters[i].values, value) != table_.filters[i].values.end();
    }
    if (is_wanted) rows_.push_back(row);
  }
  report_.rows_filtered += block.row_count() - rows_.size();
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
    } else if (auto done =
                   quarantine_row(block, row, id.error().field, id.error().code, id.error().value);
               !done) {
      return done;
    }
  }
  for (const auto& [id, rows] : groups) {
    const Outcome<std::vector<Sink>*> sinks = sinks_of(id);
    if (!sinks) return sinks.error();
    if (is_skipped_) return {};
    if (auto done = convert(block, rows, **sinks); !done) return done;
  }
  return {};
}

Outcome<std::vector<Sink>*> FileImport::sinks_of(const InstrumentId& id) {
  if (const auto found = sinks_.find(id); found != sinks_.end()) return &found->second;
  if (sinks_.size() >= kInstrumentsMax) {
    return Diagnostic{.code = Errc::kLimit, .file = path_, .note = "over 5000 symbols in one file"};
  }
  if (sinks_.empty() && !table_.symbol.fixed) {
    const Outcome<bool> known = is_known(id);
    if (!known) return known.error();
    is_skipped_ = *known;
  }
  const std::optional<InstrumentSpec> spec = dataset_.spec_of(id);
  if (!spec) {
    return Diagnostic{.code = Errc::kMissingField,
                      .file = path_,
                      .field = table_.symbol.column,
                      .value = to_text(id),
                      .note = "no [[instrument]] describes it and there is no [other_instruments]"};
  }
  if (!options_.is_dry_run) {
    if (auto put = store_.put_spec(*spec); !put) return put.error();
  }
  std::vector<Sink> sinks;
  for (const EmitSpec& emit : table_.emits) {
    Outcome<RowConverter> converter = RowConverter::make(table_, emit, *spec, header_, path_);
    if (!converter) return converter.error();
    Sink sink{std::move(converter).value(), ColumnBatch(emit.kind), nullptr,
              to_text(id) + " " + std::string(name_of(emit.kind))};
    if (!options_.is_dry_run) {
      WriterOptions writer_options;
      writer_options.duplicates =
          emit.removes_duplicates ? Duplicates::kRemoveExact : Duplicates::kKeep;
      writer_options.expected_interval = emit.interval;
      Outcome<std::unique_ptr<SegmentWriter>> writer = store_.writer(id, emit.kind, writer_options);
      if (!writer) return writer.error();
      sink.writer = std::move(writer).value();
    }
    sinks.push_back(std::move(sink));
  }
  return &sinks_.emplace(id, std::move(sinks)).first->second;
}

Outcome<void> FileImport::convert(const CsvBlock& block, std::span<const std::uint32_t> rows,
                                  std::vector<Sink>& sinks) {
  for (Sink& sink : sinks) {
    sink.batch.clear();
    std::vector<RejectedRow> rejected;
    ConvertCounts counts;
    sink.converter.convert(block, rows, sink.batch, rejected, counts);
    if (counts.skipped_absent > 0)
      report_.warnings["rows_without_" + std::string(name_of(sink.batch.kind))] +=
          counts.skipped_absent;
    if (counts.skipped_levels > 0) report_.warnings["empty_levels"] += counts.skipped_levels;
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
  if (disorder > 0) report_.warnings["out_of_order_rows"] += disorder;
  if (!sink.converter.emit().has_running_ids) return;
  std::uint64_t jumps = 0;
  for (const std::int64_t id : sink.batch.columns[4].values) {
    jumps += sink.last_id != 0 && id > sink.last_id + 1 ? 1 : 0;
    sink.last_id = id;
  }
  if (jumps > 0) report_.warnings["trade_id_jumps"] += jumps;
}

Outcome<void> FileImport::quarantine_row(const CsvBlock& block, std::uint32_t row,
                                         std::string field, Errc code, std::string value) {
  ++report_.rows_quarantined;
  const std::uint64_t line = block.line_of(row);
  if (report_.first_complaint.empty()) {
    report_.first_complaint = describe(Diagnostic{.code = code,
                                                  .file = report_.file,
                                                  .line = line,
                                                  .field = field,
                                                  .value = std::move(value)});
  }
  if (options_.is_dry_run) return {};
  return quarantine_.add(line, field, code, block.raw_row(row));
}

Outcome<void> FileImport::quarantine_rows(const CsvBlock& block,
                                          const std::vector<RejectedRow>& rejected,
                                          const EmitSpec& emit) {
  for (const RejectedRow& bad : rejected) {
    const bool is_count = bad.code == Errc::kMissingField || bad.code == Errc::kTooManyFields;
    const auto& source = emit.fields[bad.column];
    std::string field = is_count ? "row" : std::string(fields_of(emit.kind)[bad.column].name);
    std::string value;
    if (!is_count && source && !source->constant) {
      if (const Outcome<std::size_t> at = header_index(source->column))
        value = text_of(block, bad.row, *at);
      field = source->column;
    }
    if (auto done = quarantine_row(block, bad.row, std::move(field), bad.code, std::move(value));
        !done)
      return done;
  }
  return {};
}

Outcome<void> FileImport::finish(const ProgressFn& progress) {
  const Outcome<std::uint64_t> bytes = file_bytes(path_);
  if (!bytes) return bytes.error();
  for (auto& [id, sinks] : sinks_) {
    for (Sink& sink : sinks) {
      report_.rows_taken[sink.key] += sink.taken;
      if (sink.writer == nullptr) continue;
      const SourceRecord source{.name = report_.file,
                                .sha256 = sha256_,
                                .imported_with = dataset_.name,
                                .bytes = *bytes,
                                .rows_taken = sink.taken,
                                .rows_quarantined = report_.rows_quarantined};
      for (const auto& [name, count] : report_.warnings) sink.writer->count_warning(name, count);
      const Outcome<WriteSummary> written = sink.writer->finish(std::span(&source, 1), progress);
      if (!written) return written.error();
      if (written->duplicates_removed > 0)
        report_.warnings["duplicate_rows"] += written->duplicates_removed;
    }
  }
  if (quarantine_.count() == 0) return {};
  report_.quarantine_file = quarantine_.path();
  return quarantine_.commit();
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
  const std::string full = pattern.starts_with('/') ? pattern : root + "/" + pattern;
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
        const std::string prefix = options.root + "/";
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
