#include "serve/worker_pool.hpp"

#include <utility>

#include "base/check.hpp"

namespace faultline {

WorkerPool::WorkerPool(std::size_t thread_count, std::size_t waiting_max)
    : waiting_max_(waiting_max) {
  FAULTLINE_CHECK(thread_count > 0);
  for (std::size_t i = 0; i < thread_count; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

WorkerPool::~WorkerPool() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool WorkerPool::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::run(const std::stop_token& stop) {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) return;
      if (stop.stop_requested()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job();
  }
}

}  // namespace faultline
