#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/columns.hpp"

namespace faultline {

// Replaces the columns by the next rows of a table; false when there are no more of them.
using RowPieces = std::function<Outcome<bool>(std::vector<Column>&)>;

// Writes columns as one Parquet file that appears whole or not at all: for exports, outside of any
// store. A write that fails leaves nothing behind.
//
// Requires: one name a column, all columns of a piece of one length (checked).
// Errors: kCannotWrite, kDatabase, and those of `pieces`.
// Cost: memory of one piece and one row group (122,880 rows), however many rows there are.
Outcome<void> write_parquet_file(const std::string& path, std::span<const std::string> names,
                                 const RowPieces& pieces);

// The same for columns that are all there.
Outcome<void> write_parquet_file(const std::string& path, std::span<const std::string> names,
                                 const std::vector<Column>& columns);

}  // namespace faultline
