#include "net/http_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "net/request_parser.hpp"
#include "net/web_socket_session.hpp"

namespace faultline {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::nanoseconds;

// The socket with its executor's type known: a call the less for each operation.
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

constexpr std::size_t kFirstBufferBytes = std::size_t{8} << 10;
// Room behind the longest head, so that reading it never needs to wait for memory.
constexpr std::size_t kSpareBufferBytes = std::size_t{8} << 10;
// Answers of pipelined requests are gathered up to here before they are written.
constexpr std::size_t kGatherBytesMax = std::size_t{64} << 10;
// Bodies up to here are copied behind their head; longer ones are written from where they are.
constexpr std::size_t kCopiedBodyBytesMax = 2048;
// Of a slow reader: taking so much renews the time for writing.
constexpr std::size_t kWriteProgressBytes = std::size_t{16} << 10;

// Bytes that were read and not used yet, in one piece.
class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  std::string_view data() const { return {memory_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  void clear() { consume(end_ - begin_); }
  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_ && !is_lent_) begin_ = end_ = 0;
  }
  bool is_full() const { return begin_ == 0 && end_ == bytes_max_; }

  // Room behind the data, which stays where it is until give_back(); empty where all is full.
  std::span<char> lend() {
    FAULTLINE_CHECK(!is_lent_);
    if (is_full()) return {};
    is_lent_ = true;
    if (end_ == capacity_ && begin_ > 0) {
      std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == capacity_ && capacity_ < bytes_max_) grow();
    return {memory_.get() + end_, capacity_ - end_};
  }
  // The first `bytes` of the room were filled.
  void give_back(std::size_t bytes) {
    is_lent_ = false;
    end_ += bytes;
    consume(0);
  }

 private:
  void grow() {
    const std::size_t larger =
        std::min(capacity_ == 0 ? kFirstBufferBytes : 2 * capacity_, bytes_max_);
    std::unique_ptr<char[]> memory(new char[larger]);
    if (end_ > 0) std::memcpy(memory.get(), memory_.get(), end_);
    memory_ = std::move(memory);
    capacity_ = larger;
  }

  const std::size_t bytes_max_;
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_lent_ = false;
};

class HttpConnection;

// Where a connection's Responders send to. It outlives the connection, and then answers nobody.
class ConnectionSink final : public AnswerSink,
                             public std::enable_shared_from_this<ConnectionSink> {
 public:
  ConnectionSink(IoThread& thread, HttpConnection& connection)
      : io_thread_id_(std::this_thread::get_id()), thread_(&thread), connection_(&connection) {}

  void answer(std::uint64_t exchange, HttpAnswer answer) override;
  bool is_abandoned(std::uint64_t exchange) const override {
    return open_exchange_.load(std::memory_order_acquire) != exchange;
  }

  // On the I/O thread. 0: none.
  void set_open_exchange(std::uint64_t exchange) {
    open_exchange_.store(exchange, std::memory_order_release);
  }
  void detach() {
    set_open_exchange(0);
    const std::scoped_lock lock(mutex_);
    connection_ = nullptr;
  }

 private:
  const std::thread::id io_thread_id_;
  std::atomic<std::uint64_t> open_exchange_ = 0;
  std::mutex mutex_;  // for other threads than the I/O thread, which alone writes connection_
  IoThread* thread_;
  HttpConnection* connection_;
};

// One connection: a state machine on its I/O thread.
//
//   kReading --whole request--> kHandling --answer--> kReading, or kEnding --written--> kLingering
//   kReading --handshake------> kUpgrading
//
// Answers are gathered in out_ and written before the next wait. Nothing is parsed while a write
// waits for the other end, so that a client that does not read cannot ask for more.
// Invariant: at most one read and one wait for writing are under way.
class HttpConnection final : public Live, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(IoThread& thread, ServerCore& core, NewConnection connection);
  ~HttpConnection() override;

  void start();
  void on_tick(nanoseconds now) override;
  void on_stop() override;
  void kill() override { close(); }
  void take_answer(std::uint64_t exchange, HttpAnswer answer);

 private:
  enum class State { kReading, kHandling, kUpgrading, kEnding, kLingering, kClosed };
  enum class Deadline { kNone, kIdle, kHead, kBody, kAnswer, kWrite, kLinger };

  void run();
  bool step();
  bool step_reading();
  void on_head();
  void on_request();
  void decide_upgrade();
  void upgrade();
  void refuse(Refusal refusal, std::optional<nanoseconds> wait = std::nullopt);
  void answer_with(const HttpResponse& response);
  void finish_answer(int status, const std::shared_ptr<const std::string>& body,
                     const AccessNote& note);
  void log(int status, std::uint64_t body_bytes, const AccessNote& note);
  void emit_log(bool is_complete);

  bool flush();
  void on_written(std::size_t bytes);
  bool hold_body();
  void let_body_go();
  void wait_for_room();
  void read();
  void on_read(const error_code& code, std::size_t bytes);
  void begin_linger();
  void close();

  void set_deadline(Deadline deadline, nanoseconds span) {
    deadline_ = deadline;
    deadline_at_ = monotonic_now() + span;
  }

  void set_answer_deadline() {
    deadline_ = Deadline::kAnswer;
    deadline_at_ = begun_at_ + core_.config.answer_time_max;
  }

  IoThread& thread_;
  ServerCore& core_;
  Socket socket_;
  std::unique_ptr<Admission> admission_;
  std::optional<Refusal> first_refusal_;
  std::shared_ptr<ConnectionSink> sink_;
  HttpRequest request_;
  RequestParser parser_;
  ReadBuffer in_;

  State state_ = State::kReading;
  Deadline deadline_ = Deadline::kNone;
  nanoseconds deadline_at_{0};
  nanoseconds begun_at_{0};  // when the request's head was complete
  std::uint64_t exchange_ = 0;
  std::uint64_t request_count_ = 0;
  bool is_running_ = false;
  bool is_reading_ = false;
  bool is_write_waiting_ = false;
  bool has_left_ = false;    // the other end writes no more
  bool must_close_ = false;  // after the current answer
  bool is_head_read_ = false;
  bool is_answered_ = false;  // the request; the parser is to begin the next
  bool is_cut_off_ = false;   // we closed, for what its client did not take

  std::string out_;
  std::size_t out_sent_ = 0;
  std::shared_ptr<const std::string> out_body_;  // behind out_
  std::size_t out_body_sent_ = 0;
  bool is_body_shared_ = false;  // out_body_ is of a PreparedResponse, there for all alike
  std::size_t held_bytes_ = 0;   // of out_body_, since its client takes it slowly
  std::size_t write_progress_ = 0;
  std::optional<WebSocketHandlers> web_socket_;
  std::vector<AccessEntry> access_;  // of answers that are not written yet
};

void ConnectionSink::answer(std::uint64_t exchange, HttpAnswer answer) {
  if (std::this_thread::get_id() == io_thread_id_) {
    if (connection_ != nullptr) connection_->take_answer(exchange, std::move(answer));
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (connection_ == nullptr) return;
  // The thread lives as long as there is a connection.
  asio::post(thread_->context<asio::io_context>(),
             [self = shared_from_this(), exchange, late = std::move(answer)]() mutable {
               if (self->connection_ != nullptr)
                 self->connection_->take_answer(exchange, std::move(late));
             });
}

HttpConnection::HttpConnection(IoThread& thread, ServerCore& core, NewConnection connection)
    : thread_(thread),
      core_(core),
      socket_(thread.context<asio::io_context>()),
      admission_(std::move(connection.admission)),
      first_refusal_(connection.refusal),
      sink_(std::make_shared<ConnectionSink>(thread, *this)),
      parser_(core.config, request_),
      in_(core.config.head_bytes_max + kSpareBufferBytes) {
  error_code code;
  socket_.assign(asio::ip::tcp::v4(), connection.fd.get(), code);
  if (!code) connection.fd.release();
  request_.set_peer(connection.peer);
  core_.enter();
  core_.add(Count::kOpen);
}

HttpConnection::~HttpConnection() {
  sink_->detach();
  core_.subtract(Count::kOpen);
  core_.leave();
}

void HttpConnection::start() {
  error_code code;
  if (socket_.is_open()) socket_.non_blocking(true, code);
  if (!socket_.is_open() || code) return close();  // the system has no room to watch it
  set_deadline(Deadline::kHead, core_.config.head_time_max);
  if (first_refusal_) {
    begun_at_ = monotonic_now();
    refuse(*first_refusal_);
  }
  run();
}

// --- The state machine --------------------------------------------------------------------------

void HttpConnection::run() {
  if (is_running_) return;  // the loop that is under way goes on
  const auto self = shared_from_this();
  is_running_ = true;
  while (step()) {
  }
  is_running_ = false;
}

// Does what can be done at once; false when it has to wait for something that calls run().
bool HttpConnection::step() {
  if (state_ == State::kClosed || is_write_waiting_) return false;
  switch (state_) {
    case State::kReading:
      return step_reading();
    case State::kHandling:
      if (!flush()) return false;
      if (deadline_ == Deadline::kNone) set_answer_deadline();
      read();  // to see whether the client leaves
      return false;
    case State::kUpgrading:
      if (flush()) upgrade();
      return false;
    case State::kEnding:
      if (flush()) begin_linger();
      return false;
    default:
      return false;
  }
}

bool HttpConnection::step_reading() {
  if ((out_body_ != nullptr || out_.size() > kGatherBytesMax) && !flush()) return false;
  if (is_answered_) {
    is_answered_ = false;
    request_.shrink();
    parser_.begin();
  }
  const RequestParser::Step step = parser_.feed(in_.data());
  in_.consume(step.consumed);
  switch (step.progress) {
    case RequestParser::Progress::kHeadDone:
      on_head();
      return true;
    case RequestParser::Progress::kDone:
      on_request();
      return true;
    case RequestParser::Progress::kRefused:
      if (!is_head_read_) begun_at_ = monotonic_now();
      refuse(parser_.refusal());
      return true;
    case RequestParser::Progress::kNeedMore:
      break;
  }
  if (!flush()) return false;
  if (has_left_ || (core_.is_stopping() && in_.empty() && !is_head_read_)) {
    close();
    return false;
  }
  if (in_.is_full()) {  // a line of a chunk that does not end
    refuse(is_head_read_ ? Refusal::kMalformed : Refusal::kHeadTooLarge);
    return true;
  }
  if (!is_head_read_ && deadline_ != Deadline::kHead) {
    if (parser_.has_begun()) {
      set_deadline(Deadline::kHead, core_.config.head_time_max);
    } else if (deadline_ != Deadline::kIdle) {
      set_deadline(Deadline::kIdle, core_.config.idle_time_max);
    }
  }
  read();
  return false;
}

void HttpConnection::on_head() {
  is_head_read_ = true;
  begun_at_ = monotonic_now();
  request_.set_id(core_.next_id());
  const auto wait = admission_->take(begun_at_);
  if (wait) {
    refuse(Refusal::kRate, wait);
    return;
  }
  if (!parser_.has_body()) return;
  set_deadline(Deadline::kBody, core_.config.body_time_max);
  if (parser_.expects_continue() && in_.empty()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
}

void HttpConnection::on_request() {
  ++request_count_;
  must_close_ = must_close_ || !parser_.keeps_alive() || core_.is_stopping() ||
                request_count_ >= core_.config.requests_per_connection_max;
  if (core_.handlers.on_upgrade && parser_.asks_for_web_socket()) {
    decide_upgrade();
    return;
  }
  core_.add(Count::kRequests);
  state_ = State::kHandling;
  set_answer_deadline();
  ++exchange_;
  sink_->set_open_exchange(exchange_);
  core_.handlers.on_request(request_, Responder(sink_, exchange_));
}

void HttpConnection::decide_upgrade() {
  if (!is_web_socket_handshake(request_)) return refuse(Refusal::kUpgradeUnknown);
  // A client must wait for our answer before it sends frames.
  if (!in_.empty() || is_reading_) return refuse(Refusal::kMalformed);
  core_.add(Count::kRequests);
  UpgradeDecision decision = core_.handlers.on_upgrade(request_);
  if (auto* response = std::get_if<HttpResponse>(&decision)) {
    answer_with(*response);
    return;
  }
  web_socket_ = std::get<WebSocketHandlers>(std::move(decision));
  state_ = State::kUpgrading;
}

void HttpConnection::upgrade() {
  error_code code;
  const int fd = socket_.release(code);
  if (code) return close();
  log(101, 0, web_socket_->access_note);
  emit_log(true);
  core_.add_response(101);
  NewConnection taken{UniqueFd(fd), request_.peer(), std::move(admission_), std::nullopt};
  start_web_socket(thread_, core_, std::move(taken), request_, std::move(*web_socket_));
  close();
}

// Answers without a handler. The connection ends, but for refusals after which the next request is
// certain to begin where the parser stands.
void HttpConnection::refuse(Refusal refusal, std::optional<nanoseconds> wait) {
  core_.add_refusal(refusal);
  if (request_.id() == RequestId{}) request_.set_id(core_.next_id());
  const bool is_whole = is_head_read_ && !parser_.has_body();
  const bool may_go_on = refusal == Refusal::kRate || refusal == Refusal::kUpgradeUnknown;
  if (refusal != Refusal::kAnswerBroken && !(may_go_on && is_whole && parser_.keeps_alive())) {
    must_close_ = true;
  }
  HttpResponse response = core_.refusal_response(refusal, request_.id());
  if (wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    response.headers.push_back({"Retry-After", std::to_string(std::max<std::int64_t>(1, seconds))});
  }
  append_head(response, out_);
  finish_answer(response.status, response.body, {});
}

void HttpConnection::take_answer(std::uint64_t exchange, HttpAnswer answer) {
  if (state_ != State::kHandling || exchange != exchange_) return;  // too late
  if (has_left_) core_.add(Count::kAbandoned);
  if (const auto* prepared = std::get_if<std::shared_ptr<const PreparedResponse>>(&answer)) {
    out_ += (*prepared)->head();
    finish_answer((*prepared)->status(), (*prepared)->body(), (*prepared)->access_note());
    is_body_shared_ = true;
  } else if (const auto* response = std::get_if<HttpResponse>(&answer)) {
    answer_with(*response);
  } else {
    refuse(Refusal::kAnswerBroken);
  }
  run();
}

void HttpConnection::answer_with(const HttpResponse& response) {
  if (!is_sendable(response)) return refuse(Refusal::kAnswerBroken);
  append_head(response, out_);
  finish_answer(response.status, response.body, response.access_note);
}

// Completes the answer whose head was begun in out_, and goes on to the next request.
void HttpConnection::finish_answer(int status, const std::shared_ptr<const std::string>& body,
                                   const AccessNote& note) {
  FAULTLINE_CHECK(out_body_ == nullptr);
  if (core_.is_stopping()) must_close_ = true;
  out_ += core_.default_head;
  out_ += "Date: ";
  out_ += thread_.date();
  out_ += "\r\nX-Request-Id: ";
  append_text(request_.id(), out_);
  if (status == 426) {  // whoever sends Upgrade names it here (RFC 9110, section 7.8)
    out_ += must_close_ ? "\r\nConnection: close, Upgrade" : "\r\nConnection: Upgrade";
  } else if (must_close_) {
    out_ += "\r\nConnection: close";
  } else if (!request_.is_http_1_1()) {
    out_ += "\r\nConnection: keep-alive";
  }
  out_ += "\r\n\r\n";
  const bool has_body = body != nullptr && !body->empty() && !never_has_body(status) &&
                        request_.method() != HttpMethod::kHead;
  if (has_body && body->size() <= kCopiedBodyBytesMax) {
    out_ += *body;
  } else if (has_body) {
    out_body_ = body;
    out_body_sent_ = 0;
  }
  core_.add_response(status);
  log(status, has_body ? body->size() : 0, note);
  sink_->set_open_exchange(0);
  if (deadline_ != Deadline::kWrite) deadline_ = Deadline::kNone;
  is_head_read_ = false;
  is_answered_ = true;  // the handler that is still running may look at its request
  state_ = must_close_ ? State::kEnding : State::kReading;
}

void HttpConnection::log(int status, std::uint64_t body_bytes, const AccessNote& note) {
  if (!core_.handlers.on_access) return;
  access_.push_back(AccessEntry{.id = request_.id(),
                                .method = request_.method(),
                                .path = request_.path(),
                                .status = status,
                                .body_bytes = body_bytes,
                                .duration = begun_at_,
                                .peer = request_.peer(),
                                .is_complete = true,
                                .was_cut_off = false,
                                .note = note});
}

// Until here `duration` holds the beginning.
void HttpConnection::emit_log(bool is_complete) {
  if (access_.empty()) return;
  const nanoseconds now = monotonic_now();
  for (AccessEntry& entry : access_) {
    entry.duration = now - entry.duration;
    entry.is_complete = is_complete;
    entry.was_cut_off = is_cut_off_;
    core_.tell_access(entry);
  }
  access_.clear();
}

// --- Bytes --------------------------------------------------------------------------------------

// Writes what waits to be written. True when nothing is left; false when it waits for room or the
// connection broke.
bool HttpConnection::flush() {
  for (;;) {
    const std::size_t body_left = out_body_ == nullptr ? 0 : out_body_->size() - out_body_sent_;
    if (out_sent_ == out_.size() && body_left == 0) break;
    const std::array<asio::const_buffer, 2> buffers = {
        asio::const_buffer(out_.data() + out_sent_, out_.size() - out_sent_),
        body_left == 0 ? asio::const_buffer()
                       : asio::const_buffer(out_body_->data() + out_body_sent_, body_left)};
    error_code code;
    const std::size_t bytes = socket_.write_some(buffers, code);
    if (code == asio::error::would_block) {
      wait_for_room();
      return false;
    }
    if (code) {
      close();
      return false;
    }
    on_written(bytes);
  }
  if (deadline_ == Deadline::kWrite) deadline_ = Deadline::kNone;
  if (out_.capacity() > 2 * kGatherBytesMax) out_ = std::string();
  out_.clear();
  out_sent_ = 0;
  let_body_go();
  out_body_.reset();
  is_body_shared_ = false;
  emit_log(true);
  return true;
}

void HttpConnection::on_written(std::size_t bytes) {
  core_.add(Count::kBytesOut, bytes);
  const std::size_t from_head = std::min(bytes, out_.size() - out_sent_);
  out_sent_ += from_head;
  out_body_sent_ += bytes - from_head;
  write_progress_ += bytes;
}

// From now on the body counts for what its client may leave waiting, if it is there for this client
// alone. False where that is too much.
bool HttpConnection::hold_body() {
  if (out_body_ == nullptr || is_body_shared_) return true;
  if (held_bytes_ > 0 || admission_ == nullptr) return true;
  if (!admission_->hold(out_body_->size())) return false;
  held_bytes_ = out_body_->size();
  return true;
}

void HttpConnection::let_body_go() {
  if (held_bytes_ > 0) admission_->let_go(held_bytes_);
  held_bytes_ = 0;
}

void HttpConnection::wait_for_room() {
  if (!hold_body()) {
    core_.add(Count::kWriteOverflows);
    is_cut_off_ = true;
    return close();
  }
  if (deadline_ != Deadline::kWrite || write_progress_ >= kWriteProgressBytes) {
    write_progress_ = 0;
    set_deadline(Deadline::kWrite, core_.config.write_time_max);
  }
  is_write_waiting_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& code) {
    self->is_write_waiting_ = false;
    if (self->state_ == State::kClosed) return;
    if (code) return self->close();
    self->run();
  });
}

void HttpConnection::read() {
  if (is_reading_ || has_left_) return;
  const std::span<char> room = in_.lend();
  if (room.empty()) return;  // pipelined requests fill it: they wait for their turn
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [self = shared_from_this()](const error_code& code, std::size_t bytes) {
                            self->is_reading_ = false;
                            self->on_read(code, bytes);
                          });
}

void HttpConnection::on_read(const error_code& code, std::size_t bytes) {
  if (state_ == State::kClosed) return;
  core_.add(Count::kBytesIn, bytes);
  in_.give_back(bytes);
  if (state_ == State::kLingering) {
    in_.clear();
    if (code) return close();
    return read();
  }
  if (code == asio::error::eof) {
    has_left_ = true;
    // It may still read, but nobody needs to work hard for it.
    sink_->set_open_exchange(0);
  } else if (code) {
    if (state_ == State::kHandling) core_.add(Count::kAbandoned);
    return close();
  }
  run();
}

// What the other end still sends is read and dropped for a while: closing at once would reset the
// connection and could destroy our last answer on its way.
void HttpConnection::begin_linger() {
  if (has_left_) return close();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  state_ = State::kLingering;
  in_.clear();
  set_deadline(Deadline::kLinger, core_.config.linger_time_max);
  read();
}

void HttpConnection::close() {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  state_ = State::kClosed;
  sink_->detach();
  let_body_go();
  error_code ignored;
  socket_.close(ignored);
  emit_log(false);
  thread_.remove(*this);
}

// --- Deadlines ----------------------------------------------------------------------------------

void HttpConnection::on_tick(nanoseconds now) {
  if (state_ == State::kClosed || deadline_ == Deadline::kNone || now < deadline_at_) return;
  const auto self = shared_from_this();
  const Deadline passed = std::exchange(deadline_, Deadline::kNone);
  switch (passed) {
    case Deadline::kHead:
      if (!parser_.has_begun()) {
        core_.add(Count::kSilent);
        return close();
      }
      begun_at_ = now;
      refuse(Refusal::kHeadTimeout);
      break;
    case Deadline::kBody:
      refuse(Refusal::kBodyTimeout);
      break;
    case Deadline::kAnswer:
      refuse(Refusal::kAnswerTimeout);
      break;
    case Deadline::kWrite:
      core_.add(Count::kWriteTimeouts);
      is_cut_off_ = true;
      return close();
    default:
      return close();
  }
  run();
}

void HttpConnection::on_stop() {
  must_close_ = true;
  const bool is_idle = state_ == State::kReading && in_.empty() && !is_head_read_;
  if (is_idle && !is_write_waiting_) close();
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

void start_http_connection(IoThread& thread, ServerCore& core, NewConnection connection) {
  if (core.is_stopping()) return;
  const auto made = std::make_shared<HttpConnection>(thread, core, std::move(connection));
  thread.add(made);
  made->start();
}

}  // namespace faultline
