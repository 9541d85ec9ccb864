#include "net/web_socket.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "net/url.hpp"
#include "net/web_socket_channel.hpp"

namespace faultline {
namespace {

// A closing frame holds 125 bytes, two of them the code (RFC 6455, section 5.5).
constexpr std::size_t kReasonBytesMax = 123;

std::size_t cost_of(const WebSocketChannel::Message& message) {
  return message.bytes->size() + kMessageOverheadBytes;
}

// The longest beginning that fits and is UTF-8.
std::string cut_reason(std::string_view reason) {
  std::size_t size = std::min(reason.size(), kReasonBytesMax);
  while (size > 0 && !is_utf8(reason.substr(0, size))) --size;
  return std::string(reason.substr(0, size));
}

}  // namespace

// --- The channel --------------------------------------------------------------------------------

// Called with the lock held: after end() no wake-up is under way.
void WebSocketChannel::wake(std::unique_lock<std::mutex>& lock) {
  FAULTLINE_CHECK(lock.owns_lock());
  if (is_woken_ || !wake_) return;
  is_woken_ = true;
  wake_();
}

SendOutcome WebSocketChannel::send(Kind kind, std::shared_ptr<const std::string> bytes) {
  FAULTLINE_CHECK(bytes != nullptr);
  Message message{kind, std::move(bytes)};
  const std::size_t cost = cost_of(message);
  std::unique_lock lock(mutex_);
  if (!wake_ || closing_) return SendOutcome::kClosed;
  const std::size_t queued = queued_bytes_.load(std::memory_order_relaxed);
  if (cost > queue_bytes_max_ - queued) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return SendOutcome::kFull;
  }
  queued_bytes_.store(queued + cost, std::memory_order_relaxed);
  queue_.push_back(std::move(message));
  wake(lock);
  return SendOutcome::kQueued;
}

void WebSocketChannel::close(CloseCode code, std::string_view reason) {
  std::unique_lock lock(mutex_);
  if (!wake_ || closing_) return;
  closing_ = Closing{code, cut_reason(reason)};
  is_open_.store(false, std::memory_order_relaxed);
  wake(lock);
}

std::optional<WebSocketChannel::Message> WebSocketChannel::next() {
  const std::scoped_lock lock(mutex_);
  is_woken_ = false;
  if (queue_.empty()) return std::nullopt;
  Message message = std::move(queue_.front());
  queue_.pop_front();
  return message;
}

bool WebSocketChannel::finished(const Message& message) {
  const std::scoped_lock lock(mutex_);
  const std::size_t queued = queued_bytes_.load(std::memory_order_relaxed);
  queued_bytes_.store(queued - std::min(queued, cost_of(message)), std::memory_order_relaxed);
  return queue_.empty();
}

std::optional<WebSocketChannel::Closing> WebSocketChannel::closing() const {
  const std::scoped_lock lock(mutex_);
  return closing_;
}

void WebSocketChannel::end() {
  const std::scoped_lock lock(mutex_);
  wake_ = nullptr;
  is_open_.store(false, std::memory_order_relaxed);
  queue_.clear();
  queued_bytes_.store(0, std::memory_order_relaxed);
}

// --- The handle ---------------------------------------------------------------------------------

SendOutcome WebSocket::send_text(std::shared_ptr<const std::string> text) const {
  return channel_->send(WebSocketChannel::Kind::kText, std::move(text));
}

SendOutcome WebSocket::send_binary(std::shared_ptr<const std::string> bytes) const {
  return channel_->send(WebSocketChannel::Kind::kBinary, std::move(bytes));
}

std::size_t WebSocket::queued_bytes() const { return channel_->queued_bytes(); }
bool WebSocket::is_open() const { return channel_->is_open(); }

void WebSocket::close(CloseCode code, std::string_view reason) const {
  channel_->close(code, reason);
}

}  // namespace faultline
