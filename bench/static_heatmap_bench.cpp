// The common static map (map/leverage_heatmap.hpp) of ten million trades in memory, five leverages,
// 288 columns, one thread: ours against DuckDB on a table of the same trades.

#include <duckdb.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "harness.hpp"
#include "map/leverage_heatmap.hpp"
#include "map/map_column.hpp"

namespace faultline::bench {
namespace {

constexpr std::size_t kTrades = 10'000'000;
constexpr int kRounds = 5;
constexpr double kGoal = 35.0;
constexpr std::int64_t kBegin = 1'764'547'200'000'000'000;

struct Trades {
  std::vector<std::int64_t> time;
  std::vector<std::int64_t> price_ticks;
  std::vector<std::int64_t> qty;

  TradeColumns columns() const { return {time, price_ticks, qty}; }
};

// One day at a price near 90,000 USD, ticks of .1 and lots of .001.
Trades make_trades() {
  Trades trades;
  Rng rng(3);
  double price = 900'000.0;
  for (std::size_t i = 0; i < kTrades; ++i) {
    price *= 1.0 + 8e-6 * (rng.uniform() - 0.5);
    const double share = static_cast<double>(i) / static_cast<double>(kTrades);
    trades.time.push_back(kBegin +
                          static_cast<std::int64_t>(share * static_cast<double>(kDay.value)));
    trades.price_ticks.push_back(std::llround(price));
    trades.qty.push_back(1 + static_cast<std::int64_t>(rng.below(40)));
  }
  return trades;
}

class Database {
 public:
  Database() {
    FAULTLINE_CHECK(duckdb_open(nullptr, &database_) == DuckDBSuccess);
    FAULTLINE_CHECK(duckdb_connect(database_, &connection_) == DuckDBSuccess);
    run("SET threads=1");
  }
  ~Database() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& query) {
    FAULTLINE_CHECK(duckdb_query(connection_, query.c_str(), nullptr) == DuckDBSuccess);
  }

  // Rows of (side, column, row of the map, sum).
  duckdb_result ask(const std::string& query) {
    duckdb_result result;
    const duckdb_state state = duckdb_query(connection_, query.c_str(), &result);
    if (state != DuckDBSuccess) std::fprintf(stderr, "%s\n", duckdb_result_error(&result));
    FAULTLINE_CHECK(state == DuckDBSuccess);
    return result;
  }

  void load(const Trades& trades) {
    run("CREATE TABLE trades (time BIGINT, price_ticks BIGINT, qty BIGINT)");
    duckdb_appender appender = nullptr;
    FAULTLINE_CHECK(duckdb_appender_create(connection_, nullptr, "trades", &appender) ==
                    DuckDBSuccess);
    for (std::size_t i = 0; i < trades.time.size(); ++i) {
      duckdb_append_int64(appender, trades.time[i]);
      duckdb_append_int64(appender, trades.price_ticks[i]);
      duckdb_append_int64(appender, trades.qty[i]);
      FAULTLINE_CHECK(duckdb_appender_end_row(appender) == DuckDBSuccess);
    }
    FAULTLINE_CHECK(duckdb_appender_destroy(&appender) == DuckDBSuccess);
  }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g::DOUBLE", value);
  return text;
}

// The table of targets, as VALUES: side, distance in log price, weight.
std::string targets(const LeverageHeatmapOptions& options) {
  std::string text;
  for (const Side side : {Side::kLong, Side::kShort}) {
    for (const auto& [leverage, weight] : options.leverages) {
      text += text.empty() ? "" : ", ";
      text += "(" + std::to_string(index_of(side)) + ", " +
              number(std::log(1.0 - sign(side) / leverage)) + ", " + number(weight) + ")";
    }
  }
  return "(VALUES " + text + ") AS targets(side, log_shift, weight)";
}

// What is the same for every target of a trade is worked out once a trade.
std::string query_of(const LeverageHeatmapOptions& options, const std::string& entries) {
  return "SELECT side, slot, CAST(floor((log_price + log_shift) / " + number(kRowLog) +
         ") AS INTEGER) AS level, sum(usd * weight) FROM (" + entries + "), " + targets(options) +
         " GROUP BY ALL";
}

std::string entry_columns(const LeverageHeatmapOptions& options, const std::string& qty) {
  return "(time - " + std::to_string(options.begin.value) + ") // " +
         std::to_string(options.column_length.value) + " AS slot, ln(price_ticks * " +
         number(to_double_approx(InstrumentSpec{}.tick_size)) + ") AS log_price, " + qty +
         " * 0.001::DOUBLE * price_ticks * 0.1::DOUBLE AS usd FROM trades";
}

std::string every_trade(const LeverageHeatmapOptions& options) {
  return query_of(options, "SELECT " + entry_columns(options, "qty"));
}

// The shortcut that ours takes, told to DuckDB: first a sum by column and entry price.
std::string by_entry_price(const LeverageHeatmapOptions& options) {
  return query_of(options,
                  "SELECT " + entry_columns(options, "sum(qty)") + " GROUP BY slot, price_ticks");
}

// Every cell the same, up to the order of additions, and no cell only in one of the two.
void expect_same(const LeverageHeatmap& map, duckdb_result result) {
  std::size_t cells = 0;
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
    const auto column = [&](idx_t index) {
      return duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, index));
    };
    const auto* sides = static_cast<const std::int32_t*>(column(0));
    const auto* slots = static_cast<const std::int64_t*>(column(1));
    const auto* levels = static_cast<const std::int32_t*>(column(2));
    const auto* sums = static_cast<const double*>(column(3));
    const idx_t count = duckdb_data_chunk_get_size(chunk);
    for (idx_t i = 0; i < count; ++i) {
      const auto cells_of = map.column(sides[i] == 0 ? Side::kLong : Side::kShort,
                                       static_cast<std::size_t>(slots[i]));
      const double ours = cells_of[static_cast<std::size_t>(levels[i] - map.first_row)];
      FAULTLINE_CHECK(std::abs(ours - sums[i]) <= 1e-9 * sums[i]);
    }
    cells += count;
    duckdb_destroy_data_chunk(&chunk);
  }
  std::size_t used = 0;
  for (const auto& side : map.naive_notional_usd)
    used +=
        static_cast<std::size_t>(std::ranges::count_if(side, [](double usd) { return usd != 0; }));
  FAULTLINE_CHECK(cells == used);
}

}  // namespace

bool run_static_heatmap() {
  const Trades trades = make_trades();
  Database database;
  database.load(trades);
  LeverageHeatmapOptions options;
  options.begin = UnixNanos(kBegin);
  LeverageHeatmap map;
  duckdb_result result{};
  const auto ask = [&](const std::string& query) {
    duckdb_destroy_result(&result);
    result = database.ask(query);
  };
  std::vector<Contestant> contestants{
      {"DuckDB: every trade", [&] { ask(every_trade(options)); }},
      {"DuckDB: summed by entry price first", [&] { ask(by_entry_price(options)); }},
      {"ours", [&] { map = make_leverage_heatmap(trades.columns(), InstrumentSpec{}, options); }},
  };
  ask(every_trade(options));
  map = make_leverage_heatmap(trades.columns(), InstrumentSpec{}, options);
  expect_same(map, result);
  ask(by_entry_price(options));
  expect_same(map, result);
  take_turns(contestants, kRounds);
  duckdb_destroy_result(&result);
  std::printf(
      "static_heatmap: %zu trades in memory, %zu leverages, both sides, %zu columns of %zu "
      "rows, one thread; the sums agree\n",
      kTrades, options.leverages.size(), map.column_count, map.row_count);
  print_times(contestants, static_cast<double>(kTrades), "trades");
  const bool is_good = print_ratio("against DuckDB", contestants[0], contestants[2], kGoal);
  print_ratio("against DuckDB with the same shortcut", contestants[1], contestants[2], 1.0);
  return is_good;
}

}  // namespace faultline::bench
