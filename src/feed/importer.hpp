#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "feed/dataset.hpp"
#include "store/store.hpp"

namespace faultline {

// Files ──> store, as a dataset descriptor says.
//
//   open_table ──> RowConverter ──> SegmentWriter       good rows
//        └───────────────┴────────> quarantine/*.csv    the others: file, line, field, reason, row
//
// Invariant: every row of every file is stored, left out by a filter of the descriptor, or
// quarantined; each is counted. Importing the same file again does nothing: its checksum is in the
// manifest, with digests of how the descriptor read it. Another selection of its rows adds those
// that are missing; another meaning of its columns is refused. (A file that several tables of the
// descriptor read into the same kind is read again, for the manifest cannot tell which of them is
// done; the store then adds nothing twice.)

struct ImportOptions {
  std::string root;                 // files of the descriptor are relative to it
  std::string quarantine_folder{};  // not used where nothing is stored
  std::optional<UnixNanos> now{};   // rows over a day later are counted as rows_in_the_future
  std::uint64_t quarantined_rows_max = 100'000;  // a file with more is refused as a whole
};

struct FileReport {
  std::string file;
  std::size_t table = 0;   // of the descriptor
  bool was_known = false;  // already imported, nothing done
  std::uint64_t rows_read = 0;
  std::uint64_t rows_filtered = 0;
  std::uint64_t rows_of_others = 0;    // the file's symbol column names another instrument
  std::uint64_t rows_quarantined = 0;  // rows of the file, whatever the number of complaints
  std::uint64_t entries_left_out = 0;  // of an archive: they hold something else
  // By "venue:symbol kind": how many more rows the store holds now; without one, how many it would
  // take, repetitions included.
  std::map<std::string, std::uint64_t> rows_taken;
  std::map<std::string, std::uint64_t>
      warnings;                 // out_of_order_rows, duplicate_rows, gaps, rows_in_the_future, ...
  std::string quarantine_file;  // empty where nothing was quarantined
  std::string first_complaint;  // about the first quarantined row, as text
};

struct ImportReport {
  std::vector<FileReport> files;
  std::uint64_t bytes = 0;

  std::uint64_t total_taken() const;
  std::uint64_t total_quarantined() const;
};

// Imports every table of the dataset. Stops at the first file that cannot be read or is mostly
// unusable; what was finished before it stays stored, Store::unfinished() names the file, and the
// same import again goes on from there and adds nothing twice.
//
// Errors: kNotFound (no file matches; then nothing was done), those of open_table() and
// RowConverter, kBadFormat (over half of the rows so far, looked at now and then and at the end, or
// more rows than the limit, are unusable; or no row is of the table's instrument), kMissingField (a
// symbol without an instrument), kBadRequest (the file is stored with another meaning), kCancelled.
Outcome<ImportReport> import_dataset(const Dataset& dataset, Store& store,
                                     const ImportOptions& options, const ProgressFn& report);

// The same without a store: reads and judges everything, and leaves nothing behind.
Outcome<ImportReport> judge_dataset(const Dataset& dataset, const ImportOptions& options,
                                    const ProgressFn& report);

// The files that a pattern names, sorted: the last part may hold * and ?. Errors: kNotFound.
Outcome<std::vector<std::string>> expand_files(const std::string& root, const std::string& pattern);

}  // namespace faultline
