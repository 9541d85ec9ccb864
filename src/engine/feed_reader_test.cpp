#include "engine/feed_reader.hpp"

#include <gtest/gtest.h>

#include "engine/test_reader.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kMin = kMinute.value;

Row print(std::int64_t minute, std::int64_t side, std::int64_t lots,
          Completeness rule = Completeness::kAll) {
  return {minute * kMin,
          side,
          100'000'000'000,
          static_cast<std::int64_t>(PriceKind::kFill),
          lots,
          static_cast<std::int64_t>(rule)};
}

Row total(std::int64_t minute, std::int64_t minutes, std::optional<std::int64_t> longs) {
  if (longs) longs = *longs * 1'000'000;
  return {minute * kMin, minutes * kMin, longs, 5'000'000,
          static_cast<std::int64_t>(Completeness::kUnknown)};
}

FeedReader prints(const std::vector<Row>& rows) {
  return FeedReader({InstrumentSpec{}},
                    std::make_unique<MemoryReader>(EventKind::kLiquidation, rows), nullptr);
}
FeedReader totals(const std::vector<Row>& rows) {
  return FeedReader({InstrumentSpec{}}, nullptr,
                    std::make_unique<MemoryReader>(EventKind::kLiquidationTotal, rows));
}

FeedMoment after(FeedReader& reader, std::int64_t from_minute, std::int64_t to_minute) {
  MarketStep step;
  step.begin = UnixNanos(from_minute * kMin);
  step.end = UnixNanos(to_minute * kMin);
  Outcome<FeedMoment> moment = reader.after(step);
  EXPECT_TRUE(moment);
  return std::move(moment).value();
}

TEST(FeedReader, AFeedIsUpFromItsFirstPrintUntilItIsSilentForLong) {
  FeedReader reader = prints({print(3, 0, 1000), print(4, 1, 2000), print(4, 0, 500)});
  EXPECT_FALSE(after(reader, 2, 3).reading);
  EXPECT_FALSE(after(reader, 3, 4).reading);  // it began somewhere inside
  const FeedMoment two = after(reader, 4, 5);
  ASSERT_TRUE(two.reading);
  EXPECT_EQ(two.reading->completeness, Completeness::kAll);
  EXPECT_EQ(two.reading->printed_usd(Side::kLong), 50.0);  // .5 coins at 100
  EXPECT_EQ(two.reading->printed_usd(Side::kShort), 200.0);
  const FeedMoment silent = after(reader, 5, 6);
  ASSERT_TRUE(silent.reading);
  EXPECT_EQ(silent.reading->printed_usd(Side::kLong), 0.0);
  EXPECT_EQ(silent.reading->completeness, Completeness::kAll);
  EXPECT_TRUE(after(reader, 64, 65).reading);
  EXPECT_FALSE(after(reader, 65, 66).reading);
}

TEST(FeedReader, AFeedThatWasWatchedIsUpThroughAnySilence) {
  FeedReader reader({InstrumentSpec{}},
                    std::make_unique<MemoryReader>(EventKind::kLiquidation,
                                                   std::vector<Row>{print(200, 0, 1000)}),
                    nullptr, {{UnixNanos(10 * kMin), UnixNanos(300 * kMin)}});
  EXPECT_FALSE(after(reader, 9, 10).reading);
  const FeedMoment quiet = after(reader, 10, 11);
  ASSERT_TRUE(quiet.reading);
  EXPECT_EQ(quiet.reading->printed_usd(Side::kLong), 0.0);
  EXPECT_EQ(after(reader, 200, 201).reading->printed_usd(Side::kLong), 100.0);
  EXPECT_TRUE(after(reader, 299, 300).reading);
  EXPECT_FALSE(after(reader, 300, 301).reading);
  FeedReader empty({InstrumentSpec{}}, nullptr, nullptr, {{UnixNanos(0), UnixNanos(5 * kMin)}});
  EXPECT_TRUE(empty.is_recorded());
  EXPECT_TRUE(after(empty, 0, 1).reading);
}

TEST(FeedReader, RulesThatMixAreUnknown) {
  FeedReader reader =
      prints({print(0, 0, 1), print(1, 0, 1), print(1, 0, 1, Completeness::kLatestPerSecond)});
  after(reader, 0, 1);
  EXPECT_EQ(after(reader, 1, 2).reading->completeness, Completeness::kUnknown);
}

TEST(FeedReader, ALongTotalIsAwaitedAndReadAtItsEnd) {
  FeedReader reader = totals({total(60, 60, 7)});
  EXPECT_FALSE(after(reader, 0, 60).is_awaited);
  for (std::int64_t minute = 60; minute < 115; minute += 5) {
    const FeedMoment inside = after(reader, minute, minute + 5);
    EXPECT_TRUE(inside.is_awaited);
    EXPECT_FALSE(inside.reading);
  }
  const FeedMoment end = after(reader, 115, 120);
  ASSERT_TRUE(end.reading);
  EXPECT_FALSE(end.is_awaited);
  EXPECT_EQ(end.reading->begin.value, 60 * kMin);
  EXPECT_EQ(end.reading->end.value, 120 * kMin);
  EXPECT_EQ(end.reading->printed_usd(Side::kLong), 7.0);
}

TEST(FeedReader, ShortTotalsAddUpToAStep) {
  FeedReader reader =
      totals({total(0, 5, 1), total(5, 5, 2), total(10, 5, std::nullopt), total(15, 5, 4)});
  const FeedMoment first = after(reader, 0, 10);
  ASSERT_TRUE(first.reading);
  EXPECT_EQ(first.reading->begin.value, 0);
  EXPECT_EQ(first.reading->printed_usd(Side::kLong), 3.0);
  EXPECT_EQ(first.reading->printed_usd(Side::kShort), 10.0);
  // A part that was not recorded leaves the sum unknown.
  EXPECT_FALSE(after(reader, 10, 20).reading->printed_usd(Side::kLong).has_value());
}

TEST(FeedReader, AHoleInTheTotalsCoversNoStep) {
  FeedReader reader = totals({total(0, 5, 1), total(10, 5, 2)});
  const FeedMoment moment = after(reader, 0, 15);
  ASSERT_TRUE(moment.reading);
  EXPECT_EQ(moment.reading->begin.value, 10 * kMin);  // not the step's: the filter refuses it
}

TEST(FeedReader, NothingRecordedIsNoReading) {
  FeedReader reader({}, nullptr, nullptr);
  EXPECT_FALSE(reader.is_recorded());
  const FeedMoment moment = after(reader, 0, 60);
  EXPECT_FALSE(moment.reading);
  EXPECT_FALSE(moment.is_awaited);
}

}  // namespace
}  // namespace faultline
