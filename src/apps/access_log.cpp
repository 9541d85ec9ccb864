#include "apps/access_log.hpp"

#include <cstdio>

#include "base/clock.hpp"

namespace faultline {

AccessLog::AccessLog(double lines_per_second)
    : rate_(lines_per_second, 2 * lines_per_second),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

AccessLog::~AccessLog() {
  thread_.request_stop();
  changed_.notify_all();
}

void AccessLog::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kWaitingMax || rate_.take(monotonic_now())) {
    ++dropped_;
    return;
  }
  tell_dropped();
  waiting_.emplace_back(line);
  changed_.notify_all();
}

// Requires: the mutex is held.
void AccessLog::tell_dropped() {
  if (dropped_ == 0) return;
  waiting_.push_back("{\"dropped_lines\": " + std::to_string(dropped_) + "}");
  dropped_ = 0;
}

void AccessLog::run(const std::stop_token& stop) {
  for (;;) {
    std::deque<std::string> lines;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [&] { return !waiting_.empty(); });
      if (stop.stop_requested()) tell_dropped();
      lines.swap(waiting_);
    }
    if (lines.empty()) return;  // it was asked to stop
    for (const std::string& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace faultline
