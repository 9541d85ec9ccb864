#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "draw/heatmap_chart.hpp"
#include "study/map_document.hpp"
#include "study/map_tables.hpp"

namespace faultline {

// A liquidation map as a picture, and every form by the ending of its file. The one place where map
// and drawing meet.

struct PictureOptions {
  int width_px = 1600;
  int height_px = 1000;
  ChartTheme theme = ChartTheme::kDark;
  // Prices shown beyond the candles' extremes, as a fraction.
  double margin = 0.10;
};

// Colour is the mean over members. Cells whose 80 % density_interval is wider than a factor of
// kUncertainFactor are hatched.
//
// Requires: a map with at least one column (checked). The colour scale is fixed in dollars per
// 0.1 % of price: two decades below one hundredth of the open interest's order of magnitude, so
// that pictures of instruments of one size can be compared.
inline constexpr double kUncertainFactor = 4.0;
HeatmapChart chart_of_map(const LiquidationMap& map, const PictureOptions& options = {});

// Whether write_map() knows the ending of `path`.
bool is_map_ending(const std::string& path);

// Writes the map to `path`; the ending says how: .png .svg .json .csv .parquet.
// Errors: kBadRequest (another ending), kCannotWrite, and those of the chart.
Outcome<void> write_map(const LiquidationMap& map, const std::string& path,
                        const PictureOptions& options = {});

}  // namespace faultline
