#include "map/leverage_heatmap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "base/rng.hpp"
#include "map/map_column.hpp"

namespace faultline {
namespace {

struct Trades {
  std::vector<std::int64_t> time;
  std::vector<std::int64_t> price_ticks;
  std::vector<std::int64_t> qty;

  void add(std::int64_t at, std::int64_t ticks, std::int64_t lots) {
    time.push_back(at);
    price_ticks.push_back(ticks);
    qty.push_back(lots);
  }
  TradeColumns columns() const { return {time, price_ticks, qty}; }
};

LeverageHeatmapOptions two_columns() {
  return {.begin = UnixNanos(100),
          .column_length = Nanos(10),
          .column_count = 2,
          .leverages = {{.leverage = 10, .weight = 0.75}, {.leverage = 2, .weight = 0.25}}};
}

double cell(const LeverageHeatmap& map, Side side, std::size_t column, double price) {
  const std::int32_t row = row_of_price(price) - map.first_row;
  if (row < 0 || row >= static_cast<std::int32_t>(map.row_count)) return 0.0;
  return map.column(side, column)[static_cast<std::size_t>(row)];
}

double total(const LeverageHeatmap& map, Side side, std::size_t column) {
  const auto cells = map.column(side, column);
  return std::accumulate(cells.begin(), cells.end(), 0.0);
}

TEST(LeverageHeatmap, PutsEveryTradeAtTheNaivePrices) {
  Trades trades;
  trades.add(105, 1'000'000, 500);  // half a coin at 100,000 USD
  const LeverageHeatmap map =
      make_leverage_heatmap(trades.columns(), InstrumentSpec{}, two_columns());
  EXPECT_NEAR(cell(map, Side::kLong, 0, 90'000.0), 37'500.0, 1e-9);
  EXPECT_NEAR(cell(map, Side::kLong, 0, 50'000.0), 12'500.0, 1e-9);
  EXPECT_NEAR(cell(map, Side::kShort, 0, 110'000.0), 37'500.0, 1e-9);
  EXPECT_NEAR(cell(map, Side::kShort, 0, 150'000.0), 12'500.0, 1e-9);
  EXPECT_NEAR(total(map, Side::kLong, 0), 50'000.0, 1e-9);
  EXPECT_NEAR(total(map, Side::kShort, 0), 50'000.0, 1e-9);
  EXPECT_EQ(total(map, Side::kLong, 1), 0.0);
}

TEST(LeverageHeatmap, ErasesNothingWhenThePriceRunsThrough) {
  Trades trades;
  trades.add(100, 1'000'000, 1'000);
  trades.add(101, 850'000, 1'000);  // through 90,000, where the first longs would be gone
  const LeverageHeatmap map =
      make_leverage_heatmap(trades.columns(), InstrumentSpec{}, two_columns());
  EXPECT_NEAR(cell(map, Side::kLong, 0, 90'000.0), 75'000.0, 1e-9);
}

TEST(LeverageHeatmap, ColumnsAreHalfOpenAndTheRestIsLeftOut) {
  Trades trades;
  for (const std::int64_t at : {99, 100, 109, 110, 119, 120}) trades.add(at, 1'000'000, 10);
  const LeverageHeatmap map =
      make_leverage_heatmap(trades.columns(), InstrumentSpec{}, two_columns());
  EXPECT_NEAR(total(map, Side::kLong, 0), 2'000.0, 1e-9);
  EXPECT_NEAR(total(map, Side::kShort, 1), 2'000.0, 1e-9);
}

TEST(LeverageHeatmap, NoTradesAreNoRows) {
  Trades trades;
  LeverageHeatmap map = make_leverage_heatmap(trades.columns(), InstrumentSpec{}, two_columns());
  EXPECT_EQ(map.row_count, 0U);
  EXPECT_TRUE(map.column(Side::kLong, 1).empty());
  trades.add(99, 0, 1);  // outside: not even its price is looked at
  map = make_leverage_heatmap(trades.columns(), InstrumentSpec{}, two_columns());
  EXPECT_EQ(map.row_count, 0U);
}

TEST(LeverageHeatmap, InverseContractsAreWorthTheirFaceValue) {
  Trades trades;
  trades.add(100, 500'000, 3);
  const InstrumentSpec spec{.kind = ContractKind::kInverse,
                            .contract_multiplier = Decimal{100, 0},
                            .lot_size = Decimal{1, 0}};
  const LeverageHeatmap map = make_leverage_heatmap(trades.columns(), spec, two_columns());
  EXPECT_NEAR(total(map, Side::kShort, 0), 300.0, 1e-9);
}

// The naive twin: trade by trade.
using Cells = std::map<std::tuple<std::size_t, std::size_t, std::int32_t>, double>;

Cells naive(const Trades& trades, const LeverageHeatmapOptions& options) {
  Cells cells;
  for (std::size_t i = 0; i < trades.time.size(); ++i) {
    const std::int64_t since = trades.time[i] - options.begin.value;
    const auto column = static_cast<std::size_t>(since / options.column_length.value);
    if (since < 0 || column >= options.column_count) continue;
    const double price = static_cast<double>(trades.price_ticks[i]) * 0.1;
    const double usd = notional_approx(Qty(trades.qty[i]), price, InstrumentSpec{});
    for (const auto& [leverage, weight] : options.leverages) {
      for (const Side side : {Side::kLong, Side::kShort}) {
        const double log_price = std::log(price) + std::log(1.0 - sign(side) / leverage);
        const auto row = static_cast<std::int32_t>(std::floor(log_price / kRowLog));
        cells[{index_of(side), column, row}] += usd * weight;
      }
    }
  }
  return cells;
}

// `spread` beyond the histogram's limit takes the other path.
void expect_twin(std::int64_t spread, std::uint64_t seed) {
  Rng rng(seed);
  Trades trades;
  std::int64_t at = 80;
  for (int i = 0; i < 3'000; ++i) {
    at += static_cast<std::int64_t>(rng.below(40) == 0);
    trades.add(at,
               900'000 + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(spread))),
               1 + static_cast<std::int64_t>(rng.below(300)));
  }
  LeverageHeatmapOptions options;
  options.begin = UnixNanos(90);
  options.column_length = Nanos(7);
  options.column_count = 9;
  const LeverageHeatmap map = make_leverage_heatmap(trades.columns(), InstrumentSpec{}, options);
  Cells cells = naive(trades, options);
  for (const Side side : {Side::kLong, Side::kShort}) {
    for (std::size_t column = 0; column < options.column_count; ++column) {
      const auto rows = map.column(side, column);
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto found =
            cells.find({index_of(side), column, map.first_row + static_cast<std::int32_t>(row)});
        const double expected = found == cells.end() ? 0.0 : found->second;
        ASSERT_NEAR(rows[row], expected, 1e-9 * expected);
        if (found != cells.end()) cells.erase(found);
      }
    }
  }
  EXPECT_TRUE(cells.empty());
}

TEST(LeverageHeatmap, AgreesWithTheNaiveTwin) {
  expect_twin(1, 1);
  expect_twin(500, 2);
  expect_twin(40'000, 3);
  expect_twin(3'000'000, 4);
}

TEST(LeverageHeatmapDeathTest, RefusesWhatItCannotPlace) {
  Trades trades;
  trades.add(101, 1, 1);
  trades.add(100, 1, 1);
  EXPECT_DEATH(make_leverage_heatmap(trades.columns(), {}, two_columns()), "never_falls");
  trades.time[1] = 101;
  LeverageHeatmapOptions options = two_columns();
  options.leverages[0].leverage = 1.0;  // a long without debt has no liquidation price
  EXPECT_DEATH(make_leverage_heatmap(trades.columns(), {}, options), "leverage > 1.0");
  trades.price_ticks[0] = 0;
  EXPECT_DEATH(make_leverage_heatmap(trades.columns(), {}, two_columns()), "range.least >= 1");
}

}  // namespace
}  // namespace faultline
