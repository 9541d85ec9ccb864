#include "serve/series_runner.hpp"

#include <gtest/gtest.h>

#include <latch>

#include "base/clock.hpp"
#include "serve/test_service.hpp"

namespace faultline {
namespace {

// A source that calls `on_piece` with the number of each piece of its warm-up, from 1.
class WatchedWarmUp final : public SeriesSource {
 public:
  explicit WatchedWarmUp(std::function<void(int)> on_piece)
      : source_(small_series()), on_piece_(std::move(on_piece)) {
    identity_ = source_->identity();
  }
  UnixNanos begin() const override { return source_->begin(); }
  UnixNanos end() const override { return source_->end(); }
  TimeRange warm_up() const override { return source_->warm_up(); }
  Outcome<void> warm_up_to(UnixNanos until) override {
    on_piece_(++pieces_);
    return source_->warm_up_to(until);
  }
  Outcome<SourceNews> advance_to(UnixNanos until) override { return source_->advance_to(until); }
  const MapSeries& series() const override { return source_->series(); }

 private:
  std::unique_ptr<SeriesSource> source_;
  std::function<void(int)> on_piece_;
  int pieces_ = 0;
};

// Six hours and two minutes are seven pieces.
TEST(SeriesRunner, StopsBetweenTwoPiecesOfItsWarmUp) {
  std::latch begun(1);
  std::latch go(1);
  std::atomic<int> pieces = 0;
  auto source = std::make_unique<WatchedWarmUp>([&](int piece) {
    pieces = piece;
    if (piece != 3) return;
    begun.count_down();
    go.wait();
  });
  SeriesRunner runner(std::move(source), {.speed = 1.0, .at_once_until = kAllTime.to});
  EXPECT_EQ(runner.state().warm_up_share, 0.0);
  runner.start();
  begun.wait();
  const SeriesRunner::State state = runner.state();
  EXPECT_NEAR(state.warm_up_share.value_or(-1.0), 120.0 / 362.0, 1e-9);
  EXPECT_TRUE(state.is_hurrying);
  EXPECT_EQ(runner.history().now(), nullptr);
  go.count_down();
  runner.stop();
  EXPECT_LT(pieces, 7);
  EXPECT_EQ(runner.history().now(), nullptr);
}

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

// While it waits for a column that is due in twenty seconds, or for ever.
TEST(SeriesRunner, EndsAtOnceWhenItIsDestroyed) {
  for (const double speed : {3.0, 0.0}) {
    auto runner = std::make_unique<SeriesRunner>(
        small_series(), SeriesRunner::Pace{.speed = speed, .at_once_until = std::nullopt});
    runner->run_to(runner->state().begin);
    runner->start();
    // It waits, or is about to, when it hurries no more: both are told under one lock.
    ASSERT_TRUE(wait_until(
        [&] { return runner->history().column_end() == 1 && !runner->state().is_hurrying; }));
    const std::chrono::nanoseconds begin = monotonic_now();
    runner.reset();
    ASSERT_LT(monotonic_now() - begin, std::chrono::seconds(10));
  }
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
