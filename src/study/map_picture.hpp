#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "draw/heatmap_chart.hpp"
#include "engine/map_builder.hpp"
#include "text/json.hpp"

namespace faultline {

// A liquidation map as a picture, a document or a table. The one place where map and drawing meet.

struct PictureOptions {
  int width_px = 1600;
  int height_px = 1000;
  ChartTheme theme = ChartTheme::kDark;
  // Prices shown beyond the candles' extremes, as a fraction.
  double margin = 0.10;
};

// Requires: a map with at least one column (checked). The colour scale is fixed in dollars per
// 0.1 % of price: two decades below one hundredth of the open interest's order of magnitude, so
// that pictures of instruments of one size can be compared.
HeatmapChart chart_of_map(const LiquidationMap& map, const PictureOptions& options = {});

// Everything about the map but the columns: model version, as-of time, totals, clusters, what was
// noticed on the way.
JsonValue summary_of_map(const LiquidationMap& map);

// The whole map; the form is described in docs/formats/map.md.
JsonValue json_of_map(const LiquidationMap& map);

// One row a cell that holds at least a dollar: as_of, price_low, price_high, side,
// notional_at_risk_usd.
std::string csv_of_map(const LiquidationMap& map);

// Whether write_map() knows the ending of `path`.
bool is_map_ending(const std::string& path);

// Writes the map to `path`; the ending says how: .png .svg .json .csv .parquet.
// Errors: kBadRequest (another ending), kCannotWrite, and those of the chart.
Outcome<void> write_map(const LiquidationMap& map, const std::string& path,
                        const PictureOptions& options = {});

}  // namespace faultline
