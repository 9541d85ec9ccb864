#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"
#include "net/web_socket.hpp"

namespace faultline {

// Why the server itself answered, closed or turned away, without or in spite of a handler.
enum class Refusal : std::uint8_t {
  kMalformed,           // 400: not HTTP, two lengths, bad chunks, no Host, a target that is no URL
  kMethodUnknown,       // 405
  kHeadTimeout,         // 408: a head that does not end in time
  kBodyTimeout,         // 408
  kBodyTooLarge,        // 413
  kUrlTooLong,          // 414
  kExpectationUnknown,  // 417: an Expect other than 100-continue
  kUpgradeUnknown,      // 426: a WebSocket handshake of another version, or an incomplete one
  kRate,                // 429: more requests or messages than this peer may send
  kPeerConnections,     // 429: more connections than this peer may hold
  kHeadTooLarge,        // 431: bytes or number of headers
  kAnswerBroken,        // 500: a handler gave no answer, or one that cannot be written
  kAnswerTimeout,       // 503: a handler took too long
  kConnections,         // 503: more connections than the server holds
};
inline constexpr std::size_t kRefusalCount = 14;

int status_of(Refusal refusal);
// The stable snake_case name: "body_too_large".
std::string_view name_of(Refusal refusal);
// One sentence for the person at the other end, without a final stop.
std::string_view meaning_of(Refusal refusal);

// The limits of a server and their defaults, which suit a service for people and a few hundred
// streams. No limit can be switched off by zero, but those that say so.
struct ServerConfig {
  std::string address = "127.0.0.1";  // one IPv4 or IPv6 address of this machine
  std::uint16_t port = 0;             // 0: the system chooses; HttpServer::port() tells
  int io_thread_count = 1;            // 1..64
  int backlog = 1024;

  // Connections. Those beyond are answered (503, 429) and closed.
  std::size_t connections_max = 4096;
  std::size_t connections_per_peer_max = 256;  // a peer is an IPv4 address or an IPv6 /64
  std::size_t peers_max = 65'536;              // remembered at once
  // Requests and incoming WebSocket messages, pings included, of one peer. 0: without limit.
  double requests_per_second = 0;
  double request_burst = 200;

  // Bodies of answers that wait for clients who take them slowly, but those of a PreparedResponse:
  // they are there for all alike. Where one more would go beyond, its connection is closed.
  std::size_t unsent_bytes_max = std::size_t{256} << 20;
  std::size_t unsent_bytes_per_peer_max = std::size_t{64} << 20;

  // One request.
  std::size_t head_bytes_max = std::size_t{16} << 10;
  std::size_t header_count_max = 64;
  std::size_t url_bytes_max = std::size_t{4} << 10;
  std::size_t body_bytes_max = std::size_t{1} << 20;
  std::uint64_t requests_per_connection_max = 100'000;

  // Time. Each is looked at a few times while it runs: it ends up to an eighth, and at least 5 ms,
  // later than written.
  std::chrono::milliseconds head_time_max{10'000};    // from its first byte, or the connection's
  std::chrono::milliseconds body_time_max{30'000};    // from the end of the head
  std::chrono::milliseconds idle_time_max{60'000};    // between two requests
  std::chrono::milliseconds answer_time_max{60'000};  // from the call of the handler
  std::chrono::milliseconds write_time_max{30'000};   // while the other end takes too little
  std::chrono::milliseconds linger_time_max{1'000};   // for reading the end of what was refused

  // WebSockets.
  std::size_t message_bytes_max = std::size_t{64} << 10;  // of one incoming message
  std::size_t queue_bytes_max = std::size_t{4} << 20;     // of one session, outgoing
  // What the system may hold of one session beside the queue. Left to itself it takes megabytes,
  // and a slow reader is shown minutes of the past before its owner hears that it is slow.
  std::size_t send_buffer_bytes = std::size_t{256} << 10;
  std::chrono::milliseconds web_socket_idle_max{60'000};  // a ping after half of it
  std::chrono::milliseconds web_socket_close_max{5'000};  // for the other end's closing frame
  // permessage-deflate where the client offers it. Off: it costs 300 kB a session, and Beast 1.81
  // fails on some very compressible messages of clients (docs/decisions/0018-http-server.md).
  bool offers_deflate = false;

  // On every answer, those of refusals included: what a browser needs to know. Requires: names and
  // values that are sendable.
  std::vector<HttpHeader> default_headers;
  // The answer to a refusal; by default one line of text. Called on an I/O thread. Status 429 gets
  // its Retry-After from the server.
  std::function<HttpResponse(Refusal, RequestId)> make_refusal;
};

// What a server did since its start.
//
// Units: bytes are TCP's payload; of WebSockets only the messages. Invariant: what is `open` is at
// the time of the snapshot; all else only grows.
struct ServerCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;    // WebSockets included
  std::uint64_t connections_silent = 0;  // closed by us: not a byte came in head_time_max
  std::uint64_t accept_errors = 0;       // the system had no file descriptor or memory left
  std::uint64_t requests = 0;            // that reached a handler
  std::uint64_t requests_abandoned = 0;  // whose client had left before the answer
  std::array<std::uint64_t, 6> responses_by_class = {};  // [2] counts 2xx
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t write_timeouts = 0;
  std::uint64_t write_overflows =
      0;  // closed for ServerConfig::unsent_bytes_max, or that of a peer
  std::uint64_t web_sockets_accepted = 0;
  std::uint64_t web_sockets_open = 0;
  std::uint64_t web_socket_messages_in = 0;
  std::uint64_t web_socket_messages_out = 0;
  std::uint64_t web_socket_sends_refused = 0;             // the queue was full
  std::uint64_t web_socket_protocol_errors = 0;           // bad frames, bad UTF-8, too large
  std::array<std::uint64_t, kRefusalCount> refused = {};  // by Refusal

  std::uint64_t refused_by(Refusal refusal) const {
    return refused[static_cast<std::size_t>(refusal)];
  }
};

// One line of an access log. It holds neither the query nor any header: those have secrets.
//
// Units: `duration` from the head's arrival until the response was handed to the system.
struct AccessEntry {
  RequestId id;
  HttpMethod method;
  std::string path;  // decoded; empty where the request was not understood
  int status;
  std::uint64_t body_bytes;  // of the answer
  std::chrono::nanoseconds duration;
  std::string peer;
  bool is_complete;  // false: the connection ended while it was written
  bool was_cut_off;  // and the server ended it, for its client did not take the answer in time, or
                     // too much waited for slow clients
  AccessNote note = {};
};

// How a WebSocket ended. Its beginning is an AccessEntry of the same id, with status 101.
struct SocketEntry {
  RequestId id;
  std::string path;
  std::string peer;
  CloseCode code;    // as WebSocketHandlers::on_closed is told it
  bool was_refused;  // for what the peer sent, or did not take in time
  std::chrono::nanoseconds duration;
  AccessNote note = {};  // that of the handshake
};

}  // namespace faultline
