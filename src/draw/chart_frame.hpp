#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draw/axis_ticks.hpp"
#include "draw/canvas.hpp"
#include "draw/heatmap_chart.hpp"

namespace faultline {

// What every chart shares: colours of a theme, text sizes, the map from values to pixels, header,
// legend flow and footer.

struct ChartColors {
  Rgb page;
  Rgb plot;
  Rgb line;  // frames and grid lines
  Rgb text;
  Rgb text_dim;
  Rgb banner;
  Rgb banner_text;
  std::array<Rgb, 2> sides;  // warm, cool
  Rgb ink;                   // candles, price line
  Rgb halo;                  // around ink and bubbles, so that they stand out from any palette
  std::array<Rgb, 8> series;
};

const ChartColors& colors_of(ChartTheme theme);

// Text sizes that fit the picture.
struct ChartSizes {
  double margin_px = 16.0;
  double title_px = 20.0;
  double text_px = 12.5;
  double small_px = 11.0;
};

ChartSizes sizes_of(int width_px);

// Values to pixels along one axis. `from_px` belongs to the low end; it is the larger one for a
// vertical axis, so that higher values stand above.
class AxisMap {
 public:
  AxisMap(AxisRange range, AxisScale scale, double from_px, double to_px)
      : range_(range), scale_(scale), from_px_(from_px), to_px_(to_px) {}

  double px(double value) const { return from_px_ + share(value) * (to_px_ - from_px_); }
  double value(double px) const;
  AxisRange range() const { return range_; }
  bool holds(double value) const { return value >= range_.low && value <= range_.high; }

 private:
  double share(double value) const {
    return scale_ == AxisScale::kLog
               ? std::log(value / range_.low) / std::log(range_.high / range_.low)
               : (value - range_.low) / (range_.high - range_.low);
  }

  AxisRange range_;
  AxisScale scale_;
  double from_px_;
  double to_px_;
};

// One entry of a legend: how wide it is, and how it is drawn with `at` in the middle of its left
// edge.
struct LegendItem {
  double width_px = 0.0;
  std::function<void(Canvas& canvas, CanvasPoint at)> draw = {};
};

// A small sign of `sign_width_px` and its text.
LegendItem legend_item(double sign_width_px, std::string label, ChartSizes sizes, Rgb text_color,
                       std::function<void(Canvas&, CanvasPoint)> draw_sign);

// Lays items from left to right, breaking lines at `area.width`. Returns the height used; draws
// only when a canvas is given, so that a layout can measure first.
double flow_legend(Canvas* canvas, CanvasRect area, double line_px,
                   std::span<const LegendItem> items);

struct HeaderTexts {
  std::string_view title;
  std::string_view subtitle;
  std::string_view banner;
};

// Banner, title and subtitle. Returns the y below them; draws only when a canvas is given.
double place_header(Canvas* canvas, int width_px, const HeaderTexts& texts,
                    const ChartColors& colors);

// The footer's height: 0 without text.
double footer_height_px(std::string_view footer, ChartSizes sizes);
void draw_footer(Canvas& canvas, CanvasRect page, std::string_view footer,
                 const ChartColors& colors);

// A label on an opaque plate, `at` being the middle of its left edge.
void draw_tag(Canvas& canvas, CanvasPoint at, std::string_view text, TextStyle style, Rgb plate,
              Rgb ink);

// Times of charts lie in 1970..2100, all other numbers within this bound.
inline constexpr double kChartTimeMaxS = 4102444800.0;
inline constexpr double kChartValueAbsMax = 1e18;

// Errors: kOutOfRange for NaN, infinity, and numbers beyond the bound.
Result<void> check_numbers(std::span<const double> values, AxisRange allowed);
// Errors: kBadRequest for text that is not UTF-8 or holds control characters.
Result<void> check_text(std::string_view text);
// Errors: kBadRequest for sizes out of bounds.
Result<void> check_size(int width_px, int height_px);

}  // namespace faultline
