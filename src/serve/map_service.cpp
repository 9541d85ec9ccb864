#include "serve/map_service.hpp"

#include <chrono>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "core/time_text.hpp"
#include "serve/answer.hpp"
#include "serve/documents.hpp"

namespace faultline {
namespace {

constexpr std::string_view kStreamPath = "/v1/stream";
constexpr std::string_view kHealthPath = "/v1/health";
constexpr std::string_view kMetricsPath = "/metrics";
constexpr std::size_t kWorkers = 2;
constexpr std::chrono::seconds kHealthEvery{5};

std::vector<HttpHeader> safe_headers() {
  return {{"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Content-Security-Policy",
           "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; "
           "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'"}};
}

// The first number of a start's updates: the machine's clock in milliseconds, times 1,000. It fits
// a double for 250 years, and no start publishes a thousand updates in each of its milliseconds.
std::uint64_t first_seq_of_start() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(unix_now());
  return static_cast<std::uint64_t>(now.count()) * 1'000U;
}

// For who asks for the stream without a handshake.
HttpResponse upgrade_required(const HttpRequest& request) {
  HttpResponse out = answer_problem(
      request,
      {.code = Errc::kBadRequest, .field = "Upgrade", .note = "a WebSocket is what is here"}, 426);
  out.headers.push_back({"Upgrade", "websocket"});
  return out;
}

JsonValue line_of_now() {
  return JsonValue::object().set("time", to_text(UnixNanos(unix_now().count())));
}

JsonValue event_of_now(std::string_view event) { return line_of_now().set("event", event); }

JsonValue text_or_null(std::string_view text) {
  return text.empty() ? JsonValue() : JsonValue(text);
}

std::string line_of(const AccessEntry& entry) {
  JsonValue out = line_of_now();
  out.set("request_id", text_of(entry.id));
  out.set("method", name_of(entry.method)).set("path", entry.path).set("status", entry.status);
  out.set("bytes", entry.body_bytes);
  out.set("ms", 1e-6 * static_cast<double>(entry.duration.count())).set("peer", entry.peer);
  out.set("key", text_or_null(entry.note.user)).set("outcome", text_or_null(entry.note.outcome));
  if (!entry.is_complete) out.set("is_complete", false).set("was_cut_off", entry.was_cut_off);
  return write_json(out);
}

// What was asked for was not given, or not to its end, and not for want of it.
bool is_refusal(const AccessEntry& entry) {
  return entry.was_cut_off || (entry.status >= 400 && entry.status != 404);
}

std::string line_of(const SocketEntry& entry) {
  JsonValue out = event_of_now("stream_closed");
  out.set("request_id", text_of(entry.id)).set("path", entry.path);
  out.set("code", static_cast<int>(entry.code)).set("was_refused", entry.was_refused);
  out.set("s", 1e-9 * static_cast<double>(entry.duration.count())).set("peer", entry.peer);
  out.set("key", text_or_null(entry.note.user)).set("outcome", text_or_null(entry.note.outcome));
  return write_json(out);
}

AccessNote note_of(const Access& access) {
  return {.user = access.key_name, .outcome = name_of(access.outcome)};
}

}  // namespace

MapService::MapService(ServiceOptions options)
    : options_(std::move(options)), pages_(options_.pages), hub_(first_seq_of_start()) {}

Outcome<std::unique_ptr<MapService>> MapService::start(std::unique_ptr<SeriesSource> source,
                                                       ServiceOptions options) {
  std::unique_ptr<MapService> out(new MapService(std::move(options)));
  MapService& self = *out;
  const ServiceOptions& own = self.options_;
  if (const Outcome<void> fine = check_bind(own.server.address, own.access); !fine)
    return fine.error();
  self.id_ = to_text(source->identity().instrument);
  self.lab_ = std::make_unique<LabRuns>(self.options_.scenarios);
  self.runner_ = std::make_unique<SeriesRunner>(
      std::move(source), self.options_.pace,
      [&self](const SourceNews& news) { self.publish(news); },
      [&self](const std::optional<Diagnostic>& problem) { self.log_end(problem); });
  self.api_ =
      std::make_unique<Api>(ApiConfig{.mode = self.options_.mode,
                                      .version = self.options_.version,
                                      .series = {{.id = self.id_,
                                                  .digest = hex_text(self.options_.series_digest),
                                                  .runner = self.runner_.get()}},
                                      .lab = self.lab_.get(),
                                      .studies = self.options_.studies,
                                      .openapi = self.options_.openapi,
                                      .resumed = self.options_.resumed});
  self.add_topics();
  self.pool_ = std::make_unique<WorkerPool>(kWorkers, self.options_.requests_waiting_max);
  if (const Outcome<void> done = self.listen(); !done) return done.error();
  self.log_start();
  self.log_resumed();
  self.runner_->start();
  self.health_thread_ =
      std::jthread([&self](const std::stop_token& stop) { self.publish_health(stop); });
  return out;
}

Outcome<void> MapService::listen() {
  ServerConfig config = options_.server;
  for (HttpHeader& header : safe_headers()) config.default_headers.push_back(std::move(header));
  config.make_refusal = answer_refusal;
  if (options_.requests_per_second > 0) {
    config.requests_per_second = options_.requests_per_second;
    config.request_burst = config.requests_per_second * ServiceOptions::kBurstSeconds;
  }
  ServerHandlers handlers;
  handlers.on_request = [this](const HttpRequest& request, Responder responder) {
    take(request, std::move(responder));
  };
  handlers.on_upgrade = [this](const HttpRequest& request) { return upgrade(request); };
  handlers.on_access = [this](const AccessEntry& entry) { on_answer(entry); };
  handlers.on_socket_end = [this](const SocketEntry& entry) { on_socket_end(entry); };
  auto server = HttpServer::start(config, std::move(handlers));
  if (!server)
    return Diagnostic{.code = server.error().code,
                      .field = "address",
                      .value = config.address + ":" + std::to_string(config.port)};
  server_ = std::move(server).value();
  return {};
}

MapService::~MapService() {
  const bool has_started = health_thread_.joinable();
  // Nobody asks any more before what they ask goes.
  health_thread_ = {};
  server_.reset();
  pool_.reset();
  // It publishes until it has stopped, and may not have been made.
  if (runner_) runner_->stop();
  if (has_started && logs_events()) options_.log(write_json(event_of_now("stop")));
}

std::string MapService::url() const {
  return "http://" + server_->address() + ":" + std::to_string(server_->port());
}

void MapService::on_answer(const AccessEntry& entry) {
  counts_.add_answer(entry.duration);
  if (logs_events() || (options_.log && is_refusal(entry))) options_.log(line_of(entry));
}

void MapService::on_socket_end(const SocketEntry& entry) {
  if (logs_events() || (options_.log && entry.was_refused)) options_.log(line_of(entry));
}

// --- What happened, for the log -----------------------------------------------------------------

void MapService::log_start() {
  if (!logs_events()) return;
  JsonValue line = event_of_now("start");
  line.set("url", url()).set("mode", name_of(options_.mode)).set("instrument", id_);
  options_.log(write_json(line.set("version", options_.version)));
}

// At the start, and when it is known whether the columns of before are the same.
void MapService::log_resumed() {
  if (!logs_events() || !options_.resumed) return;
  const std::optional<ResumeNote> note = options_.resumed();
  if (!note || note->note == resume_note_) return;
  resume_note_ = note->note;
  JsonValue line = event_of_now("resumed");
  line.set("from", to_text(note->from)).set("columns", note->columns);
  line.set("seconds_missed", note->seconds_missed).set("note", note->note);
  options_.log(write_json(line));
}

void MapService::log_end(const std::optional<Diagnostic>& problem) {
  if (!logs_events()) return;
  JsonValue line = event_of_now("series_stopped");
  line.set("instrument", id_).set("problem", text_or_null(problem ? describe(*problem) : ""));
  options_.log(write_json(line));
}

// --- Answers ------------------------------------------------------------------------------------

// Adds what a page of a configured origin needs to read it.
void MapService::send(const HttpRequest& request, const Access& access, HttpResponse response,
                      Responder& responder) const {
  for (HttpHeader& header : options_.access.cors_headers(request))
    response.headers.push_back(std::move(header));
  response.access_note = note_of(access);
  responder.send(std::move(response));
}

// Pages hold no data, and need no key.
Access MapService::access_of(const HttpRequest& request) {
  const bool needs_key = Api::is_api_path(request.path()) || request.path() == kMetricsPath;
  Access out =
      needs_key ? options_.access.check(request, scope_of(request), UnixNanos(unix_now().count()))
                : options_.access.check_source(request);
  if (!out.is_allowed()) counts_.add_refused(out.outcome);
  return out;
}

void MapService::take(const HttpRequest& request, Responder responder) {
  if (auto preflight = options_.access.answer_preflight(request)) {
    preflight->access_note = note_of({});
    return responder.send(std::move(*preflight));
  }
  const Access access = access_of(request);
  if (!access.is_allowed())
    return send(request, access, answer_refused(request, access), responder);
  if (request.path() == kStreamPath)
    return send(request, access, upgrade_required(request), responder);
  // Whoever asks how the service is asks when it is busy.
  if (request.path() == kHealthPath) return send(request, access, api_->answer(request), responder);
  if (Api::is_api_path(request.path())) return answer_later(request, access, std::move(responder));
  const bool is_read =
      request.method() == HttpMethod::kGet || request.method() == HttpMethod::kHead;
  if (is_read && request.path() != kMetricsPath) return responder.send(pages_.answer(request));
  HttpResponse response =
      is_read
          ? HttpResponse::of(200, "text/plain; version=0.0.4; charset=utf-8", metrics())
          : answer_problem(
                request,
                {.code = Errc::kBadRequest, .field = "method", .note = "pages are only read"}, 405);
  response.access_note = note_of(access);
  responder.send(std::move(response));
}

void MapService::answer_later(const HttpRequest& request, const Access& access,
                              Responder responder) {
  // A job is copied by its queue, a responder cannot be.
  const auto shared = std::make_shared<Responder>(std::move(responder));
  const bool is_taken = pool_->post([this, request, access, shared] {
    if (!shared->is_abandoned()) send(request, access, api_->answer(request), *shared);
  });
  if (is_taken) return;
  HttpResponse busy = answer_problem(
      request,
      {.code = Errc::kBusy, .field = "requests", .note = "too many wait; try again in a second"},
      503);
  busy.headers.push_back({"Retry-After", "1"});
  send(request, access, std::move(busy), *shared);
}

UpgradeDecision MapService::upgrade(const HttpRequest& request) {
  if (request.path() != kStreamPath)
    return answer_problem(request,
                          {.code = Errc::kNotFound, .field = "path", .value = request.path()}, 404);
  const Access access = access_of(request);
  if (!access.is_allowed()) {
    HttpResponse refused = answer_refused(request, access);
    refused.access_note = note_of(access);
    return refused;
  }
  WebSocketHandlers handlers = hub_.session();
  handlers.subprotocol = subprotocol_of(request);
  handlers.access_note = note_of(access);
  return handlers;
}

void MapService::add_topics() {
  const auto of_now = [this](const auto& document) {
    return [this, document]() -> JsonValue {
      const auto now = runner_->history().now();
      return now ? document(*now) : JsonValue();
    };
  };
  hub_.add_topic({"map", id_}, of_now([this](const MapNow& now) {
                   return column_update(runner_->history(), now);
                 }));
  const auto parts = runner_->history().parts();
  for (std::size_t part = 0; part < parts.size(); ++part) {
    hub_.add_topic({"map", id_, parts[part].id}, of_now([this, part](const MapNow& now) {
                     return column_update(runner_->history(), now, part);
                   }));
  }
  hub_.add_topic({"clusters", id_}, of_now([this](const MapNow& now) {
                   return clusters_document(runner_->history(), now, WithMoments::kNo);
                 }));
  hub_.add_topic({"liquidations", id_}, [this] { return prints_update(runner_->history(), {}); });
  hub_.add_topic({"health", id_}, [this] { return api_->health_document(); });
}

// On the runner's thread.
void MapService::publish(const SourceNews& news) {
  const MapHistory& history = runner_->history();
  if (!news.prints.empty())
    hub_.publish({"liquidations", id_}, prints_update(history, news.prints));
  if (!news.moment) return;
  const auto now = history.now();
  hub_.publish({"map", id_}, column_update(history, *now));
  for (std::size_t part = 0; part < history.parts().size(); ++part) {
    if (!now->parts->usd[part]) continue;
    hub_.publish_if_heard({"map", id_, history.parts()[part].id},
                          [&] { return column_update(history, *now, part); });
  }
  hub_.publish({"clusters", id_}, clusters_document(history, *now, WithMoments::kNo));
  if (options_.on_column) options_.on_column(*now);
  log_resumed();
}

void MapService::publish_health(const std::stop_token& stop) {
  std::unique_lock lock(pulse_mutex_);
  while (!stop.stop_requested()) {
    hub_.publish({"health", id_}, api_->health_document());
    pulse_.wait_for(lock, stop, kHealthEvery, [] { return false; });
  }
}

std::string MapService::metrics() const {
  std::size_t model_bytes = 0;
  if (const auto now = runner_->history().now()) {
    for (const VenueNow& venue : now->venues) model_bytes += venue.part.state_bytes;
  }
  return metrics_text({.server = server_->counters(),
                       .answers = counts_.totals(),
                       .streams = hub_.counters(),
                       .series = runner_->state(),
                       .series_id = id_,
                       .column_end = runner_->history().column_end(),
                       .history_bytes = runner_->history().memory_bytes(),
                       .model_bytes = model_bytes});
}

}  // namespace faultline
