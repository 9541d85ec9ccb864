#include <algorithm>
#include <limits>
#include <utility>

#include "store/archive.hpp"
#include "store/store_state.hpp"

namespace faultline {
namespace {

// Segments are published, and the manifest is saved, after so much work, which a crash may cost at
// most: to sync every small segment, and to save after it, would take longer than to write it.
constexpr std::uint64_t kUnsavedBytesMax = std::uint64_t{4} << 20;
constexpr std::size_t kUnsavedSegmentsMax = 64;

struct DayFile {
  std::int64_t day = 0;
  std::string path;
};

// What a pass over a sorted time column finds.
struct TimeScan {
  std::uint64_t rows = 0;
  std::int64_t first = 0;
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  std::vector<TimeRange> gaps;
  std::uint64_t gap_count = 0;
};

void scan_times(std::span<const std::int64_t> times, std::optional<Nanos> interval,
                TimeScan& scan) {
  for (const std::int64_t time : times) {
    if (scan.rows == 0) scan.first = time;
    if (scan.rows > 0 && interval && time - scan.last > gap_threshold(*interval).value) {
      ++scan.gap_count;
      if (scan.gaps.size() < kGapsListedMax)
        scan.gaps.push_back({UnixNanos(scan.last) + *interval, UnixNanos(time)});
    }
    scan.last = time;
    ++scan.rows;
  }
}

Diagnostic not_as_written(const std::string& path) {
  return {.code = Errc::kDatabase, .file = path, .note = "rows are not sorted, or of another day"};
}

std::string list_of(const std::vector<DayFile>& files) {
  std::string list;
  for (const DayFile& file : files) list += (list.empty() ? "" : ", ") + sql_path(file.path);
  return list;
}

// What a row of the kind is about, where there can be only one such row; empty for events, of which
// there can be any number.
std::string_view key_of(EventKind kind) {
  switch (kind) {
    case EventKind::kBar:
      return "\"time\", length, price_kind";
    case EventKind::kLiquidationTotal:
    case EventKind::kTakerVolume:
      return "\"time\", length";
    case EventKind::kFunding:
    case EventKind::kOpenInterest:
      return "\"time\"";
    default:
      return {};
  }
}

// Reads files of ascending days in one query, for a query costs more than a small file's rows.
Outcome<std::vector<TimeScan>> scan_files(Connection& connection, const std::vector<DayFile>& files,
                                          std::optional<Nanos> interval) {
  Outcome<std::unique_ptr<QueryRows>> rows =
      connection.stream("SELECT \"time\" FROM read_parquet([" + list_of(files) + "])");
  if (!rows) return rows.error();
  std::vector<TimeScan> scans(files.size());
  std::size_t at = 0;
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  Column times;
  while (true) {
    const Outcome<std::size_t> count = (*rows)->next_chunk();
    if (!count) return count.error();
    if (*count == 0) break;
    times.values.clear();
    (*rows)->append_to(0, times);
    std::span<const std::int64_t> left(times.values);
    const auto is_fine = [&] { return left.front() >= last && std::ranges::is_sorted(left); };
    if (!is_fine()) return not_as_written(files[at].path);
    last = left.back();
    while (!left.empty()) {
      while (at < files.size() && left.front() >= (files[at].day + 1) * kDay.value) ++at;
      if (at == files.size()) return not_as_written(files.back().path);
      const auto end = std::ranges::lower_bound(left, (files[at].day + 1) * kDay.value);
      const auto size = static_cast<std::size_t>(end - left.begin());
      scan_times(left.first(size), interval, scans[at]);
      left = left.subspan(size);
    }
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (scans[i].rows == 0 || scans[i].first < files[i].day * kDay.value)
      return not_as_written(files[i].path);
  }
  return scans;
}

// A failed write is the disk's fault, whatever part of the engine says so.
Diagnostic at_file(Diagnostic problem, const std::string& path) {
  problem.file = path;
  if (problem.note.starts_with("IO Error")) problem.code = Errc::kCannotWrite;
  return problem;
}

class DaySegmentWriter final : public SegmentWriter {
 public:
  DaySegmentWriter(std::shared_ptr<StoreState> state, const InstrumentId& id, EventKind kind,
                   WriterOptions options)
      : state_(std::move(state)),
        id_(id),
        kind_(kind),
        options_(options),
        columns_(sql_columns(kind)) {}

  Outcome<void> append(const ColumnBatch& batch) override {
    check_promises(batch);
    const auto& times = batch.columns.front().values;
    if (times.empty()) return {};
    if (const auto bad = find_impossible(batch)) {
      return Diagnostic{.code = bad->column == 0 ? Errc::kBadTime : Errc::kOutOfRange,
                        .field = std::string(columns_of(kind_)[bad->column].name),
                        .value = std::to_string(batch.columns[bad->column].values[bad->row])};
    }
    if (appender_ == nullptr) {
      if (Outcome<void> begun = begin(); !begun) return begun;
    }
    is_sorted_ = is_sorted_ && times.front() >= time_last_ && std::ranges::is_sorted(times);
    has_twins_ = has_twins_ || !is_sorted_ || times.front() == time_last_ ||
                 std::ranges::adjacent_find(times) != times.end();
    time_last_ = times.back();
    if (Outcome<void> taken = appender_->append(batch.columns, row_count_); !taken) return taken;
    row_count_ += static_cast<std::int64_t>(times.size());
    return {};
  }

  void count_warning(std::string_view name, std::uint64_t count) override {
    add_warning(warnings_, name, count);
  }

  Outcome<WriteSummary> finish(std::span<const SourceRecord> sources,
                               const ProgressFn& report) override {
    const auto update = state_->begin_update();
    std::optional<InstrumentRecord> record = state_->record(id_);
    FAULTLINE_CHECK(record.has_value());
    WriteSummary summary;
    if (Outcome<void> set = set_interval(record->find_or_add(kind_)); !set) return set.error();
    if (options_.watched) add_watched(record->find_or_add(kind_), *options_.watched);
    if (row_count_ > 0) {
      Outcome<void> written = write_days(*record, summary, report);
      if (!written) return written.error();
    }
    KindRecord& of_kind = record->find_or_add(kind_);
    for (const SourceRecord& source : sources) put_source(of_kind, source);
    for (const WarningCount& warning : warnings_)
      add_warning(of_kind.warnings, warning.name, warning.count);
    if (Outcome<void> saved = save(*record); !saved) return saved.error();
    warnings_.clear();
    summary.conflicting_rows = std::exchange(conflicts_, 0);
    if (Outcome<void> emptied = start_over(); !emptied) return emptied.error();
    return summary;
  }

 private:
  struct DayRows {
    std::int64_t day;
    std::uint64_t rows;
    UnixNanos time_first;
    UnixNanos time_last;
  };

  struct StagedDay {
    SegmentInfo segment;
    std::uint64_t rows_appended = 0;
    std::optional<SegmentInfo> replaces;
  };

  static void add_warning(std::vector<WarningCount>& warnings, std::string_view name,
                          std::uint64_t count) {
    const auto found = std::ranges::find(warnings, name, &WarningCount::name);
    if (found != warnings.end()) {
      found->count += count;
    } else {
      warnings.push_back({std::string(name), count});
    }
  }

  // The last import of a source is the one that counts.
  static void put_source(KindRecord& record, const SourceRecord& source) {
    const auto found = std::ranges::find(record.sources, source.sha256, &SourceRecord::sha256);
    if (found != record.sources.end()) {
      *found = source;
    } else {
      record.sources.push_back(source);
    }
  }

  void check_promises(const ColumnBatch& batch) const {
    FAULTLINE_CHECK(batch.kind == kind_);
    const auto specs = columns_of(kind_);
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const Column& column = batch.columns[i];
      FAULTLINE_CHECK(column.values.size() == batch.row_count());
      FAULTLINE_CHECK(column.present.empty() || column.present.size() == batch.row_count());
      const bool is_full = std::ranges::find(column.present, 0) == column.present.end();
      FAULTLINE_CHECK(specs[i].is_nullable || is_full);
    }
  }

  Outcome<void> begin() {
    if (connection_ == nullptr) {
      Outcome<std::unique_ptr<Connection>> connection = state_->connect();
      if (!connection) return connection.error();
      connection_ = std::move(connection).value();
    }
    // TEMP: each connection has its own table of that name, and it goes with the connection.
    std::string sql = "CREATE OR REPLACE TEMP TABLE incoming (";
    for (const ColumnSpec& column : columns_of(kind_)) {
      sql += sql_name(column.name);
      sql += column.is_nullable ? " BIGINT, " : " BIGINT NOT NULL, ";
    }
    sql += "sequence BIGINT NOT NULL)";
    if (Outcome<void> made = connection_->run(sql); !made) return made;
    Outcome<std::unique_ptr<RowAppender>> appender =
        connection_->appender("incoming", columns_of(kind_).size() + 1);
    if (!appender) return appender.error();
    appender_ = std::move(appender).value();
    return {};
  }

  Outcome<void> start_over() {
    appender_.reset();
    is_sorted_ = true;
    has_twins_ = false;
    row_count_ = 0;
    time_last_ = std::numeric_limits<std::int64_t>::min();
    return connection_ == nullptr ? Outcome<void>()
                                  : connection_->run("DROP TABLE IF EXISTS incoming");
  }

  // Gaps of segments already stored depend on the interval, so a new one looks at them again.
  Outcome<void> set_interval(KindRecord& record) {
    if (!options_.expected_interval || options_.expected_interval == record.expected_interval)
      return {};
    record.expected_interval = options_.expected_interval;
    if (record.segments.empty()) return {};
    Outcome<std::unique_ptr<Connection>> connection = state_->connect();
    if (!connection) return connection.error();
    constexpr std::size_t kFilesAtOnce = 256;
    const std::string folder = state_->kind_folder(id_, kind_);
    for (std::size_t from = 0; from < record.segments.size(); from += kFilesAtOnce) {
      const std::size_t end = std::min(from + kFilesAtOnce, record.segments.size());
      std::vector<DayFile> files;
      for (std::size_t i = from; i < end; ++i) {
        files.push_back({record.segments[i].day, folder + "/" + record.segments[i].file});
        if (auto sound = check_segment(files.back().path, record.segments[i]); !sound) return sound;
      }
      Outcome<std::vector<TimeScan>> scans =
          scan_files(**connection, files, record.expected_interval);
      if (!scans) return scans.error();
      for (std::size_t i = from; i < end; ++i) {
        record.segments[i].gaps = std::move((*scans)[i - from].gaps);
        record.segments[i].gap_count = (*scans)[i - from].gap_count;
      }
    }
    return {};
  }

  Outcome<std::vector<DayRows>> find_days() {
    Outcome<std::unique_ptr<QueryRows>> rows = connection_->stream(
        "SELECT CAST(\"time\" // " + std::to_string(kDay.value) +
        " AS BIGINT) AS day, CAST(count(*) AS BIGINT), min(\"time\"), max(\"time\")"
        " FROM incoming GROUP BY day ORDER BY day");
    if (!rows) return rows.error();
    std::vector<DayRows> days;
    while (true) {
      const Outcome<std::size_t> count = (*rows)->next_chunk();
      if (!count) return count.error();
      if (*count == 0) return days;
      for (std::size_t row = 0; row < *count; ++row) {
        days.push_back({(*rows)->integer(0, row).value(),
                        static_cast<std::uint64_t>((*rows)->integer(1, row).value()),
                        UnixNanos((*rows)->integer(2, row).value()),
                        UnixNanos((*rows)->integer(3, row).value())});
      }
    }
  }

  Outcome<void> write_days(InstrumentRecord& record, WriteSummary& summary,
                           const ProgressFn& report) {
    if (Outcome<void> flushed = appender_->flush(); !flushed) return flushed;
    const Outcome<std::vector<DayRows>> days = find_days();
    if (!days) return days.error();
    const std::string folder = state_->kind_folder(id_, kind_);
    if (Outcome<void> made = make_folders(folder); !made) return made;
    Outcome<PartialFiles> files = PartialFiles::open(folder);
    if (!files) return files.error();
    files_.emplace(std::move(files).value());
    Progress progress{.what = "write", .total = static_cast<std::uint64_t>(row_count_)};
    for (const DayRows& day : *days) {
      if (!keep_going(report, progress)) {
        if (Outcome<void> saved = publish(record, summary); !saved) return saved;
        return Diagnostic{.code = Errc::kCancelled};
      }
      if (Outcome<void> written = write_day(record.find_or_add(kind_), day); !written) {
        // The first error is the one to tell.
        static_cast<void>(publish(record, summary).has_value());
        return written;
      }
      progress.done += day.rows;
      progress.rows = progress.done;
      if (unsaved_bytes_ < kUnsavedBytesMax && staged_.size() < kUnsavedSegmentsMax) continue;
      if (Outcome<void> saved = publish(record, summary); !saved) return saved;
    }
    keep_going(report, progress);
    return publish(record, summary);
  }

  // Writes the day's file; it gets its name in publish().
  Outcome<void> write_day(const KindRecord& record, const DayRows& day) {
    const auto at = std::ranges::lower_bound(record.segments, day.day, {}, &SegmentInfo::day);
    const bool is_merge = at != record.segments.end() && at->day == day.day;
    const std::uint64_t generation =
        is_merge ? parse_segment_file_name(at->file).value().second + 1 : 0;
    const std::string folder = state_->kind_folder(id_, kind_);
    StagedDay staged;
    staged.rows_appended = day.rows;
    if (is_merge) {
      // What was damaged must not get a fresh checksum.
      if (auto sound = check_segment(folder + "/" + at->file, *at); !sound) return sound;
      staged.replaces = *at;
    }
    staged.segment.day = day.day;
    staged.segment.file = segment_file_name(day.day, generation);
    const std::string path = folder + "/" + staged.segment.file;
    const std::string partial = path + std::string(kPartialSuffix);
    const std::string rows =
        is_merge ? merged_rows(day, *at, folder + "/" + at->file) : new_rows(day.day);
    const Outcome<void> copied =
        connection_->run("COPY (" + rows + ") TO " + sql_text(partial) +
                         " (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2, "
                         "ROW_GROUP_SIZE 122880, USE_TMP_FILE false)");
    if (!copied) {
      static_cast<void>(remove_file(partial).has_value());
      return at_file(copied.error(), path);
    }
    files_->add(staged.segment.file);
    const Outcome<std::uint64_t> bytes = file_bytes(partial);
    if (!bytes) return bytes.error();
    staged.segment.bytes = *bytes;
    unsaved_bytes_ += *bytes;
    staged_.push_back(std::move(staged));
    return {};
  }

  // Gives the written files their names and saves a manifest that names them.
  Outcome<void> publish(InstrumentRecord& record, WriteSummary& summary) {
    KindRecord& of_kind = record.find_or_add(kind_);
    Outcome<void> done = describe_staged(of_kind.expected_interval);
    if (done) done = files_->publish();
    if (!done) {
      files_->discard();
      staged_.clear();
      unsaved_bytes_ = 0;
      return done;
    }
    for (StagedDay& staged : staged_) take_segment(of_kind, staged, summary);
    staged_.clear();
    return save(record);
  }

  void take_segment(KindRecord& record, StagedDay& staged, WriteSummary& summary) {
    const std::uint64_t before = staged.replaces ? staged.replaces->rows : 0;
    const std::uint64_t removed = staged.rows_appended + before - staged.segment.rows;
    (staged.replaces ? summary.rows_already_stored : summary.duplicates_removed) += removed;
    summary.rows_appended += staged.rows_appended;
    ++summary.segments_written;
    const auto at =
        std::ranges::lower_bound(record.segments, staged.segment.day, {}, &SegmentInfo::day);
    if (staged.replaces) {
      replaced_.push_back(at->file);
      *at = std::move(staged.segment);
    } else {
      record.segments.insert(at, std::move(staged.segment));
    }
  }

  // What the manifest says about the files is what can be read from them.
  Outcome<void> describe_staged(std::optional<Nanos> interval) {
    if (staged_.empty()) return {};
    std::vector<DayFile> files;
    bool may_conflict = has_twins_;
    for (const StagedDay& staged : staged_) {
      files.push_back({staged.segment.day, state_->kind_folder(id_, kind_) + "/" +
                                               staged.segment.file + std::string(kPartialSuffix)});
      may_conflict = may_conflict || staged.replaces;
    }
    if (may_conflict) {
      if (Outcome<void> counted = count_conflicts(files); !counted) return counted;
    }
    Outcome<std::vector<TimeScan>> scans = scan_files(*connection_, files, interval);
    if (!scans) return at_file(scans.error(), files.front().path);
    for (std::size_t i = 0; i < staged_.size(); ++i) {
      SegmentInfo& segment = staged_[i].segment;
      TimeScan& scan = (*scans)[i];
      segment.rows = scan.rows;
      segment.time_first = UnixNanos(scan.first);
      segment.time_last = UnixNanos(scan.last);
      segment.gaps = std::move(scan.gaps);
      segment.gap_count = scan.gap_count;
      Outcome<std::string> sha256 = sha256_of_file(files[i].path);
      if (!sha256) return sha256.error();
      segment.sha256 = std::move(sha256).value();
    }
    return {};
  }

  // Rows beyond the first of each key in the files, which hold no two equal rows of such a kind.
  Outcome<void> count_conflicts(const std::vector<DayFile>& files) {
    const std::string_view key = key_of(kind_);
    if (key.empty()) return {};
    Outcome<std::unique_ptr<QueryRows>> rows = connection_->stream(
        "SELECT CAST(coalesce(sum(n - 1), 0) AS BIGINT) FROM (SELECT count(*) AS n FROM "
        "(SELECT DISTINCT * FROM read_parquet([" +
        list_of(files) + "])) GROUP BY " + std::string(key) + ")");
    if (!rows) return rows.error();
    const Outcome<std::size_t> count = (*rows)->next_chunk();
    if (!count) return count.error();
    if (*count > 0) conflicts_ += static_cast<std::uint64_t>((*rows)->integer(0, 0).value_or(0));
    return {};
  }

  static std::string where_day(std::int64_t day) {
    return " WHERE \"time\" >= " + std::to_string(day * kDay.value) + " AND \"time\" < " +
           std::to_string((day + 1) * kDay.value);
  }

  std::string new_rows(std::int64_t day) const {
    const std::string all = "FROM incoming" + where_day(day);
    if (options_.duplicates == Duplicates::kRemoveExact && has_twins_) {
      return "SELECT " + columns_ + " FROM (SELECT " + columns_ + ", min(sequence) AS sequence " +
             all + " GROUP BY " + columns_ + ") ORDER BY \"time\", sequence";
    }
    return "SELECT " + columns_ + " " + all + (is_sorted_ ? "" : " ORDER BY \"time\", sequence");
  }

  // Numbers the repetitions of each row on both sides; what has the same number is the same row.
  // Days that grow at one end, as a recorder's do, skip that: no row can be on both sides.
  std::string merged_rows(const DayRows& day, const SegmentInfo& stored,
                          const std::string& path) const {
    const bool counts = options_.duplicates == Duplicates::kKeep;
    const bool is_apart = day.time_first > stored.time_last || day.time_last < stored.time_first;
    const std::string key = columns_ + (counts ? ", repetition" : "");
    std::string sql = "WITH everything AS (SELECT " + columns_ +
                      ", 0 AS origin, file_row_number AS sequence FROM read_parquet(" +
                      sql_path(path) + ", file_row_number = true) UNION ALL SELECT " + columns_ +
                      ", 1 AS origin, sequence FROM incoming" + where_day(day.day) + ")";
    if (counts && is_apart) {
      return sql + " SELECT " + columns_ + " FROM everything ORDER BY \"time\", origin, sequence";
    }
    if (counts) {
      sql += ", numbered AS (SELECT *, row_number() OVER (PARTITION BY " + columns_ +
             ", origin ORDER BY sequence) AS repetition FROM everything)";
    }
    // A stored row comes before every new one of its time: 2^48 rows are more than any day has.
    sql += " SELECT " + columns_ + " FROM (SELECT " + columns_ +
           ", min(origin * 281474976710656 + sequence) AS place FROM " +
           (counts ? "numbered" : "everything") + " GROUP BY " + key + ") ORDER BY \"time\", place";
    return sql;
  }

  Outcome<void> save(const InstrumentRecord& record) {
    if (Outcome<void> saved = state_->save(record); !saved) return saved;
    const std::string folder = state_->kind_folder(id_, kind_);
    for (const std::string& file : replaced_) state_->supersede(folder, file);
    replaced_.clear();
    unsaved_bytes_ = 0;
    return {};
  }

  std::shared_ptr<StoreState> state_;
  InstrumentId id_;
  EventKind kind_;
  WriterOptions options_;
  std::string columns_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<RowAppender> appender_;
  std::vector<WarningCount> warnings_;
  std::optional<PartialFiles> files_;
  std::vector<StagedDay> staged_;      // written, not yet under their names
  std::vector<std::string> replaced_;  // by segments that the saved manifest does not name yet
  std::uint64_t unsaved_bytes_ = 0;
  std::uint64_t conflicts_ = 0;
  std::int64_t row_count_ = 0;
  std::int64_t time_last_ = std::numeric_limits<std::int64_t>::min();
  bool is_sorted_ = true;
  bool has_twins_ = false;  // two rows of one time, as equal rows would be; or perhaps so
};

}  // namespace

std::unique_ptr<SegmentWriter> make_segment_writer(std::shared_ptr<StoreState> state,
                                                   const InstrumentId& id, EventKind kind,
                                                   WriterOptions options) {
  return std::make_unique<DaySegmentWriter>(std::move(state), id, kind, options);
}

}  // namespace faultline
