#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "text/csv.hpp"

namespace faultline {

// Rows of texts laid out as if they had been CSV, so that the same converter reads them. Internal
// to feed.
//
// Why not written as CSV and read again: nothing has to be quoted, and a text may hold anything.
class TextBlock {
 public:
  // Empties both. The block is written into until finish().
  void start(CsvBlock& block);

  // `line` counts from 1 and ascends.
  void add(std::uint64_t line, std::span<const std::optional<std::string_view>> fields);

  // Room for at least one more row, whatever its size.
  bool is_full() const;
  std::size_t row_count() const { return block_->row_count(); }

  // The block is valid until the next start().
  void finish();

 private:
  std::uint32_t size() const;

  CsvBlock* block_ = nullptr;
  std::string arena_;
};

}  // namespace faultline
