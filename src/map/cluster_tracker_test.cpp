#include "map/cluster_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

// The whole column as one venue's.
std::vector<VenueRows> one_venue(const MapColumn& column, double usd_per_unit = 1.0) {
  return {{.first_row = column.first_row,
           .notional_at_risk_usd = column.notional_at_risk_usd,
           .usd_per_unit = usd_per_unit}};
}

void add(ClusterTracker& tracker, const MapColumn& column) {
  tracker.add(column, one_venue(column), column.mark, column.mark);
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
  EXPECT_NEAR(grown.most_usd, 130.0, 1e-9);
  // The price comes down to it.
  columns.hill(Side::kLong, -50, 0.0F);
  const MapColumn reached = columns.next(-40);
  tracker.add(reached, one_venue(reached), price_of_row(kMarkRow - 55), reached.mark);
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
  tracker.add(next, one_venue(next), edge * 1.00001, next.mark);
  EXPECT_EQ(tracker.histories()[0].fate, ClusterFate::kAlive);
}

TEST(ClusterTracker, TheMarkItselfFeedsNothing) {
  ClusterTracker tracker;
  Columns columns;
  columns.hill(Side::kLong, -50, 100.0F);
  add(tracker, columns.next());
  columns.hill(Side::kLong, -50, 110.0F);
  const MapColumn dearer = columns.next(5);
  tracker.add(dearer, one_venue(dearer, 1.1), dearer.mark, dearer.mark);
  EXPECT_NEAR(tracker.histories()[0].moments.back().fed_usd_per_hour, 0.0, 1e-4);
}

// A linear contract next to an inverse one: the mark changes the money of the first only.
TEST(ClusterTracker, EveryVenueIsRevaluedByItsOwnUnit) {
  ClusterTracker tracker;
  const auto add_venues = [&](Columns& columns, std::int32_t mark, const std::array<float, 2>& usd,
                              const std::array<double, 2>& usd_per_unit) {
    columns.hill(Side::kLong, -50, usd[0] + usd[1]);
    const MapColumn column = columns.next(mark);
    std::vector<VenueRows> venues;
    for (const std::size_t v : {0U, 1U}) {
      std::vector<VenueRows> own = one_venue(column, usd_per_unit[v]);
      std::ranges::fill(own[0].notional_at_risk_usd[0], 0.0F);
      own[0].notional_at_risk_usd[0][50] = usd[v];
      venues.push_back(std::move(own[0]));
    }
    tracker.add(column, venues, column.mark, column.mark);
  };
  Columns columns;
  add_venues(columns, 0, {60.0F, 40.0F}, {1.0, 1.0});
  // Nothing came in: only the first venue's coins are worth a tenth more.
  add_venues(columns, 5, {66.0F, 40.0F}, {1.1, 1.0});
  EXPECT_NEAR(tracker.histories()[0].moments.back().fed_usd, 0.0, 1e-4);
  // Five dollars came in to the second, hidden by the first one's fall.
  add_venues(columns, 0, {60.0F, 45.0F}, {1.0, 1.0});
  EXPECT_NEAR(tracker.histories()[0].moments.back().fed_usd, 5.0, 1e-4);
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

TEST(ClusterTracker, ThinnedMomentsLieEvenlyAndKeepWhatCameIn) {
  ClusterTracker whole;
  ClusterTracker thinned;
  Columns columns;
  for (int i = 0; i < 50; ++i) {
    columns.hill(Side::kLong, -50, 100.0F + 3.0F * static_cast<float>(i));
    const MapColumn column = columns.next();
    add(whole, column);
    add(thinned, column);
    thinned.thin_moments(4);
  }
  const auto fed = [](const ClusterHistory& one) {
    double sum = 0.0;
    for (const ClusterMoment& moment : one.moments) sum += moment.fed_usd;
    return sum;
  };
  const ClusterHistory& all = whole.histories().front();
  const ClusterHistory& few = thinned.histories().front();
  EXPECT_EQ(all.moments.size(), 50U);
  EXPECT_LE(few.moments.size(), 9U);
  EXPECT_EQ(few.moments.front().as_of, all.born);
  for (std::size_t i = 1; i < few.moments.size(); ++i) {
    const Nanos gap = few.moments[i].as_of - few.moments[i - 1].as_of;
    EXPECT_LE(gap.value, few.age().value / 4);
  }
  EXPECT_EQ(few.moments.back().as_of, all.moments.back().as_of);
  EXPECT_EQ(few.most_usd, all.most_usd);
  EXPECT_NEAR(fed(few), fed(all), 1e-9);
  EXPECT_GT(fed(all), 100.0);
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
