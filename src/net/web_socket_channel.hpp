#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/web_socket.hpp"

namespace faultline {

// What handles of a session share with it: its queue.
//
// Why apart from the session: handles live on in other threads after session and server are gone.
// The session attaches a wake-up, which posts to its thread, and detaches it when it ends.
// Invariant: queued_bytes() <= queue_bytes_max. Thread safety: all functions from any thread.
class WebSocketChannel {
 public:
  enum class Kind : std::uint8_t { kText, kBinary };
  struct Message {
    Kind kind;
    std::shared_ptr<const std::string> bytes;
  };
  struct Closing {
    CloseCode code;
    std::string reason;
  };

  WebSocketChannel(std::size_t queue_bytes_max, std::function<void()> wake)
      : queue_bytes_max_(queue_bytes_max), wake_(std::move(wake)) {}

  SendOutcome send(Kind kind, std::shared_ptr<const std::string> bytes);
  void close(CloseCode code, std::string_view reason);
  std::size_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  bool is_open() const { return is_open_.load(std::memory_order_relaxed); }

  // The session's side. The next message stays counted until finished().
  std::optional<Message> next();
  // True when nothing is queued any more.
  bool finished(const Message& message);
  // What close() asked for.
  std::optional<Closing> closing() const;
  // No more sends and wake-ups; drops what is queued.
  void end();
  std::uint64_t take_refused_count() { return refused_.exchange(0, std::memory_order_relaxed); }

 private:
  void wake(std::unique_lock<std::mutex>& lock);

  const std::size_t queue_bytes_max_;
  std::atomic<std::size_t> queued_bytes_ = 0;
  std::atomic<bool> is_open_ = true;
  std::atomic<std::uint64_t> refused_ = 0;
  mutable std::mutex mutex_;
  std::function<void()> wake_;  // empty once the session has ended
  std::deque<Message> queue_;
  std::optional<Closing> closing_;
  bool is_woken_ = false;  // and has not looked at the queue since
};

}  // namespace faultline
