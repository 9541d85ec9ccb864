#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "draw/axis_ticks.hpp"
#include "draw/palette.hpp"

namespace faultline {

// A heatmap over price and time as a publishable picture: grid, candles, bubbles, profile at the
// right, line panes below, legends in dollars.
//
//   HeatmapChart chart;
//   chart.title = "Latent liquidations";
//   chart.grid = {.time_edges_s = ..., .price_edges = ..., .values = ...};
//   Result<std::vector<std::uint8_t>> png = render_png(chart);
//
//   +--------------------------------------------+
//   | banner                                     |
//   | title                         colour scale |
//   | subtitle, legend                           |
//   | price +-----------------------+ +--------+ |
//   |       | grid, candles, bubbles| | profile| |
//   |       +-----------------------+ +--------+ |
//   |       | line panes            |            |
//   |       +-----------------------+            |
//   | footer  time, UTC                          |
//   +--------------------------------------------+
//
// Units: times are seconds since 1970 UTC; prices in the quote currency; amounts in USD.
// Errors: kBadRequest for sizes, ranges or array lengths that do not fit together; kOutOfRange for
// NaN, infinity, negative amounts, and prices <= 0 on a log axis; kLimit beyond a named limit.
// Thread safety: rendering shares nothing; any thread may render.
// Cost: one pass over the grid; ~23,000 x 500 cells render in well under a second.

inline constexpr int kChartWidthPxMin = 640;
inline constexpr int kChartHeightPxMin = 400;
inline constexpr int kChartSidePxMax = 8192;
inline constexpr std::size_t kChartCellCountMax = 200'000'000;
inline constexpr std::size_t kChartMarkerCountMax = 200'000;
inline constexpr std::size_t kChartPaneCountMax = 4;
inline constexpr std::size_t kChartSeriesCountMax = 12;

enum class AxisScale : std::uint8_t { kLinear, kLog };

// Columns x rows of amounts per price bin. Cell (column, row) is at [column * row_count + row];
// row 0 is the lowest price. An empty grid is drawn as an empty plot only when the chart has a
// `time_view` and a `price_view`.
//
// With `values_second`, `values` is the first side in the warm hue and `values_second` the second
// in the cool hue, each pixel showing the larger; without, `values` is the total.
struct HeatmapGrid {
  std::vector<double> time_edges_s = {};  // column_count + 1, ascending
  std::vector<double> price_edges = {};   // row_count + 1, ascending
  std::vector<float> values = {};
  std::vector<float> values_second = {};        // empty, or as long as `values`
  std::vector<std::uint8_t> is_uncertain = {};  // empty, or as long as `values`; 1: hatched
};

struct ChartCandle {
  double time_begin_s = 0.0;
  double time_end_s = 0.0;
  double open = 0.0;
  double high = 0.0;
  double low = 0.0;
  double close = 0.0;

  friend bool operator==(const ChartCandle&, const ChartCandle&) = default;
};

// A bubble whose area is proportional to `usd`.
struct ChartMarker {
  double time_s = 0.0;
  double price = 0.0;
  double usd = 0.0;
  std::uint8_t side = 0;  // 0 warm, 1 cool
};

// Bars at the right edge by row of the grid, one array a side. The cumulative curves run from
// `price_now` outward: side 0 downward, side 1 upward.
struct ChartProfile {
  std::string title = {};
  std::array<std::vector<float>, 2> usd = {};      // row_count each
  std::array<std::vector<float>, 2> usd_p10 = {};  // empty, or row_count each
  std::array<std::vector<float>, 2> usd_p90 = {};
};

struct ChartSeries {
  std::string label = {};
  std::vector<double> times_s = {};  // ascending
  std::vector<double> values = {};
};

// A plot below the grid that shares its time axis.
struct ChartPane {
  std::string label = {};
  std::string unit = {};
  std::vector<ChartSeries> series = {};
};

struct HeatmapChart {
  int width_px = 1600;
  int height_px = 1000;
  ChartTheme theme = ChartTheme::kDark;

  std::string title = {};
  std::string subtitle = {};
  std::string footer = {};
  std::string banner = {};  // "SIMULATED MARKET": a bar across the picture and a tag in the plot
  std::string price_label = "price, USDT";
  std::string time_label = "time, UTC";
  std::string value_label = "USD notional at risk per 0.1 % of price";
  std::array<std::string, 2> side_labels = {"longs", "shorts"};
  std::array<std::string, 2> marker_labels = {"longs liquidated", "shorts liquidated"};
  std::string uncertain_label = "hatched: p90 more than 4 × p10";

  AxisScale price_scale = AxisScale::kLog;
  LogColorScale color_scale = {};
  HeatmapGrid grid = {};
  std::optional<AxisRange> time_view = {};   // default: the grid
  std::optional<AxisRange> price_view = {};  // default: the grid

  std::vector<ChartCandle> candles = {};  // ascending, not overlapping
  std::vector<ChartMarker> markers = {};
  double marker_usd_full = 0.0;  // the amount of the largest bubble; 0: the largest marker
  std::optional<double> price_now = {};
  std::optional<ChartProfile> profile = {};
  // The relative price step that a grid value counts for: the cumulative curve multiplies a row by
  // ln(upper / lower edge) / bin_fraction. 0: values are per row.
  double bin_fraction = 0.001;
  std::vector<ChartPane> panes = {};
};

// The picture as the bytes of a PNG file. One input gives one sequence of bytes in one build.
Result<std::vector<std::uint8_t>> render_png(const HeatmapChart& chart);

// The same picture as SVG text: the grid is an embedded image, everything else is vectors and text.
Result<std::string> render_svg(const HeatmapChart& chart);

}  // namespace faultline
