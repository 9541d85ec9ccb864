#include "study/map_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/time_text.hpp"
#include "store/files.hpp"
#include "store/table_file.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr double kShownUsdMin = 1.0;

double seconds_of(UnixNanos time) { return static_cast<double>(time.value) * 1e-9; }

// "2026-02-19 16:55 UTC"
std::string shown_time(UnixNanos time) {
  std::string text = to_text(time).substr(0, 16);
  text[10] = ' ';
  return text + " UTC";
}

std::string_view price_words(const LiquidationMap& map) {
  if (map.notes.last_price_steps == 0) return "mark prices";
  return map.notes.mark_price_steps == 0 ? "last prices (no mark recorded)"
                                         : "mark prices, last where none is recorded";
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

HeatmapGrid grid_of(const LiquidationMap& map, RowRange rows) {
  HeatmapGrid grid;
  grid.time_edges_s.push_back(seconds_of(map.spans.front().candle.begin));
  for (const ColumnSpan& span : map.spans) grid.time_edges_s.push_back(seconds_of(span.candle.end));
  for (std::int32_t row = rows.first; row <= rows.last; ++row)
    grid.price_edges.push_back(price_of_row(row));
  const auto row_count = static_cast<std::size_t>(rows.last - rows.first);
  grid.values.reserve(map.columns.size() * row_count);
  // A span shows what was known when it began, so a cell is lit until the price eats it.
  for (std::size_t column = 0; column < map.columns.size(); ++column) {
    const MapColumn& known = map.columns[column == 0 ? 0 : column - 1];
    for (std::int32_t row = rows.first; row < rows.last; ++row) {
      grid.values.push_back(
          static_cast<float>(known.at(Side::kLong, row) + known.at(Side::kShort, row)));
    }
  }
  return grid;
}

ChartProfile profile_of(const LiquidationMap& map, RowRange rows) {
  ChartProfile profile;
  profile.title = "at risk now";
  for (const Side side : kSides) {
    for (std::int32_t row = rows.first; row < rows.last; ++row) {
      profile.usd[index_of(side)].push_back(static_cast<float>(map.columns.back().at(side, row)));
    }
  }
  return profile;
}

std::vector<ChartPane> panes_of(const LiquidationMap& map) {
  ChartPane interest{
      .label = "open interest", .unit = "USD", .series = {ChartSeries{.label = "open interest"}}};
  ChartPane flow{.label = "liquidations, estimated and reported", .unit = "USD"};
  ChartSeries crossed{.label = "crossed on the map (estimate)"};
  for (const ColumnSpan& span : map.spans) {
    const double time = seconds_of(span.candle.end);
    interest.series[0].times_s.push_back(time);
    interest.series[0].values.push_back(span.open_interest_usd);
    crossed.times_s.push_back(time);
    crossed.values.push_back(span.crossed_usd[0] + span.crossed_usd[1]);
  }
  flow.series.push_back(std::move(crossed));
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
  if (!map.liquidations.empty()) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      reported.times_s.push_back(seconds_of(map.spans[i].candle.end));
      reported.values.push_back(sums[i]);
    }
    flow.series.push_back(std::move(reported));
  }
  return {std::move(interest), std::move(flow)};
}

// The rows of one side from the first to the last that hold a dollar: {"first_row": ..., "usd":
// [...]}.
JsonValue json_of_rows(const MapColumn& column, Side side) {
  const auto& rows = column.notional_at_risk_usd[index_of(side)];
  const auto is_shown = [](float usd) { return static_cast<double>(usd) >= kShownUsdMin; };
  const auto first = std::ranges::find_if(rows, is_shown);
  const auto last = std::find_if(rows.rbegin(), rows.rend(), is_shown).base();
  JsonValue usd = JsonValue::array();
  for (auto row = first; row < last; ++row) usd.push(std::llround(static_cast<double>(*row)));
  JsonValue out = JsonValue::object();
  out.set("first_row", column.first_row + (first - rows.begin())).set("usd", std::move(usd));
  return out;
}

JsonValue json_of_cluster(const Cluster& cluster) {
  JsonValue out = JsonValue::object();
  out.set("side", name_of(cluster.side));
  out.set("price_low", cluster.price_low)
      .set("price_high", cluster.price_high)
      .set("price_peak", cluster.price_peak);
  out.set("distance", cluster.distance).set("notional_at_risk_usd", cluster.notional_at_risk_usd);
  return out;
}

JsonValue json_of_notes(const LiquidationMap& map) {
  JsonValue out = JsonValue::object();
  out.set("steps", map.notes.steps).set("gap_steps", map.notes.gap_steps);
  out.set("held_interest_steps", map.notes.held_interest_steps);
  out.set("mark_price_steps", map.notes.mark_price_steps)
      .set("last_price_steps", map.notes.last_price_steps);
  out.set("skipped_bars", map.notes.skipped_bars).set("skipped_totals", map.notes.skipped_totals);
  out.set("oi_exceeds_volume_steps", map.oi_exceeds_volume_steps);
  out.set("identity_error_max", map.identity_error_max);
  return out;
}

std::string hex(std::uint64_t value) {
  std::array<char, 17> out{};
  std::snprintf(out.data(), out.size(), "%016llx", static_cast<unsigned long long>(value));
  return out.data();
}

std::string fixed(double value, int places) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.*f", places, value);
  return out.data();
}

// Calls visit(column, row, side, usd) for every cell worth a dollar, in order.
template <class Visit>
void for_each_cell(const LiquidationMap& map, const Visit& visit) {
  for (const MapColumn& column : map.columns) {
    for (const Side side : kSides) {
      const auto& rows = column.notional_at_risk_usd[index_of(side)];
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto usd = static_cast<double>(rows[i]);
        if (usd >= kShownUsdMin)
          visit(column, column.first_row + static_cast<std::int32_t>(i), side, usd);
      }
    }
  }
}

Outcome<void> write_map_parquet(const LiquidationMap& map, const std::string& path) {
  const std::vector<std::string> names{"as_of", "price_low_e9", "price_high_e9", "side",
                                       "notional_at_risk_usd_e6"};
  std::vector<Column> columns(names.size());
  for_each_cell(map, [&](const MapColumn& column, std::int32_t row, Side side, double usd) {
    columns[0].values.push_back(column.as_of.value);
    columns[1].values.push_back(std::llround(price_of_row(row) * 1e9));
    columns[2].values.push_back(std::llround(price_of_row(row + 1) * 1e9));
    columns[3].values.push_back(static_cast<std::int64_t>(side));
    columns[4].values.push_back(std::llround(usd * 1e6));
  });
  return write_parquet_file(path, names, columns);
}

}  // namespace

HeatmapChart chart_of_map(const LiquidationMap& map, const PictureOptions& options) {
  FAULTLINE_CHECK(!map.columns.empty());
  HeatmapChart chart;
  chart.width_px = options.width_px;
  chart.height_px = options.height_px;
  chart.theme = options.theme;
  chart.title = "Latent liquidations · " + to_text(map.spec.id);
  chart.subtitle = "model " + map.model_version + " · as of " + shown_time(map.as_of) +
                   " · steps of " + to_text(map.step_length) + " · swept on " +
                   std::string(price_words(map));
  chart.footer =
      "An estimate of where forced orders wait, not a forecast of direction. Liquidations: " +
      (map.liquidations_source.empty() ? "none recorded."
                                       : map.liquidations_source + ", as reported.");
  if (map.is_simulated) chart.banner = "SIMULATED MARKET";
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

JsonValue summary_of_map(const LiquidationMap& map) {
  const MapColumn& last = map.columns.back();
  JsonValue out = JsonValue::object();
  out.set("instrument", to_text(map.spec.id)).set("model_version", map.model_version);
  out.set("is_simulated", map.is_simulated).set("as_of", to_text(map.as_of));
  out.set("from", to_text(map.spans.front().candle.begin));
  out.set("step", to_text(map.step_length)).set("column_interval", to_text(map.column_interval));
  out.set("swept_on", name_of(map.swept_on)).set("mark", last.mark);
  out.set("open_interest_usd", last.open_interest_usd);
  JsonValue risk = JsonValue::object();
  for (const Side side : kSides) {
    JsonValue one = JsonValue::object();
    const auto s = index_of(side);
    double inside = 0.0;
    for (const float usd : last.notional_at_risk_usd[s]) inside += static_cast<double>(usd);
    one.set("on_map_usd", inside).set("beyond_map_usd", last.below_usd[s] + last.above_usd[s]);
    one.set("never_usd", last.never_usd[s]);
    risk.set(name_of(side), std::move(one));
  }
  out.set("notional_at_risk", std::move(risk));
  JsonValue clusters = JsonValue::array();
  for (const Cluster& cluster : map.clusters) clusters.push(json_of_cluster(cluster));
  out.set("clusters", std::move(clusters));
  std::array<double, 2> crossed{};
  for (const ColumnSpan& span : map.spans) {
    for (const Side side : kSides) crossed[index_of(side)] += span.crossed_usd[index_of(side)];
  }
  std::array<double, 2> reported{};
  for (const RealisedLiquidation& one : map.liquidations) reported[index_of(one.side)] += one.usd;
  out.set("crossed_long_usd", crossed[0]).set("crossed_short_usd", crossed[1]);
  // Nothing recorded is null: it is not a zero.
  const bool is_recorded = !map.liquidations_source.empty();
  out.set("liquidations_source", is_recorded ? JsonValue(map.liquidations_source) : JsonValue());
  out.set("reported_long_usd", is_recorded ? JsonValue(reported[0]) : JsonValue());
  out.set("reported_short_usd", is_recorded ? JsonValue(reported[1]) : JsonValue());
  out.set("columns", map.columns.size()).set("notes", json_of_notes(map));
  out.set("state_hash", hex(map.state_hash)).set("state_bytes", map.state_bytes);
  return out;
}

JsonValue json_of_map(const LiquidationMap& map) {
  JsonValue out = JsonValue::object();
  out.set("summary", summary_of_map(map));
  out.set("row_log", kRowLog);
  JsonValue columns = JsonValue::array();
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const MapColumn& column = map.columns[i];
    const Candle& candle = map.spans[i].candle;
    JsonValue one = JsonValue::object();
    one.set("as_of", to_text(column.as_of)).set("mark", column.mark);
    one.set("open", candle.open)
        .set("high", candle.high)
        .set("low", candle.low)
        .set("close", candle.close);
    one.set("open_interest_usd", column.open_interest_usd);
    one.set("long", json_of_rows(column, Side::kLong));
    one.set("short", json_of_rows(column, Side::kShort));
    columns.push(std::move(one));
  }
  out.set("columns", std::move(columns));
  return out;
}

std::string csv_of_map(const LiquidationMap& map) {
  std::string out = "as_of,price_low,price_high,side,notional_at_risk_usd\n";
  for_each_cell(map, [&](const MapColumn& column, std::int32_t row, Side side, double usd) {
    out += to_text(column.as_of) + "," + fixed(price_of_row(row), 8) + "," +
           fixed(price_of_row(row + 1), 8) + "," + name_of(side) + "," + fixed(usd, 2) + "\n";
  });
  return out;
}

bool is_map_ending(const std::string& path) {
  const auto ends = [&](const char* ending) { return path.ends_with(ending); };
  return ends(".png") || ends(".svg") || ends(".json") || ends(".csv") || ends(".parquet");
}

Outcome<void> write_map(const LiquidationMap& map, const std::string& path,
                        const PictureOptions& options) {
  if (path.ends_with(".json"))
    return write_file_atomically(path, write_json(json_of_map(map)) + "\n");
  if (path.ends_with(".csv")) return write_file_atomically(path, csv_of_map(map));
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
