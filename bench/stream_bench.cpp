// Many WebSocket clients that get every update, some of which read too slowly.
//
//   faultline_stream_bench [CLIENTS [SLOW [SECONDS [UPDATE_BYTES]]]]     1000 50 10 2000
//
// The server is a process of its own, so that its memory is its own; ten updates a second. A slow
// client reads 2 KB every half a second. As StreamHub does, the server sends nothing to a client
// that has kQueuedBytesMax waiting, and the newest update alone when it has drained.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "net/http_server.hpp"

namespace faultline {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds kUpdateInterval{100};
constexpr std::size_t kQueuedBytesMax = std::size_t{256} << 10;
constexpr std::size_t kSlowBytes = 2'000;
constexpr milliseconds kSlowInterval{500};
constexpr std::size_t kTimeDigits = 20;  // an update begins with the time when it was made

struct Options {
  std::size_t clients = 1'000;
  std::size_t slow = 50;
  std::size_t seconds = 10;
  std::size_t update_bytes = 2'000;
};

// --- The server, in a process of its own --------------------------------------------------------

class Publisher {
 public:
  WebSocketHandlers session() {
    const auto state = std::make_shared<Session>();
    WebSocketHandlers out;
    out.on_open = [this, state](const WebSocket& socket) {
      const std::scoped_lock lock(mutex_);
      state->socket = socket;
      sessions_.push_back(state);
    };
    out.on_drained = [this, state] {
      const std::scoped_lock lock(mutex_);
      if (state->is_behind && newest_ != nullptr) send(*state, newest_);
    };
    out.on_closed = [this, state](CloseCode) {
      const std::scoped_lock lock(mutex_);
      std::erase(sessions_, state);
    };
    return out;
  }

  void publish(std::size_t bytes) {
    std::string text = std::to_string(monotonic_now().count());
    text.insert(0, kTimeDigits - text.size(), '0');
    text.resize(std::max(bytes, kTimeDigits), 'u');
    const auto update = std::make_shared<const std::string>(std::move(text));
    const std::scoped_lock lock(mutex_);
    newest_ = update;
    for (const auto& session : sessions_) send(*session, update);
  }

 private:
  struct Session {
    std::optional<WebSocket> socket;
    bool is_behind = false;
  };

  static void send(Session& session, const std::shared_ptr<const std::string>& update) {
    session.is_behind = session.socket->queued_bytes() > kQueuedBytesMax ||
                        session.socket->send_text(update) != SendOutcome::kQueued;
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::shared_ptr<const std::string> newest_;
};

// Tells its port through `port_fd`, then publishes until it is killed.
[[noreturn]] void serve(const Options& options, int port_fd) {
  Publisher publisher;
  ServerConfig config;
  config.connections_max = options.clients + 10;
  config.connections_per_peer_max = options.clients + 10;
  ServerHandlers handlers;
  handlers.on_request = [](const HttpRequest&, Responder responder) {
    responder.send(HttpResponse{.status = 404});
  };
  handlers.on_upgrade = [&](const HttpRequest&) -> UpgradeDecision { return publisher.session(); };
  const auto server = HttpServer::start(config, handlers);
  if (!server) std::_Exit(1);
  const std::uint16_t port = (*server)->port();
  if (::write(port_fd, &port, sizeof port) != sizeof port) std::_Exit(1);
  auto due = std::chrono::steady_clock::now();
  for (;;) {
    publisher.publish(options.update_bytes);
    due += kUpdateInterval;
    std::this_thread::sleep_until(due);
  }
}

// --- The clients --------------------------------------------------------------------------------

struct Seen {
  bool is_counting = false;
  std::uint64_t updates = 0;
  std::uint64_t broken = 0;
  std::vector<double> delays_ms;
};

enum class Pace { kFast, kSlow };

class Client : public std::enable_shared_from_this<Client> {
 public:
  Client(asio::io_context& context, Pace pace, Seen& seen)
      : socket_(context), timer_(context), pace_(pace), seen_(seen) {}

  // Blocks until the handshake is done.
  bool open(std::uint16_t port) {
    constexpr std::string_view kHandshake =
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    error_code code;
    socket_.open(tcp::v4(), code);
    if (pace_ == Pace::kSlow) socket_.set_option(tcp::socket::receive_buffer_size(4'096), code);
    socket_.connect({asio::ip::address_v4::loopback(), port}, code);
    if (code) return false;
    asio::write(socket_, asio::buffer(kHandshake.data(), kHandshake.size()), code);
    while (!code && bytes_.find("\r\n\r\n") == std::string::npos) {
      const std::size_t size = socket_.read_some(asio::buffer(buffer_), code);
      bytes_.append(buffer_.data(), size);
    }
    if (code || !bytes_.starts_with("HTTP/1.1 101 ")) return false;
    bytes_.erase(0, bytes_.find("\r\n\r\n") + 4);
    return true;
  }

  void start() { read(); }

 private:
  void read() {
    const std::size_t most = pace_ == Pace::kSlow ? kSlowBytes : buffer_.size();
    socket_.async_read_some(asio::buffer(buffer_.data(), most),
                            [self = shared_from_this()](const error_code& code, std::size_t size) {
                              if (code) return static_cast<void>(++self->seen_.broken);
                              self->bytes_.append(self->buffer_.data(), size);
                              self->take_frames();
                              if (self->pace_ == Pace::kFast) return self->read();
                              self->timer_.expires_after(kSlowInterval);
                              self->timer_.async_wait([self](const error_code& stopped) {
                                if (!stopped) self->read();
                              });
                            });
  }

  void take_frames() {
    std::size_t at = 0;
    while (bytes_.size() - at >= 4) {
      std::size_t size = static_cast<unsigned char>(bytes_[at + 1]);
      std::size_t head = 2;
      if (size == 126) {
        size = static_cast<std::size_t>(static_cast<unsigned char>(bytes_[at + 2])) << 8 |
               static_cast<unsigned char>(bytes_[at + 3]);
        head = 4;
      }
      if (bytes_.size() - at < head + size) break;
      if (seen_.is_counting && bytes_[at] == '\x81') count(at + head);
      at += head + size;
    }
    bytes_.erase(0, at);
  }

  void count(std::size_t at) {
    ++seen_.updates;
    if (pace_ == Pace::kSlow) return;
    std::int64_t made = 0;
    std::from_chars(bytes_.data() + at, bytes_.data() + at + kTimeDigits, made);
    seen_.delays_ms.push_back(static_cast<double>(monotonic_now().count() - made) / 1e6);
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  Pace pace_;
  Seen& seen_;
  std::array<char, 16'384> buffer_;
  std::string bytes_;
};

double megabytes_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

int measure(const Options& options, pid_t server, std::uint16_t port) {
  const double before = megabytes_of(server);
  asio::io_context context(1);
  Seen seen;
  std::vector<std::shared_ptr<Client>> clients;
  for (std::size_t index = 0; index < options.clients; ++index) {
    const Pace pace = index < options.slow ? Pace::kSlow : Pace::kFast;
    clients.push_back(std::make_shared<Client>(context, pace, seen));
    if (!clients.back()->open(port)) {
      std::fprintf(stderr, "client %zu could not connect\n", index);
      return 1;
    }
    clients.back()->start();
    context.poll();
  }
  context.run_for(std::chrono::seconds(2));
  const double open = megabytes_of(server);
  seen.is_counting = true;
  double most = open;
  for (std::size_t second = 0; second < options.seconds; ++second) {
    context.run_for(std::chrono::seconds(1));
    most = std::max(most, megabytes_of(server));
  }
  const auto clients_count = static_cast<double>(options.clients);
  std::printf("clients %zu, of them slow %zu, broken %llu; updates of %zu bytes, 10 a second\n",
              options.clients, options.slow, static_cast<unsigned long long>(seen.broken),
              options.update_bytes);
  std::printf("delivered a second: %.0f (%.0f would be all to those that are not slow)\n",
              static_cast<double>(seen.updates) / static_cast<double>(options.seconds),
              10.0 * static_cast<double>(options.clients - options.slow));
  std::printf("delay in ms: p50 %.2f, p99 %.2f, most %.2f\n", quantile(seen.delays_ms, .5),
              quantile(seen.delays_ms, .99), quantile(seen.delays_ms, 1));
  std::printf("resident MB of the server: %.1f before, %.1f with all clients, %.1f at most\n",
              before, open, most);
  std::printf("a client: %.1f kB; bound of its queue: %zu kB\n",
              (most - before) * 1e3 / clients_count, (kQueuedBytesMax >> 10) + 1);
  return seen.broken == 0 ? 0 : 1;
}

}  // namespace
}  // namespace faultline

int main(int argc, char** argv) {
  using namespace faultline;
  Options options;
  const std::array<std::size_t*, 4> numbers = {&options.clients, &options.slow, &options.seconds,
                                               &options.update_bytes};
  for (int index = 1; index < argc && index <= 4; ++index) {
    *numbers[static_cast<std::size_t>(index) - 1] = std::strtoul(argv[index], nullptr, 10);
  }
  if (options.seconds == 0 || options.slow >= options.clients || options.update_bytes > 60'000) {
    std::fprintf(stderr, "usage: %s [CLIENTS [SLOW [SECONDS [UPDATE_BYTES]]]]\n", argv[0]);
    return 2;
  }
  rlimit files = {};
  const rlim_t needed = options.clients + 100;
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < needed) {
    files.rlim_cur = std::min(needed, files.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  std::array<int, 2> pipe_fds = {};
  if (::pipe(pipe_fds.data()) != 0) return 1;
  const pid_t server = ::fork();
  if (server == 0) serve(options, pipe_fds[1]);
  std::uint16_t port = 0;
  const bool is_up = server > 0 && ::read(pipe_fds[0], &port, sizeof port) == sizeof port;
  const int result = is_up ? measure(options, server, port) : 1;
  if (server > 0) {
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
  }
  return result;
}
