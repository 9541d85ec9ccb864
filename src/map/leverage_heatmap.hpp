#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/instrument.hpp"
#include "core/units.hpp"

namespace faultline {

// The common method of today's liquidation maps, kept only to be compared with.
//
//   every trade at e  ──>  its notional, weighted, at e (1 − 1/L) for longs and e (1 + 1/L) for
//                          shorts, for each leverage L of a fixed list, in the trade's column
//
// Never a product map. It takes both sides of every trade for newly opened, at leverages that
// somebody guessed, without fees, maintenance margin, or added collateral. Nothing is ever erased
// or decays: not when price runs through a row, nor when open interest falls. Its totals therefore
// measure turnover, not risk.
//
// How: the method is linear in entries, so each trade is one addition to a histogram of its
// column's entry prices, and the leverages are applied once a price. The result is the same as
// trade by trade, up to the order of additions.
// Thread safety: pure functions.

struct LeverageWeight {
  double leverage = 10.0;  // more than 1
  double weight = 1.0;     // share of the notional
};

struct LeverageHeatmapOptions {
  UnixNanos begin{};
  Nanos column_length{5 * kMinute.value};
  std::size_t column_count = 288;
  std::vector<LeverageWeight> leverages{
      {.leverage = 5, .weight = 0.2},   {.leverage = 10, .weight = 0.2},
      {.leverage = 25, .weight = 0.2},  {.leverage = 50, .weight = 0.2},
      {.leverage = 100, .weight = 0.2},
  };
};

// Trades of one instrument by column, as the store delivers them. Invariant: equal lengths.
struct TradeColumns {
  std::span<const std::int64_t> time;  // UnixNanos, never falling
  std::span<const std::int64_t> price_ticks;
  std::span<const std::int64_t> qty;  // lots
};

// Units: naive_notional_usd: USD traded, not USD at risk; quote currency stands for USD.
//        Rows are those of map/map_column.hpp: row_of_price.
struct LeverageHeatmap {
  std::size_t column_count = 0;
  std::int32_t first_row = 0;
  std::size_t row_count = 0;
  std::array<std::vector<double>, 2> naive_notional_usd{};  // by Side; the rows of column 0, 1, …

  std::span<const double> column(Side side, std::size_t column) const;
};

// Trades before and behind the columns are left out; the rows reach as far as the trades do.
//
// Requires (checked): equal lengths, times that never fall, prices of at least one tick, leverages
// above 1, at least one column of a positive length, at most 2^28 cells. Quantities of one price
// and column must sum to less than 2^63. Cost: two passes over prices, one over times and
// quantities, about 2 ns a trade; memory for the cells and, at most, 2^20 prices.
LeverageHeatmap make_leverage_heatmap(const TradeColumns& trades, const InstrumentSpec& spec,
                                      const LeverageHeatmapOptions& options);

}  // namespace faultline
