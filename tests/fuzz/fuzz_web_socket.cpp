// Frames of a client to a session on a real socket: whatever comes, the server lives, keeps to its
// limits and ends the session when the client does.
//
// The first byte says how the rest is cut into pieces, and whether messages may be compressed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "fuzz_input.hpp"
#include "net/http_server.hpp"

namespace faultline {
namespace {

constexpr std::size_t kQueueBytesMax = 8'000;

UpgradeDecision echo_session(const HttpRequest& /*request*/) {
  WebSocketHandlers session;
  const auto socket = std::make_shared<std::optional<WebSocket>>();
  session.on_open = [socket](const WebSocket& opened) { *socket = opened; };
  session.on_text = [socket](std::string_view text) {
    if (text == "close") return (*socket)->close(CloseCode::kTryLater, text);
    static_cast<void>((*socket)->send_text(std::make_shared<const std::string>(text)));
    FAULTLINE_CHECK((*socket)->queued_bytes() <= kQueueBytesMax);
  };
  session.on_binary = [socket](std::string_view bytes) {
    FAULTLINE_CHECK(bytes.size() <= 1'000);
    static_cast<void>((*socket)->send_binary(std::make_shared<const std::string>(bytes)));
  };
  session.on_closed = [socket](CloseCode) { socket->reset(); };
  return session;
}

std::unique_ptr<HttpServer> start(bool offers_deflate) {
  ServerConfig config;
  config.offers_deflate = offers_deflate;
  config.message_bytes_max = 1'000;
  config.queue_bytes_max = kQueueBytesMax;
  config.linger_time_max = std::chrono::milliseconds(40);
  config.web_socket_close_max = std::chrono::milliseconds(40);
  ServerHandlers handlers;
  handlers.on_request = [](const HttpRequest&, Responder) {};
  handlers.on_upgrade = echo_session;
  auto server = HttpServer::start(config, handlers);
  FAULTLINE_CHECK(server.has_value());
  return std::move(server).value();
}

// A blocking client. It ends with a reset, so that no port is kept waiting.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    FAULTLINE_CHECK(::connect(fd_, generic, sizeof address) == 0);
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Client() {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    ::close(fd_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(std::string_view bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0;
  }
  void close_sending() const { ::shutdown(fd_, SHUT_WR); }
  // 0 at the end or after five seconds.
  std::size_t receive() {
    const ssize_t got = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
    FAULTLINE_CHECK(got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  std::string_view received(std::size_t size) const { return {buffer_.data(), size}; }

 private:
  int fd_;
  std::array<char, 16'384> buffer_;
};

constexpr std::string_view kHandshake =
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  static const std::array<std::unique_ptr<HttpServer>, 2> kServers = {start(false), start(true)};
  if (text.empty()) return;
  const auto how = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  const HttpServer& server = *kServers[how & 1U];
  const std::size_t piece = (how >> 1U) == 0 ? text.size() + 1 : how >> 1U;
  Client client(server.port());
  FAULTLINE_CHECK(client.send(kHandshake));
  const std::size_t head = client.receive();
  FAULTLINE_CHECK(client.received(head).starts_with("HTTP/1.1 101 "));
  for (int sent = 0; !text.empty() && sent < 200; ++sent) {
    if (!client.send(text.substr(0, piece))) break;
    text.remove_prefix(std::min(piece, text.size()));
  }
  client.close_sending();
  while (client.receive() > 0) {
  }
}
