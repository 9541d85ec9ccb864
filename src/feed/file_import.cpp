#include "feed/file_import.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "core/time_text.hpp"
#include "feed/definition.hpp"
#include "store/archive.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kJudgeAfterRows = 200;
constexpr std::size_t kInstrumentsMax = 5'000;  // of one file

std::string_view note_of(EventKind kind, std::string_view field, Errc code) {
  if (kind == EventKind::kBook && code == Errc::kBadJson) return "needs a list of [price, qty]";
  if (kind == EventKind::kBar && field == "time" && code == Errc::kOffGrid)
    return "a bar begins at a whole number of its lengths";
  if (code != Errc::kOutOfRange) return {};
  if (field == "rate" || field == "funding_rate") return "must be within one whole position";
  if (kind != EventKind::kBar) return {};
  if (field == "length") return "the bar is not as long as it should be";
  if (field == "high") return "must be positive and not below open, low and close";
  if (field == "low") return "must be positive and not above open and close";
  if (field == "taker_buy_volume") return "must not be negative and not above volume";
  return {};
}

}  // namespace

FileImport::FileImport(const Dataset& dataset, const FileTask& task, Store* store,
                       const ImportOptions& options)
    : dataset_(dataset),
      table_(dataset.tables[task.table]),
      store_(store),
      options_(options),
      task_(task),
      quarantine_(options.quarantine_folder) {
  report_.file = task.name;
  report_.table = task.table;
}

// The checksum keeps files of one name apart, so that nothing quarantined is ever overwritten.
std::string FileImport::quarantine_name() const {
  std::string flat = report_.file;
  std::ranges::replace(flat, '/', '_');
  return dataset_.name + "-" + std::to_string(report_.table) + "-" + flat + "-" +
         sha256_.substr(0, 12) + ".csv";
}

std::string FileImport::shown_name(const std::string& part) const {
  return part.empty() ? report_.file : report_.file + "/" + part;
}

std::string FileImport::text_of(const CsvBlock& block, std::uint32_t row, std::size_t field) const {
  if (field >= block.field_count(row)) return {};
  if (!block.has_quotes) return std::string(block.raw(row, field));
  std::string scratch;
  const Result<std::string_view> text = unquote(block.raw(row, field), scratch);
  return std::string(text ? *text : block.raw(row, field));
}

Outcome<std::size_t> FileImport::header_index(const std::string& column) const {
  const auto found = std::ranges::find(header_, column);
  if (found != header_.end()) return static_cast<std::size_t>(found - header_.begin());
  return Diagnostic{.code = Errc::kMissingColumn, .file = task_.path, .line = 1, .field = column};
}

// True when every emit of the table has this file for the instrument already.
Outcome<bool> FileImport::is_known(const InstrumentId& id) const {
  if (store_ == nullptr || task_.has_rival) return false;
  const std::optional<InstrumentSpec> spec = dataset_.spec_of(id);
  bool is_known = true;
  for (const EmitSpec& emit : table_.emits) {
    const std::optional<SourceRecord> source = store_->source(id, emit.kind, sha256_);
    if (!source) is_known = false;
    if (!source || source->meaning.empty()) continue;
    if (source->meaning != meaning_of(table_, emit.kind)) {
      return Diagnostic{.code = Errc::kBadRequest,
                        .file = task_.path,
                        .field = to_text(id) + " " + std::string(name_of(emit.kind)),
                        .note = "the store has this file as the dataset " + source->imported_with +
                                " read it, with other columns or units; rows of both must not be "
                                "mixed, so import into a new store, or remove the instrument's "
                                "folder and import again"};
    }
    if (!spec || source->selection != selection_of(table_, emit.kind, *spec)) is_known = false;
  }
  return is_known;
}

Outcome<bool> FileImport::is_done() {
  Outcome<std::string> sha256 = sha256_of_file(task_.path);
  if (!sha256) return sha256.error();
  sha256_ = std::move(sha256).value();
  quarantine_.set_name(quarantine_name());
  if (!table_.symbol.fixed) return false;
  Outcome<bool> known = is_known(*table_.symbol.fixed);
  if (known) report_.was_known = *known;
  return known;
}

Outcome<void> FileImport::run(const ProgressFn& progress) {
  Outcome<std::unique_ptr<TableReader>> reader = open_table(task_.path, table_);
  if (!reader) return reader.error();
  header_ = (*reader)->header();
  CsvBlock block;
  for (;;) {
    const Outcome<bool> more = (*reader)->next(block);
    if (!more) return more.error();
    if (!*more) break;
    if (auto done = take_block(**reader, block); !done) return done.error();
    if (!keep_going(progress, {report_.file, (*reader)->bytes_done(), (*reader)->bytes_total(),
                               report_.rows_read})) {
      return Diagnostic{.code = Errc::kCancelled, .file = task_.path};
    }
  }
  if (auto done = judge(true); !done) return done.error();
  if (auto done = check_own_rows(); !done) return done.error();
  const auto known = [](const auto& entry) { return entry.second.is_known; };
  if (!instruments_.empty() && std::ranges::all_of(instruments_, known)) {
    FileReport nothing;
    nothing.file = report_.file;
    nothing.table = report_.table;
    nothing.was_known = true;
    report_ = std::move(nothing);
    return {};
  }
  return finish(progress);
}

Outcome<void> FileImport::take_block(const TableReader& reader, const CsvBlock& block) {
  part_ = reader.part();
  if (auto done = take_unreadable(reader.unreadable()); !done) return done;
  if (block.row_count() == 0) return judge(false);
  report_.rows_read += block.row_count();
  is_bad_.assign(block.row_count(), 0);
  rows_.clear();
  if (auto done = take_row_counts(block); !done) return done;
  if (auto done = filter_rows(block); !done) return done;
  if (auto done = leave_out_others(block); !done) return done;
  if (table_.symbol.fixed) {
    const Outcome<InstrumentRows*> rows = rows_of(*table_.symbol.fixed, block.first_line);
    if (!rows) return rows.error();
    if (auto done = convert(block, rows_, (*rows)->sinks); !done) return done;
  } else if (auto done = group_by_symbol(block); !done) {
    return done;
  }
  return judge(false);
}

// An entry of an archive that holds something else is told, but its lines are not rows of ours.
Outcome<void> FileImport::take_unreadable(const std::vector<UnreadableLine>& lines) {
  for (const UnreadableLine& line : lines) {
    report_.rows_read += line.is_entry ? 0 : 1;
    report_.rows_quarantined += line.is_entry ? 0 : 1;
    report_.entries_left_out += line.is_entry ? 1 : 0;
    Diagnostic problem{.code = line.code,
                       .file = shown_name(line.part),
                       .line = line.line,
                       .field = line.field,
                       .note = line.note};
    if (line.is_entry) problem.note += problem.note.empty() ? "left out" : "; left out";
    if (auto done = put_aside(problem, line.text); !done) return done;
  }
  return {};
}

// A file that is mostly unusable is the wrong file, or the descriptor is wrong about it.
Outcome<void> FileImport::judge(bool is_end) const {
  const std::uint64_t bad = report_.rows_quarantined;
  const std::uint64_t judged = report_.rows_read - report_.rows_filtered - report_.rows_of_others;
  const bool is_mostly_bad = (is_end || judged >= kJudgeAfterRows) && bad * 2 > judged;
  if (!is_mostly_bad && bad <= options_.quarantined_rows_max) return {};
  return Diagnostic{.code = Errc::kBadFormat,
                    .file = task_.path,
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
    Diagnostic problem{.code = code, .field = "row"};
    problem.value = std::to_string(count) + " fields instead of " + std::to_string(header_.size());
    if (auto done = quarantine_row(block, row, std::move(problem)); !done) return done;
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

// Why not a filter of the descriptor: a file of another instrument is a mistake, one of many is
// not.
Outcome<void> FileImport::leave_out_others(const CsvBlock& block) {
  if (table_.own_symbols.empty()) return {};
  const Outcome<std::size_t> field = header_index(table_.symbol_column);
  if (!field) return field.error();
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  const auto is_own = [&](std::string_view text) {
    return std::ranges::any_of(table_.own_symbols, [&](const std::string& own) {
      return text == own || std::ranges::equal(text, own, same);
    });
  };
  const auto is_other = [&](std::uint32_t row) {
    const std::string_view raw = block.raw(row, *field);
    if (is_own(raw)) return false;
    const std::string text = text_of(block, row, *field);
    if (is_own(text)) return false;
    if (other_symbol_.empty()) other_symbol_ = text;
    return true;
  };
  report_.rows_of_others += std::erase_if(rows_, is_other);
  own_rows_ += rows_.size();
  return {};
}

Outcome<void> FileImport::check_own_rows() const {
  if (report_.rows_of_others == 0 || own_rows_ > 0) return {};
  return Diagnostic{.code = Errc::kBadFormat,
                    .file = task_.path,
                    .field = table_.symbol_column,
                    .value = other_symbol_,
                    .note = "no row is of " + to_text(*table_.symbol.fixed) +
                            "; where the file spells it in another way, own_symbol says how"};
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
    if (auto done = quarantine_row(block, row, id.error()); !done) return done;
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
    return Diagnostic{
        .code = Errc::kLimit, .file = task_.path, .note = "over 5000 symbols in one file"};
  }
  const std::optional<InstrumentSpec> spec = dataset_.spec_of(id);
  if (!spec) {
    return Diagnostic{.code = Errc::kMissingField,
                      .file = task_.path,
                      .line = line,
                      .field = table_.symbol.column,
                      .value = to_text(id),
                      .note = "no [[instrument]] describes it and there is no [other_instruments]"};
  }
  InstrumentRows rows;
  const Outcome<bool> known = is_known(id);
  if (!known) return known.error();
  rows.is_known = *known;
  if (auto done = open_sinks(*spec, rows); !done) return done.error();
  return &instruments_.emplace(id, std::move(rows)).first->second;
}

Outcome<void> FileImport::open_sinks(const InstrumentSpec& spec, InstrumentRows& rows) {
  const bool is_stored = store_ != nullptr && !rows.is_known;
  if (is_stored) {
    if (auto put = store_->put_spec(spec); !put) return put.error();
  }
  for (const EmitSpec& emit : table_.emits) {
    Outcome<RowConverter> converter = RowConverter::make(table_, emit, spec, header_, task_.path);
    if (!converter) return converter.error();
    Sink sink{std::move(converter).value(), ColumnBatch(emit.kind), nullptr,
              to_text(spec.id) + " " + std::string(name_of(emit.kind))};
    if (is_stored) {
      WriterOptions writer_options;
      writer_options.duplicates =
          emit.removes_duplicates ? Duplicates::kRemoveExact : Duplicates::kKeep;
      writer_options.expected_interval = emit.interval;
      Outcome<std::unique_ptr<SegmentWriter>> writer =
          store_->writer(spec.id, emit.kind, writer_options);
      if (!writer) return writer.error();
      sink.writer = std::move(writer).value();
    }
    for (Sink& before : rows.sinks) {
      if (before.batch.kind == emit.kind) before.is_last_of_kind = false;
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
    const std::array<std::pair<std::string, std::uint64_t>, 5> warnings{
        {{"rows_without_" + kind, counts.skipped_absent + counts.without_values},
         {"rows_outside_period", counts.outside_period},
         {"rows_outside_validity", counts.outside_validity},
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

void FileImport::watch_times(Sink& sink) const {
  const auto& interval = sink.converter.emit().interval;
  const std::int64_t gap = interval ? gap_threshold(*interval).value : 0;
  const std::int64_t latest =
      options_.now ? (*options_.now + kDay).value : std::numeric_limits<std::int64_t>::max();
  std::uint64_t disorder = 0;
  std::uint64_t future = 0;
  for (const std::int64_t time : sink.batch.columns.front().values) {
    disorder += time < sink.last_time ? 1 : 0;
    future += time > latest ? 1 : 0;
    sink.gaps += interval && sink.last_time != 0 && time - sink.last_time > gap ? 1 : 0;
    sink.first_time = sink.last_time == 0 ? time : std::min(sink.first_time, time);
    sink.last_time = std::max(sink.last_time, time);
  }
  sink.is_in_order = sink.is_in_order && disorder == 0;
  if (disorder > 0) sink.warnings["out_of_order_rows"] += disorder;
  if (future > 0) sink.warnings["rows_in_the_future"] += future;
}

// Counts what a reader of the data should know: rows out of order, gaps, rows that cannot be yet,
// and holes in running trade ids.
void FileImport::watch_order(Sink& sink) {
  watch_times(sink);
  if (!sink.converter.emit().has_running_ids) return;
  std::uint64_t jumps = 0;
  for (const std::int64_t id : sink.batch.columns[4].values) {
    jumps += sink.last_id != 0 && id > sink.last_id + 1 ? 1 : 0;
    sink.last_id = id;
  }
  if (jumps > 0) sink.warnings["trade_id_jumps"] += jumps;
}

Outcome<void> FileImport::quarantine_row(const CsvBlock& block, std::uint32_t row,
                                         Diagnostic problem) {
  if (is_bad_[row] == 0) ++report_.rows_quarantined;
  is_bad_[row] = 1;
  problem.file = shown_name(part_);
  problem.line = block.line_of(row);
  return put_aside(problem, block.raw_row(row));
}

Outcome<void> FileImport::put_aside(const Diagnostic& problem, std::string_view row) {
  if (report_.first_complaint.empty()) report_.first_complaint = describe(problem);
  return store_ == nullptr ? Outcome<void>() : quarantine_.add(problem, row);
}

Outcome<void> FileImport::quarantine_rows(const CsvBlock& block,
                                          const std::vector<RejectedRow>& rejected,
                                          const EmitSpec& emit) {
  for (const RejectedRow& bad : rejected) {
    const auto& source = emit.fields[bad.column];
    const std::string_view name = fields_of(emit.kind)[bad.column].name;
    Diagnostic problem{.code = bad.code,
                       .field = std::string(name),
                       .note = std::string(note_of(emit.kind, name, bad.code))};
    std::optional<std::size_t> at = bad.field;
    if (!at && source && !source->column.empty()) {
      if (const Outcome<std::size_t> found = header_index(source->column)) at = *found;
    }
    if (at) {
      problem.field = header_[*at];
      problem.value = text_of(block, bad.row, *at);
    }
    if (auto done = quarantine_row(block, bad.row, std::move(problem)); !done) return done;
  }
  return {};
}

// Why the side file first: rows must not be gone when the machine stops between the two.
Outcome<void> FileImport::finish(const ProgressFn& progress) {
  const Outcome<std::uint64_t> bytes = file_bytes(task_.path);
  if (!bytes) return bytes.error();
  if (quarantine_.count() > 0) {
    report_.quarantine_file = quarantine_.path();
    if (auto done = quarantine_.commit(); !done) return done;
  }
  if (report_.rows_of_others > 0)
    report_.warnings["rows_of_other_symbols"] = report_.rows_of_others;
  if (report_.rows_read == 0) report_.warnings["files_without_rows"] = 1;
  if (report_.entries_left_out > 0) report_.warnings["entries_left_out"] = report_.entries_left_out;
  for (auto& [id, rows] : instruments_) {
    for (Sink& sink : rows.sinks) {
      if (rows.is_known) continue;
      if (auto done = finish_sink(id, sink, *bytes, progress); !done) return done;
    }
  }
  return {};
}

// The gaps between the first and the last row of the file, whatever the order of its rows: as the
// store has them now. Without a store they are known only where the rows came in order.
std::uint64_t FileImport::gaps_of(const InstrumentId& id, const Sink& sink) const {
  if (!sink.converter.emit().interval || sink.taken == 0) return 0;
  if (sink.writer == nullptr) return sink.is_in_order ? sink.gaps : 0;
  const std::optional<Coverage> coverage = store_->coverage(id, sink.batch.kind);
  if (!coverage) return 0;
  const auto inside = std::ranges::count_if(coverage->gaps, [&](const TimeRange& gap) {
    return gap.from.value > sink.first_time && gap.to.value <= sink.last_time;
  });
  return static_cast<std::uint64_t>(inside) + coverage->gap_count - coverage->gaps.size();
}

Outcome<void> FileImport::finish_sink(const InstrumentId& id, Sink& sink, std::uint64_t bytes,
                                      const ProgressFn& progress) {
  for (const auto& [name, count] : sink.warnings) report_.warnings[name] += count;
  std::uint64_t held = sink.taken;
  if (sink.writer != nullptr) {
    const EventKind kind = sink.batch.kind;
    const SourceRecord source{.name = report_.file,
                              .sha256 = sha256_,
                              .imported_with = dataset_.name,
                              .bytes = bytes,
                              .rows_taken = sink.taken,
                              .rows_quarantined = sink.quarantined,
                              .meaning = meaning_of(table_, kind),
                              .selection = selection_of(table_, kind, *dataset_.spec_of(id))};
    for (const auto& [name, count] : sink.warnings) sink.writer->count_warning(name, count);
    if (report_.entries_left_out > 0)
      sink.writer->count_warning("entries_left_out", report_.entries_left_out);
    if (report_.rows_of_others > 0)
      sink.writer->count_warning("rows_of_other_symbols", report_.rows_of_others);
    // The source is done when all of its rows of a kind are stored, wherever something stops us.
    const Outcome<WriteSummary> written =
        sink.writer->finish(std::span(&source, sink.is_last_of_kind ? 1 : 0), progress);
    if (!written) return written.error();
    const std::array<std::pair<const char*, std::uint64_t>, 3> counts{
        {{"duplicate_rows", written->duplicates_removed},
         {"rows_already_stored", written->rows_already_stored},
         {"conflicting_rows", written->conflicting_rows}}};
    for (const auto& [name, count] : counts) {
      if (count > 0) report_.warnings[name] += count;
    }
    held -= written->duplicates_removed + written->rows_already_stored;
  }
  report_.rows_taken[sink.key] += held;
  if (const std::uint64_t gaps = gaps_of(id, sink); gaps > 0) report_.warnings["gaps"] += gaps;
  return {};
}

}  // namespace faultline
