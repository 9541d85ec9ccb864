#include "serve/stream_hub.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::size_t kCommandBytesMax = 4'096;
// One that has missed more gets the newest alone.
constexpr std::uint64_t kOneByOneMax = 8;

// False where the queue is full, or the session has ended.
bool send(const WebSocket& socket, std::shared_ptr<const std::string> text) {
  return socket.send_text(std::move(text)) == SendOutcome::kQueued;
}

bool send(const WebSocket& socket, std::string text) {
  return send(socket, std::make_shared<const std::string>(std::move(text)));
}

Diagnostic complaint(Errc code, std::string field, std::string value = {}) {
  return {.code = code, .field = std::move(field), .value = std::move(value)};
}

Outcome<std::string> text_of(const JsonValue& command, const char* name) {
  const JsonValue* value = command.find(name);
  if (value == nullptr) return complaint(Errc::kMissingField, name);
  if (value->as_string() == nullptr) return complaint(Errc::kUnexpectedField, name);
  return *value->as_string();
}

}  // namespace

struct StreamHub::Command {
  bool is_subscription = false;
  StreamTopic topic;
  std::optional<std::uint64_t> since;
};

void StreamHub::add_topic(StreamTopic name, Snapshot snapshot) {
  const std::lock_guard lock(mutex_);
  FAULTLINE_CHECK(!topic_of(name));
  topics_.push_back(
      {.name = std::move(name), .snapshot = std::move(snapshot), .seq = first_seq_, .updates = {}});
}

std::optional<std::size_t> StreamHub::topic_of(const StreamTopic& name) const {
  const auto found = std::ranges::find(topics_, name, &Topic::name);
  if (found == topics_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - topics_.begin());
}

void StreamHub::publish_if_heard(const StreamTopic& name, const Snapshot& make) {
  {
    const std::lock_guard lock(mutex_);
    const auto index = topic_of(name);
    FAULTLINE_CHECK(index);
    const bool is_heard = std::ranges::any_of(
        sessions_, [&](const auto& session) { return session->seen.contains(*index); });
    if (!is_heard) {
      Topic& topic = topics_[*index];
      ++topic.seq;
      topic.updates.clear();
      topic.kept_bytes = 0;
      return;
    }
  }
  publish(name, make());
}

void StreamHub::publish(const StreamTopic& name, const JsonValue& data) {
  auto text = std::make_shared<const std::string>(write_json(data));
  const std::lock_guard lock(mutex_);
  const auto index = topic_of(name);
  FAULTLINE_CHECK(index);
  Topic& topic = topics_[*index];
  Update update{++topic.seq, std::move(text), nullptr};
  update.message = std::make_shared<const std::string>(message_of(topic, update, "delta", 1));
  topic.kept_bytes += update.data->size() + update.message->size();
  topic.updates.push_back(std::move(update));
  while (topic.updates.size() > kUpdatesKept || topic.kept_bytes > kKeptBytesMax) {
    if (topic.updates.size() == 1) break;
    topic.kept_bytes -= topic.updates.front().data->size() + topic.updates.front().message->size();
    topic.updates.pop_front();
  }
  ++update_count_;
  for (const auto& session : sessions_) {
    if (session->seen.contains(*index)) send_what_is_new(*session);
  }
}

std::string StreamHub::message_of(const Topic& topic, const Update& update, std::string_view kind,
                                  std::uint64_t coalesced) {
  JsonValue head = JsonValue::object();
  head.set("channel", topic.name.channel).set("instrument", topic.name.instrument);
  if (!topic.name.part.empty()) head.set("part", topic.name.part);
  head.set("seq", update.seq).set("kind", kind);
  if (coalesced > 1) head.set("coalesced", coalesced);
  std::string text = write_json(head);
  text.pop_back();
  return text + ", \"data\": " + *update.data + "}";
}

// Requires: the lock.
void StreamHub::send_what_is_new(Session& session) {
  if (!session.socket || !session.socket->is_open()) return;
  for (auto& [index, seen] : session.seen) {
    const Topic& topic = topics_[index];
    // Nothing is kept of what nobody heard: who has come since gets it with the next.
    if (seen == topic.seq || topic.updates.empty()) continue;
    if (session.socket->queued_bytes() > kQueuedBytesMax) return;
    const std::uint64_t missed = topic.seq - seen;
    if (missed <= kOneByOneMax && missed <= topic.updates.size()) {
      // What is refused stays due until the socket has drained.
      for (std::size_t i = topic.updates.size() - missed; i < topic.updates.size(); ++i) {
        if (!send(*session.socket, topic.updates[i].message)) return;
        seen = topic.updates[i].seq;
      }
    } else {
      if (!send(*session.socket, message_of(topic, topic.updates.back(), "delta", missed))) return;
      coalesced_count_ += missed - 1;
      seen = topic.seq;
    }
  }
}

// Whether all after `since` is still kept; it is then sent. Requires: the lock.
bool StreamHub::resume(Session& session, std::size_t index, std::optional<std::uint64_t> since) {
  const Topic& topic = topics_[index];
  const bool is_kept = since && *since >= first_seq_ && *since <= topic.seq &&
                       topic.seq - *since <= topic.updates.size();
  if (!is_kept) return false;
  session.seen[index] = *since;
  for (std::size_t i = topic.updates.size() - (topic.seq - *since); i < topic.updates.size(); ++i) {
    if (!send(*session.socket, topic.updates[i].message)) break;
    session.seen[index] = topic.updates[i].seq;
  }
  return true;
}

// What a new listener begins with; made where there is none since the newest update.
StreamHub::Update StreamHub::snapshot_of(std::size_t index) {
  Snapshot make;
  Update out;
  {
    const std::lock_guard lock(mutex_);
    const Topic& topic = topics_[index];
    if (topic.newest_snapshot.message && topic.newest_snapshot.seq == topic.seq)
      return topic.newest_snapshot;
    make = topic.snapshot;
    out.seq = topic.seq;
  }
  out.data = std::make_shared<const std::string>(write_json(make()));
  const std::lock_guard lock(mutex_);
  Topic& topic = topics_[index];
  out.message = std::make_shared<const std::string>(message_of(topic, out, "snapshot", 1));
  out.data.reset();
  topic.newest_snapshot = out;
  return out;
}

// Requires: nothing of the topic is sent to the session meanwhile.
void StreamHub::send_snapshot(Session& session, std::size_t index) {
  Update snapshot = snapshot_of(index);
  std::unique_lock lock(mutex_);
  // What was told meanwhile was not kept, because nobody heard it: it is in the next one.
  while (snapshot.seq != topics_[index].seq && topics_[index].updates.empty()) {
    lock.unlock();
    snapshot = snapshot_of(index);
    lock.lock();
  }
  if (!send(*session.socket, snapshot.message))
    return session.socket->close(CloseCode::kTryLater, "more is asked for than is read");
  session.seen[index] = snapshot.seq;
  send_what_is_new(session);
}

Outcome<StreamHub::Command> StreamHub::command_of(std::string_view text) {
  const Result<JsonValue> json = parse_json(text, {.bytes_max = kCommandBytesMax, .depth_max = 4});
  if (!json) return complaint(json.error().code, "command");
  if (json->as_object() == nullptr) return complaint(Errc::kUnexpectedField, "command");
  const Outcome<std::string> op = text_of(*json, "op");
  if (!op) return op.error();
  if (*op != "subscribe" && *op != "unsubscribe")
    return complaint(Errc::kUnexpectedField, "op", *op);
  const Outcome<std::string> channel = text_of(*json, "channel");
  if (!channel) return channel.error();
  const Outcome<std::string> instrument = text_of(*json, "instrument");
  if (!instrument) return instrument.error();
  Command out{.is_subscription = *op == "subscribe",
              .topic = {.channel = *channel, .instrument = *instrument},
              .since = std::nullopt};
  if (const JsonValue* value = json->find("part"); value != nullptr && !value->is_null()) {
    if (value->as_string() == nullptr || value->as_string()->empty())
      return complaint(Errc::kUnexpectedField, "part");
    out.topic.part = *value->as_string();
  }
  if (const JsonValue* value = json->find("since"); value != nullptr && !value->is_null()) {
    if (!value->as_int() || *value->as_int() < 0) return complaint(Errc::kOutOfRange, "since");
    out.since = static_cast<std::uint64_t>(*value->as_int());
  }
  return out;
}

Outcome<void> StreamHub::obey(Session& session, const Command& command) {
  std::optional<std::size_t> topic;
  {
    const std::lock_guard lock(mutex_);
    const StreamTopic& name = command.topic;
    topic = topic_of(name);
    if (!topic && topic_of({name.channel, name.instrument}))
      return complaint(Errc::kOutOfRange, "part", name.part);
    if (!topic)
      return complaint(Errc::kUnknownInstrument, "channel", name.channel + " " + name.instrument);
    if (!command.is_subscription) {
      session.seen.erase(*topic);
      return {};
    }
    if (session.seen.size() >= kSubscriptionsMax) return complaint(Errc::kLimit, "channel");
    if (resume(session, *topic, command.since)) return {};
    session.seen.erase(*topic);  // one that is begun again gets no update before its snapshot
  }
  send_snapshot(session, *topic);
  return {};
}

void StreamHub::on_text(Session& session, std::string_view text) {
  const Outcome<Command> command = command_of(text);
  const Outcome<void> done = command ? obey(session, *command) : Outcome<void>(command.error());
  if (done) return;
  JsonValue problem = JsonValue::object();
  problem.set("kind", "problem").set("errc", static_cast<int>(done.error().code));
  problem.set("name", name_of(done.error().code)).set("detail", describe(done.error()));
  const std::lock_guard lock(mutex_);
  if (session.socket) send(*session.socket, write_json(problem));
}

WebSocketHandlers StreamHub::session() {
  auto session = std::make_shared<Session>();
  WebSocketHandlers handlers;
  handlers.on_open = [this, session](const WebSocket& socket) {
    const std::lock_guard lock(mutex_);
    session->socket = socket;
    sessions_.push_back(session);
  };
  handlers.on_text = [this, session](std::string_view text) { on_text(*session, text); };
  handlers.on_drained = [this, session] {
    const std::lock_guard lock(mutex_);
    send_what_is_new(*session);
  };
  handlers.on_closed = [this, session](CloseCode) {
    const std::lock_guard lock(mutex_);
    std::erase(sessions_, session);
  };
  return handlers;
}

StreamHub::Counters StreamHub::counters() const {
  const std::lock_guard lock(mutex_);
  Counters out{.sessions = sessions_.size(),
               .subscriptions = 0,
               .updates = update_count_,
               .coalesced = coalesced_count_};
  for (const auto& session : sessions_) out.subscriptions += session->seen.size();
  return out;
}

}  // namespace faultline
