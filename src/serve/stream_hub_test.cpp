#include "serve/stream_hub.hpp"

#include <gtest/gtest.h>

#include <future>

#include "net/web_socket_channel.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kFirstSeq = 1'000;

// A listener without a network: what it was sent stays queued until it is read.
class Listener {
 public:
  explicit Listener(StreamHub& hub, std::size_t queue_bytes_max = 1U << 20U)
      : channel_(std::make_shared<WebSocketChannel>(queue_bytes_max, [] {})),
        handlers_(hub.session()) {
    handlers_.on_open(WebSocket(channel_));
  }
  void say(std::string_view text) { handlers_.on_text(text); }
  void subscribe(std::string_view channel, const std::string& since = "") {
    say(R"({"op": "subscribe", "channel": ")" + std::string(channel) + R"(", "instrument": "i")" +
        (since.empty() ? "" : ", \"since\": " + since) + "}");
  }
  // Reads everything, as a network would take it.
  std::vector<JsonValue> read() {
    std::vector<JsonValue> out;
    while (const auto message = channel_->next()) {
      out.push_back(parse_json(*message->bytes).value());
      channel_->finished(*message);
    }
    handlers_.on_drained();
    return out;
  }
  std::size_t queued_bytes() const { return channel_->queued_bytes(); }
  void leave() { handlers_.on_closed(CloseCode::kNormal); }

 private:
  std::shared_ptr<WebSocketChannel> channel_;
  WebSocketHandlers handlers_;
};

std::int64_t seq_of(const JsonValue& message) { return *message.find("seq")->as_int(); }
std::string kind_of(const JsonValue& message) { return *message.find("kind")->as_string(); }

class StreamHubTest : public testing::Test {
 protected:
  StreamHubTest() {
    hub_.add_topic({"map", "i"}, [this] { return JsonValue(newest_); });
    hub_.add_topic({"health", "i"}, [] { return JsonValue("well"); });
  }
  void publish(std::int64_t value) {
    newest_ = value;
    hub_.publish({"map", "i"}, value);
  }

  StreamHub hub_{kFirstSeq};
  std::int64_t newest_ = 0;
};

TEST_F(StreamHubTest, BeginsWithASnapshotAndCountsOn) {
  publish(7);
  Listener listener(hub_);
  listener.subscribe("map");
  auto got = listener.read();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(kind_of(got[0]), "snapshot");
  EXPECT_EQ(seq_of(got[0]), 1'001);
  EXPECT_EQ(got[0].find("data")->as_int(), 7);
  publish(8);
  publish(9);
  got = listener.read();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(kind_of(got[1]), "delta");
  EXPECT_EQ(seq_of(got[1]), 1'003);
  EXPECT_EQ(got[1].find("data")->as_int(), 9);
  EXPECT_EQ(got[1].find("coalesced"), nullptr);
}

TEST_F(StreamHubTest, ResumesWhereItIsStillKept) {
  for (int i = 0; i < 10; ++i) publish(i);
  Listener listener(hub_);
  listener.subscribe("map", "1007");
  const auto got = listener.read();
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(kind_of(got[0]), "delta");
  EXPECT_EQ(seq_of(got[0]), 1'008);
  // Of another start, of the future, or forgotten: a snapshot.
  for (int i = 0; i < 400; ++i) publish(i);
  for (const char* since : {"5", "99999", "1001"}) {
    Listener other(hub_);
    other.subscribe("map", since);
    EXPECT_EQ(kind_of(other.read().at(0)), "snapshot") << since;
  }
}

TEST_F(StreamHubTest, CoalescesForSlowReadersWithinABound) {
  Listener slow(hub_, std::size_t{64} << 20);
  slow.subscribe("map");
  slow.read();
  const std::string large(100'000, 'x');
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    hub_.publish({"map", "i"}, JsonValue(large + std::to_string(i)));
    most = std::max(most, slow.queued_bytes());
  }
  EXPECT_LT(most, StreamHub::kQueuedBytesMax + 3 * large.size());
  const auto first = slow.read();
  EXPECT_LT(first.size(), 5U);
  // Now it has drained, and gets the newest alone.
  const auto then = slow.read();
  ASSERT_EQ(then.size(), 1U);
  EXPECT_EQ(seq_of(then[0]), 1'200);
  EXPECT_EQ(then[0].find("coalesced")->as_int(), 200 - static_cast<int>(first.size()));
  EXPECT_EQ(then[0].find("data")->as_string()->substr(large.size()), "199");
  EXPECT_EQ(hub_.counters().coalesced, 199 - first.size());
}

// Publishing does not wait for a snapshot, and what it tells meanwhile comes behind the snapshot.
TEST_F(StreamHubTest, PublishesWhileASnapshotIsMade) {
  std::future<void> published;
  bool is_published = false;
  int made = 0;
  hub_.add_topic({"slow", "i"}, [&] {
    if (++made == 2) {
      published = std::async(std::launch::async, [&] { hub_.publish({"slow", "i"}, 2); });
      is_published = published.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    }
    return JsonValue(made);
  });
  Listener listener(hub_);
  listener.subscribe("slow");
  hub_.publish({"slow", "i"}, 1);
  ASSERT_EQ(listener.read().size(), 2U);
  listener.subscribe("slow");
  EXPECT_TRUE(is_published);
  published.get();
  const auto got = listener.read();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(kind_of(got[0]), "snapshot");
  EXPECT_EQ(seq_of(got[0]), 1'001);
  EXPECT_EQ(kind_of(got[1]), "delta");
  EXPECT_EQ(seq_of(got[1]), 1'002);
  EXPECT_EQ(got[1].find("data")->as_int(), 2);
}

// What nobody listens to is numbered and not made; who comes is told of what is new from then on.
TEST_F(StreamHubTest, WhatNobodyHearsIsNotMade) {
  const StreamTopic topic{"map", "i", "age_1h"};
  int made = 0;
  hub_.add_topic(topic, [&] { return JsonValue("now"); });
  const auto publish_part = [&] {
    hub_.publish_if_heard(topic, [&] { return JsonValue(++made); });
  };
  for (int i = 0; i < 3; ++i) publish_part();
  EXPECT_EQ(made, 0);
  Listener listener(hub_);
  listener.say(R"({"op": "subscribe", "channel": "map", "instrument": "i", "part": "age_1h"})");
  listener.subscribe("map");
  const auto first = listener.read();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(seq_of(first[0]), 1'003);
  EXPECT_EQ(*first[0].find("part")->as_string(), "age_1h");
  EXPECT_EQ(first[1].find("part"), nullptr);
  publish_part();
  publish(7);
  const auto then = listener.read();
  ASSERT_EQ(then.size(), 2U);
  EXPECT_EQ(then[0].find("data")->as_int(), 1);
  EXPECT_EQ(seq_of(then[0]), 1'004);
  listener.say(R"({"op": "unsubscribe", "channel": "map", "instrument": "i", "part": "age_1h"})");
  publish_part();
  EXPECT_EQ(made, 1);
  // What was sent before is not kept any more: a snapshot.
  listener.say(R"({"op": "subscribe", "channel": "map", "instrument": "i", "part": "age_1h",)"
               R"( "since": 1004})");
  EXPECT_EQ(kind_of(listener.read().at(0)), "snapshot");
  listener.say(R"({"op": "subscribe", "channel": "map", "instrument": "i", "part": "x"})");
  EXPECT_EQ(kind_of(listener.read().at(0)), "problem");
}

// What nobody hears while the first listener's snapshot is made is in a snapshot that is made anew.
TEST_F(StreamHubTest, TheFirstListenerMissesNothing) {
  const StreamTopic topic{"map", "i", "age_1h"};
  int newest = 1;
  hub_.add_topic(topic, [&] {
    const int seen = newest;
    if (newest == 1) {
      newest = 2;
      hub_.publish_if_heard(topic, [&] { return JsonValue(newest); });
    }
    return JsonValue(seen);
  });
  Listener listener(hub_);
  listener.say(R"({"op": "subscribe", "channel": "map", "instrument": "i", "part": "age_1h"})");
  const auto got = listener.read();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].find("data")->as_int(), 2);
  EXPECT_EQ(seq_of(got[0]), 1'001);
}

// Who subscribes again and again gets what is there, and makes no work.
TEST_F(StreamHubTest, MakesOneSnapshotAnUpdate) {
  int made = 0;
  hub_.add_topic({"dear", "i"}, [&] { return JsonValue(++made); });
  for (int i = 0; i < 20; ++i) {
    Listener listener(hub_);
    listener.subscribe("dear");
    EXPECT_EQ(listener.read().at(0).find("data")->as_int(), 1);
  }
  EXPECT_EQ(made, 1);
  hub_.publish({"dear", "i"}, 0);
  Listener listener(hub_);
  listener.subscribe("dear");
  const auto got = listener.read();
  EXPECT_EQ(got.at(0).find("data")->as_int(), 2);
  EXPECT_EQ(seq_of(got.at(0)), 1'001);
}

TEST_F(StreamHubTest, StopsWhenAskedTo) {
  Listener listener(hub_);
  listener.subscribe("map");
  listener.subscribe("health");
  listener.read();
  EXPECT_EQ(hub_.counters().subscriptions, 2U);
  listener.say(R"({"op": "unsubscribe", "channel": "map", "instrument": "i"})");
  publish(1);
  EXPECT_TRUE(listener.read().empty());
  listener.leave();
  EXPECT_EQ(hub_.counters().sessions, 0U);
  publish(2);
}

TEST_F(StreamHubTest, SaysWhatItCannotDo) {
  Listener listener(hub_);
  const auto name_after = [&](std::string_view text) {
    listener.say(text);
    const auto got = listener.read();
    EXPECT_EQ(got.size(), 1U) << text;
    return got.size() == 1 ? *got[0].find("name")->as_string() : std::string();
  };
  EXPECT_EQ(name_after("{"), "bad_json");
  EXPECT_EQ(name_after("[]"), "unexpected_field");
  EXPECT_EQ(name_after("{}"), "missing_field");
  EXPECT_EQ(name_after(R"({"op": "shout", "channel": "map", "instrument": "i"})"),
            "unexpected_field");
  EXPECT_EQ(name_after(R"({"op": "subscribe", "channel": "map", "instrument": "j"})"),
            "unknown_instrument");
  EXPECT_EQ(name_after(R"({"op": "subscribe", "channel": "map", "instrument": "i", "since": -1})"),
            "out_of_range");
  EXPECT_EQ(name_after(std::string(5'000, ' ')), "limit");
  EXPECT_EQ(hub_.counters().subscriptions, 0U);
}

}  // namespace
}  // namespace faultline
