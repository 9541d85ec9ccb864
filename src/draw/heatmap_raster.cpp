#include "draw/heatmap_raster.hpp"

#include <algorithm>

namespace faultline {
namespace {

constexpr int kHatchPeriodPx = 7;
constexpr double kHatchShare = 0.62;

struct Cell {
  float value = 0.0F;
  PaletteKind kind = PaletteKind::kTotal;
  bool is_uncertain = false;
};

Cell largest_cell(const HeatmapGrid& grid, CellRange columns, CellRange rows) {
  const std::size_t row_count = grid.price_edges.size() - 1;
  const bool has_sides = !grid.values_second.empty();
  Cell best = {.kind = has_sides ? PaletteKind::kWarm : PaletteKind::kTotal};
  for (std::size_t column = columns.begin; column < columns.end; ++column) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t at = column * row_count + row;
      const bool is_second = has_sides && grid.values_second[at] > grid.values[at];
      const float value = is_second ? grid.values_second[at] : grid.values[at];
      if (value <= best.value) continue;
      best.value = value;
      if (has_sides) best.kind = is_second ? PaletteKind::kCool : PaletteKind::kWarm;
      best.is_uncertain = !grid.is_uncertain.empty() && grid.is_uncertain[at] != 0;
    }
  }
  return best;
}

// A cell as a colour; hatching lies on device pixels, so its lines run through all cells.
class CellPainter {
 public:
  CellPainter(const HeatmapChart& chart, Rgb background) : chart_(chart), background_(background) {}

  Rgb color_of(const Cell& cell, int x, int y) const {
    const auto index = chart_.color_scale.index_of(static_cast<double>(cell.value));
    if (!index) return background_;
    const Rgb color = palette_of(cell.kind, chart_.theme)[*index];
    const bool is_hatch = cell.is_uncertain && (x + y) % kHatchPeriodPx < 2;
    return is_hatch ? mix(color, background_, kHatchShare) : color;
  }

 private:
  const HeatmapChart& chart_;
  Rgb background_;
};

bool holds_many(std::span<const CellRange> ranges) {
  return std::ranges::any_of(ranges, [](CellRange r) { return r.end - r.begin > 1; });
}

}  // namespace

std::vector<CellRange> cells_by_pixel(std::span<const double> edges, const AxisMap& axis,
                                      double begin_px, int pixel_count) {
  std::vector<CellRange> ranges(static_cast<std::size_t>(pixel_count));
  if (edges.size() < 2) return ranges;
  const auto widen = [](CellRange& range, std::size_t cell) {
    if (range.begin == range.end) {
      range = {cell, cell + 1};
    } else {
      range = {std::min(range.begin, cell), std::max(range.end, cell + 1)};
    }
  };
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const double center = axis.value(begin_px + static_cast<double>(i) + 0.5);
    const auto above = std::ranges::upper_bound(edges, center);
    if (above == edges.begin() || above == edges.end()) continue;
    widen(ranges[i], static_cast<std::size_t>(above - edges.begin()) - 1);
  }
  for (std::size_t cell = 0; cell + 1 < edges.size(); ++cell) {
    const double center_px = (axis.px(edges[cell]) + axis.px(edges[cell + 1])) / 2.0 - begin_px;
    if (center_px < 0.0 || center_px >= pixel_count) continue;
    widen(ranges[static_cast<std::size_t>(center_px)], cell);
  }
  return ranges;
}

HeatmapRaster rasterize(const HeatmapChart& chart, const AxisMap& time_axis,
                        const AxisMap& price_axis, CanvasRect plot) {
  const int width_px = static_cast<int>(plot.width);
  const int height_px = static_cast<int>(plot.height);
  const Rgb background = colors_of(chart.theme).plot;
  HeatmapRaster raster;
  raster.image = {width_px, height_px, {}};
  raster.image.pixels.assign(
      static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px), background);
  if (chart.grid.values.empty()) return raster;
  const auto columns = cells_by_pixel(chart.grid.time_edges_s, time_axis, plot.x, width_px);
  const auto rows = cells_by_pixel(chart.grid.price_edges, price_axis, plot.y, height_px);
  raster.is_reduced = holds_many(columns) || holds_many(rows);
  const CellPainter painter(chart, background);
  for (int x = 0; x < width_px; ++x) {
    const CellRange column = columns[static_cast<std::size_t>(x)];
    for (int y = 0; y < height_px; ++y) {
      const CellRange row = rows[static_cast<std::size_t>(y)];
      const std::size_t at = static_cast<std::size_t>(y) * static_cast<std::size_t>(width_px) +
                             static_cast<std::size_t>(x);
      raster.image.pixels[at] = painter.color_of(largest_cell(chart.grid, column, row), x, y);
    }
  }
  return raster;
}

std::vector<ChartCandle> aggregate_candles(std::span<const ChartCandle> candles, double bucket_s) {
  std::vector<ChartCandle> merged;
  for (const ChartCandle& candle : candles) {
    const double begin_s = std::floor(candle.time_begin_s / bucket_s) * bucket_s;
    if (merged.empty() || merged.back().time_begin_s < begin_s) {
      merged.push_back(candle);
      merged.back().time_begin_s = begin_s;
      merged.back().time_end_s = begin_s + bucket_s;
      continue;
    }
    ChartCandle& last = merged.back();
    last.high = std::max(last.high, candle.high);
    last.low = std::min(last.low, candle.low);
    last.close = candle.close;
  }
  return merged;
}

}  // namespace faultline
