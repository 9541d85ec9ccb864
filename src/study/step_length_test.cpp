// The same simulated day in steps of one second, a minute, five minutes and an hour: what is opened
// in total, and the map near the price at the end.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "engine/step_sources.hpp"
#include "map/ensemble_column.hpp"
#include "store/test_folder.hpp"
#include "study/lab_run.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

struct Estimate {
  double opened = 0.0;  // native units, both sides
  MapColumn column;
};

Outcome<Estimate> estimate_in_steps(const Store& store, const InstrumentId& id, Nanos length,
                                    const DensityConfig& config = {}) {
  Outcome<OpenedSteps> opened = open_steps(store, id, {.length = length});
  if (!opened) return opened.error();
  PositionDensity density(config, {});
  Estimate estimate;
  MarketStep step;
  for (;;) {
    const Outcome<bool> more = opened->steps.next(step);
    if (!more) return more.error();
    if (!*more) break;
    const StepReport report = density.advance(step);
    for (const double amount : report.opened) estimate.opened += amount;
  }
  estimate.column = make_column(density, opened->spec, step.end, step.close, {.reach = 0.05});
  return estimate;
}

// Σ|a − b| / Σa over the rows within 5 % of the price, both sides.
double relative_l1(const MapColumn& a, const MapColumn& b) {
  double difference = 0.0;
  double sum = 0.0;
  for (const Side side : kSides) {
    for (std::size_t i = 0; i < a.row_count(); ++i) {
      const std::int32_t row = a.first_row + static_cast<std::int32_t>(i);
      difference += std::abs(a.at(side, row) - b.at(side, row));
      sum += a.at(side, row);
    }
  }
  return difference / sum;
}

TEST(StepLength, SecondsAndMinutesTellTheSameStory) {
  const TestFolder scratch;
  LabRunOptions options;
  options.folder = scratch.file("day");
  options.config.warm_up = kDay;
  options.shown = kHour;
  const Outcome<LabRun> run = run_lab(options, {});
  ASSERT_TRUE(run) << describe(run.error());
  const auto store = Store::open(options.folder + "/store", StoreMode::kRead);
  ASSERT_TRUE(store) << describe(store.error());
  const InstrumentId id = lab_instrument().id;
  // The central member, whose close split stays where it is, and one whose split follows the market
  // two standard deviations of the prior beyond it.
  const DensityConfig follows{.close_response = {.half_life_hours = 0.5,
                                                 .taker_imbalance = -0.6,
                                                 .step_return = 0.1,
                                                 .interest_sign = 0.1}};
  for (const DensityConfig& config : {DensityConfig{}, follows}) {
    const Outcome<Estimate> seconds = estimate_in_steps(**store, id, kSecond, config);
    ASSERT_TRUE(seconds) << describe(seconds.error());
    for (const Nanos length : {kMinute, Nanos(5 * kMinute.value), kHour}) {
      const Outcome<Estimate> coarse = estimate_in_steps(**store, id, length, config);
      ASSERT_TRUE(coarse) << describe(coarse.error());
      const double opened = coarse->opened / seconds->opened;
      const double distance = relative_l1(seconds->column, coarse->column);
      std::printf("steps of %lld s against 1 s: opened %.4f, L1 of the map within 5 %% %.4f\n",
                  static_cast<long long>(length.value / kSecond.value), opened, distance);
      if (length != kMinute) continue;  // the others are for information
      EXPECT_NEAR(opened, 1.0, 0.03);
      EXPECT_LE(distance, 0.05);
    }
  }
}

}  // namespace
}  // namespace faultline
