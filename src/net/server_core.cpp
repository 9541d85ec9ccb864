#include "net/server_core.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"

namespace faultline {
namespace {

struct RefusalRow {
  Refusal refusal;
  int status;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<RefusalRow, kRefusalCount> kRows{{
    {Refusal::kMalformed, 400, "malformed", "the request is malformed"},
    {Refusal::kMethodUnknown, 405, "method_unknown", "this method is not known here"},
    {Refusal::kHeadTimeout, 408, "head_timeout", "the request took too long to arrive"},
    {Refusal::kBodyTimeout, 408, "body_timeout", "the body took too long to arrive"},
    {Refusal::kBodyTooLarge, 413, "body_too_large", "the body is too large"},
    {Refusal::kUrlTooLong, 414, "url_too_long", "the URL is too long"},
    {Refusal::kExpectationUnknown, 417, "expectation_unknown", "this expectation is unknown"},
    {Refusal::kUpgradeUnknown, 426, "upgrade_unknown", "a WebSocket of version 13 is expected"},
    {Refusal::kRate, 429, "rate", "too many requests"},
    {Refusal::kPeerConnections, 429, "peer_connections", "too many connections from your address"},
    {Refusal::kHeadTooLarge, 431, "head_too_large", "the headers are too large or too many"},
    {Refusal::kAnswerBroken, 500, "answer_broken", "the server could not make an answer"},
    {Refusal::kAnswerTimeout, 503, "answer_timeout", "the server took too long to answer"},
    {Refusal::kConnections, 503, "connections", "too many connections"},
}};

const RefusalRow& row_of(Refusal refusal) { return kRows[static_cast<std::size_t>(refusal)]; }

static_assert([] {
  for (std::size_t index = 0; index < kRows.size(); ++index) {
    if (static_cast<std::size_t>(kRows[index].refusal) != index) return false;
  }
  return true;
}());

std::string head_of(const std::vector<HttpHeader>& headers) {
  std::string out;
  for (const HttpHeader& header : headers) {
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
  return out;
}

// Ids of a server that was started again do not repeat: the second of the start stands in front.
std::uint64_t first_id() {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(unix_now()).count();
  return static_cast<std::uint64_t>(seconds) << 32;
}

}  // namespace

int status_of(Refusal refusal) { return row_of(refusal).status; }
std::string_view name_of(Refusal refusal) { return row_of(refusal).name; }
std::string_view meaning_of(Refusal refusal) { return row_of(refusal).meaning; }

ServerCore::ServerCore(ServerConfig own_config, ServerHandlers own_handlers)
    : config(std::move(own_config)),
      handlers(std::move(own_handlers)),
      default_head(head_of(config.default_headers)),
      peers(config),
      next_id_(first_id()) {}

void ServerCore::add_response(int status) {
  const auto index = static_cast<std::size_t>(std::clamp(status / 100, 0, 5));
  responses_[index].fetch_add(1, std::memory_order_relaxed);
}

void ServerCore::add_refusal(Refusal refusal) {
  refusals_[static_cast<std::size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
}

ServerCounters ServerCore::counters() const {
  const auto get = [this](Count count) {
    return counts_[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
  };
  ServerCounters out;
  out.connections_accepted = get(Count::kAccepted);
  out.connections_open = get(Count::kOpen);
  out.connections_silent = get(Count::kSilent);
  out.accept_errors = get(Count::kAcceptErrors);
  out.requests = get(Count::kRequests);
  out.requests_abandoned = get(Count::kAbandoned);
  out.bytes_in = get(Count::kBytesIn);
  out.bytes_out = get(Count::kBytesOut);
  out.write_timeouts = get(Count::kWriteTimeouts);
  out.write_overflows = get(Count::kWriteOverflows);
  out.web_sockets_accepted = get(Count::kSocketsAccepted);
  out.web_sockets_open = get(Count::kSocketsOpen);
  out.web_socket_messages_in = get(Count::kMessagesIn);
  out.web_socket_messages_out = get(Count::kMessagesOut);
  out.web_socket_sends_refused = get(Count::kSendsRefused);
  out.web_socket_protocol_errors = get(Count::kProtocolErrors);
  for (std::size_t index = 0; index < responses_.size(); ++index) {
    out.responses_by_class[index] = responses_[index].load(std::memory_order_relaxed);
  }
  for (std::size_t index = 0; index < refusals_.size(); ++index) {
    out.refused[index] = refusals_[index].load(std::memory_order_relaxed);
  }
  return out;
}

RequestId ServerCore::next_id() {
  return RequestId{next_id_.fetch_add(1, std::memory_order_relaxed)};
}

HttpResponse ServerCore::refusal_response(Refusal refusal, RequestId id) const {
  const int status = status_of(refusal);
  HttpResponse response;
  if (config.make_refusal) {
    response = config.make_refusal(refusal, id);
    response.status = status;
  }
  if (!config.make_refusal || !is_sendable(response)) {
    response = HttpResponse::of(status, "text/plain; charset=utf-8",
                                std::string(meaning_of(refusal)) + '\n');
  }
  if (refusal == Refusal::kMethodUnknown) {
    response.headers.push_back({"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"});
  } else if (refusal == Refusal::kUpgradeUnknown) {
    response.headers.push_back({"Sec-WebSocket-Version", "13"});
    response.headers.push_back({"Upgrade", "websocket"});
  } else if (refusal == Refusal::kPeerConnections || refusal == Refusal::kConnections) {
    response.headers.push_back({"Retry-After", "1"});
  }
  return response;
}

void ServerCore::enter() {
  const std::scoped_lock lock(mutex_);
  ++served_;
}

void ServerCore::leave() {
  const std::scoped_lock lock(mutex_);
  if (--served_ == 0) is_empty_.notify_all();
}

bool ServerCore::wait_until_empty(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return is_empty_.wait_for(lock, limit, [this] { return served_ == 0; });
}

}  // namespace faultline
