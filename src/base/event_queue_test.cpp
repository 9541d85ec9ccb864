#include "base/event_queue.hpp"

#include <gtest/gtest.h>

#include <queue>
#include <tuple>

#include "base/rng.hpp"

namespace faultline {
namespace {

TEST(EventQueue, ComesOutByTimeAndThenInTheOrderOfArrival) {
  EventQueue<int> queue;
  queue.push(5, 1);
  queue.push(3, 2);
  queue.push(5, 3);
  queue.push(3, 4);
  EXPECT_EQ(queue.pop().event, 2);
  queue.push(3, 5);
  EXPECT_EQ(queue.pop().event, 4);
  EXPECT_EQ(queue.pop().event, 5);
  EXPECT_EQ(queue.next_time(), 5u);
  queue.push(5, 6);
  EXPECT_EQ(queue.pop().event, 1);
  EXPECT_EQ(queue.pop().event, 3);
  EXPECT_EQ(queue.pop().event, 6);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.now(), 5u);
}

TEST(EventQueue, AgreesWithASortedQueue) {
  using Key = std::tuple<std::uint64_t, std::uint64_t>;
  EventQueue<std::uint64_t> queue;
  std::priority_queue<Key, std::vector<Key>, std::greater<>> twin;
  Rng rng(11);
  std::uint64_t pushed = 0;
  for (int round = 0; round < 50'000; ++round) {
    const bool is_push = queue.empty() || rng.uniform() < 0.52;
    if (is_push) {
      // From ties to a year of nanoseconds.
      const auto reach = static_cast<int>(rng.below(56));
      const std::uint64_t time = queue.now() + rng.below(std::uint64_t{1} << reach);
      queue.push(time, pushed);
      twin.emplace(time, pushed++);
    } else {
      const auto entry = queue.pop();
      ASSERT_EQ(Key(entry.time, entry.event), twin.top());
      twin.pop();
    }
    ASSERT_EQ(queue.size(), twin.size());
  }
}

TEST(EventQueueDeathTest, ThePastIsClosed) {
  EventQueue<int> queue;
  queue.push(10, 1);
  queue.pop();
  EXPECT_DEATH(queue.push(9, 1), "time >= now_");
}

}  // namespace
}  // namespace faultline
