#include "draw/line_chart.hpp"

#include <algorithm>
#include <cmath>

#include "draw/chart_frame.hpp"

namespace faultline {
namespace {

constexpr AxisRange kNumbers = {-kChartValueAbsMax, kChartValueAbsMax};
constexpr double kLogMin = 1e-12;
constexpr double kBarShare = 0.72;  // of the room between two neighbouring bars' middles

struct LineScene {
  const LineChart& chart;
  const ChartColors& colors;
  ChartSizes sizes;
  CanvasRect legend;
  CanvasRect plot;
  AxisMap x_axis;
  AxisMap y_axis;
  double bar_px = 0.0;  // of one series
  std::size_t bar_series_count = 0;
};

Rgb series_color(const LineScene& scene, std::size_t index) {
  return scene.colors.series[index % scene.colors.series.size()];
}

AxisRange allowed_on(AxisScale scale) {
  return scale == AxisScale::kLog ? AxisRange{kLogMin, kChartValueAbsMax} : kNumbers;
}

Result<void> check_series(const LineChart& chart, const LineSeries& series) {
  const std::size_t count = series.x.size();
  const auto fits = [count](const std::vector<double>& v) {
    return v.empty() || v.size() == count;
  };
  const bool is_shaped = series.y.size() == count && fits(series.low) && fits(series.high) &&
                         series.low.size() == series.high.size();
  if (!is_shaped) return Error{Errc::kBadRequest};
  if (series.style == SeriesStyle::kBars && chart.y_scale == AxisScale::kLog) {
    return Error{Errc::kBadRequest};
  }
  if (auto fine = check_text(series.label); !fine) return fine;
  if (auto fine = check_numbers(series.x, allowed_on(chart.x_scale)); !fine) return fine;
  for (const auto* values : {&series.y, &series.low, &series.high}) {
    if (auto fine = check_numbers(*values, allowed_on(chart.y_scale)); !fine) return fine;
  }
  if (series.style == SeriesStyle::kLine && !std::ranges::is_sorted(series.x)) {
    return Error{Errc::kBadRequest};
  }
  if (!std::ranges::equal(series.low, series.high, std::less_equal<>())) {
    return Error{Errc::kBadRequest};
  }
  return {};
}

Result<void> check_axis(const std::optional<AxisRange>& view, AxisScale scale) {
  if (!view) return {};
  const double ends[] = {view->low, view->high};
  if (auto fine = check_numbers(ends, allowed_on(scale)); !fine) return fine;
  if (!(view->low < view->high)) return Error{Errc::kBadRequest};
  return {};
}

Result<void> check_chart(const LineChart& chart) {
  if (auto fine = check_size(chart.width_px, chart.height_px); !fine) return fine;
  if (chart.series.size() > kChartSeriesCountMax) return Error{Errc::kLimit};
  if (!chart.x_categories.empty() && chart.x_scale == AxisScale::kLog) {
    return Error{Errc::kBadRequest};
  }
  for (const std::string* text : {&chart.title, &chart.subtitle, &chart.footer, &chart.banner,
                                  &chart.x_label, &chart.y_label}) {
    if (auto fine = check_text(*text); !fine) return fine;
  }
  for (const std::string& text : chart.x_categories) {
    if (auto fine = check_text(text); !fine) return fine;
  }
  for (const LineSeries& series : chart.series) {
    if (auto fine = check_series(chart, series); !fine) return fine;
  }
  for (const ReferenceLine& line : chart.references) {
    const double xs[] = {line.from_x, line.to_x};
    const double ys[] = {line.from_y, line.to_y};
    if (auto fine = check_text(line.label); !fine) return fine;
    if (auto fine = check_numbers(xs, allowed_on(chart.x_scale)); !fine) return fine;
    if (auto fine = check_numbers(ys, allowed_on(chart.y_scale)); !fine) return fine;
  }
  if (auto fine = check_axis(chart.x_view, chart.x_scale); !fine) return fine;
  return check_axis(chart.y_view, chart.y_scale);
}

// `pad_share` of the range more at either end; a single value gets
// room around it, and no value at all a range to draw axes on.
AxisRange padded(double low, double high, AxisScale scale, double pad_share) {
  if (low > high) return scale == AxisScale::kLog ? AxisRange{1.0, 10.0} : AxisRange{0.0, 1.0};
  if (scale == AxisScale::kLog) {
    const double factor = low < high ? std::pow(high / low, pad_share) : 2.0;
    return {low / factor, high * factor};
  }
  const double pad = low < high ? (high - low) * pad_share : std::max(0.5, std::abs(low) * 0.5);
  return {low - pad, high + pad};
}

AxisRange x_range(const LineChart& chart) {
  if (chart.x_view) return *chart.x_view;
  if (!chart.x_categories.empty()) {
    return {-0.5, static_cast<double>(chart.x_categories.size()) - 0.5};
  }
  double low = kChartValueAbsMax;
  double high = -kChartValueAbsMax;
  double pad_share = 0.0;
  for (const LineSeries& series : chart.series) {
    for (const double x : series.x) {
      low = std::min(low, x);
      high = std::max(high, x);
    }
    if (series.style == SeriesStyle::kPoints) pad_share = std::max(pad_share, 0.03);
    if (series.style == SeriesStyle::kBars) {
      pad_share =
          std::max(pad_share, 0.6 / std::max(1.0, static_cast<double>(series.x.size()) - 1.0));
    }
  }
  return padded(low, high, chart.x_scale, pad_share);
}

AxisRange y_range(const LineChart& chart) {
  if (chart.y_view) return *chart.y_view;
  double low = kChartValueAbsMax;
  double high = -kChartValueAbsMax;
  const auto take = [&](const std::vector<double>& values) {
    for (const double value : values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  };
  bool has_bars = false;
  for (const LineSeries& series : chart.series) {
    take(series.y);
    take(series.low);
    take(series.high);
    has_bars = has_bars || (series.style == SeriesStyle::kBars && !series.y.empty());
  }
  for (const ReferenceLine& line : chart.references) take({line.from_y, line.to_y});
  if (has_bars) take({0.0});
  AxisRange range = padded(low, high, chart.y_scale, 0.06);
  if (has_bars && low == 0.0) range.low = 0.0;
  if (has_bars && high == 0.0) range.high = 0.0;
  return range;
}

std::vector<AxisTick> ticks_on(AxisRange range, AxisScale scale, int count) {
  return scale == AxisScale::kLog ? log_ticks(range, count) : linear_ticks(range, count);
}

std::vector<AxisTick> x_ticks(const LineScene& scene) {
  if (scene.chart.x_categories.empty()) {
    return ticks_on(scene.x_axis.range(), scene.chart.x_scale,
                    std::max(2, static_cast<int>(scene.plot.width / (scene.sizes.text_px * 6.0))));
  }
  std::vector<AxisTick> ticks;
  for (std::size_t i = 0; i < scene.chart.x_categories.size(); ++i) {
    ticks.push_back({static_cast<double>(i), scene.chart.x_categories[i], ""});
  }
  return ticks;
}

std::vector<AxisTick> y_ticks(const LineScene& scene) {
  return ticks_on(scene.y_axis.range(), scene.chart.y_scale,
                  std::max(2, static_cast<int>(scene.plot.height / (scene.sizes.text_px * 3.6))));
}

std::vector<LegendItem> legend_items(const LineScene& scene) {
  std::vector<LegendItem> items;
  for (std::size_t i = 0; i < scene.chart.series.size(); ++i) {
    const LineSeries& series = scene.chart.series[i];
    if (series.label.empty()) continue;
    const Rgb color = series_color(scene, i);
    const SeriesStyle style = series.style;
    const bool has_interval = !series.low.empty();
    items.push_back(legend_item(
        16.0, series.label, scene.sizes, scene.colors.text, [=](Canvas& canvas, CanvasPoint at) {
          const CanvasPoint middle = {at.x + 8.0, at.y};
          if (style == SeriesStyle::kBars) {
            canvas.fill_rect({at.x + 2.0, at.y - 5.0, 12.0, 10.0}, {color, 0.85});
          } else if (style == SeriesStyle::kPoints) {
            canvas.fill_circle(middle, 4.0, {color});
          } else {
            if (has_interval) canvas.fill_rect({at.x, at.y - 5.0, 16.0, 10.0}, {color, 0.22});
            canvas.stroke_line(at, {at.x + 16.0, at.y}, {.paint = {color}, .width_px = 2.0});
          }
        }));
  }
  return items;
}

void draw_axes(Canvas& canvas, const LineScene& scene) {
  const CanvasRect plot = scene.plot;
  const double size_px = scene.sizes.text_px;
  std::vector<CanvasSegment> lines;
  for (const AxisTick& tick : y_ticks(scene)) {
    const double y = std::round(scene.y_axis.px(tick.value)) + 0.5;
    if (y < plot.y || y > plot.bottom() + 1.0) continue;
    lines.push_back({{plot.x, y}, {plot.right(), y}});
    canvas.draw_text({plot.x - 8.0, y + size_px * 0.36}, tick.label,
                     {.size_px = size_px, .anchor = TextAnchor::kEnd}, {scene.colors.text});
  }
  double free_from = 0.0;
  const std::vector<AxisTick> ticks = x_ticks(scene);
  const double room_px = scene.chart.x_categories.empty()
                             ? plot.width
                             : std::max(30.0, plot.width / static_cast<double>(ticks.size()) - 8.0);
  for (const AxisTick& tick : ticks) {
    const double x = std::round(scene.x_axis.px(tick.value)) + 0.5;
    if (x < plot.x || x > plot.right() + 1.0) continue;
    if (scene.chart.x_categories.empty()) lines.push_back({{x, plot.y}, {x, plot.bottom()}});
    const TextStyle style = {.size_px = size_px, .anchor = TextAnchor::kMiddle};
    const std::string text = elide(tick.label, style, room_px);
    const double half_px = text_width_px(text, style) / 2.0;
    if (x - half_px < free_from) continue;
    canvas.draw_text({x, std::round(plot.bottom() + size_px * 1.5)}, text, style,
                     {scene.colors.text});
    free_from = x + half_px + 8.0;
  }
  canvas.stroke_segments(lines, {.paint = {scene.colors.line, 0.7}});
  canvas.stroke_line({plot.x, plot.bottom() + 0.5}, {plot.right(), plot.bottom() + 0.5},
                     {.paint = {scene.colors.text_dim}});
  const TextStyle x_style = {.size_px = size_px, .anchor = TextAnchor::kMiddle};
  canvas.draw_text({plot.x + plot.width / 2.0, std::round(plot.bottom() + size_px * 3.1)},
                   elide(scene.chart.x_label, x_style, plot.width), x_style,
                   {scene.colors.text_dim});
  const TextStyle y_style = {
      .size_px = size_px, .anchor = TextAnchor::kMiddle, .turn = TextTurn::kUpward};
  canvas.draw_text({scene.sizes.margin_px + size_px * 0.6, plot.y + plot.height / 2.0},
                   elide(scene.chart.y_label, y_style, plot.height), y_style,
                   {scene.colors.text_dim});
}

void draw_lines(Canvas& canvas, const LineScene& scene, const LineSeries& series, Rgb color) {
  std::vector<CanvasPoint> line;
  std::vector<CanvasPoint> band;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    line.push_back({scene.x_axis.px(series.x[i]), scene.y_axis.px(series.y[i])});
    if (!series.low.empty()) band.push_back({line.back().x, scene.y_axis.px(series.high[i])});
  }
  for (std::size_t i = series.low.size(); i-- > 0;) {
    band.push_back({scene.x_axis.px(series.x[i]), scene.y_axis.px(series.low[i])});
  }
  if (!band.empty()) canvas.fill_polygon(band, {color, 0.18});
  canvas.stroke_polyline(line, {.paint = {color}, .width_px = 2.0});
}

void draw_whisker(Canvas& canvas, const LineScene& scene, double x_px, AxisRange interval,
                  Stroke stroke) {
  const double low = scene.y_axis.px(interval.low);
  const double high = scene.y_axis.px(interval.high);
  const CanvasSegment segments[] = {{{x_px, low}, {x_px, high}},
                                    {{x_px - 4.0, low}, {x_px + 4.0, low}},
                                    {{x_px - 4.0, high}, {x_px + 4.0, high}}};
  canvas.stroke_segments(segments, stroke);
}

void draw_points(Canvas& canvas, const LineScene& scene, const LineSeries& series, Rgb color) {
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const CanvasPoint at = {scene.x_axis.px(series.x[i]), scene.y_axis.px(series.y[i])};
    if (!series.low.empty()) {
      draw_whisker(canvas, scene, at.x, {series.low[i], series.high[i]},
                   {.paint = {color, 0.8}, .width_px = 1.5});
    }
    canvas.fill_circle(at, 4.0, {color});
  }
}

void draw_bars(Canvas& canvas, const LineScene& scene, const LineSeries& series, Rgb color,
               std::size_t slot) {
  const double shift_px =
      (static_cast<double>(slot) - (static_cast<double>(scene.bar_series_count) - 1.0) / 2.0) *
      scene.bar_px;
  const double zero = scene.y_axis.px(0.0);
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const double middle = scene.x_axis.px(series.x[i]) + shift_px;
    const double y = scene.y_axis.px(series.y[i]);
    canvas.fill_rect(
        {middle - scene.bar_px * 0.46, std::min(y, zero), scene.bar_px * 0.92, std::abs(zero - y)},
        {color, 0.85});
    if (series.low.empty()) continue;
    draw_whisker(canvas, scene, middle, {series.low[i], series.high[i]},
                 {.paint = {scene.colors.text}, .width_px = 1.5});
  }
}

void draw_references(Canvas& canvas, const LineScene& scene) {
  const TextStyle style = {.size_px = scene.sizes.small_px, .anchor = TextAnchor::kEnd};
  for (const ReferenceLine& line : scene.chart.references) {
    const CanvasPoint from = {scene.x_axis.px(line.from_x), scene.y_axis.px(line.from_y)};
    const CanvasPoint to = {scene.x_axis.px(line.to_x), scene.y_axis.px(line.to_y)};
    canvas.stroke_line(from, to,
                       {.paint = {scene.colors.text_dim}, .width_px = 1.25, .dash_px = 5.0});
    const double x = std::min(to.x, scene.plot.right()) - 6.0;
    const double y = std::max(to.y - 6.0, scene.plot.y + style.size_px * 1.2);
    canvas.draw_text({x, y}, line.label, style, {scene.colors.text_dim});
  }
}

// The narrowest gap between neighbouring bars decides the width of all.
void choose_bar_width(LineScene& scene) {
  std::vector<double> middles;
  for (const LineSeries& series : scene.chart.series) {
    if (series.style != SeriesStyle::kBars) continue;
    ++scene.bar_series_count;
    for (const double x : series.x) middles.push_back(scene.x_axis.px(x));
  }
  std::ranges::sort(middles);
  double gap_px = scene.plot.width * 0.4;
  for (std::size_t i = 1; i < middles.size(); ++i) {
    const double gap = middles[i] - middles[i - 1];
    if (gap > 0.01) gap_px = std::min(gap_px, gap);
  }
  if (scene.bar_series_count == 0) return;
  scene.bar_px = std::min(gap_px * kBarShare, 140.0) / static_cast<double>(scene.bar_series_count);
}

LineScene arrange(const LineChart& chart) {
  const ChartColors& colors = colors_of(chart.theme);
  const ChartSizes sizes = sizes_of(chart.width_px);
  const AxisRange xs = x_range(chart);
  const AxisRange ys = y_range(chart);
  LineScene scene = {
      chart, colors, sizes, {}, {}, {xs, chart.x_scale, 0.0, 1.0}, {ys, chart.y_scale, 1.0, 0.0}};
  const double head =
      place_header(nullptr, chart.width_px, {chart.title, chart.subtitle, chart.banner}, colors);
  scene.legend = {sizes.margin_px, head, chart.width_px - 2.0 * sizes.margin_px, 0.0};
  scene.legend.height =
      flow_legend(nullptr, scene.legend, sizes.small_px * 1.8, legend_items(scene));
  const double top = std::round(head + scene.legend.height + sizes.text_px);
  const double below = sizes.text_px * (chart.x_label.empty() ? 2.2 : 3.8);
  const double bottom =
      std::floor(chart.height_px - footer_height_px(chart.footer, sizes) - below - 4.0);
  scene.plot = {0.0, top, 0.0, bottom - top};
  double label_px = 0.0;
  for (const AxisTick& tick : y_ticks(scene)) {
    label_px = std::max(label_px, text_width_px(tick.label, {.size_px = sizes.text_px}));
  }
  const double name_px = chart.y_label.empty() ? 0.0 : sizes.text_px * 1.6;
  scene.plot.x = std::round(sizes.margin_px + name_px + label_px + 10.0);
  scene.plot.width = std::floor(chart.width_px - sizes.margin_px * 1.6 - scene.plot.x);
  scene.x_axis = AxisMap(xs, chart.x_scale, scene.plot.x, scene.plot.right());
  scene.y_axis = AxisMap(ys, chart.y_scale, scene.plot.bottom(), scene.plot.y);
  choose_bar_width(scene);
  return scene;
}

Result<std::vector<std::uint8_t>> render(const LineChart& chart, Canvas& canvas) {
  const LineScene scene = arrange(chart);
  const CanvasRect page = {0.0, 0.0, 1.0 * chart.width_px, 1.0 * chart.height_px};
  canvas.fill_rect(page, {scene.colors.page});
  place_header(&canvas, chart.width_px, {chart.title, chart.subtitle, chart.banner}, scene.colors);
  flow_legend(&canvas, scene.legend, scene.sizes.small_px * 1.8, legend_items(scene));
  draw_axes(canvas, scene);
  canvas.push_clip(
      {scene.plot.x, scene.plot.y - 5.0, scene.plot.width + 5.0, scene.plot.height + 5.0});
  std::size_t slot = 0;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const LineSeries& series = chart.series[i];
    const Rgb color = series_color(scene, i);
    if (series.style == SeriesStyle::kLine) draw_lines(canvas, scene, series, color);
    if (series.style == SeriesStyle::kPoints) draw_points(canvas, scene, series, color);
    if (series.style == SeriesStyle::kBars) draw_bars(canvas, scene, series, color, slot++);
  }
  draw_references(canvas, scene);
  canvas.pop_clip();
  draw_footer(canvas, page, chart.footer, scene.colors);
  return canvas.finish();
}

}  // namespace

Result<std::vector<std::uint8_t>> render_png(const LineChart& chart) {
  if (auto fine = check_chart(chart); !fine) return fine.error();
  auto canvas = make_png_canvas(chart.width_px, chart.height_px);
  if (!canvas) return canvas.error();
  return render(chart, **canvas);
}

Result<std::string> render_svg(const LineChart& chart) {
  if (auto fine = check_chart(chart); !fine) return fine.error();
  const auto canvas = make_svg_canvas(chart.width_px, chart.height_px);
  const auto bytes = render(chart, *canvas);
  if (!bytes) return bytes.error();
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace faultline
