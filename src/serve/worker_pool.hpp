#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace faultline {

// Threads that make answers, so that the I/O thread never waits for one.
//
// Invariant: at most `waiting_max` jobs wait; a job beyond it is refused, and its owner says so.
// Thread safety: post() from any thread. The destructor drops what waits and lets what runs end.
class WorkerPool {
 public:
  // Requires: thread_count > 0 (checked).
  WorkerPool(std::size_t thread_count, std::size_t waiting_max);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False where too many wait already.
  [[nodiscard]] bool post(std::function<void()> job);

 private:
  void run(const std::stop_token& stop);

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace faultline
