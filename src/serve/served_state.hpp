#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "serve/api.hpp"
#include "serve/map_history.hpp"

namespace faultline {

// What a service leaves on the disk, so that the next start goes on where it stopped.
//
// Why so little: a market that is simulated and a store that is replayed give the same columns
// again, byte for byte, in a hundredth of their time. What must be kept is how far they were, and
// what proves that they are the same.
struct ServedState {
  std::uint64_t source_digest = 0;  // of where the data is, configuration, model and seed
  std::int64_t index = 0;           // of the last column
  UnixNanos as_of{};
  std::uint64_t columns_hash = 0;  // of all columns up to it
  std::int64_t saved_unix_ns = 0;  // by the machine's clock
};

// Absent where the file is missing. Errors: kCannotRead, kCorrupt (no state of ours, or cut off).
Outcome<std::optional<ServedState>> read_served_state(const std::string& path);
// Whole or not at all. Errors: kCannotWrite.
Outcome<void> write_served_state(const std::string& path, const ServedState& state);

// Keeps the state of a service that runs, and holds what it makes against what the one before had.
//
// Thread safety: all functions from any thread; on_column() from one. Cost: a hash of each column,
// and a write every five seconds.
class StateKeeper {
 public:
  // `earlier`: what read_served_state() found. Requires: of the same source (checked).
  StateKeeper(std::string path, std::uint64_t source_digest, std::optional<ServedState> earlier);

  // Until when columns are to be made at once; absent where there is nothing to go on from.
  std::optional<UnixNanos> at_once_until() const;
  void on_column(const MapNow& now);
  // Errors: kCannotWrite. Does nothing before the first column.
  Outcome<void> save();
  // Absent on a first start.
  std::optional<ResumeNote> note() const;
  // Why the last save failed; absent where it did not.
  std::optional<Diagnostic> problem() const;

 private:
  const std::string path_;
  const std::optional<ServedState> earlier_;
  const std::int64_t started_unix_ns_;
  std::mutex file_mutex_;  // held while the file is written, and before the other
  mutable std::mutex mutex_;
  std::int64_t saved_at_;  // by the monotonic clock
  ServedState state_;
  bool has_column_ = false;
  std::optional<bool> is_same_{};  // whether the earlier one's last column came out the same
  std::optional<Diagnostic> problem_{};
};

}  // namespace faultline
