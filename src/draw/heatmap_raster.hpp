#pragma once

#include "draw/canvas.hpp"
#include "draw/chart_frame.hpp"

namespace faultline {

// The grid on device pixels.
//
// A pixel shows the largest of the cells that it holds: the cell at its centre, and every cell
// whose own centre lies in it. So no cell is lost however narrow it is, edges stay sharp where
// cells are wide, and an amount is never averaged away.
struct HeatmapRaster {
  PixelImage image = {};
  bool is_reduced = false;  // some pixel holds more than one cell along an axis
};

// Requires: a chart that passed check_heatmap; axes that map whole pixels of `plot`.
// Cost: every cell in view is read once, or once a pixel where cells are larger than pixels.
HeatmapRaster rasterize(const HeatmapChart& chart, const AxisMap& time_axis,
                        const AxisMap& price_axis, CanvasRect plot);

// Half-open ranges of cells by pixel, from pixel `begin_px` upward; {0, 0} where there is no cell.
struct CellRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};
std::vector<CellRange> cells_by_pixel(std::span<const double> edges, const AxisMap& axis,
                                      double begin_px, int pixel_count);

// Candles merged into buckets of `bucket_s` that begin at whole multiples of it since 1970: first
// open, highest high, lowest low, last close. A candle belongs to the bucket in which it begins.
// Requires: candles ascending, bucket_s > 0.
std::vector<ChartCandle> aggregate_candles(std::span<const ChartCandle> candles, double bucket_s);

}  // namespace faultline
