#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "store/catalog.hpp"
#include "store/database.hpp"
#include "store/files.hpp"
#include "store/store.hpp"

namespace faultline {

// What a store, its writers and its readers share. Internal to this layer.
//
// Thread safety: any thread. update() calls are serial; readers see a record before or after one,
// never in between.
class StoreState {
 public:
  StoreState(std::string folder, StoreMode mode, StoreOptions options);
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;
  ~StoreState();

  // Takes the lock, empties the spill folder, reads all manifests, and in kWrite mode removes files
  // that none of them names.
  Outcome<void> load();
  Outcome<void> reload();

  StoreMode mode() const { return mode_; }
  std::string instrument_folder(const InstrumentId& id) const;
  std::string kind_folder(const InstrumentId& id, EventKind kind) const;

  std::vector<InstrumentId> instruments() const;
  std::optional<InstrumentRecord> record(const InstrumentId& id) const;

  std::vector<UnfinishedImport> unfinished() const;
  Outcome<void> set_unfinished(std::vector<UnfinishedImport> imports);

  // Writes the manifest, then makes the record visible.
  Outcome<void> save(const InstrumentRecord& record);

  // Held while an instrument's record is read, changed and saved.
  std::unique_lock<std::mutex> begin_update() { return std::unique_lock(update_mutex_); }

  // Notes that a segment file was replaced; it is deleted when its successor is replaced too or at
  // the next open, so that a reader that has just looked it up still finds it.
  void supersede(const std::string& kind_folder, const std::string& file);

  // Opened at the first use.
  Outcome<std::unique_ptr<Connection>> connect();

 private:
  using Records = std::map<InstrumentId, InstrumentRecord>;

  std::string temp_folder() const { return folder_ + "/.tmp"; }
  Outcome<Records> read_manifests() const;
  Outcome<void> sweep(const Records& records) const;

  std::string folder_;
  StoreMode mode_;
  StoreOptions options_;
  std::optional<FileLock> lock_;
  std::mutex update_mutex_;
  mutable std::mutex mutex_;  // guards all below
  Records records_;
  std::vector<UnfinishedImport> unfinished_;
  std::map<std::string, std::string> superseded_;  // day of a kind folder → path
  std::shared_ptr<Database> database_;
};

// That the segment is the file that the manifest names. Errors: kNotFound, kCorrupt.
// Cost: reads the file.
Outcome<void> check_segment(const std::string& path, const SegmentInfo& segment);

// The column list of a kind as SQL, quoted: "time", "price_ticks", ...
std::string sql_columns(EventKind kind);

std::unique_ptr<SegmentWriter> make_segment_writer(std::shared_ptr<StoreState> state,
                                                   const InstrumentId& id, EventKind kind,
                                                   WriterOptions options);

// `segments` in order of time; `range` is applied to the rows.
std::unique_ptr<ColumnReader> make_column_reader(std::unique_ptr<Connection> connection,
                                                 std::string kind_folder, EventKind kind,
                                                 TimeRange range,
                                                 std::vector<SegmentInfo> segments);

}  // namespace faultline
