#include "draw/heatmap_chart.hpp"

#include <algorithm>
#include <cmath>

#include "draw/heatmap_parts.hpp"

namespace faultline {
namespace {

constexpr double kCandlePitchPxMin = 4.0;

AxisRange view_or_edges(const std::optional<AxisRange>& view, const std::vector<double>& edges) {
  return view ? *view : AxisRange{edges.front(), edges.back()};
}

// Candles in view, as long as they must be to be seen.
void choose_candles(HeatmapScene& scene) {
  const AxisRange view_s = scene.time_axis.range();
  std::vector<ChartCandle> seen;
  double candle_s = 0.0;
  for (const ChartCandle& candle : scene.chart.candles) {
    if (candle.time_end_s <= view_s.low || candle.time_begin_s >= view_s.high) continue;
    seen.push_back(candle);
    candle_s = std::max(candle_s, candle.time_end_s - candle.time_begin_s);
  }
  const double second_px = scene.layout.plot.width / (view_s.high - view_s.low);
  scene.candle_s = candle_s;
  scene.candles = std::move(seen);
  if (candle_s * second_px >= kCandlePitchPxMin || scene.candles.empty()) return;
  scene.candle_s = round_duration_s(kCandlePitchPxMin / second_px);
  scene.candles = aggregate_candles(scene.candles, scene.candle_s);
}

void choose_marker_size(HeatmapScene& scene) {
  scene.marker_usd_full = scene.chart.marker_usd_full;
  for (const ChartMarker& marker : scene.chart.markers) {
    if (scene.chart.marker_usd_full > 0.0) break;
    scene.marker_usd_full = std::max(scene.marker_usd_full, marker.usd);
  }
  const double side_px = std::min(scene.chart.width_px, scene.chart.height_px);
  scene.marker_radius_px = std::clamp(side_px * 0.012, 6.0, 24.0);
}

// Header, legend and colour scale; returns the y where the plot may begin.
double place_head(HeatmapLayout& layout, const HeatmapChart& chart, const ChartColors& colors) {
  const double top =
      place_header(nullptr, chart.width_px, {chart.title, chart.subtitle, chart.banner}, colors);
  const double margin_px = layout.sizes.margin_px;
  const double width_px = chart.width_px - 2.0 * margin_px;
  const double scale_px = std::round(std::min(layout.sizes.small_px * 34.0, width_px * 0.46));
  layout.scale = {chart.width_px - margin_px - scale_px, top, scale_px,
                  std::round(layout.sizes.small_px * 4.2)};
  layout.legend = {margin_px, top, width_px - scale_px - margin_px, layout.scale.height};
  return top;
}

// What remains below `top` goes to the plot, its panes and the profile.
void place_plots(HeatmapLayout& layout, const HeatmapChart& chart, double top) {
  const ChartSizes sizes = layout.sizes;
  const double left = std::round(sizes.margin_px + sizes.text_px * 6.2);
  const double axis_px = std::round(sizes.text_px * 3.1);
  const double bottom = std::floor(chart.height_px - footer_height_px(chart.footer, sizes) -
                                   axis_px - sizes.margin_px * 0.4);
  layout.gutter_px = std::round(sizes.text_px * 5.8);
  double right = chart.width_px - sizes.margin_px - layout.gutter_px;
  if (chart.profile) {
    const double profile_px = std::round(std::clamp(chart.width_px * 0.16, 110.0, 560.0));
    right -= profile_px;
    layout.profile = {right + layout.gutter_px, top, profile_px, 0.0};
  }
  right = std::floor(right);
  const double room_px = bottom - top;
  const double gap_px = 7.0;
  const double pane_count = static_cast<double>(chart.panes.size());
  double pane_px = 0.0;
  if (pane_count > 0.0) {
    pane_px =
        std::floor(std::min(std::max(room_px * 0.15, 40.0), room_px * 0.5 / pane_count) - gap_px);
  }
  layout.plot = {left, top, right - left, room_px - pane_count * (pane_px + gap_px)};
  for (std::size_t i = 0; i < chart.panes.size(); ++i) {
    const double y = layout.plot.bottom() + gap_px + static_cast<double>(i) * (pane_px + gap_px);
    layout.panes.push_back({left, y, layout.plot.width, pane_px});
  }
  layout.profile.y = layout.plot.y;
  layout.profile.height = layout.plot.height;
  layout.profile.x = std::round(right + layout.gutter_px);
  layout.axis_top_px = bottom;
}

// Measures twice: what stands in the legend depends on the plot's width, and the plot's top on the
// legend's height.
HeatmapScene arrange(const HeatmapChart& chart) {
  const ChartColors& colors = colors_of(chart.theme);
  const AxisRange times = view_or_edges(chart.time_view, chart.grid.time_edges_s);
  const AxisRange prices = view_or_edges(chart.price_view, chart.grid.price_edges);
  HeatmapScene scene = {.chart = chart,
                        .colors = colors,
                        .layout = {.sizes = sizes_of(chart.width_px)},
                        .time_axis = {times, AxisScale::kLinear, 0.0, 1.0},
                        .price_axis = {prices, chart.price_scale, 1.0, 0.0},
                        .candles = {}};
  const double head = place_head(scene.layout, chart, colors);
  choose_marker_size(scene);
  HeatmapLayout trial = scene.layout;
  place_plots(trial, chart, head);
  scene.layout.plot = trial.plot;
  choose_candles(scene);
  const double line_px = std::max(scene.layout.sizes.small_px * 1.7, 2.0 * scene.marker_radius_px);
  const double legend_px = flow_legend(nullptr, scene.layout.legend, line_px, legend_items(scene));
  scene.layout.legend.height = std::max(scene.layout.scale.height, legend_px);
  const double title_px =
      chart.profile && !chart.profile->title.empty() ? scene.layout.sizes.small_px * 2.0 : 6.0;
  place_plots(scene.layout, chart, std::round(head + scene.layout.legend.height + title_px));
  const CanvasRect plot = scene.layout.plot;
  scene.time_axis = AxisMap(times, AxisScale::kLinear, plot.x, plot.right());
  scene.price_axis = AxisMap(prices, chart.price_scale, plot.bottom(), plot.y);
  return scene;
}

void draw_plot(Canvas& canvas, HeatmapScene& scene) {
  const CanvasRect plot = scene.layout.plot;
  const HeatmapRaster raster = rasterize(scene.chart, scene.time_axis, scene.price_axis, plot);
  scene.is_reduced = raster.is_reduced;
  canvas.fill_rect({plot.x - 1.0, plot.y - 1.0, plot.width + 2.0, plot.height + 2.0},
                   {scene.colors.line});
  canvas.draw_image({plot.x, plot.y}, raster.image);
  for (const CanvasRect& pane : scene.layout.panes) canvas.fill_rect(pane, {scene.colors.plot});
  draw_grid_lines(canvas, scene);
  draw_candles(canvas, scene);
  draw_markers(canvas, scene);
}

// A tag inside the plot too: pictures get cropped.
void draw_banner_tag(Canvas& canvas, const HeatmapScene& scene) {
  if (scene.chart.banner.empty()) return;
  const CanvasRect plot = scene.layout.plot;
  const TextStyle style = {.size_px = scene.layout.sizes.text_px, .weight = FontWeight::kBold};
  draw_tag(canvas, {plot.x + 8.0, plot.bottom() - 8.0 - style.size_px * 0.75},
           elide(scene.chart.banner, style, plot.width - 40.0), style, scene.colors.banner,
           scene.colors.banner_text);
}

void draw_chart(Canvas& canvas, HeatmapScene& scene) {
  const HeatmapChart& chart = scene.chart;
  const CanvasRect page = {0.0, 0.0, 1.0 * chart.width_px, 1.0 * chart.height_px};
  canvas.fill_rect(page, {scene.colors.page});
  place_header(&canvas, chart.width_px, {chart.title, chart.subtitle, chart.banner}, scene.colors);
  draw_plot(canvas, scene);
  const double line_px = std::max(scene.layout.sizes.small_px * 1.7, 2.0 * scene.marker_radius_px);
  flow_legend(&canvas, scene.layout.legend, line_px, legend_items(scene));
  draw_color_scale(canvas, scene);
  draw_price_axis(canvas, scene);
  draw_panes(canvas, scene);
  draw_time_axis(canvas, scene);
  draw_profile(canvas, scene);
  draw_price_now(canvas, scene);
  draw_banner_tag(canvas, scene);
  draw_footer(canvas, page, chart.footer, scene.colors);
}

Result<std::vector<std::uint8_t>> render(const HeatmapChart& chart, Canvas& canvas) {
  HeatmapScene scene = arrange(chart);
  draw_chart(canvas, scene);
  return canvas.finish();
}

}  // namespace

Result<std::vector<std::uint8_t>> render_png(const HeatmapChart& chart) {
  if (auto fine = check_heatmap(chart); !fine) return fine.error();
  auto canvas = make_png_canvas(chart.width_px, chart.height_px);
  if (!canvas) return canvas.error();
  return render(chart, **canvas);
}

Result<std::string> render_svg(const HeatmapChart& chart) {
  if (auto fine = check_heatmap(chart); !fine) return fine.error();
  const auto canvas = make_svg_canvas(chart.width_px, chart.height_px);
  const auto bytes = render(chart, *canvas);
  if (!bytes) return bytes.error();
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace faultline
