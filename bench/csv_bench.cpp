// CSV to columns, all seven columns of an aggTrades file, one thread: ours against DuckDB's reader
// on the same file.

#include <duckdb.h>

#include <array>
#include <cstdlib>
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

// Every column becomes integers in memory.
void ours_all_columns(const std::string& path) {
  constexpr std::array<int, 7> kPlaces{0, 1, 3, 0, 0, 0, -1};
  std::vector<std::array<std::vector<std::int64_t>, 7>> chunks;
  std::size_t total = 0;
  Outcome<FileReader> file = FileReader::open(path);
  CsvReader reader(reader_of(*file));
  CsvBlock block;
  bool is_first = true;
  while (*reader.next(block)) {
    const std::size_t skip = is_first ? 1 : 0;
    is_first = false;
    const std::size_t count = block.row_count() - skip;
    total += count;
    chunks.emplace_back();
    for (std::size_t column = 0; column < 7; ++column) {
      auto& out = chunks.back()[column];
      out.resize(count);
      for (std::size_t row = 0; row < count; ++row) {
        const std::string_view field = block.raw(row + skip, column);
        std::int64_t& value = out[row];
        if (kPlaces[column] < 0) {
          value = field == "true" ? 1 : 0;
        } else {
          FAULTLINE_CHECK(
              parse_digits(field.data(), field.data() + field.size(), kPlaces[column], value));
        }
      }
    }
  }
  FAULTLINE_CHECK(total == kRows);
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
  std::vector<Contestant> contestants{
      {"DuckDB: into a table", [&] { duckdb_to_table(path); }},
      {"DuckDB: read all columns, keep nothing", [&] { duckdb_read_only(path); }},
      {"ours: all columns as integers, kept", [&] { ours_all_columns(path); }},
      {"ours: checked trades, block by block", [&] { ours_as_trades(path); }},
  };
  take_turns(contestants, kRounds);
  print_times(contestants, static_cast<double>(kRows), "rows");
  bool is_good = print_ratio("kept, against DuckDB's table", contestants[0], contestants[2], 8.0);
  is_good =
      print_ratio("kept, against DuckDB keeping nothing", contestants[1], contestants[2], 8.0) &&
      is_good;
  is_good = print_ratio("checked trades, against DuckDB keeping nothing", contestants[1],
                        contestants[3], 8.0) &&
            is_good;
  FAULTLINE_CHECK(remove_file(path).has_value());
  return is_good;
}

}  // namespace faultline::bench
