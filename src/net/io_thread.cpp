#include "net/io_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "net/http.hpp"

namespace faultline {

namespace asio = boost::asio;

class IoThread::Impl {
 public:
  explicit Impl(std::chrono::milliseconds tick) : tick_(tick), timer_(context_) {
    guard_.emplace(asio::make_work_guard(context_));
  }

  asio::io_context& context() { return context_; }

  void start() {
    wait_for_tick();
    thread_ = std::thread([this] { context_.run(); });
  }

  bool is_current() const { return std::this_thread::get_id() == thread_.get_id(); }

  void add(std::shared_ptr<Live> live) {
    Live* key = live.get();
    live_.emplace(key, std::move(live));
  }

  void remove(Live& live) { live_.erase(&live); }

  // A copy: what is called may remove itself or others.
  std::vector<std::shared_ptr<Live>> all() const {
    std::vector<std::shared_ptr<Live>> out;
    out.reserve(live_.size());
    for (const auto& [key, live] : live_) out.push_back(live);
    return out;
  }

  void join() {
    if (!thread_.joinable()) return;
    FAULTLINE_CHECK(!is_current());
    asio::post(context_, [this] {
      is_ending_ = true;
      timer_.cancel();
      guard_.reset();
    });
    thread_.join();
  }

  std::string_view date() {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(unix_now()).count();
    if (seconds != date_second_) {
      date_second_ = seconds;
      date_ = http_date(seconds);
    }
    return date_;
  }

 private:
  void wait_for_tick() {
    timer_.expires_after(tick_);
    timer_.async_wait([this](const boost::system::error_code& code) {
      if (code || is_ending_) return;
      const std::chrono::nanoseconds now = monotonic_now();
      for (const std::shared_ptr<Live>& live : all()) live->on_tick(now);
      wait_for_tick();
    });
  }

  const std::chrono::milliseconds tick_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_;
  std::unordered_map<Live*, std::shared_ptr<Live>> live_;
  std::thread thread_;
  std::int64_t date_second_ = -1;
  std::string date_;
  bool is_ending_ = false;
};

IoThread::IoThread(std::chrono::milliseconds tick) : impl_(std::make_unique<Impl>(tick)) {}
IoThread::~IoThread() { join(); }

template <class Context>
Context& IoThread::context() {
  return impl_->context();
}
template asio::io_context& IoThread::context();

void IoThread::start() { impl_->start(); }
void IoThread::post(std::function<void()> work) { asio::post(impl_->context(), std::move(work)); }
bool IoThread::is_current() const { return impl_->is_current(); }
void IoThread::add(std::shared_ptr<Live> live) { impl_->add(std::move(live)); }
void IoThread::remove(Live& live) { impl_->remove(live); }

void IoThread::stop_all() {
  post([this] {
    for (const std::shared_ptr<Live>& live : impl_->all()) live->on_stop();
  });
}

void IoThread::kill_all() {
  post([this] {
    for (const std::shared_ptr<Live>& live : impl_->all()) live->kill();
  });
}

void IoThread::join() { impl_->join(); }
std::string_view IoThread::date() { return impl_->date(); }

}  // namespace faultline
