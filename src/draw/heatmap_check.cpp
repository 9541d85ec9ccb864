#include <algorithm>
#include <cmath>

#include "draw/heatmap_parts.hpp"

namespace faultline {
namespace {

constexpr AxisRange kTimes = {0.0, kChartTimeMaxS};
constexpr AxisRange kNumbers = {-kChartValueAbsMax, kChartValueAbsMax};
constexpr AxisRange kAmounts = {0.0, kChartValueAbsMax};
constexpr double kPriceMin = 1e-12;

AxisRange prices_of(const HeatmapChart& chart) {
  return chart.price_scale == AxisScale::kLog ? AxisRange{kPriceMin, kChartValueAbsMax} : kNumbers;
}

Result<void> check_amounts(const std::vector<float>& values) {
  const bool is_fine = std::ranges::all_of(
      values, [](float v) { return v >= 0.0F && static_cast<double>(v) <= kChartValueAbsMax; });
  if (!is_fine) return Error{Errc::kOutOfRange};
  return {};
}

Result<void> check_edges(const std::vector<double>& edges, AxisRange allowed) {
  if (auto fine = check_numbers(edges, allowed); !fine) return fine;
  const bool ascends = std::ranges::adjacent_find(edges, std::greater_equal<>()) == edges.end();
  if (!ascends) return Error{Errc::kBadRequest};
  return {};
}

Result<void> check_grid(const HeatmapChart& chart) {
  const HeatmapGrid& grid = chart.grid;
  const std::size_t column_count = grid.time_edges_s.empty() ? 0 : grid.time_edges_s.size() - 1;
  const std::size_t row_count = grid.price_edges.empty() ? 0 : grid.price_edges.size() - 1;
  const std::size_t cell_count = grid.values.size();
  if (cell_count > kChartCellCountMax) return Error{Errc::kLimit};
  const bool is_shaped =
      row_count == 0 ? cell_count == 0
                     : cell_count % row_count == 0 && cell_count / row_count == column_count;
  if (!is_shaped) return Error{Errc::kBadRequest};
  const auto fits = [&](std::size_t count) { return count == 0 || count == cell_count; };
  if (!fits(grid.values_second.size()) || !fits(grid.is_uncertain.size())) {
    return Error{Errc::kBadRequest};
  }
  if (auto fine = check_edges(grid.time_edges_s, kTimes); !fine) return fine;
  if (auto fine = check_edges(grid.price_edges, prices_of(chart)); !fine) return fine;
  if (auto fine = check_amounts(grid.values); !fine) return fine;
  return check_amounts(grid.values_second);
}

Result<void> check_view(const std::optional<AxisRange>& view, const std::vector<double>& edges,
                        AxisRange allowed) {
  if (!view) {
    if (edges.size() < 2) return Error{Errc::kBadRequest};
    return {};
  }
  const double ends[] = {view->low, view->high};
  if (auto fine = check_numbers(ends, allowed); !fine) return fine;
  if (!(view->low < view->high)) return Error{Errc::kBadRequest};
  return {};
}

Result<void> check_candles(const HeatmapChart& chart) {
  double free_from_s = 0.0;
  for (const ChartCandle& candle : chart.candles) {
    const double times[] = {candle.time_begin_s, candle.time_end_s};
    const double prices[] = {candle.open, candle.high, candle.low, candle.close};
    if (auto fine = check_numbers(times, kTimes); !fine) return fine;
    if (auto fine = check_numbers(prices, prices_of(chart)); !fine) return fine;
    const bool makes_sense = candle.time_begin_s < candle.time_end_s &&
                             candle.time_begin_s >= free_from_s &&
                             candle.low <= std::min(candle.open, candle.close) &&
                             candle.high >= std::max(candle.open, candle.close);
    if (!makes_sense) return Error{Errc::kBadRequest};
    free_from_s = candle.time_end_s;
  }
  return {};
}

Result<void> check_markers(const HeatmapChart& chart) {
  if (chart.markers.size() > kChartMarkerCountMax) return Error{Errc::kLimit};
  const double full[] = {chart.marker_usd_full};
  if (auto fine = check_numbers(full, kAmounts); !fine) return fine;
  for (const ChartMarker& marker : chart.markers) {
    if (marker.side > 1) return Error{Errc::kBadRequest};
    if (auto fine = check_numbers({&marker.time_s, 1}, kTimes); !fine) return fine;
    if (auto fine = check_numbers({&marker.price, 1}, prices_of(chart)); !fine) return fine;
    if (auto fine = check_numbers({&marker.usd, 1}, kAmounts); !fine) return fine;
  }
  return {};
}

Result<void> check_profile(const HeatmapChart& chart) {
  if (chart.price_now) {
    if (auto fine = check_numbers({&*chart.price_now, 1}, prices_of(chart)); !fine) return fine;
  }
  if (!chart.profile) return {};
  const std::size_t edge_count = chart.grid.price_edges.size();
  if (edge_count < 2) return Error{Errc::kBadRequest};
  if (chart.bin_fraction > 0.0 && !(chart.grid.price_edges.front() > 0.0)) {
    return Error{Errc::kOutOfRange};
  }
  if (auto fine = check_text(chart.profile->title); !fine) return fine;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto& p10 = chart.profile->usd_p10[side];
    const auto& p90 = chart.profile->usd_p90[side];
    const bool has_band = !p10.empty() || !p90.empty();
    if (chart.profile->usd[side].size() != edge_count - 1) return Error{Errc::kBadRequest};
    if (has_band && (p10.size() != edge_count - 1 || p90.size() != edge_count - 1)) {
      return Error{Errc::kBadRequest};
    }
    for (const auto* values : {&chart.profile->usd[side], &p10, &p90}) {
      if (auto fine = check_amounts(*values); !fine) return fine;
    }
    if (!std::ranges::equal(p10, p90, std::less_equal<>())) return Error{Errc::kBadRequest};
  }
  return {};
}

Result<void> check_panes(const HeatmapChart& chart) {
  if (chart.panes.size() > kChartPaneCountMax) return Error{Errc::kLimit};
  for (const ChartPane& pane : chart.panes) {
    if (pane.series.size() > kChartSeriesCountMax) return Error{Errc::kLimit};
    for (const std::string* text : {&pane.label, &pane.unit}) {
      if (auto fine = check_text(*text); !fine) return fine;
    }
    for (const ChartSeries& series : pane.series) {
      if (series.times_s.size() != series.values.size()) return Error{Errc::kBadRequest};
      if (auto fine = check_text(series.label); !fine) return fine;
      if (auto fine = check_numbers(series.times_s, kTimes); !fine) return fine;
      if (auto fine = check_numbers(series.values, kNumbers); !fine) return fine;
      if (!std::ranges::is_sorted(series.times_s)) return Error{Errc::kBadRequest};
    }
  }
  return {};
}

Result<void> check_texts(const HeatmapChart& chart) {
  for (const std::string* text :
       {&chart.title, &chart.subtitle, &chart.footer, &chart.banner, &chart.price_label,
        &chart.time_label, &chart.value_label, &chart.side_labels[0], &chart.side_labels[1],
        &chart.marker_labels[0], &chart.marker_labels[1], &chart.uncertain_label}) {
    if (auto fine = check_text(*text); !fine) return fine;
  }
  return {};
}

}  // namespace

Result<void> check_heatmap(const HeatmapChart& chart) {
  if (auto fine = check_size(chart.width_px, chart.height_px); !fine) return fine;
  if (auto fine = check_texts(chart); !fine) return fine;
  const double bounds[] = {chart.color_scale.floor, chart.color_scale.ceiling, chart.bin_fraction};
  if (auto fine = check_numbers(bounds, kAmounts); !fine) return fine;
  const bool has_scale =
      chart.color_scale.floor > 0.0 && chart.color_scale.floor < chart.color_scale.ceiling;
  if (!has_scale) return Error{Errc::kBadRequest};
  if (auto fine = check_grid(chart); !fine) return fine;
  if (auto fine = check_view(chart.time_view, chart.grid.time_edges_s, kTimes); !fine) return fine;
  if (auto fine = check_view(chart.price_view, chart.grid.price_edges, prices_of(chart)); !fine) {
    return fine;
  }
  if (auto fine = check_candles(chart); !fine) return fine;
  if (auto fine = check_markers(chart); !fine) return fine;
  if (auto fine = check_profile(chart); !fine) return fine;
  return check_panes(chart);
}

}  // namespace faultline
