#include "serve/api.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/time_text.hpp"
#include "serve/answer.hpp"
#include "serve/query.hpp"
#include "study/map_document.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kEntriesMost = 20'000;  // texels of one answer
constexpr std::int64_t kPrintsMost = 5'000;
constexpr std::int64_t kPrintsDefault = 500;
constexpr std::int64_t kScoredMost = 10'000;

JsonValue by_side(const std::array<double, 2>& usd) {
  JsonValue out = JsonValue::object();
  out.set("long", usd[0]).set("short", usd[1]);
  return out;
}

JsonValue json_of_feed_side(const std::optional<SpanFeed>& feed, std::size_t side) {
  if (!feed || !feed->has_side[side]) return {};
  JsonValue out = JsonValue::object();
  out.set("expected_liquidation_usd", feed->expected_liquidation_usd[side])
      .set("printed_usd", feed->printed_usd[side]);
  const std::optional<UsdInterval>& band = feed->liquidation_interval[side];
  JsonValue interval;
  if (band) interval = JsonValue::object().set("low", band->low).set("high", band->high);
  out.set("liquidation_interval", std::move(interval));
  return out;
}

// Several columns as one: the candle of all, sums of flows, states of the last.
void add_entry(const SeriesEntry& entry, SeriesEntry& sum) {
  Candle& candle = sum.span.candle;
  candle.high = std::max(candle.high, entry.span.candle.high);
  candle.low = std::min(candle.low, entry.span.candle.low);
  candle.close = entry.span.candle.close;
  candle.end = entry.span.candle.end;
  sum.span.funding_rate += entry.span.funding_rate;
  sum.open_interest_usd = entry.open_interest_usd;
  sum.mark = entry.mark;
  sum.near = entry.near;
  for (const std::size_t s : {0U, 1U}) {
    sum.span.crossed_usd[s] += entry.span.crossed_usd[s];
    if (!entry.span.feed) continue;
    if (!sum.span.feed) sum.span.feed.emplace();
    SpanFeed& feed = *sum.span.feed;
    feed.has_side[s] = feed.has_side[s] || entry.span.feed->has_side[s];
    feed.expected_liquidation_usd[s] += entry.span.feed->expected_liquidation_usd[s];
    feed.printed_usd[s] += entry.span.feed->printed_usd[s];
    feed.liquidation_interval[s].reset();  // intervals of sums are not sums of intervals
  }
}

std::vector<SeriesEntry> merged(std::vector<SeriesEntry> entries, int level) {
  std::vector<SeriesEntry> out;
  for (SeriesEntry& entry : entries) {
    if (!out.empty() && (out.back().index >> level) == (entry.index >> level)) {
      add_entry(entry, out.back());
    } else {
      out.push_back(std::move(entry));
    }
  }
  return out;
}

JsonValue json_of_print(const RealisedLiquidation& print) {
  JsonValue out = JsonValue::object();
  out.set("time", to_text(print.time)).set("side", name_of(print.side));
  out.set("price", print.price).set("usd", print.usd);
  out.set("completeness", name_of(print.completeness));
  return out;
}

HttpResponse method_not_allowed() {
  HttpResponse out = answer_problem({.code = Errc::kBadRequest, .field = "method"}, 405);
  out.headers.push_back({"Allow", "GET, HEAD"});
  return out;
}

HttpResponse not_yet(const MapHistory& history) {
  return answer_problem({.code = Errc::kNoData,
                         .field = to_text(history.identity().instrument),
                         .note = "the first column is not there yet"});
}

}  // namespace

std::string_view name_of(ServeMode mode) {
  switch (mode) {
    case ServeMode::kDemo:
      return "demo";
    case ServeMode::kReplay:
      return "replay";
    case ServeMode::kStore:
      return "store";
  }
  return {};
}

Api::Api(ApiConfig config) : config_(std::move(config)) {}

bool Api::is_api_path(std::string_view path) { return path.substr(0, 4) == "/v1/"; }

std::span<const Api::Route> Api::routes() {
  static constexpr std::array kRoutes{
      Route{"/v1/health", &Api::health},     Route{"/v1/instruments", &Api::instruments},
      Route{"/v1/map", &Api::map},           Route{"/v1/heatmap/tile", &Api::tile},
      Route{"/v1/series", &Api::series},     Route{"/v1/clusters", &Api::clusters},
      Route{"/v1/liquidations", &Api::liquidations}, Route{"/v1/scorecard", &Api::scorecard},
  };
  return kRoutes;
}

HttpResponse Api::answer(const HttpRequest& request) const {
  for (const Route& route : routes()) {
    if (route.path != request.path()) continue;
    if (request.method() != HttpMethod::kGet && request.method() != HttpMethod::kHead)
      return method_not_allowed();
    return (this->*route.handler)(request);
  }
  return answer_problem({.code = Errc::kNotFound, .field = "path", .value = request.path()});
}

Outcome<SeriesRunner*> Api::runner_of(const HttpRequest& request) const {
  const auto id = request.query_value("instrument");
  if (!id) return Diagnostic{.code = Errc::kMissingField, .field = "instrument"};
  for (const ServedSeries& one : config_.series) {
    if (one.id == *id) return one.runner;
  }
  return Diagnostic{
      .code = Errc::kUnknownInstrument, .field = "instrument", .value = std::string(*id)};
}

JsonValue Api::header_of(const MapHistory& history, const MapNow& now) {
  const SeriesIdentity& identity = history.identity();
  JsonValue coverage = JsonValue::array();
  for (const VenuePart& venue : now.venues) {
    JsonValue one = JsonValue::object();
    one.set("instrument", to_text(venue.spec.id)).set("share", venue.share);
    one.set("feed", venue.feed.empty() ? JsonValue() : JsonValue(venue.feed));
    one.set("readings", venue.readings).set("refused_readings", venue.refused_readings);
    coverage.push(std::move(one));
  }
  JsonValue out = JsonValue::object();
  out.set("model_version", now.column.model_version).set("as_of", to_text(now.column.as_of));
  out.set("instrument", to_text(identity.instrument));
  out.set("is_simulated", identity.kind == SourceKind::kSimulation);
  out.set("members", identity.members);
  out.set("units", JsonValue::object().set("money", "USD").set("price", identity.quote));
  out.set("coverage", std::move(coverage));
  JsonValue assumptions = JsonValue::array();
  for (const char* text :
       {"an estimate from public data; positions are not observed",
        "money is notional at risk, valued at the mark of its column",
        "closing before liquidation, partial liquidation and hedged books are not modelled",
        "no direction of price is predicted"})
    assumptions.push(text);
  out.set("assumptions", std::move(assumptions));
  return out;
}

HttpResponse Api::health(const HttpRequest& request) const {
  bool is_well = true;
  JsonValue feeds = JsonValue::array();
  for (const ServedSeries& one : config_.series) {
    const SeriesRunner::State state = one.runner->state();
    is_well = is_well && !state.problem;
    JsonValue feed = JsonValue::object();
    feed.set("instrument", one.id).set("now", to_text(state.now)).set("speed", state.speed);
    feed.set("is_over", state.is_over);
    feed.set("columns", one.runner->history().column_end());
    feed.set("problem", state.problem ? JsonValue(describe(*state.problem)) : JsonValue());
    feeds.push(std::move(feed));
  }
  const SeriesRunner::State first = config_.series.front().runner->state();
  JsonValue out = JsonValue::object();
  out.set("status", is_well ? "ok" : "degraded").set("mode", name_of(config_.mode));
  out.set("now", to_text(first.now)).set("speed", first.speed);
  out.set("model_version", kModelVersion).set("version", config_.version);
  out.set("feeds", std::move(feeds));
  return answer_json(request, out);
}

HttpResponse Api::instruments(const HttpRequest& request) const {
  JsonValue list = JsonValue::array();
  for (const ServedSeries& one : config_.series) {
    const MapHistory& history = one.runner->history();
    const SeriesIdentity& identity = history.identity();
    JsonValue venues = JsonValue::array();
    for (const InstrumentId& venue : identity.venues) venues.push(to_text(venue));
    const HeatmapTiles::RowTiles rows = history.row_tiles();
    JsonValue row = JsonValue::object();
    row.set("id", one.id).set("venues", std::move(venues)).set("quote", identity.quote);
    row.set("is_simulated", identity.kind == SourceKind::kSimulation);
    row.set("members", identity.members);
    row.set("column_interval_s", 1e-9 * static_cast<double>(identity.column_interval.value));
    row.set("first_column", to_text(history.first_column()));
    row.set("column_end", history.column_end()).set("row_log", kRowLog);
    row.set("row_tiles", JsonValue::object().set("first", rows.first).set("end", rows.end));
    list.push(std::move(row));
  }
  return answer_json(request, JsonValue::object().set("instruments", std::move(list)));
}

HttpResponse Api::map(const HttpRequest& request) const {
  const auto runner = runner_of(request);
  if (!runner) return answer_problem(runner.error());
  const MapHistory& history = (*runner)->history();
  const auto now = history.now();
  if (!now) return not_yet(history);
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *now)).set("row_log", kRowLog).set("index", now->index);
  out.set("column", json_of_column(MomentView{now->column, now->span}, history.identity().members,
                                   true));
  out.set("below_usd", by_side(now->column.below_usd));
  out.set("above_usd", by_side(now->column.above_usd));
  out.set("never_usd", by_side(now->column.never_usd));
  return answer_json(request, out);
}

HttpResponse Api::tile(const HttpRequest& request) const {
  const auto runner = runner_of(request);
  if (!runner) return answer_problem(runner.error());
  const auto level = query_integer(request, "level", {0, kTileLevelMax});
  if (!level) return answer_problem(level.error());
  const auto column = query_integer(request, "column", {0, std::int64_t{1} << 40});
  if (!column) return answer_problem(column.error());
  const auto row = query_integer(request, "row", {-1'000, 1'000});
  if (!row) return answer_problem(row.error());
  if (!*column) return answer_problem({.code = Errc::kMissingField, .field = "column"});
  if (!*row) return answer_problem({.code = Errc::kMissingField, .field = "row"});
  const TileKey key{.level = static_cast<std::uint8_t>((*level).value_or(0)),
                    .column = **column,
                    .row = static_cast<std::int32_t>(**row)};
  const auto tile = (*runner)->history().tile(key);
  if (!tile) return answer_problem({.code = Errc::kNoData, .field = "tile"});
  return answer_bytes(request, tile->bytes,
                      tile->is_over ? Caching::kForever : Caching::kRevalidate);
}

JsonValue Api::json_of_entry(const SeriesEntry& entry, std::size_t members) {
  const Candle& candle = entry.span.candle;
  JsonValue out = JsonValue::object();
  out.set("index", entry.index).set("time", to_text(entry.as_of));
  out.set("open", candle.open).set("high", candle.high).set("low", candle.low);
  out.set("close", candle.close).set("mark", entry.mark);
  out.set("open_interest_usd", entry.open_interest_usd);
  out.set("funding_rate", entry.span.funding_rate);
  out.set("crossed_usd", by_side(entry.span.crossed_usd));
  out.set("long", json_of_feed_side(entry.span.feed, 0));
  out.set("short", json_of_feed_side(entry.span.feed, 1));
  JsonValue near = JsonValue::array();
  for (const NearSum& sum : entry.near) {
    JsonValue one = JsonValue::object();
    one.set("reach", sum.reach).set("long", json_of_sum(sum.usd[0], members));
    near.push(std::move(one.set("short", json_of_sum(sum.usd[1], members))));
  }
  out.set("near", std::move(near));
  return out;
}

HttpResponse Api::series(const HttpRequest& request) const {
  const auto runner = runner_of(request);
  if (!runner) return answer_problem(runner.error());
  const MapHistory& history = (*runner)->history();
  const auto now = history.now();
  if (!now) return not_yet(history);
  const auto from = query_time(request, "from");
  if (!from) return answer_problem(from.error());
  const auto to = query_time(request, "to");
  if (!to) return answer_problem(to.error());
  const auto level = query_integer(request, "level", {0, kTileLevelMax});
  if (!level) return answer_problem(level.error());
  const int shift = static_cast<int>((*level).value_or(0));
  const auto index_of_time = [&](UnixNanos time) {
    const Nanos after = time - history.first_column();
    const std::int64_t interval = history.identity().column_interval.value;
    return after.value <= 0 ? std::int64_t{0} : (after.value + interval - 1) / interval;
  };
  const std::int64_t end = *to ? index_of_time(**to) : now->index + 1;
  const std::int64_t most = kEntriesMost << shift;
  const std::int64_t begin =
      *from ? index_of_time(**from) : std::max<std::int64_t>(0, end - most);
  if (end - begin > most)
    return answer_problem({.code = Errc::kLimit,
                           .field = "from",
                           .note = "at most " + std::to_string(kEntriesMost) +
                                   " texels an answer; ask for a higher level"});
  JsonValue entries = JsonValue::array();
  for (const SeriesEntry& entry :
       merged(history.entries(begin, end, static_cast<std::size_t>(most)), shift))
    entries.push(json_of_entry(entry, history.identity().members));
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *now)).set("level", shift);
  out.set("entries", std::move(entries));
  return answer_json(request, out);
}

HttpResponse Api::clusters(const HttpRequest& request) const {
  const auto runner = runner_of(request);
  if (!runner) return answer_problem(runner.error());
  const MapHistory& history = (*runner)->history();
  const auto now = history.now();
  if (!now) return not_yet(history);
  JsonValue clusters = JsonValue::array();
  for (const Cluster& cluster : now->clusters) clusters.push(json_of_cluster(cluster));
  JsonValue histories = JsonValue::array();
  for (const ClusterHistory& one : now->histories) histories.push(json_of_history(one));
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *now)).set("clusters", std::move(clusters));
  out.set("histories", std::move(histories));
  return answer_json(request, out);
}

HttpResponse Api::liquidations(const HttpRequest& request) const {
  const auto runner = runner_of(request);
  if (!runner) return answer_problem(runner.error());
  const MapHistory& history = (*runner)->history();
  const auto now = history.now();
  if (!now) return not_yet(history);
  const auto from = query_time(request, "from");
  if (!from) return answer_problem(from.error());
  const auto to = query_time(request, "to");
  if (!to) return answer_problem(to.error());
  const auto least = query_amount(request, "min_usd");
  if (!least) return answer_problem(least.error());
  const auto limit = query_integer(request, "limit", {1, kPrintsMost});
  if (!limit) return answer_problem(limit.error());
  const MapHistory::PrintQuery query{
      .range = {(*from).value_or(kAllTime.from), (*to).value_or(kAllTime.to)},
      .usd_least = (*least).value_or(0.0),
      .most = static_cast<std::size_t>((*limit).value_or(kPrintsDefault))};
  JsonValue prints = JsonValue::array();
  for (const RealisedLiquidation& print : history.prints(query)) prints.push(json_of_print(print));
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *now)).set("liquidations", std::move(prints));
  return answer_json(request, out);
}

HttpResponse Api::scorecard(const HttpRequest& request) const {
  const auto runner = runner_of(request);
  if (!runner) return answer_problem(runner.error());
  const MapHistory& history = (*runner)->history();
  const auto now = history.now();
  if (!now) return not_yet(history);
  std::array<double, 2> expected{};
  std::array<double, 2> printed{};
  std::uint64_t columns = 0;
  const std::int64_t begin = std::max<std::int64_t>(0, now->index + 1 - kScoredMost);
  for (const SeriesEntry& entry : history.entries(begin, now->index + 1, kScoredMost)) {
    if (!entry.span.feed) continue;
    ++columns;
    for (const std::size_t s : {0U, 1U}) {
      expected[s] += entry.span.feed->expected_liquidation_usd[s];
      printed[s] += entry.span.feed->printed_usd[s];
    }
  }
  JsonValue bands = JsonValue::object();
  bands.set("nominal", LiquidationBands::kCoverage).set("count", now->liquidation_intervals);
  bands.set("inside", now->liquidation_intervals_right);
  JsonValue out = JsonValue::object();
  out.set("header", header_of(history, *now)).set("columns", columns);
  out.set("expected_liquidation_usd", by_side(expected)).set("printed_usd", by_side(printed));
  out.set("liquidation_intervals", std::move(bands));
  return answer_json(request, out);
}

}  // namespace faultline
