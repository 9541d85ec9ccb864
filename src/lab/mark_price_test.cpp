#include "lab/mark_price.hpp"

#include <gtest/gtest.h>

namespace faultline {
namespace {

TEST(MarkPrice, IsTheMedianOfTheThree) {
  MarkPrice mark({.basis_window = Nanos(2 * kSecond.value)});
  mark.sample_basis(100.0, 101.0);
  mark.sample_basis(100.0, 103.0);
  EXPECT_DOUBLE_EQ(mark.basis_mean(), 2.0);
  const auto at = [&](double last) {
    return mark.at({.index = 100.0, .last = last, .funding_rate = 0.01, .funding_left = 0.5});
  };
  EXPECT_DOUBLE_EQ(at(90.0), 100.5);
  EXPECT_DOUBLE_EQ(at(101.2), 101.2);
  EXPECT_DOUBLE_EQ(at(120.0), 102.0);
}

TEST(MarkPrice, TheWindowForgets) {
  MarkPrice mark({.basis_window = Nanos(3 * kSecond.value)});
  for (const double basis : {9.0, 1.0, 2.0, 3.0}) mark.sample_basis(100.0, 100.0 + basis);
  EXPECT_DOUBLE_EQ(mark.basis_mean(), 2.0);
}

TEST(FundingRate, WithinTheDamperTheRateIsTheInterest) {
  FundingRate funding({});
  funding.sample({.index = 100.0, .impact_bid = 100.03, .impact_ask = 100.05});
  EXPECT_EQ(funding.settle_e9(), 100'000);
}

TEST(FundingRate, LaterSamplesWeighMoreAndThePremiumIsPaidBeyondThePull) {
  FundingRate funding({});
  funding.sample({.index = 100.0, .impact_bid = 99.0, .impact_ask = 99.9});    // −.1 %, weight 1
  funding.sample({.index = 100.0, .impact_bid = 100.4, .impact_ask = 101.0});  // +.4 %, weight 2
  // Mean (−.1 + .8) / 3 % = .23333 %, less .05 %.
  EXPECT_NEAR(funding.estimate(), 0.0018333333, 1e-9);
  EXPECT_EQ(funding.settle_e9(), 1'833'333);
  EXPECT_DOUBLE_EQ(funding.estimate(), 1e-4);  // a new interval
}

TEST(FundingRate, ShortIntervalsPayTheirShareWithinTheCap) {
  FundingRate hourly({.interval = kHour, .rate_max = 0.001});
  hourly.sample({.index = 100.0, .impact_bid = 99.0, .impact_ask = 99.4});
  EXPECT_NEAR(hourly.estimate(), (-0.006 + 0.0005) / 8.0, 1e-12);
  for (int i = 0; i < 9; ++i) hourly.sample({.index = 100.0, .impact_bid = 80, .impact_ask = 90.0});
  EXPECT_EQ(hourly.settle_e9(), -1'000'000);
}

}  // namespace
}  // namespace faultline
