#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"
#include "core/units.hpp"

namespace faultline {

// Recorded data by column: what importers produce, the store keeps, and the engine reads.
//
// Why columns: a day of trades is ten million rows; as columns they are scanned at memory speed and
// compress to a few bytes a row. core/event.hpp has the same facts one at a time.
//
// Every column is int64, in the units of its name: `_ticks` PriceTicks, `_e9` 1e-9 of the quote
// currency or of 1,
// `_e6` 1e-6, `qty` lots, `time` UnixNanos, `length` nanoseconds; sides, kinds and flags by the
// number of their enum.

enum class EventKind : std::uint8_t {
  kTrade,
  kBar,
  kBook,
  kQuote,
  kMark,
  kFunding,
  kOpenInterest,
  kLiquidation,
  kLiquidationTotal,
  kDepthBand,
  kTakerVolume,
  kLongShortRatio,
  kPosition,
  kAccountTrade,
  kAccountTransfer,
  kAccountLiquidation,
};
inline constexpr std::size_t kEventKindCount = 16;

// Invariant: a stored value lies in [least, most]: nothing else can be of any market. Importers
// quarantine it, the store refuses to write it and to hand it out, and so the engine need not ask.
struct ColumnSpec {
  std::string_view name;
  bool is_nullable = false;
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

std::string_view name_of(EventKind kind);
// Errors: kUnexpectedField.
Result<EventKind> parse_event_kind(std::string_view text);

// The columns of a kind, `time` first. The position of a column in this list is its index in a
// batch.
std::span<const ColumnSpec> columns_of(EventKind kind);
// Requires: the kind has that column (checked).
std::size_t column_index(EventKind kind, std::string_view name);

// One column. `present` is empty when every row has a value; otherwise it has one byte a row, 0
// where absent.
struct Column {
  std::vector<std::int64_t> values;
  std::vector<std::uint8_t> present;

  bool has(std::size_t row) const { return present.empty() || present[row] != 0; }
};

// Rows of one kind and one instrument. All columns have the same length.
struct ColumnBatch {
  EventKind kind = EventKind::kTrade;
  std::vector<Column> columns;

  explicit ColumnBatch(EventKind kind_in) : kind(kind_in), columns(columns_of(kind_in).size()) {}

  std::size_t row_count() const { return columns.front().values.size(); }
  std::span<const std::int64_t> column(std::string_view name) const {
    return columns[column_index(kind, name)].values;
  }
  // Appends one row; an absent value needs a nullable column (checked). Requires: one entry a
  // column.
  void append(std::span<const std::optional<std::int64_t>> row);
  // Appends a row of another batch. Requires: of the same kind (checked).
  void append_row(const ColumnBatch& from, std::size_t row);
  void clear();

 private:
  void append_cell(std::size_t index, std::optional<std::int64_t> value);
};

// A value that its column cannot have.
struct BadCell {
  std::size_t row = 0;
  std::size_t column = 0;

  friend bool operator==(const BadCell&, const BadCell&) = default;
};

// The first such value, by column, from row `first` on; absent where all are possible.
// Cost: two comparisons a value.
std::optional<BadCell> find_impossible(const ColumnBatch& batch, std::size_t first = 0);

}  // namespace faultline
