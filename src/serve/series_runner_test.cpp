#include "serve/series_runner.hpp"

#include <gtest/gtest.h>

#include "serve/test_service.hpp"

namespace faultline {
namespace {

TEST(SeriesRunner, RunsToATimeAndThenKeepsItsPace) {
  std::atomic<int> columns = 0;
  SeriesRunner runner(small_series(), {.speed = 0.0, .at_once_until = std::nullopt},
                      [&](const SourceNews& news) { columns += news.moment ? 1 : 0; });
  runner.start();
  const SeriesRunner::State before = runner.state();
  EXPECT_EQ(before.speed, 0.0);
  EXPECT_EQ(columns, 0);  // it stands still
  const UnixNanos until = before.begin + Nanos(20 * kMinute.value);
  runner.run_to(until);
  ASSERT_TRUE(wait_until([&] { return runner.state().now == until; }));
  ASSERT_TRUE(wait_until([&] { return !runner.state().is_hurrying; }));
  EXPECT_EQ(columns, 21);
  EXPECT_EQ(runner.history().column_end(), 21);
  runner.set_speed(SeriesRunner::kSpeedMax);
  ASSERT_TRUE(wait_until([&] { return runner.state().is_over; }));
  EXPECT_EQ(runner.state().problem, std::nullopt);
  EXPECT_EQ(runner.history().column_end(), columns);
}

TEST(SeriesRunner, EndsAtOnceWhenItIsDestroyed) {
  SeriesRunner runner(small_series(), {.speed = 1e-3, .at_once_until = std::nullopt});
  runner.start();
}

// Same market, same columns, whatever the pace and the steps in which time went on.
TEST(SeriesRunner, ShowsTheSameAtAnyPace) {
  const auto tile_of = [](SeriesRunner& runner) {
    MapHistory& history = runner.history();
    const auto tile = history.tile({.level = 0, .column = 0, .row = history.row_tiles().first + 1});
    EXPECT_TRUE(tile);
    return tile ? *tile->bytes : std::string();
  };
  SeriesRunner at_once(small_series(), {.speed = 1.0, .at_once_until = kAllTime.to});
  at_once.start();
  SeriesRunner stepwise(small_series(), {.speed = 0.0, .at_once_until = std::nullopt});
  stepwise.start();
  for (int hour = 1; hour <= 7; ++hour)
    stepwise.run_to(stepwise.state().begin + Nanos(hour * kHour.value));
  ASSERT_TRUE(wait_until([&] { return at_once.state().is_over && stepwise.state().is_over; }));
  EXPECT_EQ(tile_of(at_once), tile_of(stepwise));
}

}  // namespace
}  // namespace faultline
