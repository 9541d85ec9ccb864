#include "serve/api.hpp"

#include <algorithm>
#include <array>

#include "core/time_text.hpp"
#include "serve/answer.hpp"
#include "serve/documents.hpp"
#include "serve/query.hpp"

namespace faultline {
namespace {

HttpResponse method_not_allowed(const HttpRequest& request, std::string allowed) {
  HttpResponse out = answer_problem(request,
                                    {.code = Errc::kBadRequest,
                                     .field = "method",
                                     .value = std::string(name_of(request.method())),
                                     .note = "this path takes " + allowed},
                                    405);
  out.headers.push_back({"Allow", std::move(allowed)});
  return out;
}

// HEAD is a GET whose body is not sent.
HttpMethod asked_method(const HttpRequest& request) {
  return request.method() == HttpMethod::kHead ? HttpMethod::kGet : request.method();
}

// Whether a feed is known to leave prints out; null where it is not known what it tells.
JsonValue is_throttled(Completeness completeness) {
  switch (completeness) {
    case Completeness::kAll:
      return false;
    case Completeness::kLargestPerSecond:
    case Completeness::kLatestPerSecond:
    case Completeness::kOnePerSecond:
      return true;
    case Completeness::kUnknown:
      break;
  }
  return {};
}

// One venue as /v1/health has it: null before the first column, when nothing is known of it.
JsonValue feed_document(const InstrumentId& id, const VenueNow* venue, bool is_stale,
                        const SeriesRunner::State& state) {
  const VenueNow none;
  const VenueNow& of = venue != nullptr ? *venue : none;
  const std::optional<Nanos> age = age_of(of.part, state.now);
  JsonValue out = JsonValue::object();
  out.set("instrument", to_text(id));
  out.set("age_s", age ? JsonValue(static_cast<double>(age->value) / 1e9) : JsonValue());
  out.set("readings", of.part.readings).set("refused_readings", of.part.refused_readings);
  out.set("completeness", name_of(of.completeness)).set("is_stale", is_stale);
  out.set("is_throttled", is_throttled(of.completeness));
  const StepNotes& notes = of.part.notes;
  const auto steps = static_cast<double>(notes.steps);
  out.set("gap_steps", notes.gap_steps).set("held_interest_steps", notes.held_interest_steps);
  out.set("gap_share",
          notes.steps == 0 ? JsonValue() : JsonValue(static_cast<double>(notes.gap_steps) / steps));
  out.set("resyncs", JsonValue());  // nothing that is recorded tells of them
  return std::move(
      out.set("problem", state.problem ? JsonValue(describe(*state.problem)) : JsonValue()));
}

struct ClockOrder {
  std::optional<double> speed{};
  std::optional<UnixNanos> run_to{};
};

Outcome<ClockOrder> clock_order_of(const JsonValue& body) {
  ClockOrder out;
  for (const JsonMember& member : *body.as_object()) {
    Diagnostic complaint{
        .code = Errc::kUnexpectedField, .field = member.name, .value = write_json(member.value)};
    if (member.name == "speed") {
      complaint.code = Errc::kOutOfRange;
      complaint.note = "0, or from 0.001 to 100000";
      out.speed = member.value.as_double();
      if (!out.speed || !SeriesRunner::is_pace(*out.speed)) return complaint;
    } else if (member.name == "run_to") {
      complaint.code = Errc::kBadTime;
      const std::string* text = member.value.as_string();
      if (text == nullptr) return complaint;
      const Result<UnixNanos> time = parse_time_text(*text);
      if (!time) return complaint;
      out.run_to = *time;
    } else {
      return complaint;
    }
  }
  if (!out.speed && !out.run_to) return Diagnostic{.code = Errc::kMissingField, .field = "speed"};
  return out;
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

Api::Api(ApiConfig config)
    : config_(std::move(config)), openapi_("application/json", config_.openapi) {
  for (const StudyDocument& study : config_.studies)
    studies_.emplace_back("application/json", study.json);
}

bool Api::is_api_path(std::string_view path) {
  return path == "/v1" || path.substr(0, 4) == "/v1/";
}

std::span<const Api::Route> Api::routes() {
  using enum HttpMethod;
  static constexpr std::array kRoutes{
      Route{kGet, "/v1/health", &Api::health},
      Route{kGet, "/v1/instruments", &Api::instruments},
      Route{kGet, "/v1/map", &Api::map},
      Route{kGet, "/v1/heatmap", &Api::heatmap},
      Route{kGet, "/v1/heatmap/tile", &Api::tile},
      Route{kGet, "/v1/heatmap/cell", &Api::cell},
      Route{kGet, "/v1/series", &Api::series},
      Route{kGet, "/v1/clusters", &Api::clusters},
      Route{kGet, "/v1/liquidations", &Api::liquidations},
      Route{kGet, "/v1/scorecard", &Api::scorecard},
      Route{kGet, "/v1/studies", &Api::studies},
      Route{kGet, "/v1/studies/", &Api::study},
      Route{kGet, "/v1/clock", &Api::market_clock},
      Route{kPost, "/v1/clock", &Api::set_market_clock},
      Route{kGet, "/v1/lab/scenarios", &Api::lab_scenarios},
      Route{kGet, "/v1/lab/fields", &Api::lab_fields},
      Route{kGet, "/v1/lab/runs", &Api::lab_runs},
      Route{kPost, "/v1/lab/runs", &Api::start_lab_run},
      Route{kGet, "/v1/lab/runs/", &Api::lab_run},
      Route{kDelete, "/v1/lab/runs/", &Api::cancel_lab_run},
      Route{kGet, "/v1/openapi.json", &Api::openapi},
  };
  return kRoutes;
}

std::vector<Api::Named> Api::names() {
  std::vector<Named> out;
  for (const Route& route : routes()) out.push_back({route.method, route.path});
  return out;
}

bool Api::matches(const Route& route, std::string_view path) {
  if (route.path.back() != '/') return path == route.path;
  return path.size() > route.path.size() && path.substr(0, route.path.size()) == route.path &&
         path.find('/', route.path.size()) == std::string_view::npos;
}

HttpResponse Api::answer(const HttpRequest& request) const {
  std::string allowed;
  for (const Route& route : routes()) {
    if (!matches(route, request.path())) continue;
    if (route.method == asked_method(request)) return (this->*route.handler)(request);
    if (!allowed.empty()) allowed += ", ";
    allowed += name_of(route.method);
    if (route.method == HttpMethod::kGet) allowed += ", HEAD";
  }
  if (!allowed.empty()) return method_not_allowed(request, std::move(allowed));
  return answer_problem(request,
                        {.code = Errc::kNotFound, .field = "path", .value = request.path()}, 404);
}

Outcome<const ServedSeries*> Api::series_of(const HttpRequest& request) const {
  const auto id = request.query_value("instrument");
  if (!id) return Diagnostic{.code = Errc::kMissingField, .field = "instrument"};
  for (const ServedSeries& one : config_.series) {
    if (one.id == *id) return &one;
  }
  return Diagnostic{
      .code = Errc::kUnknownInstrument, .field = "instrument", .value = std::string(*id)};
}

Outcome<Api::Shown> Api::shown_of(const HttpRequest& request) const {
  const Outcome<const ServedSeries*> series = series_of(request);
  if (!series) return series.error();
  MapHistory& history = (*series)->runner->history();
  auto now = history.now();
  if (!now)
    return Diagnostic{.code = Errc::kNoData,
                      .field = "instrument",
                      .value = to_text(history.identity().instrument),
                      .note = "the first column is not there yet"};
  return Shown{&history, std::move(now)};
}

JsonValue Api::health_document() const {
  bool is_well = true;
  JsonValue feeds = JsonValue::array();
  for (const ServedSeries& one : config_.series) {
    const SeriesRunner::State state = one.runner->state();
    is_well = is_well && !state.problem;
    const SeriesIdentity& identity = one.runner->history().identity();
    const auto now = one.runner->history().now();
    for (std::size_t v = 0; v < identity.venues.size(); ++v) {
      const VenueNow* venue = now ? &now->venues[v] : nullptr;
      const bool stale =
          venue != nullptr && is_stale(venue->part, identity.column_interval, state.now);
      is_well = is_well && !stale;
      feeds.push(feed_document(identity.venues[v], venue, stale, state));
    }
  }
  const SeriesRunner::State first = config_.series.front().runner->state();
  JsonValue resumed;
  if (const auto note = config_.resumed ? config_.resumed() : std::nullopt) {
    resumed = JsonValue::object();
    resumed.set("from", to_text(note->from)).set("columns", note->columns);
    resumed.set("seconds_missed", note->seconds_missed).set("note", note->note);
    is_well = is_well && !note->is_different;
  }
  JsonValue out = JsonValue::object();
  out.set("status", is_well ? "ok" : "degraded").set("mode", name_of(config_.mode));
  out.set("now", to_text(first.now)).set("speed", first.speed).set("is_over", first.is_over);
  out.set("warm_up_share", or_null(first.warm_up_share));
  out.set("model_version", kModelVersion).set("version", config_.version);
  out.set("resumed", std::move(resumed)).set("feeds", std::move(feeds));
  return out;
}

HttpResponse Api::health(const HttpRequest& request) const {
  return answer_json(request, health_document());
}

namespace {

JsonValue parts_document(const MapHistory& history) {
  JsonValue out = JsonValue::array();
  for (const MapPart& part : history.parts()) {
    JsonValue one = JsonValue::object();
    one.set("id", part.id).set("kind", name_of(part.kind));
    out.push(std::move(one.set("about", part.about)));
  }
  return out;
}

}  // namespace

HttpResponse Api::instruments(const HttpRequest& request) const {
  JsonValue list = JsonValue::array();
  for (const ServedSeries& one : config_.series) {
    const MapHistory& history = one.runner->history();
    const SeriesIdentity& identity = history.identity();
    JsonValue venues = JsonValue::array();
    for (const InstrumentId& venue : identity.venues) venues.push(to_text(venue));
    const HeatmapTiles::RowTiles rows = history.row_tiles();
    JsonValue row_tiles = JsonValue::array();
    for (std::int32_t row = rows.first; row < rows.end; ++row) row_tiles.push(row);
    JsonValue row = JsonValue::object();
    row.set("id", one.id)
        .set("series", one.digest)
        .set("venues", std::move(venues))
        .set("quote", identity.quote);
    row.set("is_simulated", identity.kind == SourceKind::kSimulation);
    row.set("members", identity.members);
    row.set("column_interval_s", static_cast<double>(identity.column_interval.value) / 1e9);
    row.set("first_column", to_text(history.first_column()));
    row.set("column_end", history.column_end()).set("row_log", kRowLog);
    row.set("row_tiles", std::move(row_tiles));
    list.push(std::move(row.set("parts", parts_document(history))));
  }
  return answer_json(request, JsonValue::object().set("instruments", std::move(list)));
}

JsonValue Api::clock_document() const {
  const SeriesRunner::State state = config_.series.front().runner->state();
  JsonValue out = JsonValue::object();
  out.set("now", to_text(state.now)).set("speed", state.speed);
  out.set("speed_max", SeriesRunner::kSpeedMax);
  out.set("begin", to_text(state.begin)).set("end", to_text(state.end));
  out.set("warm_up_share", or_null(state.warm_up_share));
  out.set("is_hurrying", state.is_hurrying).set("is_over", state.is_over);
  return std::move(out.set("is_steerable", config_.mode != ServeMode::kStore));
}

HttpResponse Api::market_clock(const HttpRequest& request) const {
  return answer_json(request, clock_document());
}

HttpResponse Api::set_market_clock(const HttpRequest& request) const {
  if (config_.mode == ServeMode::kStore)
    return answer_problem(request,
                          {.code = Errc::kBadRequest,
                           .field = "mode",
                           .value = "store",
                           .note = "a store is shown whole; serve it with --replay to steer it"},
                          409);
  const Outcome<JsonValue> body = json_body(request);
  if (!body) return answer_problem(request, body.error());
  const Outcome<ClockOrder> order = clock_order_of(*body);
  if (!order) return answer_problem(request, order.error());
  SeriesRunner& runner = *config_.series.front().runner;
  const UnixNanos now = runner.state().now;
  if (order->run_to && *order->run_to < now)
    return answer_problem(
        request,
        {.code = Errc::kOutOfRange,
         .field = "run_to",
         .value = to_text(*order->run_to),
         .note = "the market is at " + to_text(now) + " already, and its time does not go back"},
        409);
  if (order->run_to && runner.state().is_over)
    return answer_problem(request,
                          {.code = Errc::kOutOfRange,
                           .field = "run_to",
                           .value = to_text(*order->run_to),
                           .note = "the market is over, and its time goes no further"},
                          409);
  if (order->speed) runner.set_speed(*order->speed);
  if (order->run_to) runner.run_to(*order->run_to);
  return answer_json(request, clock_document());
}

HttpResponse Api::studies(const HttpRequest& request) const {
  JsonValue list = JsonValue::array();
  for (const StudyDocument& study : config_.studies)
    list.push(JsonValue::object().set("name", study.name).set("title", study.title));
  return answer_json(request, JsonValue::object().set("studies", std::move(list)));
}

HttpResponse Api::study(const HttpRequest& request) const {
  const std::string_view name =
      std::string_view(request.path()).substr(std::string_view("/v1/studies/").size());
  for (std::size_t i = 0; i < config_.studies.size(); ++i) {
    if (config_.studies[i].name == name) return studies_[i].answer(request);
  }
  return answer_problem(
      request, {.code = Errc::kNotFound, .field = "study", .value = std::string(name)}, 404);
}

HttpResponse Api::openapi(const HttpRequest& request) const { return openapi_.answer(request); }

}  // namespace faultline
