#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/http.hpp"
#include "net/server_config.hpp"

namespace faultline {

// Bytes of a connection to requests, one after the other: a state machine without I/O.
//
// Why: Beast's parser finds the pieces of a head, and is given it whole; this finds where head and
// body end, and decides what is refused, stricter than Beast where a proxy in front could read the
// bytes in another way.
// Invariant: requests and refusals depend on the bytes, not on how they are cut.
// Errors: a Refusal each; the connection must then be closed, for what follows cannot be trusted.
// Thread safety: none.
class RequestParser {
 public:
  enum class Progress {
    kNeedMore,  // give what was not consumed again, with more behind it
    kHeadDone,  // once a request: method, target and headers are there
    kDone,      // the request is whole; call begin() for the next
    kRefused,   // refusal() says why
  };
  struct Step {
    Progress progress;
    std::size_t consumed;
  };

  // Requires: both outlive the parser.
  RequestParser(const ServerConfig& config, HttpRequest& request);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Clears the request and expects the first byte of the next one.
  void begin();

  // Reads on. `bytes` begins with what the last step did not consume.
  Step feed(std::string_view bytes);

  Refusal refusal() const;
  // Whether a byte of the request was seen.
  bool has_begun() const;
  // After kHeadDone:
  bool has_body() const;
  bool expects_continue() const;
  bool keeps_alive() const;
  // Whether it asks for a WebSocket, in a complete handshake or not.
  bool asks_for_web_socket() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether the request is a handshake that version 13 of the protocol accepts.
bool is_web_socket_handshake(const HttpRequest& request);

}  // namespace faultline
