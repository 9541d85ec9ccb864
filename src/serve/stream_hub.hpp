#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "net/web_socket.hpp"
#include "text/json.hpp"

namespace faultline {

// What is told of: `part` is empty where it is of the whole.
struct StreamTopic {
  std::string channel;
  std::string instrument;
  std::string part{};

  friend bool operator==(const StreamTopic&, const StreamTopic&) = default;
};

// Topics and who listens to them: a snapshot, then every change, numbered (docs/formats/api.md).
//
//   publish(topic, data) ──> numbered, kept for a while ──> each listener's socket
//                                                             │ it is behind
//                                                             └──> the newest, when it has drained
//
// Slow readers: while a socket has more than kQueuedBytesMax waiting, nothing is sent to it; when
// it has drained it gets the newest update alone, and how many that stands for. Nothing grows with
// how slow it is. Thread safety: all functions from any thread. Memory: kUpdatesKept updates a
// topic, or kKeptBytesMax if that is less, a snapshot a topic and a few words a subscription. Cost:
// an update is written once for all who are up to date, a snapshot once for all who subscribe
// before the next update; both without the lock.
class StreamHub {
 public:
  static constexpr std::size_t kUpdatesKept = 256;
  static constexpr std::size_t kKeptBytesMax = std::size_t{4} << 20;
  static constexpr std::size_t kQueuedBytesMax = std::size_t{256} << 10;
  static constexpr std::size_t kSubscriptionsMax = 64;  // of one session

  // Updates are numbered from `first_seq` on: a number that another start does not use, so that
  // nobody who comes back takes one start's updates for another's.
  explicit StreamHub(std::uint64_t first_seq) : first_seq_(first_seq) {}

  // `snapshot` gives the data that a new listener begins with; null while there is none. It is
  // called on any thread, and has all that was published before. What is published while it is
  // made may be in it, and is sent behind it all the same.
  using Snapshot = std::function<JsonValue()>;
  // Requires: a topic that was not added before (checked).
  void add_topic(StreamTopic name, Snapshot snapshot);
  // Requires: the topic was added (checked).
  void publish(const StreamTopic& name, const JsonValue& data);
  // The same with what `make` gives; where nobody listens it is not made, and numbered all the
  // same.
  void publish_if_heard(const StreamTopic& name, const Snapshot& make);

  // The handlers of a new session.
  WebSocketHandlers session();

  struct Counters {
    std::size_t sessions = 0;
    std::size_t subscriptions = 0;
    std::uint64_t updates = 0;    // published
    std::uint64_t coalesced = 0;  // that somebody got as part of a later one
  };
  Counters counters() const;

 private:
  using Text = std::shared_ptr<const std::string>;
  struct Update {
    std::uint64_t seq = 0;
    Text data;
    Text message;  // with its head: a delta for those who are up to date, or a snapshot
  };
  struct Topic {
    StreamTopic name;
    Snapshot snapshot;
    std::uint64_t seq = 0;  // of the newest update
    std::deque<Update> updates;
    std::size_t kept_bytes = 0;
    Update newest_snapshot{};  // its message is null before the first
  };
  struct Session {
    std::optional<WebSocket> socket;
    std::map<std::size_t, std::uint64_t> seen;  // topic, the last update that was sent
  };
  struct Command;

  static Outcome<Command> command_of(std::string_view text);
  std::optional<std::size_t> topic_of(const StreamTopic& name) const;
  void on_text(Session& session, std::string_view text);
  Outcome<void> obey(Session& session, const Command& command);
  bool resume(Session& session, std::size_t topic, std::optional<std::uint64_t> since);
  void send_snapshot(Session& session, std::size_t topic);
  Update snapshot_of(std::size_t topic);
  void send_what_is_new(Session& session);
  static std::string message_of(const Topic& topic, const Update& update, std::string_view kind,
                                std::uint64_t coalesced);

  const std::uint64_t first_seq_;
  mutable std::mutex mutex_;
  std::vector<Topic> topics_;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::uint64_t update_count_ = 0;
  std::uint64_t coalesced_count_ = 0;
};

}  // namespace faultline
