#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace faultline {

// Something open that a thread watches over. All functions are called on that thread.
class Live {
 public:
  Live() = default;
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  virtual ~Live() = default;

  // Regularly, to see whether a deadline has passed.
  virtual void on_tick(std::chrono::nanoseconds now) = 0;
  // The server stops: end soon.
  virtual void on_stop() = 0;
  // End now.
  virtual void kill() = 0;
};

// One event loop, its thread, and the connections that it owns.
//
// Why ticks and not a timer for each deadline: deadlines move with every request and nearly never
// pass; moving one is then an assignment. Thread safety: post() from any thread; add(), remove()
// and date() on the loop's own.
class IoThread {
 public:
  explicit IoThread(std::chrono::milliseconds tick);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // The event loop as the library's own type, which io_thread.cpp knows and headers need not name:
  // only boost::asio::io_context links.
  template <class Context>
  Context& context();
  void start();
  void post(std::function<void()> work);
  bool is_current() const;

  // Owns it until remove().
  void add(std::shared_ptr<Live> live);
  void remove(Live& live);

  // Calls on_stop() or kill() of all, on the thread.
  void stop_all();
  void kill_all();
  // Lets the loop end when nothing is left, and waits for it.
  void join();

  // The text of the Date header. Cost: made new once a second.
  std::string_view date();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline
