#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "net/http.hpp"

namespace faultline {

// Close codes that a server uses (RFC 6455, section 7.4.1). Any other number may arrive.
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,  // the server stops
  kProtocolError = 1002,
  kAbnormal = 1006,    // never on the wire: the connection broke without a closing frame
  kBadPayload = 1007,  // a text that is not UTF-8
  kPolicy = 1008,      // more messages than the peer may send, a missing permission
  kTooBig = 1009,
  kTryLater = 1013,
};

enum class SendOutcome : std::uint8_t {
  kQueued,
  kFull,    // the queue has reached ServerConfig::queue_bytes_max; nothing was queued
  kClosed,  // closed or closing
};

// What a queued message counts beyond its own bytes, so that many small ones are bounded too.
inline constexpr std::size_t kMessageOverheadBytes = 64;

class WebSocketChannel;

// A handle of one open session. Copies are handles of the same session, which lives on without any.
//
// Slow readers: the queue has a hard cap, and a send beyond it is refused. Before that an owner
// coalesces: mark what is new as pending; if queued_bytes() is small send it, else wait for
// on_drained and send then what is pending as one message. The mark comes first: on_drained may
// come between the question and the mark.
// Thread safety: all functions from any thread, also after the session or the server has ended.
// Cost: send is one lock and, if none is due, one wake-up; the buffer is shared, never copied.
class WebSocket {
 public:
  explicit WebSocket(std::shared_ptr<WebSocketChannel> channel) : channel_(std::move(channel)) {}

  // Requires: text that is UTF-8; a buffer that is not null and does not change any more.
  [[nodiscard]] SendOutcome send_text(std::shared_ptr<const std::string> text) const;
  [[nodiscard]] SendOutcome send_binary(std::shared_ptr<const std::string> bytes) const;

  // Accepted by send and not yet handed to the system, with kMessageOverheadBytes a message.
  std::size_t queued_bytes() const;
  bool is_open() const;

  // Sends what is queued, then a closing frame; later sends are refused. The reason is cut to 123
  // bytes. Closing twice does nothing.
  void close(CloseCode code, std::string_view reason) const;

 private:
  std::shared_ptr<WebSocketChannel> channel_;
};

// What happens in a session. Each may be empty. All are called on the session's I/O thread, one at
// a time: they must not block. Views are valid during the call.
struct WebSocketHandlers {
  std::function<void(const WebSocket&)> on_open = {};  // first, once
  std::function<void(std::string_view)> on_text = {};  // valid UTF-8, whole message
  std::function<void(std::string_view)> on_binary = {};
  // Everything queued was handed to the system.
  std::function<void()> on_drained = {};
  // Last, once, if on_open was called. The other end's code, ours where we closed, or kAbnormal.
  std::function<void(CloseCode)> on_closed = {};
  std::string subprotocol = {};  // told to the client where it is not empty; a token
  AccessNote access_note = {};   // for the entry of the handshake
};

// A handler's decision about a handshake: a session, or the response that refuses it (401, 403,
// 404). For a session, headers and all else of the handshake are the server's business.
using UpgradeDecision = std::variant<HttpResponse, WebSocketHandlers>;

}  // namespace faultline
