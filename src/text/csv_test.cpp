#include "text/csv.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "base/rng.hpp"

namespace faultline {
namespace {

// A source that hands out `text` in pieces of at most `piece` bytes.
ReadFn source_of(std::string text, std::size_t piece) {
  return [text = std::move(text), piece,
          at = std::size_t{0}](std::span<char> out) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({piece, out.size(), text.size() - at});
    std::memcpy(out.data(), text.data() + at, size);
    at += size;
    return size;
  };
}

using Rows = std::vector<std::vector<std::string>>;

struct Parsed {
  Rows rows;
  std::vector<std::uint64_t> lines;
  std::optional<Error> error;
};

Parsed parse(const std::string& text, std::size_t piece = 1 << 20, CsvOptions options = {}) {
  CsvReader reader(source_of(text, piece), options);
  CsvBlock block;
  Parsed out;
  for (;;) {
    const Result<bool> more = reader.next(block);
    if (!more) {
      out.error = more.error();
      return out;
    }
    if (!*more) return out;
    for (std::size_t row = 0; row < block.row_count(); ++row) {
      out.lines.push_back(block.line_of(row));
      auto& fields = out.rows.emplace_back();
      for (std::size_t field = 0; field < block.field_count(row); ++field) {
        std::string scratch;
        const auto value = unquote(block.raw(row, field), scratch);
        fields.emplace_back(value ? std::string(*value)
                                  : "!" + std::string(name_of(value.error().code)));
      }
    }
  }
}

TEST(CsvReader, ReadsPlainRows) {
  EXPECT_EQ(parse("a,b\n1,2\n").rows, (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(parse("a,b\r\n1,\r\n").rows, (Rows{{"a", "b"}, {"1", ""}}));
  EXPECT_EQ(parse("a,b\n1,2").rows, (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(parse("\xEF\xBB\xBFts\n1\n").rows, (Rows{{"ts"}, {"1"}}));
  EXPECT_EQ(parse("").rows, Rows{});
  EXPECT_EQ(parse("\n\r\n\n").rows, Rows{});
  EXPECT_EQ(parse(",\n").rows, (Rows{{"", ""}}));
}

TEST(CsvReader, AnyCharacterSeparates) {
  EXPECT_EQ(parse("a b\n1 2", 99, {.delimiter = ' '}).rows, (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(parse("a0b\n1,02", 99, {.delimiter = '0'}).rows, (Rows{{"a", "b"}, {"1,", "2"}}));
}

TEST(CsvReader, RowsOfDifferentLengthAreTheCallersBusiness) {
  EXPECT_EQ(parse("a,b,c\n1\n1,2,3,4\n").rows,
            (Rows{{"a", "b", "c"}, {"1"}, {"1", "2", "3", "4"}}));
}

TEST(CsvReader, QuotesHideSeparatorsAndNewlines) {
  const auto got = parse("a,\"x,\n\"\"y\"\"\"\nb,c\n");
  EXPECT_EQ(got.rows, (Rows{{"a", "x,\n\"y\""}, {"b", "c"}}));
  EXPECT_EQ(got.lines, (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(parse("\"a\"b,c\n").rows, (Rows{{"!bad_quote", "c"}}));
  EXPECT_EQ(parse("a,\"open\n").error->code, Errc::kBadQuote);
}

TEST(CsvReader, CountsLinesOverBlankOnes) {
  const auto got = parse("h\n\n\n1\n\n2\n");
  EXPECT_EQ(got.rows, (Rows{{"h"}, {"1"}, {"2"}}));
  EXPECT_EQ(got.lines, (std::vector<std::uint64_t>{1, 4, 6}));
}

TEST(CsvReader, NamesTheOffsetOfBinaryData) {
  const auto got = parse(std::string("ab\n1\0", 5));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(*got.error, (Error{Errc::kBinaryData, 4}));
}

TEST(CsvReader, ALineOverTheLimitIsAnError) {
  const CsvOptions options{.block_bytes = 64, .line_bytes_max = 1000};
  EXPECT_EQ(parse("a\n" + std::string(900, 'x') + "\n", 7, options).rows.size(), 2U);
  EXPECT_EQ(parse("a\n" + std::string(5000, 'x') + "\n", 7, options).error->code,
            Errc::kLineTooLong);
}

TEST(CsvReader, PassesOnTheErrorOfItsSource) {
  CsvReader reader([](std::span<char>) -> Result<std::size_t> {
    return Error{Errc::kTruncated, 12};
  });
  CsvBlock block;
  EXPECT_EQ(reader.next(block).error(), (Error{Errc::kTruncated, 12}));
}

// The naive twin: one character at a time, no blocks.
Rows naive(const std::string& text) {
  Rows rows;
  std::vector<std::string> row(1);
  const auto end_row = [&] {
    if (row.size() == 1 && (row[0].empty() || row[0] == "\r")) {
      row.assign(1, "");
      return;
    }
    if (!row.back().empty() && row.back().back() == '\r') row.back().pop_back();
    rows.push_back(row);
    row.assign(1, "");
  };
  for (const char c : text) {
    if (c == '\n')
      end_row();
    else if (c == ',')
      row.emplace_back();
    else
      row.back() += c;
  }
  if (!text.empty() && text.back() != '\n') end_row();
  return rows;
}

TEST(CsvReader, AgreesWithTheNaiveTwinForAnyBlockAndPieceSize) {
  Rng rng(11);
  for (int round = 0; round < 400; ++round) {
    std::string text;
    const std::uint64_t size = rng.below(600);
    for (std::uint64_t i = 0; i < size; ++i) text += "01a.,,\n\r-"[rng.below(9)];
    const CsvOptions options{.block_bytes = 64 + rng.below(200)};
    EXPECT_EQ(parse(text, 1 + rng.below(90), options).rows, naive(text)) << "round " << round;
  }
}

TEST(CsvField, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
}

}  // namespace
}  // namespace faultline
