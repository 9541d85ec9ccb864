#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "net/peers.hpp"

namespace faultline {

// Lines for stderr, written by a thread of its own: whoever reads them slowly must not hold up the
// service.
//
// Invariant: at most kWaitingMax lines wait. What is beyond, or more than the rate allows, is
// counted, and the count is written before the next line and at the end.
// Thread safety: all functions from any thread.
class AccessLog {
 public:
  static constexpr std::size_t kWaitingMax = 10'000;

  // Twice as many lines at once. 0: any number.
  explicit AccessLog(double lines_per_second);
  // Writes what waits.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(std::string_view line);

 private:
  void run(const std::stop_token& stop);
  void tell_dropped();

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  std::uint64_t dropped_ = 0;
  TokenBucket rate_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace faultline
