#include <algorithm>
#include <cmath>

#include "draw/heatmap_parts.hpp"

namespace faultline {
namespace {

constexpr double kSwatchPx = 12.0;

// The round amount (1, 2 or 5 times a power of ten) that is not above `usd`.
double round_down(double usd) {
  const double power = std::pow(10.0, std::floor(std::log10(usd)));
  for (const double factor : {5.0, 2.0}) {
    if (factor * power <= usd * (1.0 + 1e-9)) return factor * power;
  }
  return power;
}

LegendItem swatch(const HeatmapScene& scene, const std::string& label, Rgb color) {
  return legend_item(kSwatchPx, label, scene.layout.sizes, scene.colors.text_dim,
                     [color](Canvas& canvas, CanvasPoint at) {
                       canvas.fill_rect({at.x, at.y - 5.0, kSwatchPx, 10.0}, {color, 0.85});
                     });
}

void add_candles(const HeatmapScene& scene, std::vector<LegendItem>& items) {
  if (scene.candles.empty()) return;
  const Rgb ink = scene.colors.ink;
  const Rgb halo = scene.colors.halo;
  items.push_back(legend_item(
      9.0, "candles " + duration_text(scene.candle_s) + ", hollow: up", scene.layout.sizes,
      scene.colors.text_dim, [ink, halo](Canvas& canvas, CanvasPoint at) {
        const double x = std::round(at.x);
        const double y = std::round(at.y);
        const CanvasRect inks[] = {{x + 2.0, y - 8.0, 1.0, 16.0}, {x, y - 4.0, 5.0, 8.0}};
        canvas.fill_rects(inks, {ink});
        canvas.fill_rect({x + 1.0, y - 3.0, 3.0, 6.0}, {halo});
      }));
}

void add_markers(const HeatmapScene& scene, std::vector<LegendItem>& items) {
  if (scene.chart.markers.empty() || scene.marker_usd_full <= 0.0) return;
  const auto bubble = [&](double usd, const std::string& label, Rgb color) {
    const double radius_px = scene.radius_px(usd);
    const Rgb halo = scene.colors.halo;
    items.push_back(legend_item(
        2.0 * radius_px, label, scene.layout.sizes, scene.colors.text_dim,
        [=](Canvas& canvas, CanvasPoint at) {
          const CanvasPoint center = {at.x + radius_px, at.y};
          canvas.fill_circle(center, radius_px, {color, 0.72});
          canvas.stroke_circle(center, radius_px, {.paint = {halo, 0.9}, .width_px = 1.25});
        }));
  };
  const double usd_large = round_down(scene.marker_usd_full);
  for (std::size_t side = 0; side < 2; ++side) {
    bubble(scene.marker_usd_full * 0.25, scene.chart.marker_labels[side], scene.colors.sides[side]);
  }
  bubble(usd_large / 10.0, dollars_text(usd_large / 10.0), scene.colors.text_dim);
  bubble(usd_large, dollars_text(usd_large), scene.colors.text_dim);
}

void add_hatch(const HeatmapScene& scene, std::vector<LegendItem>& items) {
  const auto& flags = scene.chart.grid.is_uncertain;
  if (std::ranges::find(flags, std::uint8_t{1}) == flags.end()) return;
  const PaletteKind kind =
      scene.chart.grid.values_second.empty() ? PaletteKind::kTotal : PaletteKind::kWarm;
  const Rgb color = palette_of(kind, scene.chart.theme)[150];
  const Rgb back = scene.colors.plot;
  items.push_back(
      legend_item(18.0, scene.chart.uncertain_label, scene.layout.sizes, scene.colors.text_dim,
                  [=](Canvas& canvas, CanvasPoint at) {
                    const CanvasRect box = {at.x, at.y - 6.0, 18.0, 12.0};
                    canvas.fill_rect(box, {color});
                    canvas.push_clip(box);
                    std::vector<CanvasSegment> lines;
                    for (int line = 0; line < 5; ++line) {
                      const double x = -12.0 + 7.0 * line;
                      lines.push_back({{at.x + x, box.bottom()}, {at.x + x + 12.0, box.y}});
                    }
                    canvas.stroke_segments(lines, {.paint = {back, 0.62}, .width_px = 1.5});
                    canvas.pop_clip();
                  }));
}

void draw_ramp(Canvas& canvas, CanvasRect bar, const Palette& palette) {
  PixelImage image = {static_cast<int>(bar.width), static_cast<int>(bar.height), {}};
  for (int y = 0; y < image.height_px; ++y) {
    for (int x = 0; x < image.width_px; ++x) {
      const double share = (x + 0.5) / image.width_px;
      image.pixels.push_back(palette[static_cast<std::size_t>(share * kPaletteSize)]);
    }
  }
  canvas.draw_image({bar.x, bar.y}, image);
}

void draw_scale_ticks(Canvas& canvas, const HeatmapScene& scene, CanvasRect bar) {
  const LogColorScale& scale = scene.chart.color_scale;
  const AxisRange range = {scale.floor, scale.ceiling};
  const AxisMap axis(range, AxisScale::kLog, bar.x, bar.right());
  const TextStyle style = {.size_px = scene.layout.sizes.small_px, .anchor = TextAnchor::kMiddle};
  const int count = std::max(2, static_cast<int>(bar.width / (style.size_px * 5.0)));
  double free_from = 0.0;
  for (const AxisTick& tick : log_ticks(range, count)) {
    const double x = axis.px(tick.value);
    const bool is_last = tick.value >= scale.ceiling * (1.0 - 1e-9);
    const std::string text = (is_last ? "≥" : "") + dollars_text(tick.value);
    const double half_px = text_width_px(text, style) / 2.0;
    const double middle = std::min(x, scene.layout.scale.right() - half_px);
    if (middle - half_px < free_from) continue;
    canvas.stroke_line({std::round(x) + 0.5, bar.bottom()},
                       {std::round(x) + 0.5, bar.bottom() + 3.0},
                       {.paint = {scene.colors.text_dim}});
    canvas.draw_text({middle, std::round(bar.bottom() + style.size_px * 1.25)}, text, style,
                     {scene.colors.text});
    free_from = middle + half_px + 6.0;
  }
}

}  // namespace

std::vector<LegendItem> legend_items(const HeatmapScene& scene) {
  std::vector<LegendItem> items;
  add_candles(scene, items);
  add_markers(scene, items);
  add_hatch(scene, items);
  if (scene.chart.profile || !scene.chart.grid.values_second.empty()) {
    for (std::size_t side = 0; side < 2; ++side) {
      items.push_back(swatch(scene, scene.chart.side_labels[side], scene.colors.sides[side]));
    }
  }
  if (scene.chart.profile) {
    const bool has_band =
        !scene.chart.profile->usd_p90[0].empty() || !scene.chart.profile->usd_p90[1].empty();
    if (has_band) {
      const Rgb faint = mix(scene.colors.plot, scene.colors.text_dim, 0.5);
      items.push_back(swatch(scene, "p10–p90", faint));
    }
  }
  return items;
}

void draw_color_scale(Canvas& canvas, const HeatmapScene& scene) {
  const CanvasRect area = scene.layout.scale;
  const ChartSizes sizes = scene.layout.sizes;
  const TextStyle style = {.size_px = sizes.small_px};
  // The caller's words give way, never the statement that the picture shows maxima.
  const std::string reduction = scene.is_reduced ? " · max per pixel" : "";
  const double room_px = area.width - text_width_px(reduction, style);
  canvas.draw_text({area.x, std::round(area.y + sizes.small_px)},
                   elide(scene.chart.value_label, style, room_px) + reduction, style,
                   {scene.colors.text_dim});
  const double bar_px = std::round(sizes.small_px * 1.1);
  const CanvasRect bar = {std::round(area.x), std::round(area.y + sizes.small_px * 1.6),
                          std::round(area.width), bar_px};
  if (scene.chart.grid.values_second.empty()) {
    draw_ramp(canvas, bar, palette_of(PaletteKind::kTotal, scene.chart.theme));
  } else {
    const double half_px = std::floor(bar_px / 2.0);
    draw_ramp(canvas, {bar.x, bar.y, bar.width, half_px},
              palette_of(PaletteKind::kWarm, scene.chart.theme));
    draw_ramp(canvas, {bar.x, bar.y + half_px, bar.width, bar_px - half_px},
              palette_of(PaletteKind::kCool, scene.chart.theme));
  }
  draw_scale_ticks(canvas, scene, bar);
}

}  // namespace faultline
