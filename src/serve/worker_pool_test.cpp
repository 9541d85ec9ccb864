#include "serve/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace faultline {
namespace {

TEST(WorkerPool, RunsWhatIsPosted) {
  std::atomic<int> sum = 0;
  std::latch done(100);
  WorkerPool pool(2, 1'000);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pool.post([&, i] {
      sum += i;
      done.count_down();
    }));
  }
  done.wait();
  EXPECT_EQ(sum, 4'950);
}

TEST(WorkerPool, RefusesWhatWouldPileUp) {
  std::latch begun(1);
  std::latch go(1);
  WorkerPool pool(1, 3);
  ASSERT_TRUE(pool.post([&] {
    begun.count_down();
    go.wait();
  }));
  begun.wait();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.post([] {}));
  EXPECT_FALSE(pool.post([] {}));
  go.count_down();
}

TEST(WorkerPool, DropsWhatWaitsAtItsEnd) {
  std::atomic<int> run = 0;
  {
    std::latch begun(1);
    std::latch go(1);
    WorkerPool pool(1, 10);
    ASSERT_TRUE(pool.post([&] {
      begun.count_down();
      go.wait();
      ++run;
    }));
    begun.wait();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.post([&] { ++run; }));
    go.count_down();
  }
  EXPECT_GE(run, 1);
  EXPECT_LE(run, 6);
}

}  // namespace
}  // namespace faultline
