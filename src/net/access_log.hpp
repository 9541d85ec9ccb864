#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "net/peers.hpp"

namespace faultline {

// Lines for stderr, written by a thread of its own: whoever reads them slowly, or not at all, must
// not hold up the service, nor its end.
//
// Invariant: at most kWaitingBytesMax wait. What is beyond, more than the rate allows, or not to be
// written is counted, and the count is written before the next line and at the end.
// Thread safety: all functions from any thread.
class AccessLog {
 public:
  static constexpr int kStandardError = 2;
  static constexpr std::size_t kWaitingBytesMax = std::size_t{4} << 20;

  // Twice as many lines at once. 0: any number. `file` stays the caller's; of a pipe that nobody
  // reads any more the process must ignore SIGPIPE.
  explicit AccessLog(double lines_per_second, int file = kStandardError);
  // Writes what waits, for as long as kGrace.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(std::string_view line);
  // Without regard to the rate.
  void add_always(std::string_view line);

 private:
  static constexpr std::chrono::seconds kGrace{1};

  void queue(std::string_view line);
  void tell_dropped();
  void run(const std::stop_token& stop);
  bool write(std::string_view text, const std::stop_token& stop);
  bool wait_for_room(const std::stop_token& stop);

  const int file_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;  // each with its end of line
  std::size_t waiting_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  TokenBucket rate_;
  std::optional<std::chrono::nanoseconds> give_up_at_;  // the thread's own, since it is to stop
  std::jthread thread_;                                 // last: it uses all of the above
};

}  // namespace faultline
