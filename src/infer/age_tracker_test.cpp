#include "infer/age_tracker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "infer/position_density.hpp"

namespace faultline {
namespace {

constexpr UnixNanos kStart(1'764'547'200'000'000'000);  // the beginning of a quarter of an hour

// One row, of which only the first class holds anything.
void look(AgeTracker& ages, Nanos after, double held, double kept_log = 0.0) {
  const std::array<double, 3> by_class{held, 0.0, 0.0};
  ages.look({kStart + after, 7, by_class, {kept_log, 0.0, 0.0}});
}

// What was there when the watching began is as old as that, for all that is known.
TEST(AgeTracker, CountsFromTheFirstLook) {
  AgeTracker ages;
  EXPECT_EQ(ages.watched(), Nanos(0));
  look(ages, Nanos(0), 5.0);
  EXPECT_EQ(ages.mean_age_s().front(), 0.0);
  EXPECT_EQ(ages.older_than(kHour).front(), 0.0);
  look(ages, Nanos(5 * kHour.value), 5.0);
  EXPECT_EQ(ages.watched(), Nanos(5 * kHour.value));
  EXPECT_NEAR(ages.mean_age_s().front(), 5 * 3600.0, 1e-9);
  EXPECT_NEAR(ages.older_than(Nanos(5 * kHour.value)).front(), 5.0, 1e-6);
  EXPECT_EQ(ages.older_than(Nanos(6 * kHour.value)).front(), 0.0);
}

TEST(AgeTracker, WhatComesInIsNew) {
  AgeTracker ages;
  look(ages, Nanos(0), 6.0);
  look(ages, Nanos(10 * kHour.value), 6.0);
  look(ages, Nanos(10 * kHour.value + 2 * kMinute.value), 8.0);
  // Two in the middle of two minutes.
  EXPECT_NEAR(ages.mean_age_s().front(), (6 * 36'120.0 + 2 * 60.0) / 8.0, 1e-6);
  EXPECT_NEAR(ages.older_than(kHour).front(), 6.0, 1e-6);
  look(ages, Nanos(11 * kHour.value + 10 * kMinute.value), 8.0);
  EXPECT_NEAR(ages.older_than(kHour).front(), 6.0, 1e-6);  // its quarter is not over that long
  look(ages, Nanos(11 * kHour.value + 15 * kMinute.value), 8.0);
  EXPECT_NEAR(ages.older_than(kHour).front(), 8.0, 1e-6);
  EXPECT_NEAR(ages.older_than(Nanos(4 * kHour.value)).front(), 6.0, 1e-6);
}

// Half was closed and as much came in: the amount is the same, and half of it is new.
TEST(AgeTracker, ClosingsThatAreMadeUpForMakeItYounger) {
  AgeTracker ages;
  look(ages, Nanos(0), 4.0);
  look(ages, Nanos(8 * kHour.value), 4.0);
  look(ages, Nanos(8 * kHour.value), 4.0, std::log(0.5));
  EXPECT_NEAR(ages.older_than(Nanos(4 * kHour.value)).front(), 2.0, 1e-6);
  EXPECT_NEAR(ages.mean_age_s().front(), 4 * 3600.0, 1e-6);
}

TEST(AgeTracker, WhatIsTakenIsTakenFromAll) {
  AgeTracker ages;
  look(ages, Nanos(0), 4.0);
  look(ages, Nanos(8 * kHour.value), 8.0);
  look(ages, Nanos(16 * kHour.value), 2.0);
  EXPECT_NEAR(ages.older_than(Nanos(14 * kHour.value)).front(), 1.0, 1e-6);
  look(ages, Nanos(17 * kHour.value), 0.0);
  EXPECT_TRUE(std::isnan(ages.mean_age_s().front()));
  look(ages, Nanos(18 * kHour.value), 3.0);
  EXPECT_NEAR(ages.mean_age_s().front(), 1'800.0, 1e-6);
  EXPECT_EQ(ages.older_than(kHour).front(), 0.0);
}

TEST(AgeTracker, RowsKeepTheirAgesWhenTheFrameMoves) {
  AgeTracker ages;
  const std::array<double, 9> three{1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0};
  ages.look({kStart, 10, three, {}});
  const std::array<double, 9> next{2.0, 0.0, 0.0, 9.0, 0.0, 0.0, 4.0, 0.0, 0.0};
  ages.look({kStart + Nanos(2 * kHour.value), 11, next, {}});
  // Rows 11 and 12 were there, 12 grew; 13 comes into sight.
  std::vector<double> old = ages.older_than(Nanos(90 * kMinute.value));
  EXPECT_NEAR(old[0], 2.0, 1e-6);
  EXPECT_NEAR(old[1], 3.0, 1e-6);
  EXPECT_EQ(old[2], 0.0);
  EXPECT_EQ(ages.mean_age_s()[2], 0.0);
  ages.look({kStart + Nanos(4 * kHour.value), 11, next, {}});
  old = ages.older_than(Nanos(2 * kHour.value));
  EXPECT_NEAR(old[1], 9.0, 1e-6);
  EXPECT_NEAR(old[2], 4.0, 1e-6);
  EXPECT_NEAR(ages.mean_age_s()[2], 2 * 3600.0, 1e-6);
  ages.look({kStart + Nanos(5 * kHour.value), 500, next, {}});
  EXPECT_EQ(ages.older_than(kHour)[1], 0.0);
}

// Every minute something comes in: what is said to be old is, and a quarter hour of it is left out
// at the most.
TEST(AgeTracker, NothingIsSaidToBeOlderThanItIs) {
  AgeTracker ages;
  look(ages, Nanos(0), 0.0);
  const auto at_least = [&](int minutes, Nanos age) {
    const double old = ages.older_than(age).front();
    const double true_old = minutes - static_cast<double>(age.value / kMinute.value);
    EXPECT_LE(old, true_old + 0.01) << minutes;
    EXPECT_GE(old, true_old - 16.0) << minutes;
  };
  for (int minute = 1; minute <= 30 * 60; ++minute) {
    look(ages, Nanos(minute * kMinute.value), minute);
    if (minute > 26 * 60 && minute % 7 == 0) {
      at_least(minute, kHour);
      at_least(minute, kDay);
    }
  }
}

}  // namespace
}  // namespace faultline
