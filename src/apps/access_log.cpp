#include "apps/access_log.hpp"

#include <cstdio>

namespace faultline {

AccessLog::AccessLog() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

AccessLog::~AccessLog() {
  thread_.request_stop();
  changed_.notify_all();
}

void AccessLog::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kWaitingMax) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) {
    waiting_.push_back("{\"dropped_lines\": " + std::to_string(dropped_) + "}");
    dropped_ = 0;
  }
  waiting_.emplace_back(line);
  changed_.notify_all();
}

void AccessLog::run(const std::stop_token& stop) {
  for (;;) {
    std::deque<std::string> lines;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [&] { return !waiting_.empty(); });
      lines.swap(waiting_);
    }
    if (lines.empty()) return;  // it was asked to stop
    for (const std::string& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace faultline
