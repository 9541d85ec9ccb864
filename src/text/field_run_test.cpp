#include "text/field_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/rng.hpp"
#include "text/digits.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kUnread = -7'777;

// Fields one behind the other between commas, as in a file of one column.
class Fields {
 public:
  explicit Fields(const std::vector<std::string>& fields) : text_(64, '7') {
    for (const std::string& field : fields) {
      begins_.push_back(static_cast<std::uint32_t>(text_.size()));
      text_ += field;
      ends_.push_back(static_cast<std::uint32_t>(text_.size()));
      text_ += ',';
    }
    text_.append(64, '7');
  }

  FieldRun run() const {
    return {.text = text_.data(),
            .begins = begins_.data(),
            .ends = ends_.data(),
            .count = ends_.size()};
  }

 private:
  std::string text_;
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> ends_;
};

struct Reading {
  std::vector<std::int64_t> values;  // kUnread where left
  std::size_t left_count = 0;
};

// Values of the fast path; what it leaves is named once each, in order.
Reading read(const std::vector<std::string>& fields, const DigitForm& form = {}) {
  Reading out;
  out.values.assign(fields.size(), 0);
  std::vector<std::uint32_t> left;
  const Fields texts(fields);
  read_digits(texts.run(), form, out.values, left);
  EXPECT_EQ(std::ranges::adjacent_find(left, std::ranges::greater_equal{}), left.end());
  for (const std::uint32_t row : left) out.values[row] = kUnread;
  out.left_count = left.size();
  return out;
}

// Eight rows of which the fourth is `text`.
std::int64_t among(const std::string& usual, const std::string& text, const DigitForm& form = {}) {
  std::vector<std::string> fields(8, usual);
  fields[3] = text;
  const Reading got = read(fields, form);
  for (std::size_t row = 0; row < 8; ++row) {
    if (row != 3) {
      EXPECT_NE(got.values[row], kUnread) << usual << " beside " << text;
    }
  }
  return got.values[3];
}

TEST(FieldRun, ReadsNarrowAndWideNumbers) {
  EXPECT_EQ(among("0", "12345678"), 12'345'678);
  EXPECT_EQ(among("92759.3", "92759.4", {.places = 1}), 927'594);
  EXPECT_EQ(among("92759.3", "2.4", {.places = 9}), 2'400'000'000);
  EXPECT_EQ(among("0.5", ".5", {.places = 1}), 5);
  EXPECT_EQ(among("5.", "7.", {.places = 2}), 700);
  EXPECT_EQ(among("3000000123", "3099999999"), 3'099'999'999);
  EXPECT_EQ(among("1764547500000", "1764547500123", {.size = 13, .scale = 1'000'000, .shift = -5}),
            1'764'547'500'123'000'000 - 5);
  EXPECT_EQ(among("1234567890123456", "1234567899999999"), 1'234'567'899'999'999);
  EXPECT_EQ(among("1234567.89", "1234567.91", {.places = 3}), 1'234'567'910);
}

TEST(FieldRun, LeavesWhatIsOfAnotherForm) {
  for (const char* text : {"", "-1", "+1", "1e5", "abc", "1 ", " 1", "1.5", ".", "123456789", "/",
                           ":", "12345678901234567"}) {
    EXPECT_EQ(among("17", text), kUnread) << text;
  }
  for (const char* text : {"", ".", "..", "1", "1.", "1.25", "1.2.5", "1..5", "1,5", "1/5", "-1.5",
                           "123456.78", ".1.5", "1.-5"}) {
    EXPECT_EQ(among("92759.3", text, {.places = 3}), kUnread) << text;
  }
  // Another head, another length, a sign, and a point in the head.
  for (const char* text : {"4000000123", "30000123", "-000000123", "3.00000123", "300000012x",
                           "x000000123", "30000001234567890"}) {
    std::vector<std::string> fields(8, "3000000122");
    fields[3] = text;
    EXPECT_EQ(read(fields).values[3], kUnread) << text;
  }
  EXPECT_EQ(among("1764547500000", "17645475000000", {.size = 13}), kUnread);
  EXPECT_EQ(among("1764547500000", "176454750000", {.size = 13}), kUnread);
}

TEST(FieldRun, LeavesColumnsThatMightOverflow) {
  // The largest number of the form decides, not those that are there.
  EXPECT_EQ(read(std::vector<std::string>(8, "1"), {.places = 10}).left_count, 8U);
  EXPECT_EQ(read(std::vector<std::string>(8, "1"), {.places = 9}).left_count, 0U);
  EXPECT_EQ(read(std::vector<std::string>(8, "9999999999999"), {.scale = 1'000'000}).left_count,
            8U);
  EXPECT_EQ(read(std::vector<std::string>(8, "1.25"), {.places = 1}).left_count, 8U);
}

TEST(FieldRun, LeavesColumnsThatMightBeTooSmall) {
  const DigitForm form{.size = 13, .least = 100'000'000'000};
  EXPECT_EQ(read(std::vector<std::string>(8, "0100012345678"), form).left_count, 0U);
  EXPECT_EQ(read(std::vector<std::string>(8, "0099912345678"), form).left_count, 8U);
  EXPECT_EQ(read(std::vector<std::string>(8, "5"), {.least = 1}).left_count, 8U);
}

TEST(FieldRun, LeavesTheOddRowsBehindTheLastFour) {
  for (std::size_t count = 0; count < 10; ++count)
    EXPECT_EQ(read(std::vector<std::string>(count, "12")).left_count, count % 4) << count;
}

TEST(FieldRun, AdaptsToEveryStretch) {
  // A change of the head in the middle costs one stretch; many forms, the rest of the run.
  std::vector<std::string> ids;
  for (std::size_t row = 0; row < 2'048; ++row) ids.push_back(std::to_string(2'999'999'488 + row));
  EXPECT_EQ(read(ids).left_count, 0U);
  ids.erase(ids.begin());
  EXPECT_EQ(read(ids).left_count, 2'047U);
}

std::string random_field(Rng& rng, int usual_decimals) {
  const auto whole = rng.next_u64() >> (rng.below(44) + 20);
  std::string text = std::to_string(whole);
  const int decimals = rng.below(8) == 0 ? static_cast<int>(rng.below(5)) : usual_decimals;
  if (decimals > 0) text += '.';
  for (int d = 0; d < decimals; ++d) text += static_cast<char>('0' + rng.below(10));
  if (rng.below(30) == 0) text[rng.below(text.size())] = static_cast<char>(1 + rng.below(255));
  if (rng.below(30) == 0) text.erase(0, rng.below(text.size() + 1));
  return text;
}

TEST(FieldRun, AgreesWithParseDigits) {
  Rng rng(8);
  std::size_t read_count = 0;
  for (int round = 0; round < 3'000; ++round) {
    const auto decimals = static_cast<int>(rng.below(4));
    const DigitForm form{.places = static_cast<int>(rng.below(5)), .shift = -3};
    std::vector<std::string> fields(rng.below(40));
    for (std::string& field : fields) {
      field = random_field(rng, decimals);
      if (rng.below(2) == 0) field = fields[0];
      if (rng.below(2) == 0 && !field.empty()) field.back() = '4';
    }
    const Reading got = read(fields, form);
    for (std::size_t row = 0; row < fields.size(); ++row) {
      if (got.values[row] == kUnread) continue;
      ++read_count;
      const std::string padded = std::string(64, '7') + fields[row];
      std::int64_t expected = 0;
      ASSERT_TRUE(
          parse_digits(padded.data() + 64, padded.data() + padded.size(), form.places, expected))
          << fields[row];
      ASSERT_EQ(got.values[row], expected + form.shift) << fields[row];
    }
  }
  EXPECT_GT(read_count, 10'000U);
}

ShortWord word_of(const std::string& text, std::int64_t value) {
  ShortWord word{.packed = 0, .value = value};
  for (std::size_t i = 0; i < text.size(); ++i)
    word.packed |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return word;
}

TEST(FieldRun, ReadsExactlyTheWords) {
  const std::vector<ShortWord> words{word_of("true", 5), word_of("false", 6),
                                     word_of("eightish", 7), word_of("\xff", 8)};
  const std::vector<std::string> fields{"true",  "false",     "eightish",  "\xff",    "",
                                        "tru",   "truee",     "True",      "rue",     "falsetru",
                                        "eight", "eightish9", "xeightish", "eightis", "true"};
  const Fields texts(fields);
  std::vector<std::int64_t> values(fields.size());
  std::vector<std::uint32_t> left{99};
  read_words(texts.run(), words, values, left);
  EXPECT_EQ(left, (std::vector<std::uint32_t>{99, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}));
  EXPECT_EQ(values[0], 5);
  EXPECT_EQ(values[1], 6);
  EXPECT_EQ(values[2], 7);
  EXPECT_EQ(values[3], 8);
  EXPECT_EQ(values[14], 5);
  left.clear();
  read_words(texts.run(), {}, values, left);
  EXPECT_EQ(left.size(), fields.size());
}

}  // namespace
}  // namespace faultline
