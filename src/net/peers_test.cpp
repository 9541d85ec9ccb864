#include "net/peers.hpp"

#include <gtest/gtest.h>

#include <list>

namespace faultline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TokenBucket, GivesTheBurstAndThenTheRate) {
  TokenBucket bucket(2, 3);
  const seconds start(100);
  for (int count = 0; count < 3; ++count) EXPECT_FALSE(bucket.take(start));
  EXPECT_EQ(bucket.take(start), milliseconds(500));
  EXPECT_EQ(bucket.take(start + milliseconds(250)), milliseconds(250));
  EXPECT_FALSE(bucket.take(start + milliseconds(500)));
  EXPECT_TRUE(bucket.take(start + milliseconds(500)));
  EXPECT_FALSE(bucket.is_full(start + milliseconds(1999)));
  EXPECT_TRUE(bucket.is_full(start + milliseconds(2001)));
}

TEST(TokenBucket, SavesNoMoreThanTheBurst) {
  TokenBucket bucket(1000, 2);
  EXPECT_FALSE(bucket.take(seconds(1)));
  EXPECT_FALSE(bucket.take(seconds(1000)));
  EXPECT_FALSE(bucket.take(seconds(1000)));
  EXPECT_TRUE(bucket.take(seconds(1000)));
}

TEST(TokenBucket, GivesAlwaysWithoutARate) {
  TokenBucket bucket(0, 1);
  for (int count = 0; count < 100; ++count) EXPECT_FALSE(bucket.take(seconds(1)));
}

TEST(PeerKey, IsAnAddressOrTheNetworkOfOne) {
  EXPECT_EQ(peer_key_of("192.0.2.1"), peer_key_of("::ffff:192.0.2.1"));
  EXPECT_NE(peer_key_of("192.0.2.1"), peer_key_of("192.0.2.2"));
  EXPECT_EQ(peer_key_of("2001:db8:1:2::1"), peer_key_of("2001:db8:1:2:ffff::2"));
  EXPECT_NE(peer_key_of("2001:db8:1:2::1"), peer_key_of("2001:db8:1:3::1"));
  EXPECT_NE(peer_key_of("::1"), peer_key_of("0.0.0.1"));
  EXPECT_EQ(peer_key_of("neither"), PeerKey{});
}

TEST(PeerTable, BoundsConnectionsInTotalAndOfOnePeer) {
  ServerConfig config;
  config.connections_max = 3;
  config.connections_per_peer_max = 2;
  PeerTable table(config);
  std::list<Admission> held;
  const auto admit = [&](std::uint64_t peer) {
    auto admitted = table.admit(PeerKey{0, peer}, seconds(1));
    if (!admitted) return std::optional(admitted.error());
    held.push_back(std::move(admitted).value());
    return std::optional<Refusal>();
  };
  EXPECT_EQ(admit(1), std::nullopt);
  EXPECT_EQ(admit(1), std::nullopt);
  EXPECT_EQ(admit(1), Refusal::kPeerConnections);
  EXPECT_EQ(admit(2), std::nullopt);
  EXPECT_EQ(admit(3), Refusal::kConnections);
  EXPECT_EQ(table.connection_count(), 3U);
  held.pop_front();
  EXPECT_EQ(table.connection_count(), 2U);
  EXPECT_EQ(admit(1), std::nullopt);
}

TEST(PeerTable, BoundsWhatWaitsForOnePeerAndForAll) {
  ServerConfig config;
  config.unsent_bytes_per_peer_max = 10;
  config.unsent_bytes_max = 15;
  PeerTable table(config);
  auto one = table.admit(PeerKey{0, 1}, seconds(1));
  auto same = table.admit(PeerKey{0, 1}, seconds(1));
  auto other = table.admit(PeerKey{0, 2}, seconds(1));
  ASSERT_TRUE(one && same && other);
  EXPECT_TRUE(one->hold(6));
  EXPECT_FALSE(same->hold(5));
  EXPECT_TRUE(same->hold(4));
  EXPECT_FALSE(other->hold(6));
  EXPECT_TRUE(other->hold(5));
  one->let_go(6);
  EXPECT_TRUE(other->hold(5));
  EXPECT_FALSE(other->hold(1));
}

TEST(PeerTable, RemembersWhoHasSpentHisTokens) {
  ServerConfig config;
  config.requests_per_second = 1;
  config.request_burst = 1;
  PeerTable table(config);
  {
    auto first = table.admit(PeerKey{0, 1}, seconds(1));
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->take(seconds(1)));
  }
  auto again = table.admit(PeerKey{0, 1}, seconds(1));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->take(seconds(1)));
  auto other = table.admit(PeerKey{0, 2}, seconds(1));
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->take(seconds(1)));
}

TEST(PeerTable, ForgetsIdlePeersWhenItIsFull) {
  ServerConfig config;
  config.requests_per_second = 1;
  config.request_burst = 1;
  config.peers_max = 8;
  PeerTable table(config);
  for (std::uint64_t peer = 0; peer < 8; ++peer) {
    auto admitted = table.admit(PeerKey{peer, 0}, seconds(1));
    ASSERT_TRUE(admitted);
    EXPECT_FALSE(admitted->take(seconds(1)));
  }
  EXPECT_EQ(table.admit(PeerKey{99, 0}, seconds(1)).error(), Refusal::kConnections);
  EXPECT_TRUE(table.admit(PeerKey{99, 0}, seconds(3)));
  EXPECT_EQ(table.peer_count(), 1U);
}

}  // namespace
}  // namespace faultline
