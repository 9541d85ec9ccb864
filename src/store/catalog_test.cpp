#include "store/catalog.hpp"

#include <gtest/gtest.h>

namespace faultline {
namespace {

constexpr std::int64_t kDayNumber = 20'423;  // 2025-12-01

SegmentInfo segment_of(std::int64_t day, std::int64_t first_minute, std::int64_t last_minute) {
  const UnixNanos begin(day * kDay.value);
  SegmentInfo segment;
  segment.day = day;
  segment.file = segment_file_name(day, 0);
  segment.rows = static_cast<std::uint64_t>(last_minute - first_minute + 1);
  segment.time_first = begin + Nanos(first_minute * kMinute.value);
  segment.time_last = begin + Nanos(last_minute * kMinute.value);
  segment.bytes = 1000;
  segment.sha256 = "ab";
  return segment;
}

InstrumentRecord sample_record() {
  InstrumentRecord record;
  record.id = *parse_instrument_id("binance_usdm:BTCUSDT");
  InstrumentSpec spec;
  spec.id = record.id;
  spec.contract_multiplier = Decimal{1, 3};
  spec.valid_to = UnixNanos(5);
  record.specs = {spec};
  KindRecord& bars = record.find_or_add(EventKind::kBar);
  bars.expected_interval = kMinute;
  bars.segments = {segment_of(kDayNumber, 0, 1439), segment_of(kDayNumber + 2, 10, 1439)};
  bars.segments[1].gaps = {{UnixNanos(1), UnixNanos(2)}};
  bars.segments[1].gap_count = 1;
  bars.sources = {{"a \"b\".csv", "cd", "bars-v1", 10, 20, 3}};
  bars.warnings = {{"off_grid", 3}};
  bars.watched = {{UnixNanos(5), UnixNanos(7)}, {UnixNanos(8), UnixNanos(9)}};
  record.find_or_add(EventKind::kTrade);
  return record;
}

TEST(Catalog, ManifestsComeBackAsTheyWere) {
  const InstrumentRecord record = sample_record();
  EXPECT_EQ(record.kinds.front().kind, EventKind::kTrade);
  const std::string text = write_manifest(record);
  const auto back = parse_manifest(text, "m");
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(*back, record);
  EXPECT_EQ(write_manifest(*back), text);
}

TEST(Catalog, AManifestOfANewerVersionIsNotCalledDamaged) {
  std::string text = write_manifest(sample_record());
  const std::size_t at = text.find("\"format_version\": 1");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 19, "\"format_version\": 2");
  const auto back = parse_manifest(text, "m");
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Errc::kNewerFormat);
  EXPECT_EQ(back.error().field, "format_version");
}

TEST(Catalog, DamagedManifestsNameTheField) {
  const std::string text = write_manifest(sample_record());
  const auto field_after = [&](const std::string& from, const std::string& to) {
    std::string damaged = text;
    const std::size_t at = damaged.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    damaged.replace(at, from.size(), to);
    const auto back = parse_manifest(damaged, "m");
    if (back) return std::string("accepted");
    EXPECT_EQ(back.error().code, Errc::kCorrupt);
    EXPECT_EQ(back.error().file, "m");
    return back.error().field;
  };
  EXPECT_EQ(field_after("\"format_version\": 1", "\"format_version\": 0"), "format_version");
  EXPECT_EQ(field_after("2025-12-01.parquet", "../../../2025-12-01.parquet"), "file");
  EXPECT_EQ(field_after("2025-12-01.parquet", "2025-12-02.parquet"), "day");
  EXPECT_EQ(field_after("\"rows\": 1440", "\"rows\": -1"), "rows");
  EXPECT_EQ(field_after("\"rows\": 1440", "\"rows\": \"1440\""), "rows");
  EXPECT_EQ(field_after("\"bar\"", "\"bars\""), "kind");
  EXPECT_EQ(field_after("\"gap_count\": 1", "\"gap_count\": 2"), "gaps");
  EXPECT_EQ(field_after("\"tick_size\": \"0.1\"", "\"tick_size\": \"0\""), "tick_size");
  EXPECT_EQ(field_after("binance_usdm:BTCUSDT", "binance_usdm:../x"), "instrument");
  EXPECT_EQ(field_after("\"from\": 8", "\"from\": 7"), "watched");
  EXPECT_EQ(field_after("\"from\": 8", "\"from\": 9"), "watched");
  EXPECT_EQ(field_after("{", "["), "");
  for (std::size_t cut = 0; cut + 2 < text.size(); ++cut)
    EXPECT_FALSE(parse_manifest(std::string_view(text).substr(0, cut), "m")) << cut;
}

TEST(Catalog, WatchedStretchesJoinWhereTheyTouch) {
  const auto range = [](std::int64_t from, std::int64_t to) {
    return TimeRange{UnixNanos(from), UnixNanos(to)};
  };
  KindRecord record;
  add_watched(record, range(10, 20));
  add_watched(record, range(30, 40));
  add_watched(record, range(5, 5));
  EXPECT_EQ(record.watched, (std::vector{range(10, 20), range(30, 40)}));
  EXPECT_FALSE(is_watched(record.watched, range(15, 35)));
  add_watched(record, range(20, 30));
  EXPECT_EQ(record.watched, std::vector{range(10, 40)});
  EXPECT_TRUE(is_watched(record.watched, range(15, 35)));
  add_watched(record, range(0, 3));
  EXPECT_EQ(record.watched, (std::vector{range(0, 3), range(10, 40)}));
}

TEST(Catalog, GapsBetweenDaysAreFound) {
  const InstrumentRecord record = sample_record();
  const auto coverage = coverage_of(*record.find(EventKind::kBar));
  ASSERT_TRUE(coverage);
  EXPECT_EQ(coverage->rows, 1440U + 1430U);
  ASSERT_EQ(coverage->gaps.size(), 2U);
  EXPECT_EQ(coverage->gap_count, 2U);
  const UnixNanos next_day((kDayNumber + 1) * kDay.value);
  EXPECT_EQ(coverage->gaps[0], (TimeRange{next_day, next_day + kDay + Nanos(600 * kSecond.value)}));
  EXPECT_FALSE(coverage_of(*record.find(EventKind::kTrade)));
}

TEST(Catalog, DaysThatFollowEachOtherAreOneRecording) {
  KindRecord record;
  EXPECT_TRUE(recorded_days(record).empty());
  for (const std::int64_t day : {5, 6, 8}) {
    SegmentInfo segment;
    segment.day = day;
    segment.time_first = UnixNanos(day * kDay.value + 10);
    segment.time_last = UnixNanos(day * kDay.value + 90);
    record.segments.push_back(segment);
  }
  EXPECT_EQ(
      recorded_days(record),
      (std::vector<TimeRange>{{UnixNanos(5 * kDay.value + 10), UnixNanos(6 * kDay.value + 91)},
                              {UnixNanos(8 * kDay.value + 10), UnixNanos(8 * kDay.value + 91)}}));
}

TEST(Catalog, ManifestsOfOlderVersionsLackWhatCameLater) {
  std::string text = write_manifest(sample_record());
  for (const std::string name : {"meaning", "selection"}) {
    const std::size_t at = text.find(",\n", text.find("\"rows_quarantined\""));
    const std::size_t end = text.find('\n', at + 2);
    ASSERT_NE(text.substr(at, end - at).find(name), std::string::npos);
    text.erase(at, end - at - (text[end - 1] == ',' ? 1 : 0));
  }
  const auto back = parse_manifest(text, "m");
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(*back, sample_record());
}

TEST(Catalog, SegmentNamesAreExact) {
  EXPECT_EQ(segment_file_name(kDayNumber, 0), "2025-12-01.parquet");
  EXPECT_EQ(parse_segment_file_name("2025-12-01.12.parquet"), std::pair(kDayNumber, 12UL));
  for (const char* name :
       {"", "2025-12-01", "2025-12-01.parquet.partial", "2025-12-1.parquet", "2025-13-01.parquet",
        "2025-12-01.0.parquet", "2025-12-01.01.parquet", "2025-12-01.-1.parquet",
        "2025-12-01.99999999999999999999.parquet", "a/2025-12-01.parquet", "2025-12-01/.parquet"}) {
    EXPECT_FALSE(parse_segment_file_name(name)) << name;
  }
}

}  // namespace
}  // namespace faultline
