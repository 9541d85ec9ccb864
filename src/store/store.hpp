#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "core/columns.hpp"
#include "core/instrument.hpp"
#include "store/catalog.hpp"

namespace faultline {

enum class StoreMode : std::uint8_t {
  kRead,   // any number of processes, also beside a writer
  kWrite,  // one process; the folder is made where it is missing
};

struct StoreOptions {
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;  // of the database; beyond it spills
  int thread_count = 2;
};

// What happens to rows of one writer that are equal in every column.
enum class Duplicates : std::uint8_t { kKeep, kRemoveExact };

struct WriterOptions {
  Duplicates duplicates = Duplicates::kKeep;
  std::optional<Nanos> expected_interval{};  // set for regular kinds: gaps are then recorded
  // Set where the source is known to have recorded all of that time: silence is then silence.
  std::optional<TimeRange> watched{};
};

// What finish() did. rows_appended + rows already stored on the days touched
// = rows stored afterwards + duplicates_removed + rows_already_stored.
struct WriteSummary {
  std::uint64_t rows_appended = 0;
  std::uint64_t duplicates_removed = 0;   // on days that were new
  std::uint64_t rows_already_stored = 0;  // on days that were not, repetitions of new rows included
  std::uint64_t segments_written = 0;
  // Of the days written: rows that say something else about what an earlier row is about, such as a
  // bar of the same time, length and price kind. They are stored; readers take the first.
  std::uint64_t conflicting_rows = 0;
};

// Takes rows of one instrument and kind in any order and turns them into day segments.
//
// Invariant: nothing is visible before finish(); a day already stored is merged: the result holds
// each distinct row as often as the side that has it more often (once with kRemoveExact), so that
// overlapping imports add nothing twice and repeated rows of one source survive. Rows of equal time
// keep the order in which they were appended, stored ones first.
// Requires: the Store outlives the writer. Thread safety: none; several writers of one store may be
// used from several threads.
// Cost: memory bounded by StoreOptions; trades on two cores: 8 M rows/s in, finish() 8 M rows/s
// when they came sorted, 3 M with kRemoveExact, 1 M when it merges with a stored day in the same
// hours.
class SegmentWriter {
 public:
  virtual ~SegmentWriter() = default;  // without finish() all rows are dropped

  // Errors: kBadTime (outside 2009..2100), kOutOfRange (a value that its column cannot have); then
  // nothing of the batch is taken; kDatabase.
  // Requires: the writer's kind; every not nullable column fully present (checked).
  virtual Outcome<void> append(const ColumnBatch& batch) = 0;

  // Adds to the counted warnings that the manifest keeps for this kind.
  virtual void count_warning(std::string_view name, std::uint64_t count) = 0;

  // Writes the segments, then the manifest with `sources`. The writer is empty afterwards and can
  // be used again.
  //
  // After a crash or an error, finished segments of this call may be kept and its sources are not:
  // running the same import again completes it.
  // Errors: kCannotWrite, kDatabase, kCancelled.
  virtual Outcome<WriteSummary> finish(std::span<const SourceRecord> sources,
                                       const ProgressFn& report) = 0;
};

// Streams rows by ascending time, in batches of about 64 k rows.
//
// Invariant: every value is one that its column can have (ColumnSpec), whatever happened to the
// files: a segment is compared with its checksum before it is read.
class ColumnReader {
 public:
  virtual ~ColumnReader() = default;

  // Replaces the content of `batch`; false at the end, with an empty batch.
  // Errors: kCorrupt, kNotFound (a segment that a writer has replaced twice since; open anew),
  // kDatabase. Requires: a batch of the reader's kind (checked).
  virtual Outcome<bool> next(ColumnBatch& batch) = 0;

  // True where rows may still be coming: next() may be asked again after it returned false.
  virtual bool may_grow() const { return false; }
};

// Recorded data on disk: day segments in Parquet and a manifest an instrument.
//
// Why Parquet and not a database file: anybody can read it, a crash can only lose the day that is
// being written, and reading needs no lock. Layout: store/catalog.hpp and docs of the format there.
// Thread safety: all members may be called from any thread.
class Store {
 public:
  // In kWrite mode takes the lock and removes what a crashed writer left behind.
  // Errors: kNotFound, kNotAStore (a folder that holds other things, or nothing to read), kLocked,
  // kCannotRead, kCannotWrite, kCorrupt (a manifest), kNewerFormat, kBadRequest (options).
  static Outcome<std::unique_ptr<Store>> open(const std::string& folder, StoreMode mode,
                                              StoreOptions options = {});
  virtual ~Store() = default;

  // Reads the manifests again; only of use in kRead mode.
  virtual Outcome<void> refresh() = 0;

  virtual std::vector<InstrumentId> instruments() const = 0;
  // A copy of all that is known. Errors: kUnknownInstrument.
  virtual Outcome<InstrumentRecord> record(const InstrumentId& id) const = 0;
  // Absent when there are no such rows.
  virtual std::optional<Coverage> coverage(const InstrumentId& id, EventKind kind) const = 0;
  // The spec in force at `time`. Errors: kUnknownInstrument, kNoData (no spec then).
  virtual Outcome<InstrumentSpec> spec_at(const InstrumentId& id, UnixNanos time) const = 0;
  // What finish() has recorded of that source for this instrument and kind; absent where it has
  // not.
  virtual std::optional<SourceRecord> source(const InstrumentId& id, EventKind kind,
                                             std::string_view sha256) const = 0;

  // The imports that began and did not end; the importer keeps the list (feed/importer.hpp).
  virtual std::vector<UnfinishedImport> unfinished() const = 0;
  // Errors: kBadRequest (read mode), kCannotWrite.
  virtual Outcome<void> set_unfinished(std::vector<UnfinishedImport> imports) = 0;

  // Adds a version; an equal one is a success. Only the end of a recorded version may change, to
  // what is not yet over: stored ticks and lots must keep their meaning.
  // Errors: kBadRequest (read mode, overlap, or a changed tick, lot or multiplier),
  // kUnexpectedField (symbol), kCannotWrite.
  virtual Outcome<void> put_spec(const InstrumentSpec& spec) = 0;

  // Errors: kBadRequest (read mode), kUnknownInstrument (put_spec comes first), kDatabase.
  virtual Outcome<std::unique_ptr<SegmentWriter>> writer(const InstrumentId& id, EventKind kind,
                                                         WriterOptions options) = 0;

  // Rows with range.from <= time < range.to. Errors: kUnknownInstrument, kNoData, kDatabase.
  // Cost: memory of a few row groups; about 20 M trades/s.
  virtual Outcome<std::unique_ptr<ColumnReader>> read(const InstrumentId& id, EventKind kind,
                                                      TimeRange range) const = 0;

  // Reads every segment and compares size and checksum with the manifest.
  // Errors: kCorrupt or kNotFound naming the first bad file, kCancelled. Cost: disk speed.
  virtual Outcome<void> verify(const ProgressFn& report) const = 0;
};

// All times: for read().
inline constexpr TimeRange kAllTime{UnixNanos(0), UnixNanos(4'102'444'800'000'000'000)};

}  // namespace faultline
