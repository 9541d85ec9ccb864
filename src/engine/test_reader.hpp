#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace faultline {

using Row = std::vector<std::optional<std::int64_t>>;

// For tests: all rows in one batch.
class MemoryReader final : public ColumnReader {
 public:
  MemoryReader(EventKind kind, const std::vector<Row>& rows) : rows_(kind) {
    for (const Row& row : rows) rows_.append(row);
  }
  Outcome<bool> next(ColumnBatch& batch) override {
    batch = std::exchange(rows_, ColumnBatch(rows_.kind));
    return batch.row_count() > 0;
  }

 private:
  ColumnBatch rows_;
};

}  // namespace faultline
