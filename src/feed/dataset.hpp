#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/columns.hpp"
#include "core/instrument.hpp"
#include "core/time_text.hpp"

namespace faultline {

// A dataset descriptor: a TOML file that says which files hold what (docs/formats/dataset.md).
//
//   [[instrument]]                      what one contract is
//   [[table]]                           files of one shape
//     [[table.emit]]                    one kind of rows that they hold, and which columns it comes
//     from
//
// A table may name a `preset` instead of its emits: the public file formats that Faultline knows.

enum class TableFormat : std::uint8_t { kAuto, kCsv, kParquet, kJsonLines };
enum class HeaderChoice : std::uint8_t { kAuto, kYes, kNo };
// What a bar's stamp is: its first instant, or the instant after its last.
enum class Stamp : std::uint8_t { kOpen, kClose };

// Where the value of one field comes from and what its text means.
struct FieldSource {
  std::string column;                          // empty: `constant` or `value` is used
  std::optional<std::int64_t> constant{};      // already in the field's own integer unit
  std::optional<std::string> value{};          // one text for all rows, read like a cell
  std::optional<std::int64_t> absent_value{};  // what an absent cell means, where that is known
  Decimal factor{1, 0};  // text · factor is in the field's natural unit (coins, USD, fractions)
  bool is_usd = false;   // an amount in USD that becomes a quantity through a price
  std::string price_column;  // that price; empty: the row's own first price
  bool is_absolute = false;  // the sign is dropped (it is the side, elsewhere)
  bool is_negated = false;   // the sign is turned
  bool is_rounded = false;   // nearest unit instead of an error off the grid (lossy, on request)
  TimeUnit time_unit = TimeUnit::kAuto;
  Nanos utc_offset{};  // added by whoever wrote local times; taken away again
  Nanos shift{};       // the row is about an instant that much later
  std::map<std::string, std::int64_t> words{};  // lower-case texts of sides, flags and kinds
  bool is_sign = false;                         // the side is the sign of a number
  bool is_id = false;                           // a number, or a text that becomes a 64-bit digest
  std::uint64_t line = 0;                       // in the descriptor, for complaints
};

// Levels of a book that stand side by side in one row, or as one JSON list in a field.
struct LevelLayout {
  std::string bid_price, bid_qty, ask_price, ask_qty;  // column names with {} for the level, from 0
  std::size_t count = 0;                               // 0: nested
  std::string bids, asks;                              // columns with [[price, qty], ...]
};

struct EmitSpec {
  EventKind kind = EventKind::kTrade;
  // By column of the kind; absent only for nullable ones.
  std::vector<std::optional<FieldSource>> fields;
  Stamp stamp = Stamp::kOpen;
  std::optional<Nanos> interval{};  // rows are expected this often; gaps are then recorded
  bool removes_duplicates = true;
  bool skips_absent = false;               // a row without a required value is left out (counted)
  bool has_running_ids = false;            // trade ids without holes: jumps are counted
  std::optional<FieldSource> last_time{};  // of a bar, where the file says it: must fit the length
  // Rows with from <= time < to are taken, the others left out (counted).
  std::optional<UnixNanos> from{};
  std::optional<UnixNanos> to{};
  std::optional<LevelLayout> levels{};
  std::uint64_t line = 0;
};

// Rows are taken only where the column holds one of the values.
struct RowFilter {
  std::string column;
  std::vector<std::string> values;
};

// How a row says which instrument it is about; or one instrument for the whole table.
struct SymbolSource {
  std::optional<InstrumentId> fixed{};
  std::string column;
  Venue venue = Venue::kBinanceUsdm;
  std::string pattern = "{}";  // "{}-PERP" makes BTC-PERP of BTC
  std::string venue_column;    // where each row names its venue too
  std::map<std::string, Venue> venue_words{};
  bool is_upper = false;
  std::map<std::string, Decimal> qty_factor{};  // by symbol: contracts to coins
};

struct TableSpec {
  std::vector<std::string>
      files;  // as written, relative to the root; the last part may hold * and ?
  TableFormat format = TableFormat::kAuto;
  HeaderChoice header = HeaderChoice::kAuto;
  char delimiter = ',';
  std::vector<std::string> column_names;  // for files without a header
  std::vector<std::string> absent_words;  // besides the empty text
  SymbolSource symbol;
  // With one instrument for all rows: the column that says whose row it is, empty where there is
  // none, and what it says for ours. Absent: the instrument's symbol.
  std::string symbol_column;
  std::vector<std::string> own_symbols;
  std::vector<RowFilter> filters;
  std::vector<EmitSpec> emits;
  std::string preset;
  std::uint64_t line = 0;
};

struct Dataset {
  std::string name;
  std::string about;
  std::string file;  // of the descriptor
  std::vector<InstrumentSpec> instruments;
  std::optional<InstrumentSpec>
      fallback;  // of symbols that no [[instrument]] names; its id is filled in
  std::vector<TableSpec> tables;

  // The spec of `id`: named, or the fallback. Absent where neither is given.
  std::optional<InstrumentSpec> spec_of(const InstrumentId& id) const;
};

// Errors: kBadToml, kUnknownKey, kMissingField, kUnexpectedField, ... each with file, line and key.
Outcome<Dataset> parse_dataset(std::string_view text, std::string_view file_name);

// The public file formats that have a preset: name and one line about each.
struct PresetInfo {
  std::string_view name;
  std::string_view about;
  std::string_view toml;
};
std::vector<PresetInfo> preset_list();

}  // namespace faultline
