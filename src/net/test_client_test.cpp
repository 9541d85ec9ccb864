// What test_client.hpp declares, and a look at whether it says the truth.
#include "net/test_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "base/check.hpp"

namespace faultline {

std::string TestResponse::header(std::string_view name) const {
  std::size_t begin = 0;
  while (begin < head.size()) {
    const std::size_t end = std::min(head.find("\r\n", begin), head.size());
    const std::string_view line = std::string_view(head).substr(begin, end - begin);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), name)) {
      return std::string(line.substr(std::min(colon + 2, line.size())));
    }
    begin = end + 2;
  }
  return {};
}

int TestFrame::close_code() const {
  if (opcode != 8 || payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

std::string frame_of(int opcode, std::string_view payload, Masking masking, Final final) {
  std::string out;
  out += static_cast<char>((final == Final::kYes ? 0x80 : 0) | opcode);
  const int mask_bit = masking == Masking::kMasked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | static_cast<int>(payload.size()));
  } else {
    const bool is_short = payload.size() < 65'536;
    out += static_cast<char>(mask_bit | (is_short ? 126 : 127));
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
      out += static_cast<char>(payload.size() >> shift & 255U);
    }
  }
  if (masking == Masking::kUnmasked) return out.append(payload);
  constexpr std::array<char, 4> kMask = {0x12, 0x34, 0x56, 0x78};
  out.append(kMask.data(), kMask.size());
  for (std::size_t at = 0; at < payload.size(); ++at) {
    out += static_cast<char>(payload[at] ^ kMask[at % 4]);
  }
  return out;
}

TestClient::TestClient(std::uint16_t port, int receive_buffer_bytes, const char* own_address) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, own_address, &address.sin_addr);
  ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close();
}

TestClient::~TestClient() { close(); }

void TestClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void TestClient::reset() {
  const linger none{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close();
}

void TestClient::close_sending() const { ::shutdown(fd_, SHUT_WR); }

bool TestClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool TestClient::receive_some() {
  std::array<char, 16'384> buffer;
  const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (received <= 0) return false;
  bytes_.append(buffer.data(), static_cast<std::size_t>(received));
  return true;
}

bool TestClient::fill(std::size_t size) {
  while (bytes_.size() < size) {
    if (!receive_some()) return false;
  }
  return true;
}

bool TestClient::is_closed_by_server() {
  std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (received == 0) return true;
    if (received < 0) return errno == ECONNRESET || errno == EPIPE;
  }
}

TestResponse TestClient::receive(bool has_body) {
  TestResponse response;
  std::size_t end = std::string::npos;
  while ((end = bytes_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_some()) return response;
  }
  response.head = bytes_.substr(0, end + 2);
  bytes_.erase(0, end + 4);
  response.status = std::stoi(response.head.substr(9, 3));
  const std::string length = response.header("Content-Length");
  if (has_body && !length.empty()) {
    const std::size_t size = std::stoul(length);
    if (!fill(size)) return {};
    response.body = bytes_.substr(0, size);
    bytes_.erase(0, size);
  }
  return response;
}

TestResponse TestClient::upgrade(std::string_view path, std::string_view more_headers) {
  std::string headers =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  headers += more_headers;
  return ask(get_request(path, headers));
}

TestFrame TestClient::receive_frame() {
  TestFrame frame;
  if (!fill(2)) return frame;
  std::size_t size = static_cast<unsigned char>(bytes_[1]) & 127U;
  std::size_t head = 2;
  const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (!fill(head + more)) return frame;
  if (more > 0) size = 0;
  for (; head < 2 + more; ++head) size = size << 8 | static_cast<unsigned char>(bytes_[head]);
  if (!fill(head + size)) return frame;
  frame.opcode = static_cast<unsigned char>(bytes_[0]) & 15;
  frame.is_final = (static_cast<unsigned char>(bytes_[0]) & 0x80U) != 0;
  frame.payload = bytes_.substr(head, size);
  bytes_.erase(0, head + size);
  return frame;
}

std::string get_request(std::string_view path, std::string_view more_headers) {
  std::string out = "GET ";
  out += path;
  out += " HTTP/1.1\r\nHost: localhost\r\n";
  out += more_headers;
  return out + "\r\n";
}

std::unique_ptr<HttpServer> start_test_server(ServerHandlers handlers, ServerConfig config) {
  auto server = HttpServer::start(std::move(config), std::move(handlers));
  FAULTLINE_CHECK(server.has_value());
  return std::move(server).value();
}

void pause_test() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

namespace {

TEST(TestClient, MakesFramesAsInTheStandard) {
  EXPECT_EQ(frame_of(1, "Hello", Masking::kUnmasked), "\x81\x05Hello");  // RFC 6455, section 5.7
  EXPECT_EQ(frame_of(2, std::string(256, 'x'), Masking::kUnmasked).substr(0, 4),
            std::string("\x82\x7e\x01\x00", 4));
  EXPECT_EQ(frame_of(9, "", Masking::kMasked).size(), 6U);
}

TEST(TestClient, FindsHeadersWhateverTheirCase) {
  const TestResponse response{200, "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 7\r\n", ""};
  EXPECT_EQ(response.header("content-length"), "7");
  EXPECT_EQ(response.header("b"), "");
}

}  // namespace
}  // namespace faultline
