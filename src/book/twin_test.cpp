// The fast book against its naive twin on random tapes, and what holds for every tape.
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "base/rng.hpp"
#include "book/order_book_matching.hpp"
#include "book/test_tape.hpp"

namespace faultline {
namespace {

constexpr std::size_t kTapes = 600;
constexpr std::size_t kLines = 250;

std::vector<std::uint8_t> random_bytes(std::uint64_t index) {
  Rng rng = Rng(20).stream("tape", index);
  std::vector<std::uint8_t> bytes(kTapeHeadBytes + kLines * kTapeCallBytes);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.below(256));
  return bytes;
}

TEST(BookTwin, RandomTapesGiveTheSameEventsAndDepth) {
  for (std::size_t i = 0; i < kTapes; ++i)
    ASSERT_EQ(twin_complaint(tape_of(random_bytes(i))), "") << "tape " << i;
}

// The same rules compiled into the calls of one listener.
TEST(BookTwin, ABookMadeForItsListenerGivesTheSame) {
  for (std::size_t i = 0; i < kTapes; ++i) {
    ASSERT_EQ(twin_complaint<MatchingBook<Recorder>>(tape_of(random_bytes(i))), "") << "tape " << i;
  }
}

// Else the tests above could be blind: the tapes must reach every event and every refusal.
TEST(BookTwin, TapesReachEveryRule) {
  std::map<std::string_view, int> events;
  std::map<RejectReason, int> refusals;
  for (std::size_t i = 0; i < kTapes; ++i) {
    const Tape tape = tape_of(random_bytes(i));
    TapePlayer<OrderBook> player(tape.config);
    for (const TapeLine& line : tape.lines) {
      const TapeAnswer answer = player.play(line);
      if (answer.refusal) ++refusals[*answer.refusal];
    }
    for (const BookEvent& event : player.recorder().take_events()) ++events[event.what];
  }
  for (const std::string_view what : {"trade", "rested", "reduced", "triggered"})
    EXPECT_GT(events[what], 50) << what;
  for (int reason = 0; reason <= static_cast<int>(RemovalReason::kWouldCross); ++reason) {
    const std::string_view name = name_of(static_cast<RemovalReason>(reason));
    EXPECT_GT(events[name], 10) << name;
  }
  for (int reason = 0; reason <= static_cast<int>(RejectReason::kUnknownOrder); ++reason) {
    const auto refusal = static_cast<RejectReason>(reason);
    EXPECT_GT(refusals[refusal], 10) << name_of(refusal);
  }
}

TEST(BookTwin, AMirroredTapeGivesTheMirroredEvents) {
  for (std::size_t i = 0; i < kTapes; ++i)
    ASSERT_EQ(mirror_complaint(tape_of(random_bytes(i))), "") << "tape " << i;
}

}  // namespace
}  // namespace faultline
