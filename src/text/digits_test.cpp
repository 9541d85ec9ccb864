#include "text/digits.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.hpp"

namespace faultline {
namespace {

// The text after 64 bytes that would spoil the number if they were read.
bool parse(const std::string& text, int places, std::int64_t& out) {
  const std::string padded = std::string(64, '7') + text;
  return parse_digits(padded.data() + 64, padded.data() + padded.size(), places, out);
}

std::int64_t value_of(const std::string& text, int places) {
  std::int64_t out = -1;
  EXPECT_TRUE(parse(text, places, out)) << text;
  return out;
}

TEST(Digits, ReadsFixedPointText) {
  EXPECT_EQ(value_of("0", 0), 0);
  EXPECT_EQ(value_of("92759.3", 1), 927593);
  EXPECT_EQ(value_of("92759.3", 9), 92759300000000);
  EXPECT_EQ(value_of("0.001", 3), 1);
  EXPECT_EQ(value_of(".5", 1), 5);
  EXPECT_EQ(value_of("7.", 2), 700);
  EXPECT_EQ(value_of("1764547500000", 6), 1764547500000000000);
  EXPECT_EQ(value_of("1234567890123456", 0), 1234567890123456);
  EXPECT_EQ(value_of("123456789012.345", 3), 123456789012345);
}

TEST(Digits, LeavesEverythingElseToTheExactParser) {
  std::int64_t out = 0;
  for (const char* text : {"", ".", "-1", "+1", "1e5", "1.2.3", "..", "12345678901234567", "1,2",
                           "abc", "1 ", "0.12"}) {
    EXPECT_FALSE(parse(text, 1, out)) << text;
  }
  EXPECT_FALSE(parse("9999999999999999", 9, out));
}

TEST(Digits, AgreesWithANaiveTwin) {
  Rng rng(4);
  for (int i = 0; i < 200'000; ++i) {
    const auto whole = rng.next_u64() >> (rng.below(30) + 34);
    const auto places = static_cast<int>(rng.below(7));
    std::string text = std::to_string(whole);
    std::int64_t expected = static_cast<std::int64_t>(whole);
    const auto decimals =
        places == 0 ? 0 : static_cast<int>(rng.below(static_cast<std::uint64_t>(places) + 1));
    if (decimals > 0) text += '.';
    for (int d = 0; d < places; ++d) {
      const auto digit = d < decimals ? static_cast<std::int64_t>(rng.below(10)) : 0;
      if (d < decimals) text += static_cast<char>('0' + digit);
      expected = expected * 10 + digit;
    }
    if (text.size() > 16) continue;
    ASSERT_EQ(value_of(text, places), expected) << text;
  }
}

}  // namespace
}  // namespace faultline
