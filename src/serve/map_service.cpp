#include "serve/map_service.hpp"

#include <algorithm>
#include <functional>

#include "core/time_text.hpp"
#include "serve/answer.hpp"
#include "study/map_document.hpp"

namespace faultline {
namespace {

constexpr std::string_view kStreamPath = "/v1/stream";
constexpr std::size_t kPrintsAnUpdate = 200;  // the largest; the others can be read over HTTP

JsonValue json_of_prints(std::span<const RealisedLiquidation> prints) {
  std::vector<RealisedLiquidation> largest(prints.begin(), prints.end());
  std::ranges::sort(largest, std::greater{}, &RealisedLiquidation::usd);
  JsonValue list = JsonValue::array();
  double usd = 0.0;
  for (const RealisedLiquidation& print : largest) usd += print.usd;
  for (std::size_t i = 0; i < std::min(largest.size(), kPrintsAnUpdate); ++i) {
    JsonValue one = JsonValue::object();
    one.set("time", to_text(largest[i].time)).set("side", name_of(largest[i].side));
    list.push(std::move(one.set("price", largest[i].price).set("usd", largest[i].usd)));
  }
  JsonValue out = JsonValue::object();
  out.set("count", largest.size()).set("usd", usd).set("largest", std::move(list));
  return out;
}

// The rows of one side as codes of tiles.
JsonValue json_of_codes(const MapColumn& column, Side side) {
  JsonValue codes = JsonValue::array();
  for (const float usd : column.notional_at_risk_usd[index_of(side)])
    codes.push(static_cast<int>(code_of_usd(static_cast<double>(usd))));
  return codes;
}

std::vector<HttpHeader> safe_headers() {
  return {{"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Content-Security-Policy",
           "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src "
           "'self' 'unsafe-inline'; connect-src 'self' ws: wss:; frame-ancestors 'none'"}};
}

}  // namespace

Outcome<std::unique_ptr<MapService>> MapService::start(std::unique_ptr<SeriesSource> source,
                                                       const ServiceOptions& options) {
  std::unique_ptr<MapService> out(new MapService());
  MapService& self = *out;
  self.id_ = to_text(source->identity().instrument);
  self.add_topics();
  self.runner_ = std::make_unique<SeriesRunner>(
      std::move(source), options.pace, [&self](const SourceNews& news) { self.publish(news); });
  self.api_ = std::make_unique<Api>(
      ApiConfig{.mode = options.mode,
                .version = options.version,
                .series = {{.id = self.id_, .runner = self.runner_.get()}}});
  ServerConfig config = options.server;
  for (HttpHeader& header : safe_headers()) config.default_headers.push_back(std::move(header));
  ServerHandlers handlers;
  handlers.on_request = [&self](const HttpRequest& request, Responder responder) {
    responder.send(self.api_->answer(request));
  };
  handlers.on_upgrade = [&self](const HttpRequest& request) -> UpgradeDecision {
    if (request.path() == kStreamPath) return self.hub_.session();
    return answer_problem(
        {.code = Errc::kNotFound, .field = "path", .value = request.path()});
  };
  auto server = HttpServer::start(config, std::move(handlers));
  if (!server)
    return Diagnostic{.code = server.error().code,
                      .field = "address",
                      .value = config.address + ":" + std::to_string(config.port)};
  self.server_ = std::move(server).value();
  self.runner_->start();
  return out;
}

MapService::~MapService() {
  // Nobody asks any more before what they ask goes.
  server_.reset();
  runner_.reset();
}

std::string MapService::url() const {
  return "http://" + server_->address() + ":" + std::to_string(server_->port());
}

void MapService::add_topics() {
  hub_.add_topic("map", id_, [this] { return map_snapshot(); });
  hub_.add_topic("liquidations", id_, [] { return json_of_prints({}); });
  hub_.add_topic("clusters", id_, [this] {
    JsonValue list = JsonValue::array();
    const auto now = runner_->history().now();
    if (!now) return list;
    for (const Cluster& cluster : now->clusters) list.push(json_of_cluster(cluster));
    return list;
  });
}

JsonValue MapService::map_snapshot() const {
  const auto now = runner_->history().now();
  if (!now) return {};
  const MapHistory& history = runner_->history();
  const SeriesEntry entry{.index = now->index,
                          .as_of = now->column.as_of,
                          .span = now->span,
                          .mark = now->column.mark,
                          .open_interest_usd = now->column.open_interest_usd,
                          .near = now->column.near};
  JsonValue codes = JsonValue::object();
  codes.set("first_row", now->column.first_row);
  codes.set("long", json_of_codes(now->column, Side::kLong));
  codes.set("short", json_of_codes(now->column, Side::kShort));
  JsonValue out = JsonValue::object();
  out.set("header", Api::header_of(history, *now));
  out.set("entry", Api::json_of_entry(entry, history.identity().members));
  out.set("codes", std::move(codes));
  return out;
}

// On the runner's thread.
void MapService::publish(const SourceNews& news) {
  if (!news.prints.empty()) hub_.publish("liquidations", id_, json_of_prints(news.prints));
  if (!news.moment) return;
  hub_.publish("map", id_, map_snapshot());
  JsonValue list = JsonValue::array();
  for (const Cluster& cluster : runner_->history().now()->clusters)
    list.push(json_of_cluster(cluster));
  hub_.publish("clusters", id_, list);
}

}  // namespace faultline
