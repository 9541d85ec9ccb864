#include "serve/stream_hub.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::size_t kCommandBytesMax = 4'096;

void send(const WebSocket& socket, std::string text) {
  // A queue that is full or a session that has ended: the next update, if there is one, makes up.
  static_cast<void>(socket.send_text(std::make_shared<const std::string>(std::move(text))));
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

void StreamHub::add_topic(std::string channel, std::string instrument, Snapshot snapshot) {
  const std::lock_guard lock(mutex_);
  FAULTLINE_CHECK(!topic_of(channel, instrument));
  topics_.push_back({.channel = std::move(channel),
                     .instrument = std::move(instrument),
                     .snapshot = std::move(snapshot),
                     .seq = 0,
                     .updates = {}});
}

std::optional<std::size_t> StreamHub::topic_of(std::string_view channel,
                                               std::string_view instrument) const {
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    if (topics_[i].channel == channel && topics_[i].instrument == instrument) return i;
  }
  return std::nullopt;
}

void StreamHub::publish(std::string_view channel, std::string_view instrument,
                        const JsonValue& data) {
  const auto text = std::make_shared<const std::string>(write_json(data));
  const std::lock_guard lock(mutex_);
  const auto index = topic_of(channel, instrument);
  FAULTLINE_CHECK(index);
  Topic& topic = topics_[*index];
  topic.updates.push_back({++topic.seq, text});
  if (topic.updates.size() > kUpdatesKept) topic.updates.pop_front();
  for (const auto& session : sessions_) {
    if (session->seen.contains(*index)) send_what_is_new(*session);
  }
}

std::string StreamHub::message_of(const Topic& topic, const Update& update, std::string_view kind,
                                  std::uint64_t coalesced) {
  JsonValue head = JsonValue::object();
  head.set("channel", topic.channel).set("instrument", topic.instrument);
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
    if (seen == topic.seq) continue;
    if (session.socket->queued_bytes() > kQueuedBytesMax) return;
    const std::uint64_t missed = topic.seq - seen;
    // One by one where it has kept up, else the newest alone.
    const bool is_near = missed <= 8 && missed <= topic.updates.size();
    const std::size_t first = topic.updates.size() - (is_near ? missed : 1);
    for (std::size_t i = first; i < topic.updates.size(); ++i)
      send(*session.socket,
           message_of(topic, topic.updates[i], "delta", is_near ? std::uint64_t{1} : missed));
    seen = topic.seq;
  }
}

// Requires: the lock.
void StreamHub::subscribe(Session& session, std::size_t index, std::optional<std::uint64_t> since) {
  const Topic& topic = topics_[index];
  const bool is_kept = since && *since <= topic.seq && topic.seq - *since <= topic.updates.size();
  if (is_kept) {
    session.seen[index] = topic.seq;
    for (std::size_t i = topic.updates.size() - (topic.seq - *since); i < topic.updates.size(); ++i)
      send(*session.socket, message_of(topic, topic.updates[i], "delta", 1));
    return;
  }
  session.seen[index] = topic.seq;
  const auto data = std::make_shared<const std::string>(write_json(topic.snapshot()));
  send(*session.socket, message_of(topic, {topic.seq, data}, "snapshot", 1));
}

Outcome<void> StreamHub::obey(const std::shared_ptr<Session>& session, std::string_view text) {
  const Result<JsonValue> command = parse_json(text, {.bytes_max = kCommandBytesMax, .depth_max = 4});
  if (!command) return complaint(command.error().code, "command");
  if (command->as_object() == nullptr) return complaint(Errc::kUnexpectedField, "command");
  const Outcome<std::string> op = text_of(*command, "op");
  if (!op) return op.error();
  const Outcome<std::string> channel = text_of(*command, "channel");
  if (!channel) return channel.error();
  const Outcome<std::string> instrument = text_of(*command, "instrument");
  if (!instrument) return instrument.error();
  std::optional<std::uint64_t> since;
  if (const JsonValue* value = command->find("since"); value != nullptr) {
    if (!value->as_int() || *value->as_int() < 0) return complaint(Errc::kOutOfRange, "since");
    since = static_cast<std::uint64_t>(*value->as_int());
  }
  const std::lock_guard lock(mutex_);
  const auto topic = topic_of(*channel, *instrument);
  if (!topic) return complaint(Errc::kUnknownInstrument, "channel", *channel + " " + *instrument);
  if (*op == "unsubscribe") {
    session->seen.erase(*topic);
    return {};
  }
  if (*op != "subscribe") return complaint(Errc::kUnexpectedField, "op", *op);
  if (session->seen.size() >= kSubscriptionsMax) return complaint(Errc::kLimit, "channel");
  subscribe(*session, *topic, since);
  return {};
}

void StreamHub::on_text(const std::shared_ptr<Session>& session, std::string_view text) {
  const Outcome<void> done = obey(session, text);
  if (done) return;
  JsonValue problem = JsonValue::object();
  problem.set("kind", "problem").set("errc", static_cast<int>(done.error().code));
  problem.set("name", name_of(done.error().code)).set("detail", describe(done.error()));
  const std::lock_guard lock(mutex_);
  if (session->socket) send(*session->socket, write_json(problem));
}

WebSocketHandlers StreamHub::session() {
  auto session = std::make_shared<Session>();
  WebSocketHandlers handlers;
  handlers.on_open = [this, session](const WebSocket& socket) {
    const std::lock_guard lock(mutex_);
    session->socket = socket;
    sessions_.push_back(session);
  };
  handlers.on_text = [this, session](std::string_view text) { on_text(session, text); };
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

std::size_t StreamHub::session_count() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace faultline
