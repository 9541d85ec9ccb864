#include <algorithm>
#include <cmath>

#include "draw/heatmap_parts.hpp"

namespace faultline {
namespace {

constexpr double kGridAlpha = 0.28;

double lowest_bottom(const HeatmapLayout& layout) {
  return layout.panes.empty() ? layout.plot.bottom() : layout.panes.back().bottom();
}

std::vector<AxisTick> price_ticks(const HeatmapScene& scene) {
  const CanvasRect plot = scene.layout.plot;
  const int count = std::max(2, static_cast<int>(plot.height / (scene.layout.sizes.text_px * 3.6)));
  // Below a factor of five, even steps are easier to read than 1, 2, 5 on a log axis too.
  const AxisRange range = scene.price_axis.range();
  const bool is_wide = scene.chart.price_scale == AxisScale::kLog && range.high > 5.0 * range.low;
  return is_wide ? log_ticks(range, count) : linear_ticks(range, count);
}

std::vector<AxisTick> time_ticks_of(const HeatmapScene& scene) {
  const double room_px = scene.layout.sizes.text_px * 6.4;
  return time_ticks(scene.time_axis.range(),
                    std::max(2, static_cast<int>(scene.layout.plot.width / room_px)));
}

// The pixels of one candle.
struct CandleShape {
  CanvasRect body;
  CanvasRect wick;
};

CandleShape shape_of(const HeatmapScene& scene, const ChartCandle& candle, double body_px) {
  const double middle =
      std::round(scene.time_axis.px((candle.time_begin_s + candle.time_end_s) / 2.0)) + 0.5;
  const double top = scene.price_axis.px(std::max(candle.open, candle.close));
  const double bottom = scene.price_axis.px(std::min(candle.open, candle.close));
  const double high = scene.price_axis.px(candle.high);
  const double low = scene.price_axis.px(candle.low);
  return {{middle - body_px / 2.0, top, body_px, std::max(bottom - top, 1.0)},
          {middle - 0.5, high, 1.0, std::max(low - high, 1.0)}};
}

CanvasRect grown(CanvasRect rect, double by_px) {
  return {rect.x - by_px, rect.y - by_px, rect.width + 2.0 * by_px, rect.height + 2.0 * by_px};
}

// An odd number of pixels, so that the wick stands in the middle.
double body_width_px(const HeatmapScene& scene) {
  const ChartCandle& candle = scene.candles.front();
  const double pitch_px =
      scene.time_axis.px(candle.time_end_s) - scene.time_axis.px(candle.time_begin_s);
  const double body_px = std::clamp(std::floor(pitch_px * 0.7), 1.0, 15.0);
  return std::fmod(body_px, 2.0) < 1.0 ? std::max(1.0, body_px - 1.0) : body_px;
}

}  // namespace

void draw_grid_lines(Canvas& canvas, const HeatmapScene& scene) {
  const CanvasRect plot = scene.layout.plot;
  std::vector<CanvasSegment> lines;
  for (const AxisTick& tick : price_ticks(scene)) {
    const double y = std::round(scene.price_axis.px(tick.value)) + 0.5;
    if (y > plot.y && y < plot.bottom()) lines.push_back({{plot.x, y}, {plot.right(), y}});
  }
  for (const AxisTick& tick : time_ticks_of(scene)) {
    const double x = std::round(scene.time_axis.px(tick.value)) + 0.5;
    lines.push_back({{x, plot.y}, {x, plot.bottom()}});
    for (const CanvasRect& pane : scene.layout.panes) {
      lines.push_back({{x, pane.y}, {x, pane.bottom()}});
    }
  }
  canvas.stroke_segments(lines, {.paint = {scene.colors.text_dim, kGridAlpha}});
}

void draw_candles(Canvas& canvas, const HeatmapScene& scene) {
  if (scene.candles.empty()) return;
  const double body_px = body_width_px(scene);
  std::vector<CanvasRect> halos;
  std::vector<CanvasRect> inks;
  std::vector<CanvasRect> hollows;
  for (const ChartCandle& candle : scene.candles) {
    const CandleShape shape = shape_of(scene, candle, body_px);
    halos.push_back(grown(shape.body, 1.0));
    halos.push_back(grown(shape.wick, 1.0));
    inks.push_back(shape.wick);
    inks.push_back(shape.body);
    const CanvasRect hollow = grown(shape.body, -1.0);
    if (candle.close >= candle.open && hollow.width >= 1.0 && hollow.height >= 1.0) {
      hollows.push_back(hollow);
    }
  }
  canvas.push_clip(scene.layout.plot);
  canvas.fill_rects(halos, {scene.colors.halo, 0.8});
  canvas.fill_rects(inks, {scene.colors.ink});
  canvas.fill_rects(hollows, {scene.colors.halo});
  canvas.pop_clip();
}

void draw_markers(Canvas& canvas, const HeatmapScene& scene) {
  std::vector<ChartMarker> markers;
  for (const ChartMarker& marker : scene.chart.markers) {
    if (scene.time_axis.holds(marker.time_s) && scene.price_axis.holds(marker.price) &&
        marker.usd > 0.0) {
      markers.push_back(marker);
    }
  }
  // The small lie on the large, else they could not be seen.
  std::ranges::stable_sort(markers, std::greater<>(), &ChartMarker::usd);
  canvas.push_clip(scene.layout.plot);
  for (const ChartMarker& marker : markers) {
    const CanvasPoint center = {scene.time_axis.px(marker.time_s),
                                scene.price_axis.px(marker.price)};
    const double radius_px = scene.radius_px(marker.usd);
    canvas.fill_circle(center, radius_px, {scene.colors.sides[marker.side], 0.72});
    if (radius_px < 2.0) continue;
    canvas.stroke_circle(center, radius_px, {.paint = {scene.colors.halo, 0.9}, .width_px = 1.25});
  }
  canvas.pop_clip();
}

void draw_price_axis(Canvas& canvas, const HeatmapScene& scene) {
  const HeatmapLayout& layout = scene.layout;
  const double size_px = layout.sizes.text_px;
  const double now_y = scene.chart.price_now && scene.price_axis.holds(*scene.chart.price_now)
                           ? scene.price_axis.px(*scene.chart.price_now)
                           : -1e9;
  for (const AxisTick& tick : price_ticks(scene)) {
    const double y = scene.price_axis.px(tick.value);
    if (y < layout.plot.y + size_px * 0.5 || y > layout.plot.bottom() - size_px * 0.4) continue;
    const double baseline = std::round(y + size_px * 0.36);
    canvas.draw_text({layout.plot.x - 7.0, baseline}, tick.label,
                     {.size_px = size_px, .anchor = TextAnchor::kEnd}, {scene.colors.text});
    if (std::abs(y - now_y) < size_px * 1.6) continue;
    canvas.draw_text({layout.plot.right() + 7.0, baseline}, tick.label, {.size_px = size_px},
                     {scene.colors.text_dim});
  }
  const TextStyle style = {
      .size_px = layout.sizes.small_px, .anchor = TextAnchor::kMiddle, .turn = TextTurn::kUpward};
  canvas.draw_text({layout.sizes.margin_px * 0.4 + layout.sizes.small_px,
                    layout.plot.y + layout.plot.height / 2.0},
                   elide(scene.chart.price_label, style, layout.plot.height), style,
                   {scene.colors.text_dim});
}

void draw_time_axis(Canvas& canvas, const HeatmapScene& scene) {
  const HeatmapLayout& layout = scene.layout;
  const double size_px = layout.sizes.text_px;
  const double first_y = std::round(layout.axis_top_px + size_px * 1.4);
  const double second_y = std::round(first_y + size_px * 1.25);
  const double axis_y = lowest_bottom(layout);
  double second_free_from = 0.0;
  for (const AxisTick& tick : time_ticks_of(scene)) {
    const double x = std::round(scene.time_axis.px(tick.value)) + 0.5;
    canvas.stroke_line({x, axis_y}, {x, axis_y + 4.0}, {.paint = {scene.colors.text_dim}});
    const TextStyle style = {.size_px = size_px, .anchor = TextAnchor::kMiddle};
    const TextStyle bold = {
        .size_px = size_px, .weight = FontWeight::kBold, .anchor = TextAnchor::kMiddle};
    const double half_px = text_width_px(tick.label, style) / 2.0;
    if (x - half_px < layout.plot.x - 20.0 || x + half_px > layout.plot.right() + 20.0) continue;
    canvas.draw_text({x, first_y}, tick.label, style, {scene.colors.text});
    if (tick.second_label.empty()) continue;
    const double second_half_px = text_width_px(tick.second_label, bold) / 2.0;
    if (x - second_half_px < second_free_from || x + second_half_px > layout.plot.right()) continue;
    canvas.draw_text({x, second_y}, tick.second_label, bold, {scene.colors.text});
    second_free_from = x + second_half_px + 10.0;
  }
  const TextStyle style = {.size_px = layout.sizes.small_px};
  canvas.draw_text({layout.plot.right() + 9.0, second_y},
                   elide(scene.chart.time_label, style, layout.gutter_px - 9.0), style,
                   {scene.colors.text_dim});
}

void draw_price_now(Canvas& canvas, const HeatmapScene& scene) {
  if (!scene.chart.price_now || !scene.price_axis.holds(*scene.chart.price_now)) return;
  const HeatmapLayout& layout = scene.layout;
  const double y = std::round(scene.price_axis.px(*scene.chart.price_now)) + 0.5;
  const Stroke halo = {.paint = {scene.colors.halo, 0.6}, .width_px = 3.0};
  const Stroke line = {.paint = {scene.colors.ink, 0.95}, .width_px = 1.0, .dash_px = 5.0};
  canvas.stroke_line({layout.plot.x, y}, {layout.plot.right(), y}, halo);
  canvas.stroke_line({layout.plot.x, y}, {layout.plot.right(), y}, line);
  const int decimals = std::clamp(
      static_cast<int>(4.0 - std::floor(std::log10(std::abs(*scene.chart.price_now) + 1e-9))), 0,
      8);
  draw_tag(canvas, {layout.plot.right() + 2.0, y}, grouped_text(*scene.chart.price_now, decimals),
           {.size_px = layout.sizes.text_px, .weight = FontWeight::kBold}, scene.colors.ink,
           scene.colors.page);
}

}  // namespace faultline
