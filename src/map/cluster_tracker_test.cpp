#include "map/cluster_tracker.hpp"

#include <gtest/gtest.h>

namespace faultline {
namespace {

constexpr std::int32_t kMarkRow = 11'000;
constexpr std::int32_t kFirstRow = kMarkRow - 100;

// A column of made-up rows: flat ground of a dollar, hills where they are put.
class Columns {
 public:
  Columns& hill(Side side, std::int32_t from_mark, float usd) {
    usd_[index_of(side)][static_cast<std::size_t>(from_mark + 100)] = usd;
    return *this;
  }

  MapColumn next(std::int32_t mark_from_start = 0) {
    MapColumn column;
    column.as_of = UnixNanos(++count_ * kHour.value);
    column.mark = price_of_row(kMarkRow + mark_from_start);
    column.usd_per_unit = 1.0;
    column.first_row = kFirstRow;
    column.open_interest_usd = 10'000.0;
    column.notional_at_risk_usd = usd_;
    return column;
  }

 private:
  std::array<std::vector<float>, 2> usd_{std::vector<float>(600, 1.0F),
                                         std::vector<float>(600, 1.0F)};
  std::int64_t count_ = 0;
};

void add(ClusterTracker& tracker, const MapColumn& column) {
  tracker.add(column, column.mark, column.mark);
}

TEST(ClusterTracker, ACloseLookAtOneLife) {
  ClusterTracker tracker;
  Columns columns;
  columns.hill(Side::kLong, -50, 100.0F);
  add(tracker, columns.next());
  ASSERT_EQ(tracker.histories().size(), 1U);
  EXPECT_EQ(tracker.histories()[0].born.value, kHour.value);
  columns.hill(Side::kLong, -50, 130.0F);
  add(tracker, columns.next());
  const ClusterHistory grown = tracker.histories()[0];
  EXPECT_EQ(grown.fate, ClusterFate::kAlive);
  EXPECT_EQ(grown.age(), kHour);
  EXPECT_NEAR(grown.moments.back().fed_usd_per_hour, 30.0, 1e-9);
  EXPECT_NEAR(grown.most_usd(), 130.0, 1e-9);
  // The price comes down to it.
  columns.hill(Side::kLong, -50, 0.0F);
  const MapColumn reached = columns.next(-40);
  tracker.add(reached, price_of_row(kMarkRow - 55), reached.mark);
  EXPECT_EQ(tracker.histories()[0].fate, ClusterFate::kEaten);
  EXPECT_EQ(tracker.histories()[0].ended, reached.as_of);
  EXPECT_EQ(tracker.histories()[0].moments.back().fed_usd_per_hour, 0.0);
}

TEST(ClusterTracker, ClosedPositionsAreADecay) {
  ClusterTracker tracker;
  Columns columns;
  columns.hill(Side::kShort, 40, 100.0F);
  add(tracker, columns.next());
  columns.hill(Side::kShort, 40, 60.0F);
  add(tracker, columns.next());
  EXPECT_EQ(tracker.histories()[0].fate, ClusterFate::kAlive);
  columns.hill(Side::kShort, 40, 40.0F);
  add(tracker, columns.next());
  EXPECT_EQ(tracker.histories()[0].fate, ClusterFate::kDecayed);
}

TEST(ClusterTracker, APriceThatMovesAwayLeavesIt) {
  ClusterTracker tracker;
  Columns columns;
  columns.hill(Side::kLong, -50, 100.0F);
  add(tracker, columns.next());
  add(tracker, columns.next(200));
  EXPECT_EQ(tracker.histories()[0].fate, ClusterFate::kAlive);
  add(tracker, columns.next(280));
  EXPECT_EQ(tracker.histories()[0].fate, ClusterFate::kLeft);
}

// Just not: the price stops a row above the cluster's upper edge.
TEST(ClusterTracker, ANearMissEatsNothing) {
  ClusterTracker tracker;
  Columns columns;
  columns.hill(Side::kLong, -50, 100.0F);
  add(tracker, columns.next());
  const double edge = tracker.histories()[0].price_high;
  const MapColumn next = columns.next(-30);
  tracker.add(next, edge * 1.00001, next.mark);
  EXPECT_EQ(tracker.histories()[0].fate, ClusterFate::kAlive);
}

TEST(ClusterTracker, TheMarkItselfFeedsNothing) {
  ClusterTracker tracker;
  Columns columns;
  columns.hill(Side::kLong, -50, 100.0F);
  add(tracker, columns.next());
  columns.hill(Side::kLong, -50, 110.0F);
  MapColumn dearer = columns.next(5);
  dearer.usd_per_unit = 1.1;
  add(tracker, dearer);
  EXPECT_NEAR(tracker.histories()[0].moments.back().fed_usd_per_hour, 0.0, 1e-4);
}

TEST(ClusterTracker, WhatIsKnownStaysOne) {
  ClusterTracker tracker;
  Columns columns;
  columns.hill(Side::kLong, -50, 100.0F);
  add(tracker, columns.next());
  columns.hill(Side::kLong, -49, 120.0F);  // its neighbour grows taller: the same cluster
  add(tracker, columns.next());
  EXPECT_EQ(tracker.histories().size(), 1U);
  columns.hill(Side::kShort, 30, 90.0F);
  add(tracker, columns.next());
  ASSERT_EQ(tracker.histories().size(), 2U);
  EXPECT_EQ(tracker.histories()[1].side, Side::kShort);
  EXPECT_EQ(tracker.histories()[1].id, 2U);
}

// Point in time: with the future known, the past reads the same.
TEST(ClusterTracker, TheFutureDoesNotChangeARecord) {
  std::vector<MapColumn> all;
  Columns columns;
  for (int i = 0; i < 20; ++i) {
    columns.hill(Side::kLong, -50, 100.0F + 20.0F * static_cast<float>((7 * i) % 5));
    columns.hill(Side::kShort, 30 + i, 80.0F);
    all.push_back(columns.next(i));
  }
  ClusterTracker full;
  for (const MapColumn& column : all) add(full, column);
  for (const std::size_t known : {std::size_t{1}, std::size_t{7}, std::size_t{13}}) {
    ClusterTracker early;
    for (std::size_t i = 0; i < known; ++i) add(early, all[i]);
    ASSERT_LE(early.histories().size(), full.histories().size());
    for (std::size_t h = 0; h < early.histories().size(); ++h) {
      const ClusterHistory& then = early.histories()[h];
      const ClusterHistory& now = full.histories()[h];
      EXPECT_EQ(then.born, now.born);
      EXPECT_EQ(then.price_low, now.price_low);
      ASSERT_LE(then.moments.size(), now.moments.size());
      for (std::size_t i = 0; i < then.moments.size(); ++i) {
        EXPECT_EQ(then.moments[i].notional_at_risk_usd, now.moments[i].notional_at_risk_usd);
        EXPECT_EQ(then.moments[i].fed_usd_per_hour, now.moments[i].fed_usd_per_hour);
      }
      if (then.fate != ClusterFate::kAlive) {
        EXPECT_EQ(then.fate, now.fate);
        EXPECT_EQ(then.ended, now.ended);
      }
    }
  }
}

}  // namespace
}  // namespace faultline
