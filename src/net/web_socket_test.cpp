#include "net/web_socket.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/http_server.hpp"
#include "net/test_client.hpp"
#include "net/web_socket_channel.hpp"

namespace faultline {
namespace {

using std::chrono::milliseconds;

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// A server whose sessions echo, and what its owner sees of the last one.
class Owner {
 public:
  ServerHandlers handlers() {
    ServerHandlers out;
    out.on_request = [](const HttpRequest&, Responder responder) {
      responder.send(HttpResponse::of(200, "text/plain", "page"));
    };
    out.on_upgrade = [this](const HttpRequest& request) -> UpgradeDecision {
      if (request.path() == "/secret") return HttpResponse::of(401, "text/plain", "no");
      return session(request.path() == "/silent");
    };
    out.on_access = [this](const AccessEntry& entry) {
      const std::scoped_lock lock(mutex_);
      begun_.push_back(entry);
    };
    out.on_socket_end = [this](const SocketEntry& entry) {
      const std::scoped_lock lock(mutex_);
      ended_.push_back(entry);
    };
    return out;
  }

  // How the only session ended; it must have begun with an entry of the same id.
  std::optional<SocketEntry> ended() {
    const std::scoped_lock lock(mutex_);
    if (ended_.size() != 1 || begun_.empty() || begun_.front().id != ended_.front().id) return {};
    return ended_.front();
  }

  std::optional<WebSocket> socket() {
    const std::scoped_lock lock(mutex_);
    return socket_;
  }
  std::vector<CloseCode> closed() {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }
  std::atomic<int> drained = 0;

 private:
  WebSocketHandlers session(bool is_silent) {
    WebSocketHandlers out;
    out.subprotocol = "faultline.v1";
    out.on_open = [this](const WebSocket& opened) {
      const std::scoped_lock lock(mutex_);
      socket_ = opened;
    };
    if (!is_silent) {
      out.on_text = [this](std::string_view text) {
        EXPECT_NE(socket()->send_text(shared(std::string(text))), SendOutcome::kFull);
      };
      out.on_binary = [this](std::string_view bytes) {
        EXPECT_NE(socket()->send_binary(shared(std::string(bytes))), SendOutcome::kFull);
      };
    }
    out.on_drained = [this] { ++drained; };
    out.on_closed = [this](CloseCode code) {
      const std::scoped_lock lock(mutex_);
      closed_.push_back(code);
    };
    return out;
  }

  std::mutex mutex_;
  std::optional<WebSocket> socket_;
  std::vector<CloseCode> closed_;
  std::vector<AccessEntry> begun_;
  std::vector<SocketEntry> ended_;
};

void expect_closed(Owner& owner, CloseCode code) {
  ASSERT_TRUE(eventually([&] { return owner.closed().size() == 1; }));
  EXPECT_EQ(owner.closed()[0], code);
  EXPECT_FALSE(owner.socket()->is_open());
  EXPECT_EQ(owner.socket()->send_text(shared("late")), SendOutcome::kClosed);
}

TEST(WebSocket, EchoesTextAndBinary) {
  Owner owner;
  const auto server = start_test_server(owner.handlers());
  TestClient client(server->port());
  const TestResponse accepted = client.upgrade("/");
  EXPECT_EQ(accepted.status, 101);
  EXPECT_EQ(accepted.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(accepted.header("Sec-WebSocket-Protocol"), "faultline.v1");
  for (const std::size_t size : {0U, 1U, 125U, 126U, 60'000U}) {
    client.send(frame_of(1, std::string(size, 't')));
    const TestFrame text = client.receive_frame();
    EXPECT_EQ(text.opcode, 1);
    EXPECT_TRUE(text.is_final);
    EXPECT_EQ(text.payload, std::string(size, 't'));
    client.send(frame_of(2, std::string(size, '\xff')));
    const TestFrame binary = client.receive_frame();
    EXPECT_EQ(binary.opcode, 2);
    EXPECT_EQ(binary.payload, std::string(size, '\xff'));
  }
  EXPECT_TRUE(eventually([&] { return owner.drained >= 1; }));
  EXPECT_EQ(server->counters().web_sockets_open, 1U);
  client.send(frame_of(8, std::string("\x03\xe8", 2)));  // 1000
  EXPECT_EQ(client.receive_frame().close_code(), 1000);
  EXPECT_TRUE(client.is_closed_by_server());
  client.close();
  expect_closed(owner, CloseCode::kNormal);
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
  EXPECT_EQ(server->counters().web_sockets_open, 0U);
}

TEST(WebSocket, JoinsFragmentsAndAnswersPings) {
  Owner owner;
  const auto server = start_test_server(owner.handlers());
  TestClient client(server->port());
  ASSERT_EQ(client.upgrade("/").status, 101);
  client.send(frame_of(1, "one ", Masking::kMasked, Final::kNo));
  client.send(frame_of(9, "ping"));
  client.send(frame_of(0, "two", Masking::kMasked, Final::kNo));
  client.send(frame_of(10, "nobody asked"));
  client.send(frame_of(0, ""));
  const TestFrame pong = client.receive_frame();
  EXPECT_EQ(pong.opcode, 10);
  EXPECT_EQ(pong.payload, "ping");
  EXPECT_EQ(client.receive_frame().payload, "one two");
}

TEST(WebSocket, RefusesAsTheHandlerSays) {
  Owner owner;
  const auto server = start_test_server(owner.handlers());
  TestClient client(server->port());
  EXPECT_EQ(client.upgrade("/secret").status, 401);
  EXPECT_EQ(client.ask(get_request("/")).body, "page");
  EXPECT_EQ(client.upgrade("/").status, 101);
}

TEST(WebSocket, RefusesIncompleteHandshakes) {
  Owner owner;
  const auto server = start_test_server(owner.handlers());
  TestClient client(server->port());
  const TestResponse old = client.ask(
      get_request("/",
                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_EQ(old.status, 426);
  EXPECT_EQ(old.header("Sec-WebSocket-Version"), "13");
  EXPECT_EQ(old.header("Upgrade"), "websocket");
  EXPECT_EQ(old.header("Connection"), "Upgrade");
  const std::string keyless = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  EXPECT_EQ(client.ask(get_request("/", keyless)).status, 426);
  // Not for us: an ordinary request.
  EXPECT_EQ(client.ask(get_request("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n")).body, "page");
}

TEST(WebSocket, ClosesOnBadFrames) {
  struct Case {
    std::string bytes;
    int close_code;
    CloseCode told;
  };
  const std::vector<Case> cases = {
      {frame_of(1, "open", Masking::kUnmasked), 1002, CloseCode::kProtocolError},
      {frame_of(3, "reserved"), 1002, CloseCode::kProtocolError},
      {frame_of(0, "nothing to continue"), 1002, CloseCode::kProtocolError},
      {frame_of(9, std::string(126, 'p')), 1002, CloseCode::kProtocolError},
      {frame_of(9, "p", Masking::kMasked, Final::kNo), 1002, CloseCode::kProtocolError},
      {"\xf1" + frame_of(1, "x").substr(1), 1002, CloseCode::kProtocolError},  // reserved bits
      {frame_of(1, "a", Masking::kMasked, Final::kNo) + frame_of(1, "b"), 1002,
       CloseCode::kProtocolError},
      {frame_of(1, "\xc0\xaf"), 1007, CloseCode::kBadPayload},
      {frame_of(2, std::string(2000, 'x')), 1009, CloseCode::kTooBig},
      {frame_of(2, std::string(900, 'x'), Masking::kMasked, Final::kNo) +
           frame_of(0, std::string(900, 'x')),
       1009, CloseCode::kTooBig},
      {std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10) + "maskabc", 1009,
       CloseCode::kTooBig},
  };
  ServerConfig config;
  config.message_bytes_max = 1000;
  for (const Case& at : cases) {
    Owner owner;
    const auto server = start_test_server(owner.handlers(), config);
    TestClient client(server->port());
    ASSERT_EQ(client.upgrade("/silent").status, 101);
    client.send(at.bytes);
    EXPECT_EQ(client.receive_frame().close_code(), at.close_code);
    client.close();
    expect_closed(owner, at.told);
    EXPECT_EQ(server->counters().web_socket_protocol_errors, 1U);
    const auto ended = owner.ended();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, at.told);
    EXPECT_TRUE(ended->was_refused);
    EXPECT_EQ(ended->peer, "127.0.0.1");
    EXPECT_EQ(ended->path, "/silent");
    EXPECT_GT(ended->duration.count(), 0);
  }
}

TEST(WebSocket, DoesNotWaitForClientsThatNeverClose) {
  ServerConfig config;
  config.web_socket_close_max = milliseconds(200);
  const std::string goodbye = frame_of(8, std::string("\x03\xe8", 2));
  for (const std::string& bytes : {goodbye, frame_of(3, "reserved")}) {
    Owner owner;
    const auto server = start_test_server(owner.handlers(), config);
    TestClient client(server->port());
    ASSERT_EQ(client.upgrade("/").status, 101);
    client.send(bytes);
    expect_closed(owner, bytes == goodbye ? CloseCode::kNormal : CloseCode::kProtocolError);
    const auto ended = owner.ended();
    EXPECT_TRUE(ended && ended->was_refused == (bytes != goodbye));
  }
}

TEST(WebSocket, ReadsForAWhileAfterAnError) {
  Owner owner;
  ServerConfig config;
  config.linger_time_max = milliseconds(200);
  const auto server = start_test_server(owner.handlers(), config);
  TestClient client(server->port());
  ASSERT_EQ(client.upgrade("/").status, 101);
  // The rest must not turn the goodbye into a reset.
  client.send(frame_of(3, "reserved") + std::string(200'000, 'x'));
  expect_closed(owner, CloseCode::kProtocolError);
  client.send(std::string(200'000, 'y'));
  EXPECT_EQ(client.receive_frame().close_code(), 1002);
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
}

TEST(WebSocket, TellsOfBrokenConnections) {
  Owner owner;
  const auto server = start_test_server(owner.handlers());
  TestClient client(server->port());
  ASSERT_EQ(client.upgrade("/").status, 101);
  ASSERT_TRUE(eventually([&] { return owner.socket().has_value(); }));
  client.reset();
  expect_closed(owner, CloseCode::kAbnormal);
}

TEST(WebSocket, BoundsTheQueueOfASlowReader) {
  Owner owner;
  ServerConfig config;
  config.queue_bytes_max = std::size_t{1} << 20;
  const auto server = start_test_server(owner.handlers(), config);
  TestClient client(server->port(), 65'536);
  ASSERT_EQ(client.upgrade("/").status, 101);
  ASSERT_TRUE(eventually([&] { return owner.socket().has_value(); }));
  const WebSocket socket = *owner.socket();
  const auto message = shared(std::string(100'000, 'm'));
  int queued = 0;
  // Until the buffers of both ends are full as well, and nothing more goes for a tenth of a second.
  for (int refused = 0; refused < 20;) {
    const SendOutcome outcome = socket.send_binary(message);
    ASSERT_NE(outcome, SendOutcome::kClosed);
    ASSERT_LE(socket.queued_bytes(), config.queue_bytes_max);
    if (outcome == SendOutcome::kQueued) ++queued;
    refused = outcome == SendOutcome::kQueued ? 0 : refused + 1;
    if (refused > 0) pause_test();
  }
  EXPECT_EQ(socket.send_binary(shared(std::string(2'000'000, 'm'))), SendOutcome::kFull);
  EXPECT_GE(queued, 10);  // 1 MB here
  EXPECT_LT(queued, 20);  // and little more in the buffers of both ends
  for (int index = 0; index < queued; ++index) {
    ASSERT_EQ(client.receive_frame().payload.size(), message->size());
  }
  EXPECT_TRUE(eventually([&] { return socket.queued_bytes() == 0 && owner.drained > 0; }));
  EXPECT_TRUE(eventually([&] { return server->counters().web_socket_sends_refused > 0; }));
  EXPECT_EQ(socket.send_binary(message), SendOutcome::kQueued);
  EXPECT_EQ(client.receive_frame().payload, *message);
}

TEST(WebSocket, EndsAReaderThatTakesNothing) {
  Owner owner;
  ServerConfig config;
  config.write_time_max = milliseconds(100);
  config.queue_bytes_max = std::size_t{64} << 20;
  const auto server = start_test_server(owner.handlers(), config);
  TestClient client(server->port(), 4096);
  ASSERT_EQ(client.upgrade("/").status, 101);
  ASSERT_TRUE(eventually([&] { return owner.socket().has_value(); }));
  EXPECT_EQ(owner.socket()->send_binary(shared(std::string(std::size_t{32} << 20, 'm'))),
            SendOutcome::kQueued);
  expect_closed(owner, CloseCode::kAbnormal);
  EXPECT_EQ(server->counters().write_timeouts, 1U);
  EXPECT_EQ(owner.socket()->queued_bytes(), 0U);
}

TEST(WebSocket, SendsFromManyThreads) {
  Owner owner;
  const auto server = start_test_server(owner.handlers());
  TestClient client(server->port());
  ASSERT_EQ(client.upgrade("/").status, 101);
  ASSERT_TRUE(eventually([&] { return owner.socket().has_value(); }));
  std::vector<std::thread> senders;
  for (int index = 0; index < 4; ++index) {
    senders.emplace_back([socket = *owner.socket()] {
      for (int round = 0; round < 100; ++round) {
        EXPECT_EQ(socket.send_text(shared("hello")), SendOutcome::kQueued);
      }
    });
  }
  for (int index = 0; index < 400; ++index) ASSERT_EQ(client.receive_frame().payload, "hello");
  for (std::thread& sender : senders) sender.join();
}

// Both have said goodbye: that the client keeps its connection open must not matter.
TEST(WebSocket, ClosesAfterWhatIsQueued) {
  Owner owner;
  ServerConfig config;
  config.web_socket_close_max = milliseconds(60'000);
  const auto server = start_test_server(owner.handlers(), config);
  TestClient client(server->port());
  ASSERT_EQ(client.upgrade("/").status, 101);
  ASSERT_TRUE(eventually([&] { return owner.socket().has_value(); }));
  const WebSocket socket = *owner.socket();
  EXPECT_EQ(socket.send_text(shared("last")), SendOutcome::kQueued);
  socket.close(CloseCode::kPolicy, std::string(200, 'r'));
  socket.close(CloseCode::kNormal, "again");
  EXPECT_EQ(socket.send_text(shared("too late")), SendOutcome::kClosed);
  EXPECT_EQ(client.receive_frame().payload, "last");
  const TestFrame frame = client.receive_frame();
  EXPECT_EQ(frame.close_code(), 1008);
  EXPECT_EQ(frame.payload.size(), 125U);
  client.send(frame_of(8, std::string("\x03\xf0", 2)));
  expect_closed(owner, CloseCode::kPolicy);
  const auto ended = owner.ended();
  EXPECT_TRUE(ended && ended->was_refused);  // by the owner, not the server
}

TEST(WebSocket, PingsIdleClientsAndEndsThoseThatAreGone) {
  Owner owner;
  ServerConfig config;
  config.web_socket_idle_max = milliseconds(2000);
  const auto server = start_test_server(owner.handlers(), config);
  TestClient client(server->port());
  ASSERT_EQ(client.upgrade("/").status, 101);
  const TestFrame ping = client.receive_frame();
  ASSERT_EQ(ping.opcode, 9);
  client.send(frame_of(10, ping.payload));
  ASSERT_EQ(client.receive_frame().opcode, 9);
  expect_closed(owner, CloseCode::kAbnormal);  // no answer to the second
}

TEST(WebSocket, LimitsTheRateOfMessages) {
  Owner owner;
  ServerConfig config;
  config.requests_per_second = 0.01;
  config.request_burst = 6;
  const auto server = start_test_server(owner.handlers(), config);
  TestClient client(server->port());
  ASSERT_EQ(client.upgrade("/silent").status, 101);
  for (int index = 0; index < 20; ++index) client.send(frame_of(index % 2 == 0 ? 1 : 9, ""));
  TestFrame frame;
  do {
    frame = client.receive_frame();
  } while (frame.opcode == 10);
  EXPECT_EQ(frame.close_code(), 1008);
  client.send(frame_of(8, std::string("\x03\xf0", 2)));
  expect_closed(owner, CloseCode::kPolicy);
  const auto ended = owner.ended();
  EXPECT_TRUE(ended && ended->was_refused);
  EXPECT_EQ(server->counters().refused_by(Refusal::kRate), 1U);
}

TEST(WebSocket, SaysGoodbyeWhenTheServerStops) {
  Owner owner;
  auto server = start_test_server(owner.handlers());
  TestClient polite(server->port());
  ASSERT_EQ(polite.upgrade("/").status, 101);
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(polite.receive_frame().close_code(), 1001);
  polite.send(frame_of(8, std::string("\x03\xe9", 2)));
  stopper.join();
  expect_closed(owner, CloseCode::kGoingAway);
  server.reset();
  EXPECT_EQ(owner.socket()->send_text(shared("nobody")), SendOutcome::kClosed);
}

TEST(WebSocket, DoesNotWaitForRudeClientsWhenTheServerStops) {
  Owner owner;
  const auto server = start_test_server(owner.handlers());
  TestClient rude(server->port());
  ASSERT_EQ(rude.upgrade("/").status, 101);
  ASSERT_TRUE(eventually([&] { return owner.socket().has_value(); }));
  server->stop(milliseconds(50));
  EXPECT_TRUE(rude.is_closed_by_server());
  ASSERT_EQ(owner.closed().size(), 1U);
}

TEST(WebSocketChannel, CountsWhatIsOnItsWay) {
  int woken = 0;
  WebSocketChannel channel(1000, [&] { ++woken; });
  using Kind = WebSocketChannel::Kind;
  EXPECT_EQ(channel.send(Kind::kText, shared(std::string(936, 'a'))), SendOutcome::kQueued);
  EXPECT_EQ(channel.queued_bytes(), 1000U);
  EXPECT_EQ(channel.send(Kind::kText, shared("")), SendOutcome::kFull);
  EXPECT_EQ(woken, 1);
  const auto message = channel.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(channel.queued_bytes(), 1000U);
  EXPECT_TRUE(channel.finished(*message));
  EXPECT_EQ(channel.queued_bytes(), 0U);
  EXPECT_EQ(channel.take_refused_count(), 1U);
  channel.close(CloseCode::kNormal, std::string(122, 'a') + "\xC3\xA9");
  EXPECT_EQ(channel.closing()->reason, std::string(122, 'a'));  // no half of a letter
  EXPECT_EQ(woken, 2);
  channel.end();
  EXPECT_EQ(channel.send(Kind::kText, shared("a")), SendOutcome::kClosed);
}

}  // namespace
}  // namespace faultline
