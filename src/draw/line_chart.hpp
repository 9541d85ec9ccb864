#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "draw/heatmap_chart.hpp"
#include "draw/palette.hpp"

namespace faultline {

// A plain chart for studies: lines with bands, points with error bars, bars with intervals.
//
// Errors: kBadRequest for sizes, ranges or lengths that do not fit together; kOutOfRange for NaN,
// infinity, or values <= 0 on a log axis; kLimit beyond kChartSeriesCountMax.
// Thread safety: rendering shares nothing; any thread may render.

// Bars of several series stand beside each other at the same x. Bars begin at zero, and therefore
// cannot be drawn on a log axis (kBadRequest).
enum class SeriesStyle : std::uint8_t { kLine, kPoints, kBars };

// An interval is a band for lines, a whisker for points and bars.
struct LineSeries {
  std::string label = {};
  SeriesStyle style = SeriesStyle::kLine;
  std::vector<double> x = {};     // ascending for kLine
  std::vector<double> y = {};     // as long as x
  std::vector<double> low = {};   // empty, or as long as x
  std::vector<double> high = {};  // empty, or as long as x
};

// A dashed line across the plot: "R = 1", "perfect calibration".
struct ReferenceLine {
  double from_x = 0.0;
  double from_y = 0.0;
  double to_x = 0.0;
  double to_y = 0.0;
  std::string label = {};
};

struct LineChart {
  int width_px = 960;
  int height_px = 600;
  ChartTheme theme = ChartTheme::kLight;

  std::string title = {};
  std::string subtitle = {};
  std::string footer = {};
  std::string banner = {};
  std::string x_label = {};
  std::string y_label = {};

  AxisScale x_scale = AxisScale::kLinear;
  AxisScale y_scale = AxisScale::kLinear;
  std::optional<AxisRange> x_view = {};  // default: the data, rounded outward
  std::optional<AxisRange> y_view = {};
  std::vector<std::string> x_categories = {};  // when given, x counts categories from 0

  std::vector<LineSeries> series = {};
  std::vector<ReferenceLine> references = {};
};

Result<std::vector<std::uint8_t>> render_png(const LineChart& chart);
Result<std::string> render_svg(const LineChart& chart);

}  // namespace faultline
