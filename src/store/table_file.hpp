#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/columns.hpp"

namespace faultline {

// Writes columns as one Parquet file that appears whole or not at all: for exports, outside of any
// store.
//
// Requires: one name a column, all columns of one length (checked).
// Errors: kCannotWrite, kDatabase.
Outcome<void> write_parquet_file(const std::string& path, std::span<const std::string> names,
                                 const std::vector<Column>& columns);

}  // namespace faultline
