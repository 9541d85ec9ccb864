#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace faultline {

// Lines for stderr, written by a thread of its own: whoever reads them slowly must not hold up the
// service.
//
// Invariant: at most kWaitingMax lines wait. What is beyond is counted, and the count is written
// when there is room again. Thread safety: all functions from any thread.
class AccessLog {
 public:
  static constexpr std::size_t kWaitingMax = 10'000;

  AccessLog();
  // Writes what waits.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(std::string_view line);

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  std::uint64_t dropped_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace faultline
