// CSV to columns, all seven columns of an aggTrades file, one thread: ours against DuckDB's reader
// on the same file.

#include <duckdb.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "feed/convert.hpp"
#include "harness.hpp"
#include "store/files.hpp"
#include "text/csv.hpp"
#include "text/digits.hpp"

namespace faultline::bench {
namespace {

constexpr std::uint64_t kRows = 3'000'000;
constexpr std::size_t kColumns = 7;
constexpr int kRounds = 7;
constexpr const char* kHeader =
    "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker";

// A seeded file in the form of Binance Vision's aggTrades.
std::string make_file() {
  const char* folder = std::getenv("TMPDIR");
  const std::string path =
      std::string(folder != nullptr ? folder : "/tmp") + "/faultline_bench_trades.csv";
  Rng rng(1);
  std::string text = std::string(kHeader) + "\n";
  text.reserve(kRows * 72);
  std::int64_t tenths = 927'593;
  std::int64_t time = 1'764'547'500'000;
  std::uint64_t trade = 6'000'000'000;
  for (std::uint64_t row = 0; row < kRows; ++row) {
    tenths += static_cast<std::int64_t>(rng.below(7)) - 3;
    time += static_cast<std::int64_t>(rng.below(40));
    const std::uint64_t last = trade + rng.below(3);
    const std::uint64_t lots = 1 + rng.below(rng.below(8) == 0 ? 20'000 : 300);
    char line[160];
    const int size = std::snprintf(
        line, sizeof line, "%llu,%lld.%lld,%llu.%03llu,%llu,%llu,%lld,%s\n",
        static_cast<unsigned long long>(3'000'000'000 + row), static_cast<long long>(tenths / 10),
        static_cast<long long>(tenths % 10), static_cast<unsigned long long>(lots / 1000),
        static_cast<unsigned long long>(lots % 1000), static_cast<unsigned long long>(trade),
        static_cast<unsigned long long>(last), static_cast<long long>(time),
        rng.below(2) == 0 ? "true" : "false");
    text.append(line, static_cast<std::size_t>(size));
    trade = last + 1;
  }
  FAULTLINE_CHECK(write_file_atomically(path, text).has_value());
  return path;
}

ReadFn reader_of(FileReader& file) {
  return [&file](std::span<char> into) -> Result<std::size_t> {
    const Outcome<std::size_t> got = file.read(into);
    if (!got) return Error{got.error().code};
    return *got;
  };
}

// All columns of every block, one after the other, to whoever keeps them. The last is 0 or 1.
using KeepColumn = std::function<void(std::size_t column, std::span<const std::int64_t> values)>;

void read_all_columns(const std::string& path, const KeepColumn& keep) {
  constexpr std::array<int, kColumns - 1> kPlaces{0, 1, 3, 0, 0, 0};
  constexpr std::array<ShortWord, 2> kWords{ShortWord{0x65757274, 1},     // "true"
                                            ShortWord{0x65736c6166, 0}};  // "false"
  std::vector<std::int64_t> values;
  std::vector<std::uint32_t> left;
  std::size_t total = 0;
  Outcome<FileReader> file = FileReader::open(path);
  CsvReader reader(reader_of(*file));
  CsvBlock block;
  while (*reader.next(block)) {
    const std::size_t skip = total == 0 ? 1 : 0;
    const std::size_t count = block.row_count() - skip;
    for (std::size_t row = 0; row < block.row_count(); ++row)
      FAULTLINE_CHECK(block.field_count(row) == kColumns);
    values.resize(count);
    for (std::size_t column = 0; column < kColumns; ++column) {
      const FieldRun run = block.run_of(skip, count, column);
      left.clear();
      if (column + 1 == kColumns) {
        read_words(run, kWords, values, left);
        FAULTLINE_CHECK(left.empty());
      } else {
        read_digits(run, DigitForm{.places = kPlaces[column]}, values, left);
      }
      for (const std::uint32_t row : left) {
        FAULTLINE_CHECK(
            parse_digits(run.begin_of(row), run.end_of(row), kPlaces[column], values[row]));
      }
      keep(column, values);
    }
    total += count;
  }
  FAULTLINE_CHECK(total == kRows);
}

template <class Value>
std::unique_ptr<std::byte[]> narrowed(std::span<const std::int64_t> values, std::int64_t base) {
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(values.size() * sizeof(Value));
  auto* out = reinterpret_cast<Value*>(bytes.get());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = static_cast<Value>(values[i] - base);
  return bytes;
}

// Kept as they are: eight bytes a number, and one a flag, as in DuckDB's table.
void ours_kept_wide(const std::string& path) {
  std::vector<std::unique_ptr<std::byte[]>> kept;
  read_all_columns(path, [&](std::size_t column, std::span<const std::int64_t> values) {
    const bool is_flag = column + 1 == kColumns;
    kept.push_back(is_flag ? narrowed<std::uint8_t>(values, 0) : narrowed<std::int64_t>(values, 0));
  });
}

struct PackedColumn {
  std::int64_t base;
  std::size_t value_bytes;
  std::unique_ptr<std::byte[]> offsets;
};

// Kept without loss as offsets from the block's smallest value, in as many bytes as they need.
// Returns the bytes of all values.
std::size_t ours_kept_packed(const std::string& path) {
  std::vector<PackedColumn> kept;
  std::size_t bytes = 0;
  read_all_columns(path, [&](std::size_t, std::span<const std::int64_t> values) {
    std::int64_t least = values[0];
    std::int64_t most = values[0];
    for (const std::int64_t value : values) {
      least = std::min(least, value);
      most = std::max(most, value);
    }
    const auto spread = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
    PackedColumn packed{.base = least, .value_bytes = 8, .offsets = {}};
    if (spread <= 0xff) {
      packed.value_bytes = 1;
      packed.offsets = narrowed<std::uint8_t>(values, least);
    } else if (spread <= 0xffff) {
      packed.value_bytes = 2;
      packed.offsets = narrowed<std::uint16_t>(values, least);
    } else if (spread <= 0xffff'ffff) {
      packed.value_bytes = 4;
      packed.offsets = narrowed<std::uint32_t>(values, least);
    } else {
      packed.offsets = narrowed<std::int64_t>(values, 0);
      packed.base = 0;
    }
    bytes += packed.value_bytes * values.size();
    kept.push_back(std::move(packed));
  });
  return bytes;
}

// The product's own path: the converter with all its checks, into a batch of trades (five columns).
void ours_as_trades(const std::string& path) {
  const Outcome<Dataset> dataset = parse_dataset(
      "name = \"bench\"\n[[instrument]]\nid = \"binance_usdm:BTCUSDT\"\n[[table]]\nfiles = "
      "[\"x\"]\n"
      "preset = \"binance_vision_agg_trades\"\ninstrument = \"binance_usdm:BTCUSDT\"\n",
      "bench");
  FAULTLINE_CHECK(dataset.has_value());
  Outcome<FileReader> file = FileReader::open(path);
  CsvReader reader(reader_of(*file));
  CsvBlock block;
  const TableSpec& table = dataset->tables[0];
  Outcome<RowConverter> converter =
      RowConverter::make(table, table.emits[0], dataset->instruments[0], table.column_names, path);
  FAULTLINE_CHECK(converter.has_value());
  ColumnBatch out(EventKind::kTrade);
  std::vector<std::uint32_t> rows;
  std::vector<RejectedRow> rejected;
  ConvertCounts counts;
  std::uint64_t taken = 0;
  bool is_first = true;
  while (*reader.next(block)) {
    rows.clear();
    for (auto row = static_cast<std::uint32_t>(is_first ? 1 : 0); row < block.row_count(); ++row)
      rows.push_back(row);
    is_first = false;
    out.clear();
    converter->convert(block, rows, out, rejected, counts);
    taken += out.row_count();
  }
  FAULTLINE_CHECK(taken == kRows && rejected.empty());
}

// Column types are given, so that nothing has to be guessed.
std::string read_csv_of(const std::string& path) {
  return "read_csv('" + path +
         "', header=true, auto_detect=false, delim=',', "
         "columns={'agg_trade_id':'BIGINT','price':'DOUBLE',"
         "'quantity':'DOUBLE','first_trade_id':'BIGINT','last_trade_id':'BIGINT','transact_time':'"
         "BIGINT',"
         "'is_buyer_maker':'BOOLEAN'})";
}

void run_duckdb(const std::string& query) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  FAULTLINE_CHECK(duckdb_open(nullptr, &database) == DuckDBSuccess);
  FAULTLINE_CHECK(duckdb_connect(database, &connection) == DuckDBSuccess);
  FAULTLINE_CHECK(duckdb_query(connection, "SET threads=1", nullptr) == DuckDBSuccess);
  FAULTLINE_CHECK(duckdb_query(connection, query.c_str(), nullptr) == DuckDBSuccess);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
}

// Kept in a table of its own.
void duckdb_to_table(const std::string& path) {
  run_duckdb("CREATE TABLE trades AS SELECT * FROM " + read_csv_of(path));
}

// Every column read and nothing kept: the least that its reader can do.
void duckdb_read_only(const std::string& path) {
  run_duckdb(
      "SELECT min(agg_trade_id), min(price), min(quantity), min(first_trade_id), "
      "min(last_trade_id), "
      "min(transact_time), min(is_buyer_maker) FROM " +
      read_csv_of(path));
}

}  // namespace

bool run_csv() {
  const std::string path = make_file();
  std::printf("csv: %llu rows of 7 columns, one thread, file in the page cache\n",
              static_cast<unsigned long long>(kRows));
  std::size_t packed_bytes = 0;
  std::vector<Contestant> contestants{
      {"DuckDB: into a table", [&] { duckdb_to_table(path); }},
      {"DuckDB: read all columns, keep nothing", [&] { duckdb_read_only(path); }},
      {"ours: all columns as 64-bit integers, kept", [&] { ours_kept_wide(path); }},
      {"ours: all columns packed, kept", [&] { packed_bytes = ours_kept_packed(path); }},
      {"ours: checked trades, block by block", [&] { ours_as_trades(path); }},
  };
  take_turns(contestants, kRounds);
  print_times(contestants, static_cast<double>(kRows), "rows");
  std::printf("  kept: 49 bytes a row as 64-bit integers, %.1f packed\n",
              static_cast<double>(packed_bytes) / static_cast<double>(kRows));
  bool is_good = true;
  const auto compare = [&](const char* what, std::size_t slower, std::size_t faster) {
    is_good = print_ratio(what, contestants[slower], contestants[faster], 8.0) && is_good;
  };
  compare("64-bit, against DuckDB's table", 0, 2);
  compare("64-bit, against DuckDB keeping nothing", 1, 2);
  compare("packed, against DuckDB's table", 0, 3);
  compare("packed, against DuckDB keeping nothing", 1, 3);
  compare("checked trades, against DuckDB keeping nothing", 1, 4);
  FAULTLINE_CHECK(remove_file(path).has_value());
  return is_good;
}

}  // namespace faultline::bench
