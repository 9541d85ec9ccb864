#pragma once

#include <vector>

#include "draw/chart_frame.hpp"
#include "draw/heatmap_raster.hpp"

namespace faultline {

// The parts of a heatmap chart, drawn one over the other by heatmap_chart.cpp.

// Where everything stands. All rectangles lie on whole pixels.
struct HeatmapLayout {
  ChartSizes sizes = {};
  CanvasRect legend = {};
  CanvasRect scale = {};  // the colour legend
  CanvasRect plot = {};
  CanvasRect profile = {};  // of width 0 without a profile
  std::vector<CanvasRect> panes = {};
  double gutter_px = 0.0;    // right of the plot, for the price tag
  double axis_top_px = 0.0;  // where the time axis' texts begin
};

// What the layers share while one picture is drawn.
struct HeatmapScene {
  const HeatmapChart& chart;
  const ChartColors& colors;
  HeatmapLayout layout;
  AxisMap time_axis;
  AxisMap price_axis;
  std::vector<ChartCandle> candles;  // as drawn
  double candle_s = 0.0;             // the length of a drawn candle, 0 without candles
  double marker_usd_full = 0.0;
  double marker_radius_px = 0.0;
  bool is_reduced = false;

  double radius_px(double usd) const { return marker_radius_px * std::sqrt(usd / marker_usd_full); }
};

// Errors: as render_png says.
Result<void> check_heatmap(const HeatmapChart& chart);

void draw_grid_lines(Canvas& canvas, const HeatmapScene& scene);
void draw_candles(Canvas& canvas, const HeatmapScene& scene);
void draw_markers(Canvas& canvas, const HeatmapScene& scene);
void draw_price_axis(Canvas& canvas, const HeatmapScene& scene);
void draw_time_axis(Canvas& canvas, const HeatmapScene& scene);
void draw_price_now(Canvas& canvas, const HeatmapScene& scene);

std::vector<LegendItem> legend_items(const HeatmapScene& scene);
void draw_color_scale(Canvas& canvas, const HeatmapScene& scene);
void draw_profile(Canvas& canvas, const HeatmapScene& scene);
void draw_panes(Canvas& canvas, const HeatmapScene& scene);

// The points of a line with at most four for each pixel column: first, lowest, highest, last. What
// the eye can see of it is unchanged.
std::vector<CanvasPoint> reduce_line(std::span<const CanvasPoint> points);

// USD between `price_now` and each row, summed outward: below it downward for side 0, above it
// upward for side 1. Rows on the other side of the price hold 0. The row that holds the price
// counts for the part beyond it.
std::vector<double> cumulative_usd(const HeatmapChart& chart, std::size_t side);

}  // namespace faultline
