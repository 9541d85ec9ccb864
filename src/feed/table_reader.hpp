#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "feed/dataset.hpp"
#include "text/csv.hpp"

namespace faultline {

// What cannot be laid out as a row: a line of JSON that is none, or a whole entry of an archive
// that holds something else. The rest of the file is read.
struct UnreadableLine {
  std::string part{};  // the archive's entry; empty elsewhere
  std::uint64_t line = 0;
  std::string field{};
  Errc code = Errc::kBadJson;
  std::string note{};
  std::string text{};     // the line itself, or how the entry begins
  bool is_entry = false;  // it stands for all lines of the entry
};

// One file of a table as blocks of text rows, whatever its format and packing. Internal to feed.
//
// CSV keeps its own bytes; Parquet and JSON lines come as text fields and are laid out as if they
// had been CSV. An archive with several entries is read entry after entry; every entry has its own
// header, and those that lack a column of the table, or are no text, are left out and told.
class TableReader {
 public:
  virtual ~TableReader() = default;

  // Column names of the file (or of the first entry that has those of the table).
  virtual const std::vector<std::string>& header() const = 0;

  // Next rows, header not among them; all of one part. A block without rows has unreadable() lines.
  // False at the end.
  // Errors: kTruncated, kBadArchive, kLineTooLong, kBadQuote, kBinaryData; file and line are named.
  virtual Outcome<bool> next(CsvBlock& block) = 0;

  // What the last next() could not read.
  virtual const std::vector<UnreadableLine>& unreadable() const = 0;

  // The entry of the archive that the last block came from; empty elsewhere.
  virtual const std::string& part() const = 0;

  virtual std::uint64_t bytes_done() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

// Opens a file and finds its header: the descriptor says, or the first row names a known column, or
// nothing in it looks like a number. `table` outlives the reader.
//
// Errors: kNotFound, kCannotRead, kTruncated, kBadArchive, kBadFormat, kEmpty (no rows at all),
// kMissingColumn (no header and no column_names; or no entry of an archive has the columns), those
// of open_json_lines().
Outcome<std::unique_ptr<TableReader>> open_table(const std::string& path, const TableSpec& table);

}  // namespace faultline
