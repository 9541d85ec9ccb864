#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "feed/dataset.hpp"
#include "text/csv.hpp"

namespace faultline {

// One file of a table as blocks of text rows, whatever its format and packing. Internal to feed.
//
// CSV keeps its own bytes; Parquet and JSON lines come as text fields from the store and are laid
// out as if they had been CSV. A zip with several entries is read entry after entry; every entry
// has its own header.
class TableReader {
 public:
  virtual ~TableReader() = default;

  // Column names of the file (or of the first entry). Errors: see open_table().
  virtual const std::vector<std::string>& header() const = 0;

  // Next rows, header not among them. False at the end.
  // Errors: kTruncated, kBadArchive, kLineTooLong, kBadQuote, kBinaryData, kMissingColumn (an entry
  // with another header);
  //         file and line are named.
  virtual Outcome<bool> next(CsvBlock& block) = 0;

  virtual std::uint64_t bytes_done() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

// Opens a file and finds its header: the descriptor says, or the first row names a known column, or
// nothing in it looks like a number.
//
// Errors: kNotFound, kCannotRead, kTruncated, kBadArchive, kBadFormat, kEmpty (no rows at all),
// kMissingColumn (no header
//         and no column_names).
Outcome<std::unique_ptr<TableReader>> open_table(const std::string& path, const TableSpec& table);

}  // namespace faultline
