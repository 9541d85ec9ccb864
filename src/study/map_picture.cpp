#include "study/map_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/time_text.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

double seconds_of(UnixNanos time) { return static_cast<double>(time.value) * 1e-9; }

// "2026-02-19 16:55 UTC"
std::string shown_time(UnixNanos time) {
  std::string text = to_text(time).substr(0, 16);
  text[10] = ' ';
  return text + " UTC";
}

std::string venues_text(const LiquidationMap& map) {
  std::string text = to_text(map.spec.id);
  for (std::size_t v = 1; v < map.venues.size(); ++v) {
    text += " + " + to_text(map.venues[v].spec.id);
  }
  return text;
}

std::string members_text(const LiquidationMap& map) {
  return map.members == 1 ? "1 member, no interval"
                          : std::to_string(map.members) + " members, colour: their mean";
}

std::string_view price_words(const LiquidationMap& map) {
  switch (map.swept_on) {
    case SweptOn::kMark:
      return "mark prices";
    case SweptOn::kLast:
      return "last prices (no mark is recorded that finely)";
    case SweptOn::kMixed:
      return "mark prices, last where none is recorded that finely";
  }
  return {};
}

// Two decades of dollars up to one hundredth of the largest open interest, which is rounded to a
// half power of ten: the same for every picture of an instrument of that size, never fitted to the
// cells.
LogColorScale scale_of(const LiquidationMap& map) {
  double interest = 1.0;
  for (const ColumnSpan& span : map.spans) interest = std::max(interest, span.open_interest_usd);
  const double anchor = std::pow(10.0, std::round(2.0 * std::log10(interest)) / 2.0);
  return LogColorScale{.floor = anchor * 1e-4, .ceiling = anchor * 1e-2};
}

struct RowRange {
  std::int32_t first = 0;
  std::int32_t last = 0;  // one past
};

RowRange shown_rows(const LiquidationMap& map, double margin) {
  double low = map.spans.front().candle.low;
  double high = map.spans.front().candle.high;
  for (const ColumnSpan& span : map.spans) {
    low = std::min(low, span.candle.low);
    high = std::max(high, span.candle.high);
  }
  return RowRange{row_of_price(low * (1.0 - margin)), row_of_price(high * (1.0 + margin)) + 1};
}

// Whether members disagree about the side that holds more of the row.
bool is_uncertain(const MapColumn& column, std::int32_t row) {
  const bool is_short = column.at(Side::kShort, row) > column.at(Side::kLong, row);
  const RowInterval& interval = column.density_interval[is_short ? 1 : 0];
  const std::int64_t at = static_cast<std::int64_t>(row) - column.first_row;
  if (at < 0 || at >= static_cast<std::int64_t>(interval.p10.size())) return false;
  const auto i = static_cast<std::size_t>(at);
  return static_cast<double>(interval.p90[i]) >
         kUncertainFactor * static_cast<double>(interval.p10[i]);
}

HeatmapGrid grid_of(const LiquidationMap& map, RowRange rows) {
  HeatmapGrid grid;
  grid.time_edges_s.push_back(seconds_of(map.spans.front().candle.begin));
  for (const ColumnSpan& span : map.spans) grid.time_edges_s.push_back(seconds_of(span.candle.end));
  for (std::int32_t row = rows.first; row <= rows.last; ++row)
    grid.price_edges.push_back(price_of_row(row));
  const auto row_count = static_cast<std::size_t>(rows.last - rows.first);
  const bool has_interval = map.columns.front().has_interval();
  grid.values.reserve(map.columns.size() * row_count);
  // A span shows what was known when it began, so a cell is lit until the price eats it.
  for (std::size_t column = 0; column < map.columns.size(); ++column) {
    const MapColumn& known = map.columns[column == 0 ? 0 : column - 1];
    for (std::int32_t row = rows.first; row < rows.last; ++row) {
      grid.values.push_back(
          static_cast<float>(known.at(Side::kLong, row) + known.at(Side::kShort, row)));
      if (has_interval) grid.is_uncertain.push_back(is_uncertain(known, row) ? 1 : 0);
    }
  }
  return grid;
}

ChartProfile profile_of(const LiquidationMap& map, RowRange rows) {
  const MapColumn& last = map.columns.back();
  ChartProfile profile;
  profile.title = "at risk now";
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    const RowInterval& interval = last.density_interval[s];
    for (std::int32_t row = rows.first; row < rows.last; ++row) {
      profile.usd[s].push_back(static_cast<float>(last.at(side, row)));
      if (!last.has_interval()) continue;
      const std::int64_t at = static_cast<std::int64_t>(row) - last.first_row;
      const bool is_inside = at >= 0 && at < static_cast<std::int64_t>(interval.p10.size());
      const auto i = static_cast<std::size_t>(is_inside ? at : 0);
      profile.usd_p10[s].push_back(is_inside ? interval.p10[i] : 0.0F);
      profile.usd_p90[s].push_back(is_inside ? interval.p90[i] : 0.0F);
    }
  }
  return profile;
}

// What feeds printed, by span.
ChartSeries reported_of(const LiquidationMap& map) {
  ChartSeries reported{.label = "reported by " + map.liquidations_source};
  std::vector<double> sums(map.spans.size(), 0.0);
  for (const RealisedLiquidation& liquidation : map.liquidations) {
    const UnixNanos at =
        liquidation.time + Nanos(std::max<std::int64_t>(liquidation.length.value - 1, 0));
    const auto span = std::ranges::upper_bound(
        map.spans, at, {}, [](const ColumnSpan& one) { return one.candle.end; });
    if (span != map.spans.end())
      sums[static_cast<std::size_t>(span - map.spans.begin())] += liquidation.usd;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    reported.times_s.push_back(seconds_of(map.spans[i].candle.end));
    reported.values.push_back(sums[i]);
  }
  return reported;
}

// The stock that was crossed and what feeds print of it have a pane each: they are two quantities.
std::vector<ChartPane> panes_of(const LiquidationMap& map) {
  ChartSeries interest{.label = "open interest"};
  ChartSeries crossed{.label = "crossed by the price (estimate)"};
  ChartSeries expected{.label = "expected liquidation (estimate)"};
  for (const ColumnSpan& span : map.spans) {
    const double time = seconds_of(span.candle.end);
    interest.times_s.push_back(time);
    interest.values.push_back(span.open_interest_usd);
    crossed.times_s.push_back(time);
    crossed.values.push_back(span.crossed_usd[0] + span.crossed_usd[1]);
    // Without a reading there is no value; the line then joins its neighbours.
    if (!span.feed) continue;
    expected.times_s.push_back(time);
    expected.values.push_back(span.feed->expected_liquidation_usd[0] +
                              span.feed->expected_liquidation_usd[1]);
  }
  std::vector<ChartPane> panes{
      {.label = "open interest", .unit = "USD", .series = {std::move(interest)}},
      {.label = "notional at risk", .unit = "USD", .series = {std::move(crossed)}}};
  if (expected.values.empty() && map.liquidations.empty()) return panes;
  ChartPane flow{.label = "liquidations", .unit = "USD"};
  if (!expected.values.empty()) flow.series.push_back(std::move(expected));
  if (!map.liquidations.empty()) flow.series.push_back(reported_of(map));
  panes.push_back(std::move(flow));
  return panes;
}

}  // namespace

HeatmapChart chart_of_map(const LiquidationMap& map, const PictureOptions& options) {
  FAULTLINE_CHECK(!map.columns.empty());
  HeatmapChart chart;
  chart.width_px = options.width_px;
  chart.height_px = options.height_px;
  chart.theme = options.theme;
  chart.title = "Latent liquidations · " + venues_text(map);
  chart.subtitle = "model " + map.model_version + " · " + members_text(map) + " · as of " +
                   shown_time(map.as_of) + " · steps of " + to_text(map.step_length) +
                   " · swept on " + std::string(price_words(map));
  chart.footer =
      "An estimate of where forced orders wait, not a forecast of direction. Liquidations: " +
      (map.liquidations_source.empty() ? "none recorded."
                                       : map.liquidations_source + ", as reported.");
  if (map.is_simulated) chart.banner = "SIMULATED MARKET";
  chart.value_label = "notional at risk, USD per 0.1 % of price";
  chart.price_label = "price, " + map.spec.quote;
  const RowRange rows = shown_rows(map, options.margin);
  chart.color_scale = scale_of(map);
  chart.grid = grid_of(map, rows);
  for (const ColumnSpan& span : map.spans) {
    const Candle& candle = span.candle;
    chart.candles.push_back(ChartCandle{seconds_of(candle.begin), seconds_of(candle.end),
                                        candle.open, candle.high, candle.low, candle.close});
  }
  for (const RealisedLiquidation& liquidation : map.liquidations) {
    if (!(liquidation.usd > 0.0)) continue;
    const UnixNanos middle = liquidation.time + Nanos(liquidation.length.value / 2);
    chart.markers.push_back(ChartMarker{seconds_of(middle), liquidation.price, liquidation.usd,
                                        static_cast<std::uint8_t>(liquidation.side)});
  }
  // Only the largest are legible; the others are in the pane below.
  std::ranges::stable_sort(chart.markers, std::greater<>(), &ChartMarker::usd);
  if (chart.markers.size() > 400) chart.markers.resize(400);
  chart.price_now = map.columns.back().mark;
  chart.profile = profile_of(map, rows);
  chart.panes = panes_of(map);
  return chart;
}

bool is_map_ending(const std::string& path) {
  const auto ends = [&](const char* ending) { return path.ends_with(ending); };
  return ends(".png") || ends(".svg") || ends(".json") || ends(".csv") || ends(".parquet");
}

Outcome<void> write_map(const LiquidationMap& map, const std::string& path,
                        const PictureOptions& options) {
  if (path.ends_with(".json")) return write_map_json(map, path);
  if (path.ends_with(".csv")) return write_map_csv(map, path);
  if (path.ends_with(".parquet")) return write_map_parquet(map, path);
  const bool is_png = path.ends_with(".png");
  if (!is_map_ending(path)) {
    return Diagnostic{.code = Errc::kBadRequest,
                      .file = path,
                      .note = "the ending must be .png .svg .json .csv or .parquet"};
  }
  const HeatmapChart chart = chart_of_map(map, options);
  if (is_png) {
    const Result<std::vector<std::uint8_t>> bytes = render_png(chart);
    if (!bytes)
      return Diagnostic{
          .code = bytes.error().code, .file = path, .note = "the picture cannot be drawn"};
    return write_file_atomically(
        path, std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
  }
  const Result<std::string> text = render_svg(chart);
  if (!text)
    return Diagnostic{
        .code = text.error().code, .file = path, .note = "the picture cannot be drawn"};
  return write_file_atomically(path, *text);
}

}  // namespace faultline
