#include <algorithm>
#include <cmath>

#include "draw/heatmap_parts.hpp"

namespace faultline {
namespace {

float at_or_zero(const std::vector<float>& values, std::size_t row) {
  return row < values.size() ? values[row] : 0.0F;
}

// The largest of `values` in every pixel row of the profile.
std::vector<double> by_pixel(const std::vector<float>& values, std::span<const CellRange> rows) {
  std::vector<double> out(rows.size(), 0.0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t row = rows[i].begin; row < rows[i].end; ++row) {
      out[i] = std::max(out[i], static_cast<double>(at_or_zero(values, row)));
    }
  }
  return out;
}

// A staircase of one-pixel rows between the curves `from` and `to`.
std::vector<CanvasPoint> staircase(CanvasRect area, std::span<const double> from,
                                   std::span<const double> to, double usd_full) {
  std::vector<CanvasPoint> corners;
  const auto x_of = [&](double usd) { return area.x + usd / usd_full * area.width; };
  for (std::size_t i = 0; i < to.size(); ++i) {
    const double y = area.y + static_cast<double>(i);
    if (i > 0 && to[i] == to[i - 1]) continue;
    if (i > 0) corners.push_back({x_of(to[i - 1]), y});
    corners.push_back({x_of(to[i]), y});
  }
  if (to.empty()) return corners;
  corners.push_back({x_of(to.back()), area.bottom()});
  corners.push_back({x_of(from.back()), area.bottom()});
  for (std::size_t i = from.size(); i-- > 0;) {
    const double y = area.y + static_cast<double>(i);
    if (i + 1 < from.size() && from[i] == from[i + 1]) continue;
    if (i + 1 < from.size()) corners.push_back({x_of(from[i + 1]), y + 1.0});
    corners.push_back({x_of(from[i]), y + 1.0});
  }
  corners.push_back({x_of(from.front()), area.y});
  return corners;
}

struct ProfileSide {
  std::vector<double> usd;
  std::vector<double> p10;
  std::vector<double> p90;
};

void draw_profile_side(Canvas& canvas, CanvasRect area, const ProfileSide& side, Rgb color,
                       double usd_full) {
  const std::vector<double> zero(side.usd.size(), 0.0);
  canvas.fill_polygon(staircase(area, zero, side.usd, usd_full), {color, 0.8});
  if (side.p90.empty()) return;
  canvas.fill_polygon(staircase(area, side.p10, side.p90, usd_full), {color, 0.34});
}

// From the price outward, one point where the sum changes, ending at the edge of the view.
std::vector<CanvasPoint> cumulative_line(const HeatmapScene& scene, std::size_t side,
                                         std::span<const double> sums, double usd_full) {
  const CanvasRect area = scene.layout.profile;
  const std::vector<double>& edges = scene.chart.grid.price_edges;
  std::vector<CanvasPoint> points = {{area.x, scene.price_axis.px(*scene.chart.price_now)}};
  const std::size_t row_count = sums.size();
  for (std::size_t i = 0; i < row_count; ++i) {
    const std::size_t row = side == 0 ? row_count - 1 - i : i;
    if (sums[row] <= 0.0) continue;
    const double outer = side == 0 ? edges[row] : edges[row + 1];
    points.push_back({area.x + sums[row] / usd_full * area.width, scene.price_axis.px(outer)});
  }
  return reduce_line(points);
}

void draw_cumulative(Canvas& canvas, const HeatmapScene& scene) {
  if (!scene.chart.price_now) return;
  const std::array<std::vector<double>, 2> sums = {cumulative_usd(scene.chart, 0),
                                                   cumulative_usd(scene.chart, 1)};
  double usd_full = 0.0;
  for (const auto& side : sums) {
    for (const double usd : side) usd_full = std::max(usd_full, usd);
  }
  if (usd_full <= 0.0) return;
  usd_full *= 1.06;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto line = cumulative_line(scene, side, sums[side], usd_full);
    if (line.size() < 2) continue;
    canvas.stroke_polyline(line, {.paint = {scene.colors.halo, 0.85}, .width_px = 3.6});
    canvas.stroke_polyline(line, {.paint = {scene.colors.ink}, .width_px = 1.5});
  }
}

// The sum at the far end of each cumulative curve, above and below the panel's middle.
void draw_cumulative_texts(Canvas& canvas, const HeatmapScene& scene) {
  if (!scene.chart.price_now) return;
  const CanvasRect area = scene.layout.profile;
  const TextStyle style = {.size_px = scene.layout.sizes.small_px, .weight = FontWeight::kBold};
  for (std::size_t side = 0; side < 2; ++side) {
    const auto sums = cumulative_usd(scene.chart, side);
    const double total = sums.empty() ? 0.0 : *std::ranges::max_element(sums);
    if (total <= 0.0) continue;
    const std::string text = dollars_text(total) + " " + scene.chart.side_labels[side];
    const std::string kept = elide(text, style, area.width - 20.0);
    const double width_px = text_width_px(kept, style) + 10.0;
    const double y = side == 0 ? area.bottom() - style.size_px * 1.2 : area.y + style.size_px * 1.2;
    draw_tag(canvas, {area.right() - width_px - 4.0, y}, kept, style, scene.colors.page,
             scene.colors.sides[side]);
  }
}

void draw_profile_axis(Canvas& canvas, const HeatmapScene& scene, double usd_full) {
  const HeatmapLayout& layout = scene.layout;
  const CanvasRect area = layout.profile;
  const double size_px = layout.sizes.small_px;
  const double y = std::round(area.bottom() + size_px * 1.3);
  double free_from = 0.0;
  const int count = std::max(1, static_cast<int>(area.width / (size_px * 5.0)));
  for (const AxisTick& tick : linear_ticks({0.0, usd_full}, count)) {
    const double x = area.x + tick.value / usd_full * area.width;
    const std::string text = dollars_text(tick.value);
    const TextStyle style = {.size_px = size_px, .anchor = TextAnchor::kMiddle};
    const double half_px = text_width_px(text, style) / 2.0;
    if (x - half_px < free_from || x + half_px > area.right() + layout.sizes.margin_px) continue;
    canvas.draw_text({x, y}, text, style, {scene.colors.text_dim});
    free_from = x + half_px + 6.0;
  }
  const TextStyle style = {.size_px = size_px};
  const std::string note =
      scene.chart.price_now ? "bars: this row · line: sum from price" : "bars: this row";
  canvas.draw_text({area.x, std::round(y + size_px * 1.35)},
                   elide(note, style, area.width + layout.sizes.margin_px * 0.8), style,
                   {scene.colors.text_dim});
}

void frame(Canvas& canvas, CanvasRect area, Rgb color) {
  const CanvasPoint corners[] = {{area.x - 0.5, area.y - 0.5},
                                 {area.right() + 0.5, area.y - 0.5},
                                 {area.right() + 0.5, area.bottom() + 0.5},
                                 {area.x - 0.5, area.bottom() + 0.5},
                                 {area.x - 0.5, area.y - 0.5}};
  canvas.stroke_polyline(corners, {.paint = {color}});
}

AxisRange pane_range(const ChartPane& pane, AxisRange view_s) {
  double low = kChartValueAbsMax;
  double high = -kChartValueAbsMax;
  for (const ChartSeries& series : pane.series) {
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      if (series.times_s[i] < view_s.low || series.times_s[i] > view_s.high) continue;
      low = std::min(low, series.values[i]);
      high = std::max(high, series.values[i]);
    }
  }
  if (low > high) return {0.0, 1.0};
  if (low >= 0.0 && low < 0.6 * high) low = 0.0;
  const double pad = high > low ? 0.08 * (high - low) : std::max(1e-9, std::abs(high) * 0.1);
  return {low == 0.0 ? 0.0 : low - pad, high + pad};
}

void draw_pane_legend(Canvas& canvas, const HeatmapScene& scene, const ChartPane& pane,
                      CanvasRect area) {
  const ChartSizes sizes = scene.layout.sizes;
  std::vector<LegendItem> items;
  const std::string head = pane.unit.empty() ? pane.label : pane.label + ", " + pane.unit;
  items.push_back(legend_item(0.0, head, sizes, scene.colors.text, [](Canvas&, CanvasPoint) {}));
  for (std::size_t i = 0; i < pane.series.size(); ++i) {
    const Rgb color = scene.colors.series[i % scene.colors.series.size()];
    const ChartSeries& series = pane.series[i];
    std::string text = series.label;
    if (!series.values.empty()) text += " " + short_text(series.values.back());
    items.push_back(
        legend_item(14.0, text, sizes, scene.colors.text_dim, [color](Canvas& on, CanvasPoint at) {
          on.stroke_line(at, {at.x + 14.0, at.y}, {.paint = {color}, .width_px = 2.0});
        }));
  }
  const double line_px = std::round(sizes.small_px * 1.6);
  canvas.push_clip(area);
  flow_legend(&canvas, {area.x + 6.0, area.y, 1e9, line_px}, line_px, items);
  canvas.pop_clip();
}

void draw_pane(Canvas& canvas, const HeatmapScene& scene, const ChartPane& pane, CanvasRect area) {
  const double size_px = scene.layout.sizes.small_px;
  // The legend line stays free of curves.
  const AxisMap axis(pane_range(pane, scene.time_axis.range()), AxisScale::kLinear, area.bottom(),
                     area.y + std::round(std::min(size_px * 1.6, area.height * 0.4)));
  frame(canvas, area, scene.colors.line);
  const int count = std::max(1, static_cast<int>(area.height / (size_px * 3.0)));
  for (const AxisTick& tick : linear_ticks(axis.range(), count)) {
    const double y = std::round(axis.px(tick.value)) + 0.5;
    if (y < area.y + size_px * 0.6 || y > area.bottom() + 1.0) continue;
    canvas.stroke_line({area.x, y}, {area.right(), y}, {.paint = {scene.colors.text_dim, 0.2}});
    canvas.draw_text({area.x - 7.0, y + size_px * 0.36}, short_text(tick.value),
                     {.size_px = size_px, .anchor = TextAnchor::kEnd}, {scene.colors.text_dim});
  }
  canvas.push_clip(area);
  for (std::size_t i = 0; i < pane.series.size(); ++i) {
    const ChartSeries& series = pane.series[i];
    std::vector<CanvasPoint> points;
    for (std::size_t k = 0; k < series.values.size(); ++k) {
      points.push_back({scene.time_axis.px(series.times_s[k]), axis.px(series.values[k])});
    }
    canvas.stroke_polyline(
        reduce_line(points),
        {.paint = {scene.colors.series[i % scene.colors.series.size()]}, .width_px = 1.5});
  }
  canvas.pop_clip();
  draw_pane_legend(canvas, scene, pane, area);
}

}  // namespace

std::vector<CanvasPoint> reduce_line(std::span<const CanvasPoint> points) {
  std::vector<CanvasPoint> kept;
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin;
    std::size_t low = begin;
    std::size_t high = begin;
    const double column = std::floor(points[begin].x);
    for (; end < points.size() && std::floor(points[end].x) == column; ++end) {
      if (points[end].y > points[low].y) low = end;
      if (points[end].y < points[high].y) high = end;
    }
    std::size_t last = points.size();
    for (const std::size_t index : {begin, std::min(low, high), std::max(low, high), end - 1}) {
      if (index != last) kept.push_back(points[index]);
      last = index;
    }
    begin = end;
  }
  return kept;
}

std::vector<double> cumulative_usd(const HeatmapChart& chart, std::size_t side) {
  std::vector<double> sums;
  if (!chart.profile || !chart.price_now) return sums;
  const std::vector<double>& edges = chart.grid.price_edges;
  const std::vector<float>& usd = chart.profile->usd[side];
  sums.assign(usd.size(), 0.0);
  double total = 0.0;
  for (std::size_t i = 0; i < usd.size(); ++i) {
    const std::size_t row = side == 0 ? usd.size() - 1 - i : i;
    const double low = side == 0 ? edges[row] : std::max(edges[row], *chart.price_now);
    const double high = side == 0 ? std::min(edges[row + 1], *chart.price_now) : edges[row + 1];
    if (low >= high) continue;
    const double weight = chart.bin_fraction > 0.0 ? std::log(high / low) / chart.bin_fraction
                                                   : (high - low) / (edges[row + 1] - edges[row]);
    total += static_cast<double>(usd[row]) * weight;
    sums[row] = total;
  }
  return sums;
}

void draw_profile(Canvas& canvas, const HeatmapScene& scene) {
  const CanvasRect area = scene.layout.profile;
  if (!scene.chart.profile || area.width <= 0.0) return;
  const ChartProfile& profile = *scene.chart.profile;
  canvas.fill_rect(area, {scene.colors.plot});
  frame(canvas, area, scene.colors.line);
  const auto rows = cells_by_pixel(scene.chart.grid.price_edges, scene.price_axis, area.y,
                                   static_cast<int>(area.height));
  std::array<ProfileSide, 2> sides;
  double usd_full = 0.0;
  for (std::size_t side = 0; side < 2; ++side) {
    sides[side].usd = by_pixel(profile.usd[side], rows);
    if (!profile.usd_p90[side].empty()) {
      sides[side].p10 = by_pixel(profile.usd_p10[side], rows);
      sides[side].p90 = by_pixel(profile.usd_p90[side], rows);
    }
    for (const double usd : sides[side].usd) usd_full = std::max(usd_full, usd);
    for (const double usd : sides[side].p90) usd_full = std::max(usd_full, usd);
  }
  usd_full = usd_full > 0.0 ? usd_full * 1.04 : 1.0;
  canvas.push_clip(area);
  for (std::size_t side = 0; side < 2; ++side) {
    draw_profile_side(canvas, area, sides[side], scene.colors.sides[side], usd_full);
  }
  draw_cumulative(canvas, scene);
  if (scene.chart.price_now) {
    const double y = std::round(scene.price_axis.px(*scene.chart.price_now)) + 0.5;
    canvas.stroke_line({area.x, y}, {area.right(), y},
                       {.paint = {scene.colors.ink, 0.95}, .width_px = 1.0, .dash_px = 5.0});
  }
  draw_cumulative_texts(canvas, scene);
  canvas.pop_clip();
  const TextStyle style = {.size_px = scene.layout.sizes.small_px, .weight = FontWeight::kBold};
  canvas.draw_text({area.x, area.y - 6.0}, elide(profile.title, style, area.width), style,
                   {scene.colors.text});
  draw_profile_axis(canvas, scene, usd_full);
}

void draw_panes(Canvas& canvas, const HeatmapScene& scene) {
  for (std::size_t i = 0; i < scene.layout.panes.size(); ++i) {
    draw_pane(canvas, scene, scene.chart.panes[i], scene.layout.panes[i]);
  }
}

}  // namespace faultline
