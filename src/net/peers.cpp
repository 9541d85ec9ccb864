#include "net/peers.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <string>

namespace faultline {
namespace {

namespace asio = boost::asio;

// Fewer peers than this are not worth a walk.
constexpr std::size_t kWalkMin = 1024;

}  // namespace

struct Admission::Peer {
  Peer(double rate, double burst) : bucket(rate, burst), has_rate(rate > 0) {}

  std::size_t connections = 0;  // guarded by the table's mutex
  std::mutex mutex;             // of the bucket; taken after the table's
  TokenBucket bucket;
  const bool has_rate;
  std::atomic<std::size_t> unsent = 0;
};

// --- PeerKey ------------------------------------------------------------------------------------

std::size_t HashPeerKey::operator()(const PeerKey& key) const {
  // Splitmix64's last steps: neighbours must not share a bucket.
  std::uint64_t mixed = key.high * 0x9e3779b97f4a7c15ULL ^ key.low;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

PeerKey peer_key_of(std::string_view text) {
  boost::system::error_code code;
  const asio::ip::address address = asio::ip::make_address(std::string(text), code);
  PeerKey key;
  if (code) return key;
  if (address.is_v4()) {
    key.low = 0xffff'0000'0000ULL | address.to_v4().to_uint();
    return key;
  }
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) {
    key.low = 0xffff'0000'0000ULL | asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_uint();
    return key;
  }
  const auto bytes = v6.to_bytes();
  for (std::size_t index = 0; index < 8; ++index) key.high = key.high << 8 | bytes[index];
  return key;
}

// --- TokenBucket --------------------------------------------------------------------------------

double TokenBucket::saved(std::chrono::nanoseconds now) const {
  const double seconds = std::chrono::duration<double>(std::max(now - at_, {})).count();
  return std::min(burst_, burst_ - spent_ + seconds * rate_);
}

std::optional<std::chrono::nanoseconds> TokenBucket::take(std::chrono::nanoseconds now) {
  if (rate_ <= 0) return std::nullopt;
  const double tokens = saved(now);
  if (tokens < 1) {
    const std::chrono::duration<double> wait((1 - tokens) / rate_);
    return std::chrono::ceil<std::chrono::nanoseconds>(wait);
  }
  spent_ = burst_ - (tokens - 1);
  at_ = std::max(at_, now);
  return std::nullopt;
}

bool TokenBucket::is_full(std::chrono::nanoseconds now) const {
  return rate_ <= 0 || saved(now) >= burst_;
}

// --- Admission ----------------------------------------------------------------------------------

namespace {

// False, and the sum is never changed, where it would be above `max`: what is refused here takes no
// room from others meanwhile.
bool add_within(std::atomic<std::size_t>& sum, std::size_t bytes, std::size_t max) {
  std::size_t now = sum.load(std::memory_order_relaxed);
  do {
    if (bytes > max || now > max - bytes) return false;
  } while (!sum.compare_exchange_weak(now, now + bytes, std::memory_order_relaxed));
  return true;
}

}  // namespace

Admission::~Admission() {
  if (peer_ != nullptr) table_->release(*peer_);
}

std::optional<std::chrono::nanoseconds> Admission::take(std::chrono::nanoseconds now) {
  if (!peer_->has_rate) return std::nullopt;
  const std::scoped_lock lock(peer_->mutex);
  return peer_->bucket.take(now);
}

bool Admission::hold(std::size_t bytes) {
  if (!add_within(peer_->unsent, bytes, table_->unsent_per_peer_max_)) return false;
  if (add_within(table_->unsent_, bytes, table_->unsent_max_)) return true;
  peer_->unsent.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void Admission::let_go(std::size_t bytes) {
  peer_->unsent.fetch_sub(bytes, std::memory_order_relaxed);
  table_->unsent_.fetch_sub(bytes, std::memory_order_relaxed);
}

// --- PeerTable ----------------------------------------------------------------------------------

PeerTable::PeerTable(const ServerConfig& config)
    : connections_max_(config.connections_max),
      per_peer_max_(config.connections_per_peer_max),
      peers_max_(config.peers_max),
      rate_per_second_(config.requests_per_second),
      burst_(config.request_burst),
      unsent_max_(config.unsent_bytes_max),
      unsent_per_peer_max_(config.unsent_bytes_per_peer_max),
      next_walk_(std::min(kWalkMin, config.peers_max)) {}

PeerTable::~PeerTable() = default;

Result<Admission, Refusal> PeerTable::admit(PeerKey key, std::chrono::nanoseconds now) {
  const std::scoped_lock lock(mutex_);
  if (connections_ >= connections_max_) return Refusal::kConnections;
  auto found = peers_.find(key);
  if (found == peers_.end()) {
    if (peers_.size() >= next_walk_) forget_idle(now);
    if (peers_.size() >= peers_max_) return Refusal::kConnections;
    auto peer = std::make_shared<Admission::Peer>(rate_per_second_, burst_);
    found = peers_.emplace(key, std::move(peer)).first;
  }
  if (found->second->connections >= per_peer_max_) return Refusal::kPeerConnections;
  ++found->second->connections;
  ++connections_;
  return Admission(*this, found->second);
}

void PeerTable::release(Admission::Peer& peer) {
  const std::scoped_lock lock(mutex_);
  --peer.connections;
  --connections_;
}

void PeerTable::forget_idle(std::chrono::nanoseconds now) {
  std::erase_if(peers_, [now](const auto& entry) {
    if (entry.second->connections > 0) return false;
    const std::scoped_lock lock(entry.second->mutex);
    return entry.second->bucket.is_full(now);
  });
  next_walk_ = std::min(std::max(kWalkMin, 2 * peers_.size()), peers_max_);
}

std::size_t PeerTable::connection_count() const {
  const std::scoped_lock lock(mutex_);
  return connections_;
}

std::size_t PeerTable::peer_count() const {
  const std::scoped_lock lock(mutex_);
  return peers_.size();
}

}  // namespace faultline
