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

TEST(AgeTracker, CountsFromTheFirstLook) {
  AgeTracker ages;
  look(ages, Nanos(0), 5.0);
  EXPECT_EQ(ages.mean_age_s().front(), 0.0);
  look(ages, Nanos(5 * kHour.value), 5.0);
  EXPECT_NEAR(ages.mean_age_s().front(), 5 * 3600.0, 1e-9);
  EXPECT_NEAR(ages.older_than(Nanos(24 * kHour.value)).front(), 5.0, 1e-6);
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
  const std::vector<double> old = ages.older_than(Nanos(90 * kMinute.value));
  EXPECT_NEAR(old[0], 2.0, 1e-6);
  EXPECT_NEAR(old[1], 3.0, 1e-6);
  EXPECT_NEAR(old[2], 4.0, 1e-6);
  ages.look({kStart + Nanos(3 * kHour.value), 500, next, {}});
  EXPECT_NEAR(ages.older_than(kHour)[1], 9.0, 1e-6);
}

TEST(AgeTracker, ADayIsTheLongestThatIsTold) {
  AgeTracker ages;
  look(ages, Nanos(0), 1.0);
  for (int hour = 1; hour <= 60; ++hour) look(ages, Nanos(hour * kHour.value), 1.0 + hour);
  // What came in until the 36th hour, but for the half hour in which the last of it did.
  EXPECT_NEAR(ages.older_than(Nanos(24 * kHour.value)).front(), 37.0, 1e-4);
  EXPECT_NEAR(ages.older_than(Nanos(0)).front(), 61.0, 1e-4);
}

}  // namespace
}  // namespace faultline
