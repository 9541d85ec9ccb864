#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "net/http_server.hpp"
#include "net/peers.hpp"

namespace faultline {

enum class Count : std::uint8_t {
  kAccepted,
  kAcceptErrors,
  kSilent,
  kOpen,
  kRequests,
  kAbandoned,
  kBytesIn,
  kBytesOut,
  kWriteTimeouts,
  kWriteOverflows,
  kSocketsAccepted,
  kSocketsOpen,
  kMessagesIn,
  kMessagesOut,
  kSendsRefused,
  kProtocolErrors,
  kCount,
};

// What all connections of a server share. Thread safety: all functions from any thread.
class ServerCore {
 public:
  ServerCore(ServerConfig config, ServerHandlers handlers);

  const ServerConfig config;
  const ServerHandlers handlers;
  const std::string default_head;  // ServerConfig::default_headers as they are written
  PeerTable peers;

  void add(Count count, std::uint64_t by = 1) {
    counts_[static_cast<std::size_t>(count)].fetch_add(by, std::memory_order_relaxed);
  }
  void subtract(Count count) {
    counts_[static_cast<std::size_t>(count)].fetch_sub(1, std::memory_order_relaxed);
  }
  void add_response(int status);
  void add_refusal(Refusal refusal);
  ServerCounters counters() const;

  RequestId next_id();
  // The answer to a refusal, sendable for certain.
  HttpResponse refusal_response(Refusal refusal, RequestId id) const;
  void tell_access(const AccessEntry& entry) const {
    if (handlers.on_access) handlers.on_access(entry);
  }

  bool is_stopping() const { return is_stopping_.load(std::memory_order_relaxed); }
  void begin_stop() { is_stopping_.store(true, std::memory_order_relaxed); }

  // Connections that are served, for stop() to wait for the last one.
  void enter();
  void leave();
  // Whether the last one left before `limit` was over.
  bool wait_until_empty(std::chrono::milliseconds limit);

 private:
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Count::kCount)> counts_ = {};
  std::array<std::atomic<std::uint64_t>, 6> responses_ = {};
  std::array<std::atomic<std::uint64_t>, kRefusalCount> refusals_ = {};
  std::atomic<std::uint64_t> next_id_;
  std::atomic<bool> is_stopping_ = false;
  std::mutex mutex_;
  std::condition_variable is_empty_;
  std::size_t served_ = 0;
};

}  // namespace faultline
