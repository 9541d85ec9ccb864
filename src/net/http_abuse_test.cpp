// What a server does with clients that mean harm or are broken.
#include <gtest/gtest.h>

#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "net/http_server.hpp"
#include "net/test_client.hpp"

namespace faultline {
namespace {

using std::chrono::milliseconds;

ServerHandlers fine() {
  return {.on_request = [](const HttpRequest&, Responder responder) {
    responder.send(HttpResponse::of(200, "text/plain", "fine"));
  }};
}

// Small limits, so that tests are short.
ServerConfig strict() {
  ServerConfig config;
  config.head_bytes_max = 1024;
  config.url_bytes_max = 200;
  config.header_count_max = 10;
  config.body_bytes_max = 1000;
  config.linger_time_max = milliseconds(2000);
  return config;
}

void expect_still_serving(const HttpServer& server) {
  TestClient client(server.port());
  EXPECT_EQ(client.ask(get_request("/")).status, 200);
}

TEST(HttpAbuse, RefusesByTheRightStatusAndCloses) {
  struct Case {
    std::string bytes;
    int status;
    Refusal refusal;
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  std::string many;
  for (int index = 0; index < 20; ++index) many += "A: b\r\n";
  const std::vector<Case> cases = {
      {"nonsense\r\n\r\n", 400, Refusal::kMalformed},
      {"GET / HTTP/1.1\r\n\r\n", 400, Refusal::kMalformed},
      {get_request("/../../etc/passwd"), 400, Refusal::kMalformed},
      {get_request("/%2e%2e/%2e%2e/etc/passwd"), 400, Refusal::kMalformed},
      {get_request("/%00"), 400, Refusal::kMalformed},
      {post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       Refusal::kMalformed},
      {post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400, Refusal::kMalformed},
      {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, Refusal::kMalformed},
      {"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405, Refusal::kMethodUnknown},
      {post + "Content-Length: 1001\r\n\r\n", 413, Refusal::kBodyTooLarge},
      {post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413, Refusal::kBodyTooLarge},
      {get_request("/" + std::string(300, 'a')), 414, Refusal::kUrlTooLong},
      {get_request("/" + std::string(100'000, 'a')), 414, Refusal::kUrlTooLong},
      {post + "Expect: miracles\r\n\r\n", 417, Refusal::kExpectationUnknown},
      {get_request("/", "A: " + std::string(100'000, 'a') + "\r\n"), 431, Refusal::kHeadTooLarge},
      {get_request("/", many), 431, Refusal::kHeadTooLarge},
      {post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'a'), 400,
       Refusal::kMalformed},
  };
  const auto server = start_test_server(fine(), strict());
  for (const Case& at : cases) {
    const std::uint64_t before = server->counters().refused_by(at.refusal);
    TestClient client(server->port());
    const TestResponse response = client.ask(at.bytes);
    EXPECT_EQ(response.status, at.status) << at.bytes.substr(0, 80);
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_TRUE(client.is_closed_by_server());
    EXPECT_EQ(server->counters().refused_by(at.refusal), before + 1) << at.bytes.substr(0, 80);
  }
  expect_still_serving(*server);
}

TEST(HttpAbuse, ReadsNothingBehindARefusedRequest) {
  const auto server = start_test_server(fine(), strict());
  TestClient client(server->port());
  const TestResponse response = client.ask(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(client.receive().status, 0);
  EXPECT_EQ(server->counters().requests, 0U);
}

TEST(HttpAbuse, EndsSlowHeads) {
  ServerConfig config = strict();
  config.head_time_max = milliseconds(500);
  const auto server = start_test_server(fine(), config);
  TestClient silent(server->port());
  TestClient partial(server->port());
  partial.send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
  TestClient dripping(server->port());
  dripping.send("GET / HTTP/1.1\r\n");
  for (int index = 0; index < 1000 && dripping.send("A"); ++index) {
    pause_test();
    if (server->counters().refused_by(Refusal::kHeadTimeout) == 2) break;
  }
  EXPECT_EQ(partial.receive().status, 408);
  EXPECT_EQ(dripping.receive().status, 408);
  EXPECT_TRUE(silent.is_closed_by_server());  // without a word: it asked nothing
  EXPECT_EQ(server->counters().refused_by(Refusal::kHeadTimeout), 2U);
  EXPECT_EQ(server->counters().connections_silent, 1U);
}

TEST(HttpAbuse, EndsSlowBodiesAndIdleConnections) {
  ServerConfig config = strict();
  config.body_time_max = milliseconds(100);
  config.idle_time_max = milliseconds(100);
  const auto server = start_test_server(fine(), config);
  TestClient slow(server->port());
  EXPECT_EQ(slow.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc").status, 408);
  TestClient idle(server->port());
  EXPECT_EQ(idle.ask(get_request("/")).status, 200);
  EXPECT_TRUE(idle.is_closed_by_server());
  EXPECT_EQ(server->counters().refused_by(Refusal::kBodyTimeout), 1U);
}

TEST(HttpAbuse, EndsClientsThatDoNotRead) {
  ServerHandlers handlers;
  handlers.on_request = [body = std::make_shared<const std::string>(std::size_t{32} << 20, 'x')](
                            const HttpRequest&, Responder responder) {
    responder.send(HttpResponse{.status = 200, .body = body});
  };
  ServerConfig config = strict();
  config.write_time_max = milliseconds(100);
  const auto server = start_test_server(handlers, config);
  TestClient client(server->port(), 4096);
  client.send(get_request("/"));
  EXPECT_TRUE(eventually([&] { return server->counters().write_timeouts == 1; }));
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
}

// Each is given time, as it takes a little; together they hold no more than they may.
TEST(HttpAbuse, BoundsWhatWaitsForSlowReaders) {
  constexpr std::size_t kBodyBytes = std::size_t{32} << 20;
  std::mutex mutex;
  std::vector<AccessEntry> entries;
  ServerHandlers handlers;
  handlers.on_request = [body = std::make_shared<const std::string>(kBodyBytes, 'x')](
                            const HttpRequest&, Responder responder) {
    responder.send(HttpResponse{.status = 200, .body = body});
  };
  handlers.on_access = [&](const AccessEntry& entry) {
    const std::scoped_lock lock(mutex);
    entries.push_back(entry);
  };
  ServerConfig config = strict();
  config.unsent_bytes_per_peer_max = kBodyBytes + 1;
  config.unsent_bytes_max = 2 * kBodyBytes + 1;
  const auto server = start_test_server(handlers, config);
  const auto overflows = [&] { return server->counters().write_overflows; };
  TestClient first(server->port(), 4096);
  first.send(get_request("/"));
  ASSERT_TRUE(eventually([&] { return server->counters().responses_by_class[2] == 1; }));
  TestClient second(server->port(), 4096);
  second.send(get_request("/"));
  EXPECT_TRUE(eventually([&] { return overflows() == 1; }));  // the peer has too much
  TestClient other(server->port(), 4096, "127.0.0.2");
  other.send(get_request("/"));
  ASSERT_TRUE(eventually([&] { return server->counters().responses_by_class[2] == 3; }));
  TestClient fourth(server->port(), 4096, "127.0.0.3");
  fourth.send(get_request("/"));
  EXPECT_TRUE(eventually([&] { return overflows() == 2; }));  // all have too much
  first.reset();
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 1; }));
  TestClient again(server->port());
  EXPECT_EQ(again.ask(get_request("/")).body.size(), kBodyBytes);
  EXPECT_EQ(overflows(), 2U);
  const auto entry_count = [&] {
    const std::scoped_lock lock(mutex);
    return entries.size();
  };
  ASSERT_TRUE(eventually([&] { return entry_count() == 4; }));
  const std::scoped_lock lock(mutex);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(entries[i].is_complete);
  EXPECT_TRUE(entries[0].was_cut_off);
  EXPECT_TRUE(entries[1].was_cut_off);
  EXPECT_FALSE(entries[2].was_cut_off);  // its client left
  EXPECT_TRUE(entries[3].is_complete);
}

// One body for all: many who take it slowly cost no more than one, and keep nobody else out.
TEST(HttpAbuse, CountsNoBodyThatIsThereForAllAlike) {
  constexpr std::size_t kBodyBytes = std::size_t{32} << 20;
  ServerHandlers handlers;
  handlers.on_request = [page = PreparedResponse::of(
                             HttpResponse::of(200, "text/plain", std::string(kBodyBytes, 'x')))](
                            const HttpRequest& request, Responder responder) {
    if (request.path() == "/page") return responder.send(page);
    responder.send(HttpResponse::of(200, "text/plain", std::string(kBodyBytes, 'y')));
  };
  ServerConfig config = strict();
  config.unsent_bytes_per_peer_max = kBodyBytes / 2;
  const auto server = start_test_server(handlers, config);
  TestClient slow(server->port(), 4096);
  slow.send(get_request("/page"));
  ASSERT_TRUE(eventually([&] { return server->counters().responses_by_class[2] == 1; }));
  TestClient other(server->port());
  EXPECT_EQ(other.ask(get_request("/page")).body.size(), kBodyBytes);
  EXPECT_EQ(server->counters().write_overflows, 0U);
  TestClient made(server->port(), 4096);  // one that is made for its client counts
  made.send(get_request("/"));
  EXPECT_TRUE(eventually([&] { return server->counters().write_overflows == 1; }));
}

TEST(HttpAbuse, BoundsConnectionsInTotal) {
  ServerConfig config = strict();
  config.connections_max = 8;
  const auto server = start_test_server(fine(), config);
  std::list<TestClient> held;
  for (int index = 0; index < 8; ++index) {
    held.emplace_back(server->port());
    ASSERT_EQ(held.back().ask(get_request("/")).status, 200);
  }
  TestClient refused(server->port());
  EXPECT_EQ(refused.receive().status, 503);
  std::list<TestClient> flood;
  for (int index = 0; index < 300; ++index) flood.emplace_back(server->port());
  EXPECT_TRUE(
      eventually([&] { return server->counters().refused_by(Refusal::kConnections) == 301; }));
  EXPECT_LE(server->counters().connections_open, 8U + 64U);
  EXPECT_EQ(held.front().ask(get_request("/")).status, 200);
  flood.clear();
  held.clear();
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
  expect_still_serving(*server);
}

TEST(HttpAbuse, BoundsConnectionsOfOnePeer) {
  ServerConfig config = strict();
  config.connections_per_peer_max = 2;
  const auto server = start_test_server(fine(), config);
  TestClient first(server->port());
  TestClient second(server->port());
  EXPECT_EQ(first.ask(get_request("/")).status, 200);
  EXPECT_EQ(second.ask(get_request("/")).status, 200);
  TestClient third(server->port());
  EXPECT_EQ(third.receive().status, 429);
  EXPECT_EQ(server->counters().refused_by(Refusal::kPeerConnections), 1U);
}

TEST(HttpAbuse, LimitsTheRateOfAPeer) {
  ServerConfig config = strict();
  config.requests_per_second = 0.01;
  config.request_burst = 3;
  const auto server = start_test_server(fine(), config);
  TestClient client(server->port());
  for (int index = 0; index < 3; ++index) EXPECT_EQ(client.ask(get_request("/")).status, 200);
  const TestResponse refused = client.ask(get_request("/"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_GE(std::stoi(refused.header("Retry-After")), 1);
  EXPECT_EQ(refused.header("Connection"), "");
  TestClient another(server->port());
  EXPECT_EQ(another.ask(get_request("/")).status, 429);
  EXPECT_EQ(server->counters().refused_by(Refusal::kRate), 2U);
}

TEST(HttpAbuse, BearsClientsThatLeaveAtAnyPoint) {
  const auto server = start_test_server(fine(), strict());
  const std::string request =
      "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + get_request("/");
  for (std::size_t size = 0; size < request.size(); size += 3) {
    TestClient client(server->port());
    client.send(std::string_view(request).substr(0, size));
    size % 2 == 0 ? client.close() : client.reset();
  }
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
  expect_still_serving(*server);
}

TEST(HttpAbuse, BearsNoise) {
  const auto server = start_test_server(fine(), strict());
  Rng rng(20261130);
  const std::string whole = get_request("/a?b=c", "Content-Length: 3\r\n") + "abc";
  for (int round = 0; round < 200; ++round) {
    std::string bytes = whole;
    for (std::uint64_t change = rng.below(4) + 1; change > 0; --change) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    }
    TestClient client(server->port());
    client.send(bytes);
    client.close_sending();
    client.is_closed_by_server();
  }
  expect_still_serving(*server);
}

}  // namespace
}  // namespace faultline
