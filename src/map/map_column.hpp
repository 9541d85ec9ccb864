#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/instrument.hpp"
#include "core/units.hpp"
#include "infer/position_density.hpp"

namespace faultline {

// Rows of the map are fixed for all time and all instruments: 0.1 % of log price, counted from
// price 1. A row therefore means the same price in every column, and an old column never has to be
// redrawn.
inline constexpr double kRowLog = 1e-3;

// The row that holds `price`, and the price at which a row begins. Requires: price > 0 (checked).
std::int32_t row_of_price(double price);
double price_of_row(std::int32_t row);

// What the model knew at one instant: latent liquidations by price and side.
//
// Units: notional_at_risk_usd: USD that would be liquidated if price reached the row, valued at the
// mark of the column, so
//        that rows + below + above + never = open interest in USD, on each side. (An estimate;
//        never a measurement.)
// Invariant: once made, a column is never rewritten.
struct MapColumn {
  UnixNanos as_of{};
  double mark = 0.0;  // the price that stood in for the mark
  double open_interest_usd = 0.0;
  std::int32_t first_row = 0;
  std::array<std::vector<float>, 2> notional_at_risk_usd{};  // by Side, one entry a row
  std::array<double, 2> below_usd{};
  std::array<double, 2> above_usd{};
  std::array<double, 2> never_usd{};

  std::size_t row_count() const { return notional_at_risk_usd[0].size(); }
  double at(Side side, std::int32_t row) const;  // 0 outside the rows
  double total_usd(Side side) const;             // everything, "never" included
};

struct ColumnOptions {
  // Rows reach this far from the mark, in log price, on both sides.
  double reach = 0.30;
};

// The column of a density at `mark`. Cost: one pass over the occupied cells.
MapColumn make_column(const PositionDensity& density, const InstrumentSpec& spec, UnixNanos as_of,
                      double mark, const ColumnOptions& options = {});

// A run of neighbouring rows of one side that stands out: at least half of its own peak, which is a
// local maximum.
struct Cluster {
  Side side = Side::kLong;
  double price_low = 0.0;
  double price_high = 0.0;
  double price_peak = 0.0;
  double notional_at_risk_usd = 0.0;
  double peak_usd_per_row = 0.0;
  double distance = 0.0;  // of the peak from the mark, as a fraction; negative below
};

struct ClusterOptions {
  std::size_t count_max = 10;            // by money, both sides together
  double share_of_interest_min = 0.002;  // of the open interest
  std::int32_t half_width_rows_max = 5;  // a cluster reaches at most this far from its peak
};

// The clusters of a column, largest first. Ties are broken by price, so the answer is the same for
// the same column.
std::vector<Cluster> find_clusters(const MapColumn& column, const ClusterOptions& options = {});

}  // namespace faultline
