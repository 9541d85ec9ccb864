#include "map/column_parts.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace faultline {
namespace {

constexpr UnixNanos kStart(1'764'547'200'000'000'000);

InstrumentSpec spec_of(Venue venue) {
  InstrumentSpec spec;
  spec.id = {venue, "BTCUSDT"};
  return spec;
}

MarketStep step_at(int index, double price) {
  MarketStep step;
  step.begin = kStart + Nanos(index * kHour.value);
  step.end = step.begin + kHour;
  step.open = step.high = step.low = step.close = price;
  step.volume = 60.0;
  step.oi_begin = step.oi_end = 1000.0;
  return step;
}

// Two venues of one coin, the second with half the money, over some hours.
struct TwoVenues {
  TwoVenues() {
    for (int hour = 0; hour < 30; ++hour) {
      const double price = 100.0 * std::exp(0.01 * std::sin(hour));
      for (std::size_t v = 0; v < 2; ++v) {
        densities[v].advance(step_at(hour, price));
        parts[v].look(view(v, price), frame, kStart + Nanos((hour + 1) * kHour.value));
      }
      mark = price;
    }
  }
  VenueView view(std::size_t v, double price) const {
    return {densities[v], weights, specs[v], price};
  }
  EnsembleColumn column(std::size_t count) const {
    std::vector<VenueProfile> profiles;
    for (std::size_t v = 0; v < count; ++v) profiles.push_back(profile_of(view(v, mark), frame));
    return EnsembleColumn(kStart + Nanos(30 * kHour.value), mark, frame, std::move(profiles),
                          Rng(1));
  }

  std::array<InstrumentSpec, 2> specs{spec_of(Venue::kBinanceUsdm), spec_of(Venue::kBybitLinear)};
  std::array<PositionDensity, 2> densities{PositionDensity(DensityConfig{}, {}),
                                           PositionDensity(DensityConfig{}, {})};
  std::vector<double> weights{1.0};
  RowFrame frame = frame_around(100.0, {.reach = 0.7});
  std::array<VenueParts, 2> parts;
  double mark = 0.0;
};

TEST(ColumnParts, AreNamedInOrder) {
  const std::array one{InstrumentId{Venue::kBybitLinear, "BTCUSDT"}};
  EXPECT_EQ(parts_of(one).size(), 7U);
  const std::array two{InstrumentId{Venue::kBinanceUsdm, "BTCUSDT"}, one[0]};
  const std::vector<MapPart> parts = parts_of(two);
  ASSERT_EQ(parts.size(), 9U);
  EXPECT_EQ(parts[3].id, "distance_over_10");
  EXPECT_EQ(parts[6].id, "age_24h");
  EXPECT_EQ(parts[8].id, to_text(one[0]));
  EXPECT_EQ(parts[8].kind, PartKind::kVenue);
}

TEST(ColumnParts, DistancesAndVenuesAddUpAndAgesAreNested) {
  const TwoVenues market;
  const std::array<const VenueParts*, 2> both{&market.parts[0], &market.parts[1]};
  const EnsembleColumn column = market.column(2);
  const ColumnParts parts = column_parts(column, both);
  ASSERT_EQ(parts.usd.size(), 9U);
  double old = 0.0;
  double whole = 0.0;
  for (const std::size_t s : {0U, 1U}) {
    for (std::size_t row = 0; row < column.column().row_count(); ++row) {
      const double all = column.column().notional_at_risk_usd[s][row];
      const auto usd = [&](std::size_t part) -> double { return (*parts.usd[part])[s][row]; };
      EXPECT_NEAR(usd(0) + usd(1) + usd(2) + usd(3), all, 1e-4 * (1.0 + all));
      EXPECT_NEAR(usd(7) + usd(8), all, 1e-4 * (1.0 + all));
      EXPECT_LE(usd(4), all * 1.0001 + 1e-6);
      EXPECT_LE(usd(5), usd(4) * 1.0001 + 1e-6);
      EXPECT_LE(usd(6), usd(5) * 1.0001 + 1e-6);
      EXPECT_EQ(std::isnan(parts.mean_age_s[s][row]), usd(0) + usd(1) + usd(2) + usd(3) < 1.0);
      old += usd(6);
      whole += all;
    }
  }
  // 6 % of the interest is traded an hour, and a third of that replaces what was there: mostly the
  // same impatient positions again.
  EXPECT_GT(old, 0.3 * whole);
  EXPECT_LT(old, 0.95 * whole);
}

// Nothing can be said to be older than it has been watched.
TEST(ColumnParts, AnAgeIsAbsentUntilItHasBeenWatched) {
  const InstrumentSpec spec = spec_of(Venue::kBybitLinear);
  PositionDensity density(DensityConfig{}, {});
  const std::vector<double> weights{1.0};
  const RowFrame frame = frame_around(100.0, {.reach = 0.7});
  VenueParts parts;
  for (int hour = 0; hour <= 5; ++hour) {
    density.advance(step_at(hour, 100.0));
    const VenueView view{density, weights, spec, 100.0};
    const UnixNanos now = kStart + Nanos((hour + 1) * kHour.value);
    parts.look(view, frame, now);
    const EnsembleColumn column(now, 100.0, frame, {profile_of(view, frame)}, Rng(1));
    const std::array<const VenueParts*, 1> one{&parts};
    const ColumnParts got = column_parts(column, one);
    EXPECT_TRUE(got.usd[0]);
    EXPECT_EQ(got.usd[4].has_value(), hour >= 1) << hour;
    EXPECT_EQ(got.usd[5].has_value(), hour >= 4) << hour;
    EXPECT_FALSE(got.usd[6]);
  }
}

TEST(ColumnParts, OneVenueHasNoVenueParts) {
  const TwoVenues market;
  const std::array<const VenueParts*, 1> one{&market.parts[0]};
  EXPECT_EQ(column_parts(market.column(1), one).usd.size(), 7U);
}

}  // namespace
}  // namespace faultline
