#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace faultline {

// Rows of the map are fixed for all time and all instruments: 0.1 % of log price, counted from
// price 1. A row therefore means the same price in every column, and an old column never has to be
// redrawn.
inline constexpr double kRowLog = 1e-3;

// The row that holds `price`, and the price at which a row begins. Requires: price > 0 (checked).
std::int32_t row_of_price(double price);
double price_of_row(std::int32_t row);

// The rows [first, last) of a band whose edges are edges of rows.
struct RowBand {
  std::int32_t first = 0;
  std::int32_t last = 0;
};
RowBand band_of_prices(double low, double high);

// Names the equations and defaults that made a map. Changes whenever the same data would give
// another map.
inline constexpr std::string_view kModelVersion = "density-6";

// density_interval of every row: quantiles over the members of the ensemble, row by row, so that
// they do not add up: the p10 of a sum is not the sum of the p10s. Empty without an ensemble.
struct RowInterval {
  std::vector<float> p10;
  std::vector<float> p50;
  std::vector<float> p90;
};

// density_interval of a sum of rows: here the members' sums were taken first.
struct SumInterval {
  double mean = 0.0;
  double p10 = 0.0;
  double p50 = 0.0;
  double p90 = 0.0;
};

// What waits on each side's own side of the mark, within a fraction of it.
struct NearSum {
  double reach = 0.0;
  std::array<SumInterval, 2> usd{};  // by Side
};
inline constexpr std::array kNearReaches{0.01, 0.02, 0.05, 0.10};

// What the model knew at one instant: latent liquidations by price and side.
//
// Units: notional_at_risk_usd: USD that would be liquidated if price reached the row, valued at the
//        mark of the column, so that rows + below + above + never = open interest in USD, on each
//        side. It is the mean over members, because means add up and medians do not. (An estimate;
//        never a measurement.)
// Invariant: once made, a column is never rewritten.
struct MapColumn {
  UnixNanos as_of{};
  std::string_view model_version = kModelVersion;
  double mark = 0.0;  // the price that stood in for the mark
  double open_interest_usd = 0.0;
  std::int32_t first_row = 0;
  std::array<std::vector<float>, 2> notional_at_risk_usd{};  // by Side, one entry a row
  std::array<RowInterval, 2> density_interval{};             // by Side, empty with one member
  std::array<NearSum, kNearReaches.size()> near{};
  std::array<double, 2> below_usd{};
  std::array<double, 2> above_usd{};
  std::array<double, 2> never_usd{};
  std::vector<double> venue_interest_usd;  // open interest of each venue that was summed

  std::size_t row_count() const { return notional_at_risk_usd[0].size(); }
  bool has_interval() const { return !density_interval[0].p10.empty(); }
  double at(Side side, std::int32_t row) const;  // 0 outside the rows
  double total_usd(Side side) const;             // everything, "never" included
};

// One venue's part of the rows of a column.
//
// Why not in the column: columns are kept for as long as the map, and this is needed only while
// the next one is made.
struct VenueRows {
  std::int32_t first_row = 0;
  std::array<std::vector<float>, 2> notional_at_risk_usd{};  // by Side, one entry a row
  double usd_per_unit = 0.0;                                 // of its native unit, at its mark

  // Rows that the column does not have hold nothing.
  double sum_of(Side side, RowBand band) const;
};

struct ColumnOptions {
  // Rows reach this far from the mark, in log price, on both sides.
  double reach = 0.30;
};

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
  // Of notional_at_risk_usd; absent without an ensemble.
  std::optional<SumInterval> density_interval{};
  // What the feed would print if the whole cluster were crossed within one of its readings; absent
  // where no feed taught it.
  std::optional<double> expected_liquidation_usd{};
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
