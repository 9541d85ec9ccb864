#include "serve/scorecard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/time_text.hpp"

namespace faultline {
namespace {

constexpr Nanos kInterval{10 * kMinute.value};
const UnixNanos kBegin = parse_time_text("2025-12-01").value();

// Column n of ten minutes: 100 expected of longs and 90 printed, in a band that holds it in every
// second column; nothing is told of shorts.
SeriesEntry entry(std::int64_t index) {
  SeriesEntry out;
  out.index = index;
  out.as_of = kBegin + Nanos((index + 1) * kInterval.value);
  out.span.crossed_usd = {200.0, 50.0};
  out.span.feed.emplace();
  out.span.feed->has_side = {true, false};
  out.span.feed->expected_liquidation_usd = {100.0, 0.0};
  out.span.feed->printed_usd = {90.0, 0.0};
  const double high = index % 2 == 0 ? 95.0 : 85.0;
  out.span.feed->liquidation_interval[0] = UsdInterval{.low = 10.0, .high = high};
  return out;
}

std::vector<SeriesEntry> entries(std::int64_t begin, std::int64_t end) {
  std::vector<SeriesEntry> out;
  for (std::int64_t i = begin; i < end; ++i) out.push_back(entry(i));
  return out;
}

double number(const JsonValue& body, const char* of, const char* name) {
  return body.find(of)->find(name)->as_double().value();
}

// All that is told is over the hours that are shown, though more is there.
TEST(Scorecard, IsOverTheHoursShownAlone) {
  Scorecard card(kInterval);
  const std::int64_t end = 1'005 * 6 + 3;  // half an hour after hour 1,005
  const UnixNanos begin = card.begin_at(entry(end - 1).as_of);
  EXPECT_EQ(begin, kBegin + Nanos(6 * kHour.value));
  for (std::int64_t i = 0; i < end; ++i) {
    if (entry(i).as_of > begin) card.add(entries(i, i + 1));
  }
  const JsonValue body = card.document();
  const auto& hours = *body.find("hours")->as_array();
  ASSERT_EQ(hours.size(), 1'000U);
  EXPECT_EQ(hours.front().find("columns")->as_int(), 6);
  EXPECT_EQ(hours.back().find("columns")->as_int(), 3);
  EXPECT_EQ(*body.find("from")->as_string(), to_text(begin));
  EXPECT_EQ(*body.find("to")->as_string(), to_text(entry(end - 1).as_of));
  const double columns = 999 * 6 + 3;
  EXPECT_EQ(number(body, "totals", "columns"), columns);
  EXPECT_EQ(number(body, "liquidation_intervals", "count"), columns);
  EXPECT_EQ(number(body, "liquidation_intervals", "inside"), (columns + 1) / 2);
  EXPECT_EQ(number(body, "columns", "count"), columns);
  EXPECT_EQ(number(body, "columns", "interval_s"), 600.0);
  EXPECT_NEAR(number(body, "columns", "log_ratio_mean"), std::log(91.0 / 101.0), 1e-9);
  EXPECT_TRUE(body.find("totals")->find("printed_usd")->find("short")->is_null());
}

TEST(Scorecard, DoesNotDependOnTheBlocksItIsGiven) {
  Scorecard whole(kInterval);
  whole.add(entries(0, 500));
  Scorecard blocks(kInterval);
  for (std::int64_t i = 0; i < 500; i += 7)
    blocks.add(entries(i, std::min<std::int64_t>(i + 7, 500)));
  EXPECT_EQ(write_json(blocks.document()), write_json(whole.document()));
}

TEST(Scorecard, TakesAColumnThatIsLongerForAnHour) {
  const Scorecard card(kDay);
  EXPECT_EQ(card.begin_at(kBegin), kBegin - Nanos(1'000 * kDay.value));
}

}  // namespace
}  // namespace faultline
