#include "net/access_log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace faultline {
namespace {

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    earlier_ = std::signal(SIGPIPE, SIG_IGN);
  }
  ~AccessLogTest() override {
    close_reader();
    ::close(ends_[1]);
    std::signal(SIGPIPE, earlier_);
  }

  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  // All that is in the pipe. Requires: nobody writes any more.
  std::string read_all() {
    EXPECT_EQ(::fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
    std::string out;
    std::array<char, 4096> block;
    for (ssize_t bytes = 0; (bytes = ::read(ends_[0], block.data(), block.size())) > 0;)
      out.append(block.data(), static_cast<std::size_t>(bytes));
    return out;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  void (*earlier_)(int) = nullptr;
};

TEST_F(AccessLogTest, WritesAllInOrderWithoutARate) {
  std::string expected;
  {
    AccessLog log(0.0, writer());
    for (int i = 0; i < 500; ++i) {
      const std::string line = "line " + std::to_string(i);
      log.add(line);
      expected += line + "\n";
    }
  }
  EXPECT_EQ(read_all(), expected);
}

TEST_F(AccessLogTest, CountsWhatTheRateLeavesOutAndWritesEventsAllTheSame) {
  {
    AccessLog log(1e-6, writer());
    for (int i = 0; i < 5; ++i) log.add("too many");
    log.add_always("problem");
    log.add("too many");
  }
  EXPECT_EQ(read_all(), "{\"dropped_lines\": 5}\nproblem\n{\"dropped_lines\": 1}\n");
}

// One that hung here would be ended by the time limit of the tests.
TEST_F(AccessLogTest, EndsWhereNobodyReads) {
  const std::string line(1'000, 'x');
  {
    AccessLog log(0.0, writer());
    for (int i = 0; i < 200; ++i) log.add(line);  // a pipe holds 64 kB
  }
  const std::string got = read_all();
  EXPECT_GT(got.size(), 50 * line.size());
  EXPECT_LT(got.size(), 200 * line.size());
}

TEST_F(AccessLogTest, BoundsWhatWaitsForAReader) {
  const std::string line(100'000, 'x');
  {
    AccessLog log(0.0, writer());
    for (int i = 0; i < 100; ++i) log.add(line);
    std::string got;
    std::array<char, 65'536> block;
    while (got.find("dropped_lines") == std::string::npos && got.size() < 100 * line.size()) {
      const ssize_t bytes = ::read(reader(), block.data(), block.size());
      ASSERT_GT(bytes, 0);
      got.append(block.data(), static_cast<std::size_t>(bytes));
      log.add("more");
    }
    EXPECT_NE(got.find("dropped_lines"), std::string::npos);
    EXPECT_LT(got.size(), AccessLog::kWaitingBytesMax + 2 * line.size() + 65'536);
  }
}

TEST_F(AccessLogTest, OutlivesItsReader) {
  close_reader();
  AccessLog log(0.0, writer());
  for (int i = 0; i < 10; ++i) log.add("nobody reads it");
}

}  // namespace
}  // namespace faultline
