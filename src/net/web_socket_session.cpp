#include "net/web_socket_session.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/option.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "net/web_socket_channel.hpp"

namespace faultline {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using beast::error_code;
using std::chrono::nanoseconds;

// The socket below a stream of frames, with its own way to end (async_teardown).
class Socket final
    : public asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type> {
 public:
  using basic_stream_socket::basic_stream_socket;
};

// Called by Beast after the last frame. Its own version waits until the other end closes its
// connection too, for ever, though the session is over: RFC 6455 (5.5.1) has the server close at
// once. So the session hears of the end here, and does what is left to do (linger).
template <class Handler>
void async_teardown(beast::role_type /*role*/, Socket& socket, Handler&& handler) {
  error_code code;
  socket.shutdown(Socket::shutdown_send, code);
  asio::post(socket.get_executor(),
             beast::bind_front_handler(std::forward<Handler>(handler), code));
}

using Stream = websocket::stream<Socket, true>;
using BeastRequest = http::request<http::empty_body>;

// Beyond this the memory of a large message is given back.
constexpr std::size_t kKeptBytesMax = std::size_t{64} << 10;

// Read at once of what comes too late.
constexpr std::size_t kLingerBytes = std::size_t{16} << 10;

// What a peer is told that sends more than ServerConfig::requests_per_second.
constexpr std::string_view kTooMany = "too many messages";

BeastRequest beast_request_of(const HttpRequest& request) {
  BeastRequest out(http::verb::get, {request.target().data(), request.target().size()}, 11);
  for (const std::string_view name : {"Host", "Connection", "Upgrade", "Sec-WebSocket-Key",
                                      "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"}) {
    const auto value = request.header(name);
    if (value) out.insert({name.data(), name.size()}, {value->data(), value->size()});
  }
  return out;
}

// One session on its I/O thread. Reads, writes and the closing handshake are under way at the same
// time, at most one of each, as Beast allows.
class WebSocketSession final : public Live, public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(IoThread& thread, ServerCore& core, NewConnection connection,
                   const HttpRequest& request, WebSocketHandlers handlers)
      : thread_(thread),
        core_(core),
        admission_(std::move(*connection.admission)),
        handlers_(std::move(handlers)),
        request_(beast_request_of(request)),
        entry_{.id = request.id(),
               .path = request.path(),
               .peer = request.peer(),
               .code = CloseCode::kNormal,
               .was_refused = false,
               .duration = monotonic_now(),
               .note = handlers_.access_note},
        stream_(Socket(thread.context<asio::io_context>())) {
    error_code code;
    stream_.next_layer().assign(asio::ip::tcp::v4(), connection.fd.get(), code);
    if (!code) connection.fd.release();
    core_.enter();
    core_.add(Count::kOpen);
  }

  ~WebSocketSession() override {
    if (channel_ != nullptr) channel_->end();
    core_.subtract(Count::kOpen);
    core_.leave();
  }

  void start();
  void on_tick(nanoseconds now) override;
  void on_stop() override;
  void kill() override;

 private:
  // What Beast calls back. Only IoThread owns a session: Beast keeps operations that wait for each
  // other inside the stream, and a session that those owned would never end.
  template <class Function>
  auto alive(Function function) {
    return [weak = weak_from_this(), function](const auto&... result) {
      if (const auto self = weak.lock()) function(*self, result...);
    };
  }

  void set_options();
  void on_accepted(const error_code& code);
  void read();
  void on_read(const error_code& code, std::size_t bytes);
  bool may_pass();
  void write();
  void on_written(const error_code& code, std::size_t bytes);
  void begin_close(CloseCode code, std::string_view reason);
  enum class After { kClose, kLinger };
  void end(CloseCode code, After after = After::kClose);
  void linger();
  void close();

  IoThread& thread_;
  ServerCore& core_;
  Admission admission_;
  WebSocketHandlers handlers_;
  BeastRequest request_;
  SocketEntry entry_;  // until it is told, `duration` is the beginning
  Stream stream_;
  beast::flat_buffer in_;
  std::shared_ptr<WebSocketChannel> channel_;
  std::optional<WebSocketChannel::Message> writing_;
  nanoseconds write_begun_at_{0};
  nanoseconds close_begun_at_{0};
  std::optional<CloseCode> own_code_;  // we began to close with it
  bool is_open_ = false;               // on_open was called, on_closed was not
  bool has_ended_ = false;
  std::optional<nanoseconds> linger_until_;
};

void WebSocketSession::set_options() {
  const ServerConfig& config = core_.config;
  websocket::stream_base::timeout timeout = {};
  timeout.handshake_timeout = config.web_socket_close_max;
  timeout.idle_timeout = config.web_socket_idle_max;
  timeout.keep_alive_pings = true;
  stream_.set_option(timeout);
  stream_.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
    for (const HttpHeader& header : core_.config.default_headers) {
      response.set(header.name, header.value);
    }
    if (!handlers_.subprotocol.empty()) {
      response.set(http::field::sec_websocket_protocol, handlers_.subprotocol);
    }
  }));
  websocket::permessage_deflate deflate;
  deflate.server_enable = config.offers_deflate;
  stream_.set_option(deflate);
  stream_.read_message_max(config.message_bytes_max);
  // The system counts its own overhead too, and so doubles the number: this is what it holds.
  error_code ignored;
  stream_.next_layer().set_option(
      Socket::send_buffer_size(static_cast<int>(config.send_buffer_bytes / 2)), ignored);
  // Whole messages as one frame: we hand over what is already in one piece.
  stream_.auto_fragment(false);
}

void WebSocketSession::start() {
  if (!stream_.next_layer().is_open()) return end(CloseCode::kAbnormal);
  set_options();
  // Pings are answered by Beast; here they only cost, as messages do. It is called in the middle of
  // a read, where no other operation may begin: hence the post.
  stream_.control_callback([this](websocket::frame_type kind, beast::string_view /*payload*/) {
    if (kind != websocket::frame_type::ping) return;
    asio::post(thread_.context<asio::io_context>(), [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self != nullptr && self->is_open_) self->may_pass();
    });
  });
  stream_.async_accept(request_, alive([](WebSocketSession& self, const error_code& code) {
                         self.on_accepted(code);
                       }));
}

void WebSocketSession::on_accepted(const error_code& code) {
  if (has_ended_) return;
  if (code) return end(CloseCode::kAbnormal);
  core_.add(Count::kSocketsAccepted);
  core_.add(Count::kSocketsOpen);
  is_open_ = true;
  // The queue's lock is held during the wake-up: the session has not ended, and its thread runs.
  channel_ = std::make_shared<WebSocketChannel>(
      core_.config.queue_bytes_max, [this, weak = weak_from_this()] {
        asio::post(thread_.context<asio::io_context>(), [weak] {
          if (const auto self = weak.lock()) self->write();
        });
      });
  if (handlers_.on_open) handlers_.on_open(WebSocket(channel_));
  if (core_.is_stopping()) begin_close(CloseCode::kGoingAway, "the server stops");
  read();
}

// --- Incoming -----------------------------------------------------------------------------------

void WebSocketSession::read() {
  if (has_ended_) return;
  stream_.async_read(in_, alive([](WebSocketSession& self, const error_code& code,
                                   std::size_t bytes) { self.on_read(code, bytes); }));
}

// Whether the peer may send another message; closes the session where not.
bool WebSocketSession::may_pass() {
  if (!admission_.take(monotonic_now())) return true;
  if (!own_code_) {
    core_.add_refusal(Refusal::kRate);
    begin_close(CloseCode::kPolicy, kTooMany);
  }
  return false;
}

void WebSocketSession::on_read(const error_code& code, std::size_t bytes) {
  if (has_ended_) return;
  core_.add(Count::kBytesIn, bytes);
  if (code == websocket::error::closed) {
    const auto theirs = static_cast<CloseCode>(stream_.reason().code);
    return end(own_code_.value_or(theirs));
  }
  if (code) {
    if (code.category() == make_error_code(websocket::error::closed).category() &&
        code != websocket::error::closed) {
      core_.add(Count::kProtocolErrors);
      entry_.was_refused = true;
      if (code == websocket::error::message_too_big) {
        return end(CloseCode::kTooBig, After::kLinger);
      }
      if (code == websocket::error::bad_frame_payload) {
        return end(CloseCode::kBadPayload, After::kLinger);
      }
      return end(own_code_.value_or(CloseCode::kProtocolError), After::kLinger);
    }
    return end(own_code_.value_or(CloseCode::kAbnormal));
  }
  core_.add(Count::kMessagesIn);
  if (!own_code_ && may_pass()) {
    const std::string_view message(static_cast<const char*>(in_.data().data()), in_.data().size());
    const auto& handler = stream_.got_text() ? handlers_.on_text : handlers_.on_binary;
    if (handler) handler(message);
  }
  in_.consume(in_.size());
  if (in_.capacity() > kKeptBytesMax) in_ = beast::flat_buffer();
  read();
}

// --- Outgoing -----------------------------------------------------------------------------------

void WebSocketSession::write() {
  if (has_ended_ || writing_ || own_code_) return;
  core_.add(Count::kSendsRefused, channel_->take_refused_count());
  writing_ = channel_->next();
  if (!writing_) {
    const auto closing = channel_->closing();
    if (closing) begin_close(closing->code, closing->reason);
    return;
  }
  write_begun_at_ = monotonic_now();
  stream_.text(writing_->kind == WebSocketChannel::Kind::kText);
  stream_.async_write(asio::buffer(*writing_->bytes),
                      alive([](WebSocketSession& self, const error_code& code, std::size_t bytes) {
                        self.on_written(code, bytes);
                      }));
}

void WebSocketSession::on_written(const error_code& code, std::size_t bytes) {
  if (has_ended_) return;
  const WebSocketChannel::Message written = std::move(*writing_);
  writing_.reset();
  if (code) return;  // the read fails as well, and tells why
  core_.add(Count::kBytesOut, bytes);
  core_.add(Count::kMessagesOut);
  const bool is_drained = channel_->finished(written);
  if (is_drained && handlers_.on_drained) handlers_.on_drained();
  write();
}

// What is queued is dropped: WebSocketChannel::close() comes here after it was sent.
void WebSocketSession::begin_close(CloseCode code, std::string_view reason) {
  if (has_ended_ || own_code_) return;
  own_code_ = code;
  if (code != CloseCode::kNormal && code != CloseCode::kGoingAway) entry_.was_refused = true;
  close_begun_at_ = monotonic_now();
  channel_->end();
  websocket::close_reason told(static_cast<std::uint16_t>(code));
  told.reason.assign(reason.data(), reason.size());
  stream_.async_close(told, alive([](WebSocketSession& self, const error_code& failure) {
                        // Without an error the other end has said goodbye too: nothing more comes.
                        self.end(*self.own_code_, failure ? After::kLinger : After::kClose);
                      }));
}

void WebSocketSession::end(CloseCode code, After after) {
  if (has_ended_) return;
  const auto self = shared_from_this();
  has_ended_ = true;
  if (channel_ != nullptr) {
    core_.add(Count::kSendsRefused, channel_->take_refused_count());
    channel_->end();
  }
  entry_.code = code;
  entry_.duration = monotonic_now() - entry_.duration;
  if (core_.handlers.on_socket_end) core_.handlers.on_socket_end(entry_);
  if (is_open_) {
    is_open_ = false;
    core_.subtract(Count::kSocketsOpen);
    if (handlers_.on_closed) handlers_.on_closed(code);
  }
  if (after == After::kClose || !stream_.next_layer().is_open()) return close();
  linger_until_ = monotonic_now() + core_.config.linger_time_max;
  linger();
}

// What still comes after an error is read and dropped for a while: closing with bytes unread would
// reset the connection, and could destroy our closing frame on its way.
void WebSocketSession::linger() {
  Socket& socket = stream_.next_layer();
  socket.async_wait(Socket::wait_read, alive([](WebSocketSession& self, error_code code) {
                      std::array<char, kLingerBytes> dropped;
                      Socket& readable = self.stream_.next_layer();
                      if (!code) readable.read_some(asio::buffer(dropped), code);
                      if (code && code != asio::error::would_block) return self.close();
                      self.linger();
                    }));
}

void WebSocketSession::close() {
  error_code ignored;
  stream_.next_layer().close(ignored);
  linger_until_.reset();
  thread_.remove(*this);
}

void WebSocketSession::kill() {
  if (has_ended_) return close();
  end(own_code_.value_or(CloseCode::kAbnormal));
}

// --- Time ---------------------------------------------------------------------------------------

void WebSocketSession::on_tick(nanoseconds now) {
  if (linger_until_ && now >= *linger_until_) return close();
  if (has_ended_) return;
  if (channel_ != nullptr) core_.add(Count::kSendsRefused, channel_->take_refused_count());
  // Beast waits for the other end's closing frame, and for room for ours, without a limit.
  const bool is_closing = own_code_.has_value() || (is_open_ && !stream_.is_open());
  if (is_closing && close_begun_at_ == nanoseconds(0)) close_begun_at_ = now;
  if (is_closing && now - close_begun_at_ > core_.config.web_socket_close_max) {
    const std::uint16_t theirs = stream_.reason().code;
    const auto code = theirs == 0 ? CloseCode::kProtocolError : static_cast<CloseCode>(theirs);
    end(own_code_.value_or(code));
  } else if (writing_ && now - write_begun_at_ > core_.config.write_time_max) {
    core_.add(Count::kWriteTimeouts);
    entry_.was_refused = true;
    end(CloseCode::kAbnormal);
  }
}

void WebSocketSession::on_stop() {
  if (is_open_) begin_close(CloseCode::kGoingAway, "the server stops");
}

}  // namespace

void start_web_socket(IoThread& thread, ServerCore& core, NewConnection connection,
                      const HttpRequest& request, WebSocketHandlers handlers) {
  FAULTLINE_CHECK(connection.admission != nullptr);
  const auto session = std::make_shared<WebSocketSession>(thread, core, std::move(connection),
                                                          request, std::move(handlers));
  thread.add(session);
  session->start();
}

}  // namespace faultline
