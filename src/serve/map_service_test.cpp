#include "serve/map_service.hpp"

#include <gtest/gtest.h>

#include "net/test_client.hpp"
#include "serve/test_service.hpp"

namespace faultline {
namespace {

const std::array kPages{Page{"/index.html", "<!doctype html><title>f</title>"}};

ServiceOptions options_at(double speed) {
  ServiceOptions out;
  out.version = "test";
  out.pace.speed = speed;
  out.pages = kPages;
  out.scenarios = {{{.name = "small", .about = "of a test", .market = small_market()}}};
  out.openapi = "{}";
  return out;
}

std::unique_ptr<MapService> start_service(ServiceOptions options) {
  auto service = MapService::start(small_series(), std::move(options));
  EXPECT_TRUE(service) << describe(service.error());
  return std::move(service).value();
}

std::uint16_t port_of(const MapService& service) {
  const std::string url = service.url();
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

TEST(MapService, AnswersPagesApiAndMetrics) {
  const auto service = start_service(options_at(SeriesRunner::kSpeedMax));
  ASSERT_TRUE(wait_until([&] { return service->runner().state().is_over; }));
  TestClient client(port_of(*service));
  const TestResponse page = client.ask(get_request("/"));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, kPages[0].bytes);
  EXPECT_EQ(page.header("Content-Security-Policy"),
            "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; worker-src 'self' "
            "blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors "
            "'none'");
  const TestResponse map = client.ask(get_request("/v1/map?instrument=simulated:BTCUSDT"));
  EXPECT_EQ(map.status, 200);
  EXPECT_TRUE(parse_json(map.body));
  const TestResponse metrics = client.ask(get_request("/metrics"));
  EXPECT_NE(metrics.body.find("\nfaultline_columns{instrument=\"simulated:BTCUSDT\"} 35"),
            std::string::npos)
      << metrics.body;
  EXPECT_EQ(client.ask(get_request("/nothing")).status, 404);
}

TEST(MapService, StreamsASnapshotAndThenColumns) {
  const auto service = start_service(options_at(SeriesRunner::kSpeedMax));
  TestClient client(port_of(*service));
  ASSERT_EQ(client.upgrade("/v1/stream").status, 101);
  ASSERT_TRUE(client.send(
      frame_of(1, R"({"op": "subscribe", "channel": "map", "instrument": "simulated:BTCUSDT"})")));
  std::int64_t seq = 0;
  for (int i = 0; i < 5; ++i) {
    const auto message = parse_json(client.receive_frame().payload);
    ASSERT_TRUE(message);
    EXPECT_EQ(*message->find("kind")->as_string(), i == 0 ? "snapshot" : "delta");
    const std::int64_t now = *message->find("seq")->as_int();
    EXPECT_GT(now, seq);
    seq = now;
  }
}

TEST(MapService, TellsHowItIsWhenNoWorkerIsFree) {
  ServiceOptions options = options_at(1.0);
  options.requests_waiting_max = 0;
  const auto service = start_service(std::move(options));
  TestClient client(port_of(*service));
  const TestResponse busy = client.ask(get_request("/v1/clock"));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.header("Retry-After"), "1");
  EXPECT_EQ(client.ask(get_request("/v1/health")).status, 200);
  EXPECT_EQ(client.ask(get_request("/metrics")).status, 200);
}

TEST(MapService, SaysThatTheStreamIsAWebSocket) {
  const auto service = start_service(options_at(1.0));
  TestClient client(port_of(*service));
  const TestResponse answer = client.ask(get_request("/v1/stream"));
  EXPECT_EQ(answer.status, 426);
  EXPECT_EQ(answer.header("Upgrade"), "websocket");
}

// What net refuses before the API hears of it has the form of the API's problems.
void expect_refusal(const TestResponse& answer, int status, std::string_view name) {
  EXPECT_EQ(answer.status, status) << answer.head;
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << status;
  EXPECT_NE(answer.header("Content-Security-Policy"), "") << status;
  const auto problem = parse_json(answer.body);
  ASSERT_TRUE(problem) << status << " " << answer.body;
  EXPECT_EQ(problem->find("status")->as_int(), status);
  EXPECT_EQ(*problem->find("name")->as_string(), name) << status;
  EXPECT_GE(problem->find("errc")->as_int().value_or(0), 400) << status;
  EXPECT_EQ(*problem->find("request_id")->as_string(), answer.header("X-Request-Id"));
  EXPECT_NE(answer.header("X-Request-Id"), "0000000000000000");
}

TEST(MapService, RefusesInTheFormOfItsProblems) {
  ServiceOptions options = options_at(1.0);
  options.server.head_time_max = std::chrono::milliseconds(300);
  options.server.body_time_max = std::chrono::milliseconds(300);
  const auto service = start_service(std::move(options));
  const auto ask = [&](const std::string& bytes) {
    return TestClient(port_of(*service)).ask(bytes);
  };
  const std::string head = "POST /v1/clock HTTP/1.1\r\nHost: h\r\n";
  expect_refusal(ask("NONSENSE\r\n\r\n"), 400, "bad_request");
  expect_refusal(ask("BREW / HTTP/1.1\r\nHost: h\r\n\r\n"), 405, "bad_request");
  expect_refusal(ask("GET / HTTP/1.1\r\nHo"), 408, "limit");
  expect_refusal(ask(head + "Content-Length: 9\r\n\r\n{"), 408, "limit");
  expect_refusal(ask(head + "Content-Length: 9999999\r\n\r\n"), 413, "limit");
  expect_refusal(ask(get_request("/" + std::string(5'000, 'a'))), 414, "limit");
  expect_refusal(ask(head + "Content-Length: 1\r\nExpect: more\r\n\r\n"), 417, "bad_request");
  expect_refusal(ask(get_request("/", "A: " + std::string(17'000, 'a') + "\r\n")), 431, "limit");
  const TestResponse old = ask(get_request(
      "/v1/stream", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"));
  expect_refusal(old, 426, "bad_request");
  EXPECT_EQ(old.header("Upgrade"), "websocket");
}

TEST(MapService, RefusesConnectionsInTheFormOfItsProblems) {
  ServiceOptions options = options_at(1.0);
  options.server.connections_per_peer_max = 1;
  options.server.connections_max = 2;
  const auto service = start_service(std::move(options));
  TestClient first(port_of(*service));
  ASSERT_EQ(first.ask(get_request("/v1/health")).status, 200);
  const TestResponse second = TestClient(port_of(*service)).receive();
  expect_refusal(second, 429, "too_often");
  EXPECT_EQ(second.header("Retry-After"), "1");
}

// One client that asks too much is told to wait; what it asks in vain keeps nobody else waiting.
TEST(MapService, AnswersOthersWhileOneFloodsIt) {
  ServiceOptions options = options_at(SeriesRunner::kSpeedMax);
  options.requests_per_second = 5;
  const auto service = start_service(std::move(options));
  TestClient flood(port_of(*service));
  constexpr int kRequests = 500;
  std::string bytes;
  for (int i = 0; i < kRequests; ++i) bytes += get_request("/v1/health");
  ASSERT_TRUE(flood.send(bytes));
  int answered = 0;
  TestResponse refused;
  for (int i = 0; i < kRequests; ++i) {
    TestResponse one = flood.receive();
    if (one.status == 200)
      ++answered;
    else
      refused = std::move(one);
  }
  EXPECT_GE(answered, 20);   // what one may ask at once
  EXPECT_LE(answered, 100);  // and what sixteen seconds give, should it take so long
  expect_refusal(refused, 429, "too_often");
  EXPECT_EQ(refused.header("Retry-After"), "1");
  TestClient another(port_of(*service), 0, "127.0.0.2");
  EXPECT_EQ(another.ask(get_request("/v1/health")).status, 200);
  EXPECT_EQ(another.ask(get_request("/v1/clock")).status, 200);
  const std::string metrics = another.ask(get_request("/metrics")).body;
  EXPECT_NE(metrics.find("\nfaultline_http_refused_total{reason=\"rate\"} " +
                         std::to_string(kRequests - answered) + "\n"),
            std::string::npos);
}

// What a page asks for when it opens is far below what the program lets one client ask.
TEST(MapService, LetsAPageLoadItsTilesAtOnce) {
  ServiceOptions options = options_at(SeriesRunner::kSpeedMax);
  options.requests_per_second = 200;
  const auto service = start_service(std::move(options));
  TestClient page(port_of(*service));
  std::string bytes;
  for (int i = 0; i < 400; ++i) bytes += get_request("/v1/health");
  ASSERT_TRUE(page.send(bytes));
  for (int i = 0; i < 400; ++i) ASSERT_EQ(page.receive().status, 200) << i;
}

TEST(MapService, TellsEveryRefusalOfTheServer) {
  for (std::size_t i = 0; i < kRefusalCount; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    const HttpResponse answer = answer_refusal(refusal, RequestId{7});
    EXPECT_EQ(answer.status, status_of(refusal));
    const JsonValue problem = json_of(answer);
    EXPECT_NE(problem.find("detail")->as_string()->find(meaning_of(refusal)), std::string::npos);
    EXPECT_EQ(*problem.find("request_id")->as_string(), "0000000000000007");
  }
}

TEST(MapService, AsksForAKeyWhereKeysAre) {
  ServiceOptions options = options_at(1.0);
  const NewKey reader = make_key({.name = "r", .scopes = {Scope::kRead}}).value();
  options.access = AccessPolicy::parse(reader.toml, "keys.toml").value();
  const auto service = start_service(std::move(options));
  TestClient client(port_of(*service));
  EXPECT_EQ(client.ask(get_request("/v1/health")).status, 401);
  EXPECT_EQ(client.ask(get_request("/metrics")).status, 401);
  EXPECT_EQ(client.ask(get_request("/")).status, 200);  // a page holds no data
  const std::string key = "Authorization: Bearer " + reader.key + "\r\n";
  EXPECT_EQ(client.ask(get_request("/v1/health", key)).status, 200);
  EXPECT_EQ(client
                .ask("POST /v1/clock HTTP/1.1\r\nHost: h\r\n" + key +
                     "Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"speed\": 0}")
                .status,
            403);
  TestClient stranger(port_of(*service));
  EXPECT_EQ(stranger.upgrade("/v1/stream").status, 401);
  TestClient friendly(port_of(*service));
  const TestResponse taken = friendly.upgrade(
      "/v1/stream", "Sec-WebSocket-Protocol: faultline, key." + reader.key + "\r\n");
  EXPECT_EQ(taken.status, 101);
  EXPECT_EQ(taken.header("Sec-WebSocket-Protocol"), "faultline");
}

TEST(MapService, IsNotOpenToEverybodyWithoutKeys) {
  ServiceOptions options = options_at(1.0);
  options.server.address = "0.0.0.0";
  const auto service = MapService::start(small_series(), std::move(options));
  ASSERT_FALSE(service);
  EXPECT_EQ(service.error().code, Errc::kBadRequest);
}

// Columns are published until the runner has stopped, whenever that is.
TEST(MapService, StopsAtAnyMoment) {
  for (int i = 0; i < 12; ++i) {
    auto service = start_service(options_at(SeriesRunner::kSpeedMax));
    ASSERT_TRUE(wait_until([&] { return service->runner().history().column_end() > i; }));
    service.reset();
  }
}

// What a service logs, as it comes.
class Log {
 public:
  void listen(ServiceOptions& options) {
    options.log = [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  // The lines that have such a member, once there are so many.
  std::vector<JsonValue> with(std::string_view member, std::size_t count) {
    std::vector<JsonValue> out;
    EXPECT_TRUE(wait_until([&] {
      out.clear();
      const std::lock_guard lock(mutex_);
      for (const std::string& line : lines_) {
        JsonValue json = parse_json(line).value();
        if (json.find(member) != nullptr) out.push_back(std::move(json));
      }
      return out.size() >= count;
    })) << member;
    return out;
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const std::string& line : lines_) out += line + "\n";
    return out;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

std::string text_in(const JsonValue& line, std::string_view member) {
  const JsonValue* value = line.find(member);
  return value != nullptr && value->as_string() != nullptr ? *value->as_string() : "none";
}

TEST(MapService, LogsEachAnswer) {
  Log log;
  ServiceOptions options = options_at(1.0);
  log.listen(options);
  auto service = start_service(std::move(options));
  TestClient client(port_of(*service));
  const TestResponse answer = client.ask(get_request("/v1/health?key=secret"));
  const JsonValue line = log.with("path", 1).front();
  EXPECT_EQ(text_in(line, "path"), "/v1/health");
  EXPECT_EQ(line.find("status")->as_int(), 200);
  EXPECT_EQ(text_in(line, "request_id"), answer.header("X-Request-Id"));
  EXPECT_EQ(log.text().find("secret"), std::string::npos);
}

TEST(MapService, LogsAndCountsWhoWasLetIn) {
  Log log;
  ServiceOptions options = options_at(1.0);
  const NewKey key = make_key({.name = "laptop", .scopes = {Scope::kRead}}).value();
  options.access = AccessPolicy::parse(key.toml, "keys.toml").value();
  log.listen(options);
  const auto service = start_service(std::move(options));
  TestClient client(port_of(*service));
  const std::string shown = "Authorization: Bearer " + key.key + "\r\n";
  client.ask(get_request("/v1/clock"));
  client.ask(get_request("/v1/clock", shown));
  client.ask("POST /v1/clock HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n" + shown + "\r\n");
  client.ask(get_request("/", "Origin: https://example.org\r\n"));
  client.ask(get_request("/"));
  client.ask("BREW / HTTP/1.1\r\nHost: h\r\n\r\n");
  TestClient(port_of(*service)).upgrade("/v1/stream", shown);
  TestClient(port_of(*service)).upgrade("/v1/stream");
  const std::vector<std::array<std::string, 2>> expected{
      {"none", "missing"},        {"laptop", "allowed"}, {"laptop", "out_of_scope"},
      {"none", "foreign_origin"}, {"none", "allowed"},   {"none", "none"},
      {"laptop", "allowed"},      {"none", "missing"}};
  const auto lines = log.with("method", expected.size());
  ASSERT_EQ(lines.size(), expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(text_in(lines[i], "key"), expected[i][0]) << i;
    EXPECT_EQ(text_in(lines[i], "outcome"), expected[i][1]) << i;
    EXPECT_TRUE(lines[i].find("key")->is_null() || expected[i][0] != "none");
  }
  EXPECT_EQ(log.text().find(key.key), std::string::npos);
  const std::string metrics =
      TestClient(port_of(*service)).ask(get_request("/metrics", shown)).body;
  for (const char* line :
       {"access_refused_total{outcome=\"missing\"} 2", "access_refused_total{outcome=\"wrong\"} 0",
        "access_refused_total{outcome=\"out_of_scope\"} 1",
        "access_refused_total{outcome=\"foreign_origin\"} 1", "http_request_seconds_count 8",
        "http_request_seconds_bucket{le=\"+Inf\"} 8"})
    EXPECT_NE(metrics.find("\nfaultline_" + std::string(line) + "\n"), std::string::npos) << line;
}

TEST(MapService, LogsHowStreamsEnd) {
  Log log;
  ServiceOptions options = options_at(1.0);
  log.listen(options);
  const auto service = start_service(std::move(options));
  TestClient client(port_of(*service));
  const TestResponse begun = client.upgrade("/v1/stream");
  ASSERT_EQ(begun.status, 101);
  client.send(frame_of(1, std::string(std::size_t{65} << 10, 'x')));
  const JsonValue line = log.with("was_refused", 1).front();
  EXPECT_EQ(text_in(line, "event"), "stream_closed");
  EXPECT_EQ(text_in(line, "request_id"), text_in(log.with("method", 1).front(), "request_id"));
  EXPECT_EQ(text_in(line, "path"), "/v1/stream");
  EXPECT_EQ(text_in(line, "peer"), "127.0.0.1");
  EXPECT_EQ(line.find("code")->as_int(), 1009);
  EXPECT_EQ(line.find("was_refused")->as_bool(), true);
}

TEST(MapService, LogsRefusalsAloneWhereNobodyAskedForMore) {
  Log log;
  ServiceOptions options = options_at(1.0);
  options.logs_refusals_alone = true;
  log.listen(options);
  auto service = start_service(std::move(options));
  {
    TestClient client(port_of(*service));
    EXPECT_EQ(client.ask(get_request("/v1/health")).status, 200);
    EXPECT_EQ(client.ask(get_request("/v1/nothing")).status, 404);
    EXPECT_EQ(client.ask("BREW / HTTP/1.1\r\nHost: h\r\n\r\n").status, 405);
    TestClient well(port_of(*service));
    EXPECT_EQ(well.upgrade("/v1/stream").status, 101);
    well.send(frame_of(8, std::string("\x03\xe8", 2)));
    EXPECT_TRUE(well.is_closed_by_server());
    TestClient ill(port_of(*service));
    EXPECT_EQ(ill.upgrade("/v1/stream").status, 101);
    ill.send(frame_of(3, "reserved"));
    EXPECT_TRUE(ill.is_closed_by_server());
    log.with("was_refused", 1);
  }
  service.reset();
  const auto lines = log.with("request_id", 2);
  ASSERT_EQ(lines.size(), 2U) << log.text();
  EXPECT_EQ(lines[0].find("status")->as_int(), 405);
  EXPECT_EQ(lines[1].find("code")->as_int(), 1002);
  EXPECT_EQ(log.text().find("\"start\""), std::string::npos);
}

// A source that cannot go on after three columns.
class BrokenSource final : public SeriesSource {
 public:
  BrokenSource() : source_(small_series()) { identity_ = source_->identity(); }
  UnixNanos begin() const override { return source_->begin(); }
  UnixNanos end() const override { return source_->end(); }
  TimeRange warm_up() const override { return source_->warm_up(); }
  Outcome<void> warm_up_to(UnixNanos until) override { return source_->warm_up_to(until); }
  Outcome<SourceNews> advance_to(UnixNanos until) override {
    if (++columns_ > 3) return Diagnostic{.code = Errc::kCorrupt, .file = "bars.seg"};
    return source_->advance_to(until);
  }
  const MapSeries& series() const override { return source_->series(); }

 private:
  std::unique_ptr<SeriesSource> source_;
  int columns_ = 0;
};

TEST(MapService, LogsWhatHappensToIt) {
  Log log;
  ServiceOptions options = options_at(SeriesRunner::kSpeedMax);
  std::atomic<bool> is_same = false;
  options.on_column = [&](const MapNow&) { is_same = true; };
  options.resumed = [&]() -> std::optional<ResumeNote> {
    return ResumeNote{.columns = 2, .note = is_same ? "the same" : "being made again"};
  };
  log.listen(options);
  auto service = MapService::start(std::make_unique<BrokenSource>(), std::move(options)).value();
  ASSERT_TRUE(wait_until([&] { return service->runner().state().problem.has_value(); }));
  service.reset();
  const auto events = log.with("event", 5);
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(text_in(events[0], "event"), "start");
  EXPECT_EQ(text_in(events[0], "instrument"), "simulated:BTCUSDT");
  EXPECT_EQ(text_in(events[0], "mode"), "demo");
  EXPECT_EQ(text_in(events[1], "event"), "resumed");
  EXPECT_EQ(text_in(events[1], "note"), "being made again");
  EXPECT_EQ(events[1].find("columns")->as_int(), 2);
  EXPECT_EQ(text_in(events[2], "note"), "the same");
  EXPECT_EQ(text_in(events[3], "event"), "series_stopped");
  EXPECT_NE(text_in(events[3], "problem").find("bars.seg"), std::string::npos);
  EXPECT_EQ(text_in(events[4], "event"), "stop");
}

// It was told once that it runs, or never that it stops.
TEST(MapService, LogsNothingWhereItCannotListen) {
  const auto first = start_service(options_at(1.0));
  Log log;
  ServiceOptions options = options_at(1.0);
  options.server.port = port_of(*first);
  log.listen(options);
  ASSERT_FALSE(MapService::start(small_series(), std::move(options)));
  EXPECT_EQ(log.text(), "");
}

TEST(MapService, LogsThatASeriesIsOver) {
  Log log;
  ServiceOptions options = options_at(SeriesRunner::kSpeedMax);
  log.listen(options);
  const auto service = start_service(std::move(options));
  const auto events = log.with("event", 2);
  EXPECT_EQ(text_in(events[1], "event"), "series_stopped");
  EXPECT_TRUE(events[1].find("problem")->is_null());
}

}  // namespace
}  // namespace faultline
