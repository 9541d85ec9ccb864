#include "net/access_log.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/clock.hpp"

namespace faultline {
namespace {

constexpr int kLookMs = 100;
// What a pipe takes without waiting once it says that there is room.
constexpr std::size_t kPieceBytes = 4096;

}  // namespace

AccessLog::AccessLog(double lines_per_second, int file)
    : file_(file),
      rate_(lines_per_second, 2 * lines_per_second),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

AccessLog::~AccessLog() {
  thread_.request_stop();
  changed_.notify_all();
}

void AccessLog::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (rate_.take(monotonic_now())) {
    ++dropped_;
    return;
  }
  queue(line);
}

void AccessLog::add_always(std::string_view line) {
  const std::lock_guard lock(mutex_);
  queue(line);
}

// Requires: the mutex is held.
void AccessLog::queue(std::string_view line) {
  if (waiting_bytes_ + line.size() > kWaitingBytesMax) {
    ++dropped_;
    return;
  }
  tell_dropped();
  waiting_.push_back(std::string(line) + '\n');
  waiting_bytes_ += waiting_.back().size();
  changed_.notify_all();
}

// Requires: the mutex is held.
void AccessLog::tell_dropped() {
  if (dropped_ == 0) return;
  waiting_.push_back("{\"dropped_lines\": " + std::to_string(dropped_) + "}\n");
  waiting_bytes_ += waiting_.back().size();
  dropped_ = 0;
}

void AccessLog::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, stop, [&] { return !waiting_.empty(); });
    if (waiting_.empty() && stop.stop_requested()) tell_dropped();
    if (waiting_.empty()) return;  // it was asked to stop
    const std::string line = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool is_written = write(line, stop);
    lock.lock();
    waiting_bytes_ -= line.size();
    if (is_written) continue;
    if (stop.stop_requested()) return;  // nobody reads what would be told of it
    ++dropped_;
  }
}

bool AccessLog::write(std::string_view text, const std::stop_token& stop) {
  while (!text.empty()) {
    if (!wait_for_room(stop)) return false;
    const ssize_t written = ::write(file_, text.data(), std::min(text.size(), kPieceBytes));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// False where there is nobody to read, or nobody has read until it was time to stop.
bool AccessLog::wait_for_room(const std::stop_token& stop) {
  for (;;) {
    std::array<pollfd, 1> looked = {{{.fd = file_, .events = POLLOUT, .revents = 0}}};
    if (::poll(looked.data(), looked.size(), kLookMs) > 0)
      return (looked[0].revents & POLLOUT) != 0;
    if (!stop.stop_requested()) continue;
    if (!give_up_at_) give_up_at_ = monotonic_now() + kGrace;
    if (monotonic_now() >= *give_up_at_) return false;
  }
}

}  // namespace faultline
