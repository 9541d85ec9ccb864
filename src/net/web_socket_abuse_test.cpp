// What a session bears: thousands of frames that are right, nearly right or noise.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/rng.hpp"
#include "net/http_server.hpp"
#include "net/test_client.hpp"

namespace faultline {
namespace {

// Echoes, and now and then closes by itself.
ServerHandlers echoing(std::mutex& mutex, std::size_t& queued_bytes_max) {
  ServerHandlers out;
  out.on_request = [](const HttpRequest&, Responder responder) {
    responder.send(HttpResponse::of(200, "text/plain", "page"));
  };
  out.on_upgrade = [&](const HttpRequest&) -> UpgradeDecision {
    WebSocketHandlers session;
    const auto socket = std::make_shared<std::optional<WebSocket>>();
    session.on_open = [socket](const WebSocket& opened) { *socket = opened; };
    session.on_text = [socket, &mutex, &queued_bytes_max](std::string_view text) {
      if (text == "close") return (*socket)->close(CloseCode::kTryLater, "as you wish");
      const auto copy = std::make_shared<const std::string>(text);
      const bool is_told = (*socket)->send_text(copy) != SendOutcome::kFull;
      const std::scoped_lock lock(mutex);
      queued_bytes_max = std::max(queued_bytes_max, (*socket)->queued_bytes());
      if (!is_told) (*socket)->close(CloseCode::kPolicy, "read");
    };
    session.on_binary = [socket](std::string_view bytes) {
      static_cast<void>((*socket)->send_binary(std::make_shared<const std::string>(bytes)));
    };
    session.on_closed = [socket](CloseCode) { socket->reset(); };
    return session;
  };
  return out;
}

std::string noise(Rng& rng, std::size_t size) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(rng.below(256));
  return out;
}

// One frame: usually as it should be, sometimes with something changed.
std::string some_frame(Rng& rng) {
  static constexpr std::array<int, 8> kOpcodes = {1, 2, 0, 9, 10, 8, 1, 3};
  static constexpr std::array<std::size_t, 8> kSizes = {0, 1, 2, 5, 125, 126, 900, 1100};
  const int opcode = kOpcodes[rng.below(kOpcodes.size())];
  const std::size_t size = kSizes[rng.below(kSizes.size())];
  std::string payload = rng.below(2) == 0 ? std::string(size, 'a') : noise(rng, size);
  if (opcode == 1 && rng.below(8) == 0) payload = "close";
  if (opcode == 8 && size >= 2) {
    payload[0] = static_cast<char>(rng.below(20));
    payload[1] = static_cast<char>(rng.below(256));
  }
  const Final final = rng.below(5) == 0 ? Final::kNo : Final::kYes;
  std::string frame =
      frame_of(opcode, payload, rng.below(40) == 0 ? Masking::kUnmasked : Masking::kMasked, final);
  if (rng.below(6) == 0) frame[rng.below(frame.size())] = static_cast<char>(rng.below(256));
  if (rng.below(20) == 0) frame.resize(rng.below(frame.size()) + 1);
  if (rng.below(20) == 0) frame[0] = static_cast<char>(frame[0] | 0x40);  // "compressed"
  return frame;
}

void send_in_pieces(const TestClient& client, std::string_view bytes, Rng& rng) {
  while (!bytes.empty()) {
    const std::size_t piece = std::min<std::size_t>(rng.below(600) + 1, bytes.size());
    if (!client.send(bytes.substr(0, piece))) return;
    bytes.remove_prefix(piece);
  }
}

void bear_frames(const ServerConfig& config, std::string_view extensions, std::uint64_t seed) {
  std::mutex mutex;
  std::size_t queued_bytes_max = 0;
  const auto server = start_test_server(echoing(mutex, queued_bytes_max), config);
  Rng rng(seed);
  std::uint64_t frames = 0;
  for (int round = 0; round < 400; ++round) {
    TestClient client(server->port());
    ASSERT_EQ(client.upgrade("/", extensions).status, 101) << round;
    std::string bytes;
    for (std::uint64_t left = rng.below(20) + 1; left > 0; --left, ++frames) {
      bytes += some_frame(rng);
    }
    send_in_pieces(client, bytes, rng);
    switch (rng.below(3)) {
      case 0:
        client.reset();
        break;
      case 1:
        client.close();
        break;
      default:
        client.close_sending();
        ASSERT_TRUE(client.is_closed_by_server()) << round;
    }
  }
  EXPECT_GT(frames, 3'000U);
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
  const ServerCounters counters = server->counters();
  EXPECT_EQ(counters.web_sockets_accepted, 400U);
  EXPECT_EQ(counters.web_sockets_open, 0U);
  EXPECT_GT(counters.web_socket_messages_in, 40U);
  EXPECT_GT(counters.web_socket_protocol_errors, 100U);
  TestClient good(server->port());
  EXPECT_EQ(good.upgrade("/").status, 101);
  good.send(frame_of(1, "still here"));
  EXPECT_EQ(good.receive_frame().payload, "still here");
  const std::scoped_lock lock(mutex);
  EXPECT_LE(queued_bytes_max, config.queue_bytes_max);
}

ServerConfig strict() {
  ServerConfig config;
  config.message_bytes_max = 1'000;
  config.queue_bytes_max = 4'000;
  config.linger_time_max = std::chrono::milliseconds(200);
  config.web_socket_close_max = std::chrono::milliseconds(200);
  return config;
}

TEST(WebSocketAbuse, BearsFramesThatAreNearlyRight) { bear_frames(strict(), "", 20261130); }

TEST(WebSocketAbuse, BearsThemCompressedToo) {
  ServerConfig config = strict();
  config.offers_deflate = true;
  bear_frames(config, "Sec-WebSocket-Extensions: permessage-deflate\r\n", 20261201);
}

TEST(WebSocketAbuse, BearsFloodsOfPingsFromAClientThatDoesNotRead) {
  std::mutex mutex;
  std::size_t queued_bytes_max = 0;
  ServerConfig config = strict();
  config.write_time_max = std::chrono::milliseconds(200);
  const auto server = start_test_server(echoing(mutex, queued_bytes_max), config);
  TestClient client(server->port(), 4'096);
  ASSERT_EQ(client.upgrade("/").status, 101);
  std::string pings;
  for (int index = 0; index < 1'000; ++index) pings += frame_of(9, std::string(125, 'p'));
  // It stops reading when its pongs are not read: then the system's buffers are what is full.
  for (int index = 0; index < 20; ++index) {
    if (!client.send(pings.substr(0, 100'000))) break;
  }
  TestClient good(server->port());
  ASSERT_EQ(good.upgrade("/").status, 101);
  good.send(frame_of(1, "still here"));
  EXPECT_EQ(good.receive_frame().payload, "still here");
}

}  // namespace
}  // namespace faultline
