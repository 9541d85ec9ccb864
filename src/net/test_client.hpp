#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_server.hpp"

namespace faultline {

// A response as it came.
struct TestResponse {
  int status = 0;  // 0: the connection ended before there was one
  std::string head;
  std::string body;

  // The header's value, "" where it is absent.
  std::string header(std::string_view name) const;
};

// One frame of a WebSocket.
struct TestFrame {
  int opcode = -1;  // -1: the connection ended before there was one
  bool is_final = false;
  std::string payload;

  // Of a closing frame.
  int close_code() const;
};

enum class Masking { kMasked, kUnmasked };
enum class Final { kYes, kNo };

// A frame of a client. Opcodes: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
std::string frame_of(int opcode, std::string_view payload, Masking masking = Masking::kMasked,
                     Final final = Final::kYes);

// A plain client with blocking sockets and nothing of the server's code. Every wait ends after ten
// seconds, as if the connection had ended.
class TestClient {
 public:
  // A small buffer makes a reader that is soon full; 0 leaves the system's. Each address of the
  // loopback (127.x.x.x) is a peer of its own.
  explicit TestClient(std::uint16_t port, int receive_buffer_bytes = 0,
                      const char* address = "127.0.0.1");
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool is_connected() const { return fd_ >= 0; }
  // False where the other end has closed.
  bool send(std::string_view bytes) const;
  // Reads one response. `has_body` is false for answers to HEAD.
  TestResponse receive(bool has_body = true);
  TestResponse ask(std::string_view bytes) { return send(bytes) ? receive() : TestResponse{}; }
  // Sends the handshake and reads its answer.
  TestResponse upgrade(std::string_view path, std::string_view more_headers = {});
  TestFrame receive_frame();
  // Reads until the end: true where the server closed.
  bool is_closed_by_server();
  void close_sending() const;
  // Closes with a reset.
  void reset();
  void close();

 private:
  // Until `bytes_` has so many; false at the end.
  bool fill(std::size_t size);
  bool receive_some();

  int fd_ = -1;
  std::string bytes_;
};

// "GET PATH HTTP/1.1" with a Host.
std::string get_request(std::string_view path, std::string_view more_headers = {});

// Starts a server on a free port of the loopback; stops the test program where it cannot.
std::unique_ptr<HttpServer> start_test_server(ServerHandlers handlers, ServerConfig config = {});

// Waits until `holds()`, at most ten seconds: whether it did.
template <class Condition>
bool eventually(const Condition& holds);
void pause_test();

template <class Condition>
bool eventually(const Condition& holds) {
  for (int step = 0; step < 2000; ++step) {
    if (holds()) return true;
    pause_test();  // 5 ms
  }
  return holds();
}

}  // namespace faultline
