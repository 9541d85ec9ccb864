#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "net/web_socket.hpp"
#include "text/json.hpp"

namespace faultline {

// Topics and who listens to them: a snapshot, then every change, numbered (docs/formats/api.md).
//
//   publish(topic, data) ──> numbered, kept for a while ──> each listener's socket
//                                                             │ it is behind
//                                                             └──> the newest, when it has drained
//
// Slow readers: while a socket has more than kQueuedBytesMax waiting, nothing is sent to it; when it
// has drained it gets the newest update alone, and how many that stands for. Nothing grows with how
// slow it is.
// Thread safety: all functions from any thread. Memory: kUpdatesKept updates a topic, and a few
// words a subscription.
class StreamHub {
 public:
  static constexpr std::size_t kUpdatesKept = 512;
  static constexpr std::size_t kQueuedBytesMax = 256 * 1024;
  static constexpr std::size_t kSubscriptionsMax = 64;  // of one session

  // `snapshot` gives the data that a new listener begins with; null while there is none.
  using Snapshot = std::function<JsonValue()>;
  // Requires: a topic that was not added before.
  void add_topic(std::string channel, std::string instrument, Snapshot snapshot);
  void publish(std::string_view channel, std::string_view instrument, const JsonValue& data);

  // The handlers of a new session.
  WebSocketHandlers session();
  std::size_t session_count() const;

 private:
  struct Update {
    std::uint64_t seq = 0;
    std::shared_ptr<const std::string> data;  // as JSON
  };
  struct Topic {
    std::string channel;
    std::string instrument;
    Snapshot snapshot;
    std::uint64_t seq = 0;  // of the newest update
    std::deque<Update> updates;
  };
  struct Session {
    std::optional<WebSocket> socket;
    std::map<std::size_t, std::uint64_t> seen;  // topic, the last update that was sent
  };

  std::optional<std::size_t> topic_of(std::string_view channel, std::string_view instrument) const;
  void on_text(const std::shared_ptr<Session>& session, std::string_view text);
  Outcome<void> obey(const std::shared_ptr<Session>& session, std::string_view text);
  void subscribe(Session& session, std::size_t topic, std::optional<std::uint64_t> since);
  void send_what_is_new(Session& session);
  static std::string message_of(const Topic& topic, const Update& update, std::string_view kind,
                                std::uint64_t coalesced);

  mutable std::mutex mutex_;
  std::vector<Topic> topics_;
  std::vector<std::shared_ptr<Session>> sessions_;
};

}  // namespace faultline
