#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"
#include "net/server_config.hpp"

namespace faultline {

// Whom limits are counted for: an IPv4 address, or the first 64 bits of an IPv6 address, since a
// single customer usually has all of the rest.
struct PeerKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const PeerKey&, const PeerKey&) = default;
};

struct HashPeerKey {
  std::size_t operator()(const PeerKey& key) const;
};

// Of an address as text, as HttpRequest::peer() has it. An IPv4 address may be mapped into IPv6.
// Text that is no address has a key of its own, like all such text.
PeerKey peer_key_of(std::string_view address);

// So many a second on average, so many at once. A rate of 0 gives always.
//
// Thread safety: none. Cost: no timer; what was saved up is computed when asked.
class TokenBucket {
 public:
  TokenBucket(double rate_per_second, double burst) : rate_(rate_per_second), burst_(burst) {}

  // Takes one, or tells how long until there is one.
  std::optional<std::chrono::nanoseconds> take(std::chrono::nanoseconds now);
  bool is_full(std::chrono::nanoseconds now) const;

 private:
  double saved(std::chrono::nanoseconds now) const;

  double rate_;
  double burst_;
  double spent_ = 0;  // burst minus what is saved, at `at_`
  std::chrono::nanoseconds at_{0};
};

class PeerTable;

// One admitted connection: gives its place back when it is destroyed. Requires: the table outlives
// it.
class Admission {
 public:
  Admission(Admission&&) noexcept = default;
  Admission& operator=(Admission&&) = delete;
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;
  ~Admission();

  // One request or message: absent when it may pass, else how long to wait. Any thread.
  std::optional<std::chrono::nanoseconds> take(std::chrono::nanoseconds now);

  // Bytes that wait for the peer: false, and nothing is held, where the peer or all of them
  // together would have more than they may. What is held is to be let go. Any thread.
  [[nodiscard]] bool hold(std::size_t bytes);
  void let_go(std::size_t bytes);

 private:
  friend class PeerTable;
  struct Peer;
  Admission(PeerTable& table, std::shared_ptr<Peer> peer)
      : table_(&table), peer_(std::move(peer)) {}

  PeerTable* table_;
  std::shared_ptr<Peer> peer_;  // null after a move
};

// Who is connected, and how much each may still ask.
//
// A peer is remembered until it has no connection and its bucket is full again: closing and opening
// connections gains nothing. Invariant: at most `peers_max` are remembered.
// Thread safety: all functions from any thread. Cost: one lock; now and then a walk over all peers.
class PeerTable {
 public:
  explicit PeerTable(const ServerConfig& config);
  ~PeerTable();
  PeerTable(const PeerTable&) = delete;
  PeerTable& operator=(const PeerTable&) = delete;

  // Errors: kConnections (too many in total or too many peers), kPeerConnections.
  Result<Admission, Refusal> admit(PeerKey key, std::chrono::nanoseconds now);

  std::size_t connection_count() const;
  std::size_t peer_count() const;

 private:
  friend class Admission;
  void release(Admission::Peer& peer);
  void forget_idle(std::chrono::nanoseconds now);

  const std::size_t connections_max_;
  const std::size_t per_peer_max_;
  const std::size_t peers_max_;
  const double rate_per_second_;
  const double burst_;
  const std::size_t unsent_max_;
  const std::size_t unsent_per_peer_max_;
  std::atomic<std::size_t> unsent_ = 0;
  mutable std::mutex mutex_;
  std::size_t connections_ = 0;
  std::size_t next_walk_;
  std::unordered_map<PeerKey, std::shared_ptr<Admission::Peer>, HashPeerKey> peers_;
};

}  // namespace faultline
