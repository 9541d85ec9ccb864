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
  std::array<std::vector<std::int64_t>, 7> columns;
  Outcome<FileReader> file = FileReader::open(path);
  CsvReader reader(reader_of(*file));
  CsvBlock block;
  bool is_first = true;
  while (*reader.next(block)) {
    const std::size_t skip = is_first ? 1 : 0;
    is_first = false;
    const std::size_t count = block.row_count() - skip;
    for (std::size_t column = 0; column < 7; ++column) {
      auto& out = columns[column];
      const std::size_t before = out.size();
      out.resize(before + count);
      for (std::size_t row = 0; row < count; ++row) {
        const std::string_view field = block.raw(row + skip, column);
        std::int64_t& value = out[before + row];
        if (kPlaces[column] < 0) {
          value = field == "true" ? 1 : 0;
        } else {
          FAULTLINE_CHECK(
              parse_digits(field.data(), field.data() + field.size(), kPlaces[column], value));
        }
      }
    }
  }
  FAULTLINE_CHECK(columns[0].size() == kRows);
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

void duckdb_all_columns(const std::string& path, int threads) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  FAULTLINE_CHECK(duckdb_open(nullptr, &database) == DuckDBSuccess);
  FAULTLINE_CHECK(duckdb_connect(database, &connection) == DuckDBSuccess);
  const std::string settings = "SET threads=" + std::to_string(threads);
  FAULTLINE_CHECK(duckdb_query(connection, settings.c_str(), nullptr) == DuckDBSuccess);
  // Column types are given, so that nothing has to be guessed.
  const std::string query = "CREATE TABLE trades AS SELECT * FROM read_csv('" + path +
                            "', header=true, auto_detect=false, delim=',', "
                            "columns={'agg_trade_id':'BIGINT','price':'DOUBLE',"
                            "'quantity':'DOUBLE','first_trade_id':'BIGINT','last_trade_id':'BIGINT'"
                            ",'transact_time':'BIGINT',"
                            "'is_buyer_maker':'BOOLEAN'})";
  FAULTLINE_CHECK(duckdb_query(connection, query.c_str(), nullptr) == DuckDBSuccess);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
}

}  // namespace

bool run_csv() {
  const std::string path = make_file();
  std::printf("csv: %llu rows of 7 columns, one thread, file in the page cache\n",
              static_cast<unsigned long long>(kRows));
  std::vector<Contestant> contestants{
      {"DuckDB read_csv, 1 thread", [&] { duckdb_all_columns(path, 1); }},
      {"ours, all 7 columns to integers", [&] { ours_all_columns(path); }},
      {"ours, checked trades (5 columns kept)", [&] { ours_as_trades(path); }},
  };
  take_turns(contestants, kRounds);
  print_times(contestants, static_cast<double>(kRows), "rows");
  bool is_good = print_ratio("all columns against DuckDB", contestants[0], contestants[1], 8.0);
  is_good =
      print_ratio("checked trades against DuckDB", contestants[0], contestants[2], 8.0) && is_good;
  FAULTLINE_CHECK(remove_file(path).has_value());
  return is_good;
}

}  // namespace faultline::bench
