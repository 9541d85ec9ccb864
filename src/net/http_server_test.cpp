#include "net/http_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "net/test_client.hpp"

namespace faultline {
namespace {

using std::chrono::milliseconds;

// Answers with what it was asked.
void echo(const HttpRequest& request, Responder responder) {
  std::string text(name_of(request.method()));
  text += ' ';
  text += request.path();
  for (const QueryParameter& at : request.query()) text += ' ' + at.name + '=' + at.value;
  responder.send(HttpResponse::of(200, "text/plain", text + '|' + request.body()));
}

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

ServerHandlers echoing() { return ServerHandlers{.on_request = echo}; }

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  const auto server = start_test_server(echoing());
  EXPECT_NE(server->port(), 0);
  EXPECT_EQ(server->address(), "127.0.0.1");
  TestClient client(server->port());
  for (int round = 0; round < 3; ++round) {
    const TestResponse response = client.ask(get_request("/a/./b%20c?x=1"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "GET /a/b c x=1|");
    EXPECT_EQ(response.header("Content-Type"), "text/plain");
    EXPECT_EQ(response.header("Connection"), "");
    EXPECT_EQ(response.header("X-Request-Id").size(), 16U);
    EXPECT_EQ(response.header("Date").size(), 29U);
  }
  const ServerCounters counters = server->counters();
  EXPECT_EQ(counters.connections_accepted, 1U);
  EXPECT_EQ(counters.connections_open, 1U);
  EXPECT_EQ(counters.requests, 3U);
  EXPECT_EQ(counters.responses_by_class[2], 3U);
  EXPECT_GT(counters.bytes_in, 100U);
  EXPECT_GT(counters.bytes_out, 100U);
}

TEST(HttpServer, ReadsBodiesOfBothKinds) {
  const auto server = start_test_server(echoing());
  TestClient client(server->port());
  EXPECT_EQ(client.ask("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").body,
            "POST /p|hello");
  const std::string chunked = "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.ask(chunked + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").body, "PUT /c|abcde");
  const std::string large(900'000, 'x');
  EXPECT_EQ(client.ask("POST /l HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n" + large)
                .body.size(),
            large.size() + 8);
}

TEST(HttpServer, SaysContinueToThoseWhoAsk) {
  const auto server = start_test_server(echoing());
  TestClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  EXPECT_EQ(client.ask("ok").body, "POST /|ok");
}

TEST(HttpServer, AnswersHeadAndNotModifiedWithoutABody) {
  ServerHandlers handlers;
  handlers.on_request = [](const HttpRequest& request, Responder responder) {
    if (request.path() == "/old") {
      return responder.send(
          HttpResponse{.status = 304, .headers = {{"ETag", "\"1\""}}, .body = shared("x")});
    }
    responder.send(HttpResponse::of(200, "text/plain", "0123456789"));
  };
  const auto server = start_test_server(handlers);
  TestClient client(server->port());
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  const TestResponse head = client.receive(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "10");
  const TestResponse old = client.ask(get_request("/old"));
  EXPECT_EQ(old.status, 304);
  EXPECT_EQ(old.header("Content-Length"), "");
  EXPECT_EQ(old.header("ETag"), "\"1\"");
  EXPECT_EQ(client.ask(get_request("/")).body, "0123456789");
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const auto server = start_test_server(echoing());
  TestClient client(server->port());
  std::string bytes;
  for (int index = 0; index < 500; ++index) bytes += get_request("/" + std::to_string(index));
  ASSERT_TRUE(client.send(bytes));
  for (int index = 0; index < 500; ++index) {
    ASSERT_EQ(client.receive().body, "GET /" + std::to_string(index) + "|");
  }
}

TEST(HttpServer, SendsLargePreparedBodies) {
  auto body = std::make_shared<const std::string>(std::size_t{8} << 20, 'b');
  const auto page = PreparedResponse::of(HttpResponse{.status = 200, .body = body});
  ServerHandlers handlers;
  handlers.on_request = [page](const HttpRequest&, Responder responder) { responder.send(page); };
  const auto server = start_test_server(handlers);
  TestClient client(server->port(), 65'536);
  client.send(get_request("/") + get_request("/"));
  EXPECT_EQ(client.receive().body.size(), body->size());
  EXPECT_EQ(client.receive().body, *body);
}

TEST(HttpServer, SpeaksHttp10) {
  const auto server = start_test_server(echoing());
  TestClient client(server->port());
  const TestResponse kept = client.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.body, "GET /a|");
  EXPECT_EQ(kept.header("Connection"), "keep-alive");
  EXPECT_EQ(client.ask("GET /b HTTP/1.0\r\n\r\n").header("Connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(HttpServer, ClosesWhenAskedAndAfterSoManyRequests) {
  ServerConfig config;
  config.requests_per_connection_max = 2;
  const auto server = start_test_server(echoing(), config);
  TestClient asked(server->port());
  EXPECT_EQ(asked.ask(get_request("/", "Connection: close\r\n")).header("Connection"), "close");
  EXPECT_TRUE(asked.is_closed_by_server());
  TestClient many(server->port());
  EXPECT_EQ(many.ask(get_request("/")).header("Connection"), "");
  EXPECT_EQ(many.ask(get_request("/")).header("Connection"), "close");
  EXPECT_TRUE(many.is_closed_by_server());
}

TEST(HttpServer, AnswersAClientThatOnlyStoppedSending) {
  const auto server = start_test_server(echoing());
  TestClient client(server->port());
  client.send(get_request("/1") + get_request("/2"));
  client.close_sending();
  EXPECT_EQ(client.receive().body, "GET /1|");
  EXPECT_EQ(client.receive().body, "GET /2|");
  EXPECT_TRUE(client.is_closed_by_server());
}

// Keeps what is to be answered later.
struct Later {
  std::mutex mutex;
  std::vector<Responder> responders;

  ServerHandlers handlers() {
    return {.on_request = [this](const HttpRequest& request, Responder responder) {
      if (request.path() == "/now") return echo(request, std::move(responder));
      const std::scoped_lock lock(mutex);
      responders.push_back(std::move(responder));
    }};
  }
  std::size_t count() {
    const std::scoped_lock lock(mutex);
    return responders.size();
  }
  Responder take() {
    const std::scoped_lock lock(mutex);
    Responder first = std::move(responders.front());
    responders.erase(responders.begin());
    return first;
  }
};

TEST(HttpServer, AnswersLaterFromAnotherThreadAndInOrder) {
  Later later;
  const auto server = start_test_server(later.handlers());
  TestClient client(server->port());
  client.send(get_request("/slow") + get_request("/now"));
  ASSERT_TRUE(eventually([&] { return later.count() == 1; }));
  std::thread([&] {
    Responder responder = later.take();
    EXPECT_FALSE(responder.is_abandoned());
    responder.send(HttpResponse::of(202, "text/plain", "late"));
  }).join();
  EXPECT_EQ(client.receive().body, "late");
  EXPECT_EQ(client.receive().body, "GET /now|");
}

TEST(HttpServer, AnswersManyAtOnceFromManyThreads) {
  ServerHandlers handlers;
  std::mutex mutex;
  std::vector<std::thread> workers;
  handlers.on_request = [&](const HttpRequest& request, Responder responder) {
    const std::scoped_lock lock(mutex);
    workers.emplace_back([copy = request, answer = std::move(responder)]() mutable {
      echo(copy, std::move(answer));
    });
  };
  ServerConfig config;
  config.io_thread_count = 2;
  const auto server = start_test_server(handlers, config);
  std::vector<std::thread> clients;
  for (int index = 0; index < 4; ++index) {
    clients.emplace_back([&server, index] {
      TestClient client(server->port());
      for (int round = 0; round < 20; ++round) {
        const std::string path = "/" + std::to_string(index) + "-" + std::to_string(round);
        ASSERT_EQ(client.ask(get_request(path)).body, "GET " + path + "|");
      }
    });
  }
  for (std::thread& client : clients) client.join();
  server->stop();
  for (std::thread& worker : workers) worker.join();
}

TEST(HttpServer, Answers500ForADroppedResponder) {
  ServerHandlers handlers;
  handlers.on_request = [](const HttpRequest& request, Responder responder) {
    if (request.path() == "/bad") {
      responder.send(HttpResponse{.status = 200, .headers = {{"X", "a\r\nY: b"}}});
    }
  };
  const auto server = start_test_server(handlers);
  TestClient client(server->port());
  EXPECT_EQ(client.ask(get_request("/")).status, 500);
  const TestResponse bad = client.ask(get_request("/bad"));
  EXPECT_EQ(bad.status, 500);
  EXPECT_EQ(bad.header("Y"), "");
  EXPECT_EQ(server->counters().refused_by(Refusal::kAnswerBroken), 2U);
}

TEST(HttpServer, TellsThatTheClientHasLeft) {
  Later later;
  const auto server = start_test_server(later.handlers());
  for (const bool is_reset : {false, true}) {
    TestClient client(server->port());
    client.send(get_request("/slow"));
    ASSERT_TRUE(eventually([&] { return later.count() == 1; }));
    Responder responder = later.take();
    EXPECT_FALSE(responder.is_abandoned());
    is_reset ? client.reset() : client.close();
    EXPECT_TRUE(eventually([&] { return responder.is_abandoned(); }));
    responder.send(HttpResponse{.status = 200});
  }
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
  EXPECT_EQ(server->counters().requests_abandoned, 2U);
}

TEST(HttpServer, GivesUpOnAHandlerThatTakesTooLong) {
  Later later;
  ServerConfig config;
  config.answer_time_max = milliseconds(50);
  const auto server = start_test_server(later.handlers(), config);
  TestClient client(server->port());
  EXPECT_EQ(client.ask(get_request("/slow")).status, 503);
  Responder responder = later.take();
  EXPECT_TRUE(responder.is_abandoned());
  responder.send(HttpResponse{.status = 200});
  EXPECT_EQ(server->counters().refused_by(Refusal::kAnswerTimeout), 1U);
}

TEST(HttpServer, LogsWithoutQueries) {
  std::mutex mutex;
  std::vector<AccessEntry> entries;
  ServerHandlers handlers;
  handlers.on_request = [](const HttpRequest&, Responder responder) {
    HttpResponse answer = HttpResponse::of(200, "text/plain", "hello");
    answer.access_note = {.user = "somebody", .outcome = "known"};
    responder.send(std::move(answer));
  };
  handlers.on_access = [&](const AccessEntry& entry) {
    const std::scoped_lock lock(mutex);
    entries.push_back(entry);
  };
  const auto server = start_test_server(handlers);
  TestClient client(server->port());
  const TestResponse response = client.ask(get_request("/a?key=secret"));
  client.ask("BAD\r\n\r\n");
  ASSERT_TRUE(eventually([&] {
    const std::scoped_lock lock(mutex);
    return entries.size() == 2;
  }));
  const std::scoped_lock lock(mutex);
  EXPECT_EQ(entries[0].path, "/a");
  EXPECT_EQ(entries[0].status, 200);
  EXPECT_EQ(entries[0].peer, "127.0.0.1");
  EXPECT_EQ(entries[0].body_bytes, response.body.size());
  EXPECT_EQ(text_of(entries[0].id), response.header("X-Request-Id"));
  EXPECT_GE(entries[0].duration.count(), 0);
  EXPECT_TRUE(entries[0].is_complete);
  EXPECT_EQ(entries[0].note.user, "somebody");
  EXPECT_EQ(entries[0].note.outcome, "known");
  EXPECT_EQ(response.head.find("somebody"), std::string::npos);
  EXPECT_EQ(entries[1].status, 400);
  EXPECT_EQ(entries[1].note.outcome, "");
}

TEST(HttpServer, PutsItsHeadersOnEveryAnswer) {
  ServerConfig config;
  config.default_headers = {{"X-Content-Type-Options", "nosniff"}};
  config.make_refusal = [](Refusal refusal, RequestId) {
    return HttpResponse::of(0, "application/problem+json", std::string(name_of(refusal)));
  };
  const auto server = start_test_server(echoing(), config);
  TestClient client(server->port());
  EXPECT_EQ(client.ask(get_request("/")).header("X-Content-Type-Options"), "nosniff");
  const TestResponse refused = client.ask("BAD\r\n\r\n");
  EXPECT_EQ(refused.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(refused.body, "malformed");
}

TEST(HttpServer, SaysWhyItCannotStart) {
  const auto server = start_test_server(echoing());
  ServerConfig config;
  config.port = server->port();
  EXPECT_EQ(HttpServer::start(config, echoing()).error().code, Errc::kAddressInUse);
  config.port = 0;
  for (const char* address : {"", "localhost", "1.2.3", "999.0.0.1"}) {
    config.address = address;
    EXPECT_EQ(HttpServer::start(config, echoing()).error().code, Errc::kBadAddress) << address;
  }
  config.address = "127.0.0.1";
  EXPECT_EQ(HttpServer::start(config, {}).error().code, Errc::kBadRequest);
  config.io_thread_count = 0;
  EXPECT_EQ(HttpServer::start(config, echoing()).error().code, Errc::kBadRequest);
}

TEST(HttpServer, StopsWhileItIsBusy) {
  Later later;
  const auto server = start_test_server(later.handlers());
  const std::uint16_t port = server->port();
  TestClient idle(port);
  EXPECT_EQ(idle.ask(get_request("/now")).status, 200);
  TestClient busy(port);
  busy.send(get_request("/slow"));
  ASSERT_TRUE(eventually([&] { return later.count() == 1; }));
  std::thread stopper([&] { server->stop(); });
  EXPECT_TRUE(idle.is_closed_by_server());
  later.take().send(HttpResponse::of(200, "text/plain", "in time"));
  const TestResponse response = busy.receive();
  EXPECT_EQ(response.body, "in time");
  EXPECT_EQ(response.header("Connection"), "close");
  busy.close();
  stopper.join();
  EXPECT_FALSE(TestClient(port).is_connected());
}

TEST(HttpServer, ClosesWhatDoesNotEndInTime) {
  Later later;
  auto server = start_test_server(later.handlers());
  TestClient busy(server->port());
  busy.send(get_request("/slow"));
  ASSERT_TRUE(eventually([&] { return later.count() == 1; }));
  server->stop(milliseconds(20));
  EXPECT_TRUE(busy.is_closed_by_server());
  server.reset();
  Responder responder = later.take();
  EXPECT_TRUE(responder.is_abandoned());
  responder.send(HttpResponse{.status = 200});  // to nobody
}

}  // namespace
}  // namespace faultline
