#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/columns.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace faultline {

// What the store knows about its own data: the content of one instrument's manifest.json.
//
//   DIR/store.json, DIR/unfinished.json          of the whole store (store/store_notes.hpp)
//   DIR/.lock                                    held by the one writer
//   DIR/.tmp/                                    spill of the writer; emptied at open
//   DIR/<venue>/<symbol>/manifest.json           InstrumentRecord
//   DIR/<venue>/<symbol>/<kind>/<day>.parquet    one UTC day; <day>.<n>.parquet after n merges
//
// Why a merged day gets a new name: the manifest always names a file with the checksum that it
// states, whatever moment the power fails at. Files that no manifest names do not exist.

// [from, to), always half-open.
struct TimeRange {
  UnixNanos from{};
  UnixNanos to{};

  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

// Units: `day` in days since 1970-01-01.
struct SegmentInfo {
  std::int64_t day = 0;
  std::string file;
  std::uint64_t rows = 0;
  UnixNanos time_first{};
  UnixNanos time_last{};
  std::uint64_t bytes = 0;
  std::string sha256;
  std::vector<TimeRange> gaps;  // inside this day, at most kGapsListedMax
  std::uint64_t gap_count = 0;  // all of them

  friend bool operator==(const SegmentInfo&, const SegmentInfo&) = default;
};
inline constexpr std::size_t kGapsListedMax = 1'000;

// A file that rows were imported from. `imported_with` says how: the descriptor's name.
//
// `meaning` is a digest of what the descriptor said about the file's columns and units, `selection`
// of which rows it wanted; empty where an older version wrote the manifest.
struct SourceRecord {
  std::string name;
  std::string sha256;
  std::string imported_with;
  std::uint64_t bytes = 0;
  std::uint64_t rows_taken = 0;
  std::uint64_t rows_quarantined = 0;
  std::string meaning{};
  std::string selection{};

  friend bool operator==(const SourceRecord&, const SourceRecord&) = default;
};

// A file whose import began and did not end. The days of it that were finished are stored; the same
// import again does the rest.
struct UnfinishedImport {
  std::string dataset;
  std::string file;
  std::string reason{};  // empty where the importer could not say: it was killed, or still runs

  friend bool operator==(const UnfinishedImport&, const UnfinishedImport&) = default;
};

struct WarningCount {
  std::string name;
  std::uint64_t count = 0;

  friend bool operator==(const WarningCount&, const WarningCount&) = default;
};

// Everything of one kind. Invariant: segments ascend by day, at most one a day; watched stretches
// ascend and do not touch.
struct KindRecord {
  EventKind kind = EventKind::kTrade;
  // Where the source recorded all the time: no row there means that nothing happened.
  std::vector<TimeRange> watched;
  std::optional<Nanos> expected_interval;  // of kinds that come regularly
  std::vector<SegmentInfo> segments;
  std::vector<SourceRecord> sources;
  std::vector<WarningCount> warnings;

  friend bool operator==(const KindRecord&, const KindRecord&) = default;
};

// Invariant: specs ascend by valid_from and do not overlap; kinds ascend.
struct InstrumentRecord {
  InstrumentId id;
  std::vector<InstrumentSpec> specs;
  std::vector<KindRecord> kinds;

  const KindRecord* find(EventKind kind) const;
  KindRecord& find_or_add(EventKind kind);

  friend bool operator==(const InstrumentRecord&, const InstrumentRecord&) = default;
};

// Where a kind has rows. Gaps are only known where an expected interval is; they lie inside
// [time_first, time_last]. `gaps` holds the first kGapsListedMax of `gap_count`.
struct Coverage {
  UnixNanos time_first{};
  UnixNanos time_last{};
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t segment_count = 0;
  std::optional<Nanos> expected_interval;
  std::vector<TimeRange> gaps;
  std::uint64_t gap_count = 0;
};

// Joins a stretch to those that are watched.
void add_watched(KindRecord& record, TimeRange range);
// Whether all of `range` is.
bool is_watched(std::span<const TimeRange> watched, TimeRange range);

// Absent when there are no rows.
std::optional<Coverage> coverage_of(const KindRecord& record);

// When a kind without an expected interval was recorded, as far as can be known: from the first row
// to the last of days that follow each other. A day without rows was quiet or not recorded; it
// counts as not recorded.
std::vector<TimeRange> recorded_days(const KindRecord& record);

// Two rows of a regular kind have a gap between them when they are further apart than this: half an
// interval of jitter is normal.
Nanos gap_threshold(Nanos expected_interval);

// The manifest as text and back.
//
// Errors: kCorrupt with the name of the offending field, kNewerFormat. Segment files must be named
// as above: a manifest cannot lead outside of its folder.
std::string write_manifest(const InstrumentRecord& record);
Outcome<InstrumentRecord> parse_manifest(std::string_view text, const std::string& file);

// "2025-12-01.parquet" (generation 0) or "2025-12-01.3.parquet".
std::string segment_file_name(std::int64_t day, std::uint64_t generation);
// The day and generation; absent when `name` is not such a name, to the letter.
std::optional<std::pair<std::int64_t, std::uint64_t>> parse_segment_file_name(
    std::string_view name);

}  // namespace faultline
