#include "net/http_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "net/http_connection.hpp"

namespace faultline {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr int kIoThreadsMax = 64;
constexpr milliseconds kTickMin{5};
constexpr milliseconds kTickMax{250};
// Connections that are accepted before others have their turn.
constexpr int kAcceptsAtOnceMax = 64;
// Connections beyond the limits that are told so at once; more are closed without a word.
constexpr std::size_t kRefusedOpenMax = 64;
// After the system had no descriptor left.
constexpr milliseconds kAcceptPause{50};
// What is left after a stop is closed; its handlers need a moment to see it.
constexpr milliseconds kKillGrace{5'000};

bool is_sensible(const ServerConfig& config) {
  const milliseconds shortest =
      std::min({config.head_time_max, config.body_time_max, config.idle_time_max,
                config.answer_time_max, config.write_time_max, config.linger_time_max,
                config.web_socket_idle_max, config.web_socket_close_max});
  const HttpResponse probe{.status = 200, .content_type = {}, .headers = config.default_headers};
  return config.io_thread_count >= 1 && config.io_thread_count <= kIoThreadsMax &&
         config.backlog > 0 && config.connections_max > 0 && config.connections_per_peer_max > 0 &&
         config.peers_max > 0 && config.unsent_bytes_max > 0 &&
         config.unsent_bytes_per_peer_max > 0 && config.requests_per_second >= 0 &&
         config.request_burst >= 1 && config.head_bytes_max >= 256 &&
         config.head_bytes_max <= (std::size_t{1} << 20) && config.header_count_max > 0 &&
         config.url_bytes_max > 0 && config.requests_per_connection_max > 0 &&
         shortest > milliseconds(0) && config.message_bytes_max > 0 && config.queue_bytes_max > 0 &&
         config.send_buffer_bytes >= 4096 && config.send_buffer_bytes <= (std::size_t{64} << 20) &&
         is_sendable(probe);
}

milliseconds tick_of(const ServerConfig& config) {
  const milliseconds shortest = std::min(
      {config.head_time_max, config.body_time_max, config.idle_time_max, config.answer_time_max,
       config.write_time_max, config.linger_time_max, config.web_socket_close_max});
  return std::clamp(shortest / 8, kTickMin, kTickMax);
}

Error error_of(const error_code& code) {
  if (code == asio::error::address_in_use) return Error{Errc::kAddressInUse};
  if (code.value() == EADDRNOTAVAIL) return Error{Errc::kBadAddress};
  return Error{Errc::kCannotListen};
}

}  // namespace

// The acceptor lives on the first thread; connections go to the threads in turn.
class HttpServer::Impl {
 public:
  Impl(ServerConfig config, ServerHandlers handlers)
      : core_(std::move(config), std::move(handlers)) {
    for (int index = 0; index < core_.config.io_thread_count; ++index) {
      threads_.push_back(std::make_unique<IoThread>(tick_of(core_.config)));
    }
    acceptor_ = std::make_unique<tcp::acceptor>(threads_.front()->context<asio::io_context>());
    pause_ = std::make_unique<asio::steady_timer>(threads_.front()->context<asio::io_context>());
  }

  ~Impl() { stop(kStopGrace); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> listen() {
    error_code code;
    const asio::ip::address address = asio::ip::make_address(core_.config.address, code);
    if (code) return Error{Errc::kBadAddress};
    const tcp::endpoint endpoint(address, core_.config.port);
    acceptor_->open(endpoint.protocol(), code);
    // A server that was just stopped leaves connections behind that hold the port for a minute.
    if (!code) acceptor_->set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor_->bind(endpoint, code);
    if (!code) acceptor_->listen(core_.config.backlog, code);
    if (!code) acceptor_->non_blocking(true, code);
    if (code) return error_of(code);
    const tcp::endpoint local = acceptor_->local_endpoint(code);
    if (code) return error_of(code);
    address_ = local.address().to_string();
    port_ = local.port();
    return {};
  }

  void start() {
    wait_to_accept();
    is_started_ = true;
    for (const auto& thread : threads_) thread->start();
  }

  void stop(milliseconds grace) {
    for (const auto& thread : threads_) FAULTLINE_CHECK(!thread->is_current());
    const std::scoped_lock lock(stop_mutex_);
    if (!is_started_ || is_stopped_) return;
    is_stopped_ = true;
    core_.begin_stop();
    threads_.front()->post([this] {
      error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
    });
    for (const auto& thread : threads_) thread->stop_all();
    if (!core_.wait_until_empty(grace)) {
      for (const auto& thread : threads_) thread->kill_all();
      core_.wait_until_empty(kKillGrace);
    }
    for (const auto& thread : threads_) thread->join();
  }

  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }
  const ServerCore& core() const { return core_; }

 private:
  void wait_to_accept() {
    acceptor_->async_wait(tcp::acceptor::wait_read, [this](const error_code& code) {
      if (code || core_.is_stopping()) return;
      if (accept_some()) return wait_to_accept();
      core_.add(Count::kAcceptErrors);
      pause_->expires_after(kAcceptPause);
      pause_->async_wait([this](const error_code& cancelled) {
        if (!cancelled && !core_.is_stopping()) wait_to_accept();
      });
    });
  }

  // False when the system has no room for another connection.
  bool accept_some() {
    for (int count = 0; count < kAcceptsAtOnceMax; ++count) {
      tcp::endpoint peer;
      auto size = static_cast<socklen_t>(peer.capacity());
      const int fd =
          ::accept4(acceptor_->native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
        continue;  // a connection that broke while it waited
      }
      peer.resize(size);
      UniqueFd owned(fd);
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      take(std::move(owned), peer.address());
    }
    return true;
  }

  void take(UniqueFd fd, const asio::ip::address& address) {
    core_.add(Count::kAccepted);
    NewConnection connection{std::move(fd), address.to_string(), nullptr, std::nullopt};
    Result<Admission, Refusal> admitted =
        core_.peers.admit(peer_key_of(connection.peer), monotonic_now());
    if (admitted) {
      connection.admission = std::make_unique<Admission>(std::move(admitted).value());
    } else {
      connection.refusal = admitted.error();
      const std::uint64_t open = core_.counters().connections_open;
      if (open >= core_.peers.connection_count() + kRefusedOpenMax) {
        core_.add_refusal(admitted.error());
        return;
      }
    }
    IoThread& thread = *threads_[next_thread_];
    next_thread_ = (next_thread_ + 1) % threads_.size();
    if (threads_.size() == 1) {
      start_http_connection(thread, core_, std::move(connection));
      return;
    }
    auto shared = std::make_shared<NewConnection>(std::move(connection));
    thread.post(
        [this, &thread, shared] { start_http_connection(thread, core_, std::move(*shared)); });
  }

  ServerCore core_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::unique_ptr<asio::steady_timer> pause_;
  std::size_t next_thread_ = 0;
  std::string address_;
  std::uint16_t port_ = 0;
  std::mutex stop_mutex_;
  bool is_started_ = false;
  bool is_stopped_ = false;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerConfig config,
                                                      ServerHandlers handlers) {
  if (!is_sensible(config) || !handlers.on_request) return Error{Errc::kBadRequest};
  auto impl = std::make_unique<Impl>(std::move(config), std::move(handlers));
  const Result<void> listening = impl->listen();
  if (!listening) return listening.error();
  impl->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const std::string& HttpServer::address() const { return impl_->address(); }
std::uint16_t HttpServer::port() const { return impl_->port(); }
ServerCounters HttpServer::counters() const { return impl_->core().counters(); }
void HttpServer::stop(milliseconds grace) { impl_->stop(grace); }

}  // namespace faultline
