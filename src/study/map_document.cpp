#include "study/map_document.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/hash.hpp"
#include "core/time_text.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr double kShownUsdMin = 1.0;

JsonValue by_side(const std::array<double, 2>& usd) {
  JsonValue out = JsonValue::object();
  out.set("long", usd[0]).set("short", usd[1]);
  return out;
}

JsonValue whole_dollars(std::span<const float> usd) {
  JsonValue out = JsonValue::array();
  for (const float one : usd) out.push(std::llround(static_cast<double>(one)));
  return out;
}

// The rows of one side from the first to the last that hold a dollar.
JsonValue json_of_rows(const MapColumn& column, Side side, bool has_interval) {
  const std::span<const float> rows = column.notional_at_risk_usd[index_of(side)];
  const auto is_shown = [](float usd) { return static_cast<double>(usd) >= kShownUsdMin; };
  const auto begin = static_cast<std::size_t>(std::ranges::find_if(rows, is_shown) - rows.begin());
  std::size_t end = rows.size();
  while (end > begin && !is_shown(rows[end - 1])) --end;
  const auto part = [&](std::span<const float> all) {
    return whole_dollars(all.subspan(begin, end - begin));
  };
  JsonValue out = JsonValue::object();
  out.set("first_row", column.first_row + static_cast<std::int64_t>(begin));
  out.set("notional_at_risk_usd", part(rows));
  if (!has_interval) return out;
  const RowInterval& interval = column.density_interval[index_of(side)];
  JsonValue quantiles = JsonValue::object();
  quantiles.set("p10", part(interval.p10));
  quantiles.set("p50", part(interval.p50));
  quantiles.set("p90", part(interval.p90));
  out.set("density_interval", std::move(quantiles));
  return out;
}

JsonValue json_of_near(const MapColumn& column, std::size_t members) {
  JsonValue out = JsonValue::array();
  for (const NearSum& near : column.near) {
    JsonValue one = JsonValue::object();
    one.set("reach", near.reach);
    for (const Side side : kSides) {
      one.set(name_of(side), json_of_sum(near.usd[index_of(side)], members));
    }
    out.push(std::move(one));
  }
  return out;
}

JsonValue json_of_sums(const std::optional<SpanFeed>& feed) {
  if (!feed) return {};
  JsonValue out = JsonValue::object();
  out.set("readings", feed->readings);
  out.set("expected_liquidation_usd", by_side(feed->expected_liquidation_usd));
  return std::move(out.set("printed_usd", by_side(feed->printed_usd)));
}

JsonValue json_of_feed(const std::optional<SpanFeed>& feed) {
  JsonValue out = json_of_sums(feed);
  if (!feed) return out;
  JsonValue bands = JsonValue::object();
  for (const Side side : {Side::kLong, Side::kShort}) {
    const std::optional<UsdInterval>& band = feed->liquidation_interval[index_of(side)];
    bands.set(name_of(side),
              band ? std::move(JsonValue::object().set("low", band->low).set("high", band->high))
                   : JsonValue());
  }
  out.set("liquidation_interval", std::move(bands));
  return out;
}

JsonValue json_of_notes(const LiquidationMap& map) {
  JsonValue out = JsonValue::object();
  out.set("steps", map.notes.steps).set("gap_steps", map.notes.gap_steps);
  out.set("held_interest_steps", map.notes.held_interest_steps);
  out.set("mark_price_steps", map.notes.mark_price_steps)
      .set("last_price_steps", map.notes.last_price_steps);
  out.set("steps_without_interest", map.notes.steps_without_interest)
      .set("misaligned_bars", map.notes.misaligned_bars)
      .set("repeated_rows", map.notes.repeated_rows);
  out.set("skipped_bars", map.notes.skipped_bars).set("skipped_totals", map.notes.skipped_totals);
  out.set("oi_exceeds_volume_steps", map.oi_exceeds_volume_steps);
  out.set("identity_error_max", map.identity_error_max);
  return out;
}

JsonValue json_of_venue(const VenuePart& venue) {
  JsonValue out = JsonValue::object();
  out.set("instrument", to_text(venue.spec.id)).set("step", to_text(venue.step_length));
  out.set("open_interest_usd", venue.open_interest_usd).set("share", venue.share);
  out.set("maintenance_rate", venue.maintenance_rate);
  out.set("steps", venue.notes.steps);
  out.set("feed", venue.feed.empty() ? JsonValue() : JsonValue(venue.feed));
  out.set("feed_readings", venue.readings).set("refused_readings", venue.refused_readings);
  out.set("observation_factor", or_null(venue.factor));
  out.set("observation_exponent", or_null(venue.exponent));
  out.set("effective_members", venue.effective_members).set("resamplings", venue.resamplings);
  out.set("state_hash", hex_text(venue.state_hash)).set("state_bytes", venue.state_bytes);
  return out;
}

// What the price crossed and what feeds said of it.
void add_sums(const LiquidationMap& map, JsonValue& out) {
  ColumnSpan sum;
  for (const ColumnSpan& span : map.spans) add_flows(span, sum);
  std::array<double, 2> reported{};
  for (const RealisedLiquidation& one : map.liquidations) reported[index_of(one.side)] += one.usd;
  out.set("crossed_long_usd", sum.crossed_usd[0]).set("crossed_short_usd", sum.crossed_usd[1]);
  out.set("feed", json_of_sums(sum.feed));
  out.set("liquidation_intervals", map.liquidation_intervals)
      .set("liquidation_intervals_right", map.liquidation_intervals_right);
  // Nothing recorded is null: it is not a zero.
  const bool is_recorded = !map.liquidations_source.empty();
  out.set("liquidations_source", is_recorded ? JsonValue(map.liquidations_source) : JsonValue());
  out.set("reported_long_usd", is_recorded ? JsonValue(reported[0]) : JsonValue());
  out.set("reported_short_usd", is_recorded ? JsonValue(reported[1]) : JsonValue());
}

JsonValue json_of_map_column(const LiquidationMap& map, std::size_t i) {
  return json_of_column(MomentView{map.columns[i], map.spans[i]}, map.members,
                        i + 1 == map.columns.size());
}

// All of the map but its columns.
JsonValue json_of_head(const LiquidationMap& map) {
  JsonValue out = JsonValue::object();
  out.set("summary", summary_of_map(map));
  out.set("row_log", kRowLog);
  JsonValue histories = JsonValue::array();
  for (const ClusterHistory& cluster : map.cluster_histories) {
    histories.push(json_of_history(cluster));
  }
  out.set("cluster_histories", std::move(histories));
  return out;
}

}  // namespace

JsonValue json_of_cluster(const Cluster& cluster) {
  JsonValue out = JsonValue::object();
  out.set("side", name_of(cluster.side));
  out.set("price_low", cluster.price_low)
      .set("price_high", cluster.price_high)
      .set("price_peak", cluster.price_peak);
  out.set("distance", cluster.distance).set("notional_at_risk_usd", cluster.notional_at_risk_usd);
  JsonValue interval;
  if (cluster.density_interval) interval = json_of_sum(*cluster.density_interval, 2);
  out.set("density_interval", std::move(interval));
  out.set("expected_liquidation_usd", or_null(cluster.expected_liquidation_usd));
  return out;
}

JsonValue json_of_history(const ClusterHistory& cluster) {
  JsonValue out = JsonValue::object();
  out.set("id", cluster.id).set("side", name_of(cluster.side));
  out.set("price_low", cluster.price_low)
      .set("price_high", cluster.price_high)
      .set("price_peak", cluster.price_peak);
  out.set("born", to_text(cluster.born));
  out.set("age_s", cluster.age().value / kSecond.value);
  out.set("fate", name_of(cluster.fate));
  out.set("ended", cluster.ended ? JsonValue(to_text(*cluster.ended)) : JsonValue());
  out.set("born_usd", cluster.moments.front().notional_at_risk_usd);
  out.set("most_usd", cluster.most_usd);
  out.set("last_usd", cluster.moments.back().notional_at_risk_usd);
  double fed = 0.0;
  for (const ClusterMoment& moment : cluster.moments) fed += moment.fed_usd;
  out.set("fed_usd", fed).set("fed_usd_per_hour", cluster.moments.back().fed_usd_per_hour);
  return out;
}

JsonValue json_of_column(const MomentView& moment, std::size_t members, bool with_rows_interval) {
  const MapColumn& column = moment.column;
  const Candle& candle = moment.span.candle;
  const bool has_rows_interval = with_rows_interval && column.has_interval();
  JsonValue out = JsonValue::object();
  out.set("as_of", to_text(column.as_of)).set("model_version", column.model_version);
  out.set("mark", column.mark);
  out.set("open", candle.open)
      .set("high", candle.high)
      .set("low", candle.low)
      .set("close", candle.close);
  out.set("open_interest_usd", column.open_interest_usd);
  out.set("near", json_of_near(column, members));
  out.set("crossed_usd", by_side(moment.span.crossed_usd));
  out.set("feed", json_of_feed(moment.span.feed));
  out.set("long", json_of_rows(column, Side::kLong, has_rows_interval));
  out.set("short", json_of_rows(column, Side::kShort, has_rows_interval));
  return out;
}

JsonValue json_of_sum(const SumInterval& sum, std::size_t members) {
  JsonValue out = JsonValue::object();
  out.set("mean", sum.mean);
  if (members > 1) out.set("p10", sum.p10).set("p50", sum.p50).set("p90", sum.p90);
  return out;
}

JsonValue summary_of_map(const LiquidationMap& map) {
  const MapColumn& last = map.columns.back();
  JsonValue out = JsonValue::object();
  out.set("instrument", to_text(map.spec.id)).set("model_version", map.model_version);
  out.set("members", map.members);
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
  out.set("near", json_of_near(last, map.members));
  JsonValue venues = JsonValue::array();
  for (const VenuePart& venue : map.venues) venues.push(json_of_venue(venue));
  out.set("venues", std::move(venues));
  JsonValue clusters = JsonValue::array();
  for (const Cluster& cluster : map.clusters) clusters.push(json_of_cluster(cluster));
  out.set("clusters", std::move(clusters));
  add_sums(map, out);
  out.set("columns", map.columns.size()).set("notes", json_of_notes(map));
  out.set("state_hash", hex_text(map.state_hash)).set("state_bytes", map.state_bytes);
  return out;
}

JsonValue json_of_map(const LiquidationMap& map) {
  JsonValue out = json_of_head(map);
  JsonValue columns = JsonValue::array();
  for (std::size_t i = 0; i < map.columns.size(); ++i) columns.push(json_of_map_column(map, i));
  out.set("columns", std::move(columns));
  return out;
}

Outcome<void> write_map_json(const LiquidationMap& map, const std::string& path) {
  Outcome<FileWriter> writer = FileWriter::create(path);
  if (!writer) return writer.error();
  std::string piece = write_json(json_of_head(map));
  piece.pop_back();  // the brace: the columns are its last member
  piece += ", \"columns\": [";
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    if (i > 0) piece += ", ";
    piece += write_json(json_of_map_column(map, i));
    if (Outcome<void> written = writer->write(piece); !written) return written;
    piece.clear();
  }
  piece += "]}\n";
  if (Outcome<void> written = writer->write(piece); !written) return written;
  return writer->commit();
}

}  // namespace faultline
