#pragma once

#include <memory>
#include <string>

#include "base/diagnostic.hpp"
#include "feed/table_reader.hpp"

namespace faultline {

// A file of JSON lines, packed or not: every line an object, and its members the fields of a row.
// Internal to feed.
//
// The header is the names of all members of all lines, in the order in which they come first; a
// member that a line lacks, or that is null, is empty. A line that is no object is unreadable(),
// and the others are read. Empty lines are skipped.
//
// Errors: kNotFound, kCannotRead, kTruncated and kBadArchive (found before the first row), kEmpty
// (no lines), kBadFormat (no line is an object), kLimit (over 10,000 names), kLineTooLong (over
// 64 MB). Cost: the file is read twice, first for its names and checksums; 150 MB/s.
Outcome<std::unique_ptr<TableReader>> open_json_lines(const std::string& path);

}  // namespace faultline
