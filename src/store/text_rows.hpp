#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace faultline {

// Rows of a Parquet file as text fields, so that they are mapped like rows of a CSV.
//
//   auto rows = open_text_rows("bars.parquet");
//   std::vector<std::optional<std::string_view>> fields;
//   while (true) {
//     Outcome<bool> more = (*rows)->next(fields);
//     ...
//   }
//
// Numbers come in the shortest text that reads back as the same number, times as
// "2025-12-01 00:05:00" (UTC), lists and structs as their JSON text; NULL is absent.
// Thread safety: none; give each thread its own.
class TextRows {
 public:
  virtual ~TextRows() = default;

  virtual const std::vector<std::string>& column_names() const = 0;

  // One field a column; the views hold until the next call. False at the end.
  // Errors: kDatabase (the note is the engine's message), with the row in `line`.
  virtual Outcome<bool> next(std::vector<std::optional<std::string_view>>& fields) = 0;

  // 1 for the first row; 0 before it.
  virtual std::uint64_t row_number() const = 0;
};

// Errors: kNotFound, kCannotRead, kBadFormat (not such a file). Cost: it streams.
Outcome<std::unique_ptr<TextRows>> open_text_rows(const std::string& path);

}  // namespace faultline
