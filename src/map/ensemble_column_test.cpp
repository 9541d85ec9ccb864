#include "map/ensemble_column.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "infer/ensemble_prior.hpp"

namespace faultline {
namespace {

constexpr std::size_t kMembers = 12;

// A density of several members after some hours.
PositionDensity density_of(std::uint64_t seed, double open_interest) {
  const DensityConfig config;
  PositionDensity density(config, parameters_of(draw_ensemble({}, config, Rng(seed), kMembers)));
  Rng rng(seed + 1);
  double price = 90'000.0;
  for (int i = 0; i < 60; ++i) {
    MarketStep step;
    step.begin = UnixNanos(1'764'547'200'000'000'000 + i * kHour.value);
    step.end = step.begin + kHour;
    step.open = price;
    price *= std::exp(0.005 * rng.normal());
    step.close = price;
    step.high = 1.002 * std::max(step.open, step.close);
    step.low = 0.998 * std::min(step.open, step.close);
    step.volume = 0.3 * open_interest;
    step.oi_begin = step.oi_end = open_interest;
    density.advance(step);
  }
  return density;
}

std::vector<double> uneven_weights(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> weights(kMembers);
  double sum = 0.0;
  for (double& weight : weights) sum += weight = rng.exponential();
  for (double& weight : weights) weight /= sum;
  return weights;
}

EnsembleColumn column_of(const std::vector<PositionDensity>& densities) {
  const RowFrame frame = frame_around(90'000.0, {.reach = 0.5});
  std::vector<VenueProfile> venues;
  for (std::size_t v = 0; v < densities.size(); ++v) {
    const auto weights = uneven_weights(50 + v);
    venues.push_back(
        profile_of(VenueView{densities[v], weights, InstrumentSpec{}, 90'000.0}, frame));
  }
  return EnsembleColumn(UnixNanos(1), 90'000.0, frame, std::move(venues), Rng(3));
}

TEST(EnsembleColumn, MeansSumToOpenInterestAndQuantilesAreOrdered) {
  std::vector<PositionDensity> densities{density_of(1, 8e4)};
  for (const double interest : {3e4, 5e3}) {
    const EnsembleColumn built = column_of(densities);
    const MapColumn& column = built.column();
    for (const Side side : {Side::kLong, Side::kShort}) {
      EXPECT_NEAR(column.total_usd(side) / column.open_interest_usd, 1.0, 1e-3);
      const RowInterval& interval = column.density_interval[index_of(side)];
      ASSERT_EQ(interval.p10.size(), column.row_count());
      for (std::size_t row = 0; row < column.row_count(); ++row) {
        ASSERT_LE(interval.p10[row], interval.p50[row]);
        ASSERT_LE(interval.p50[row], interval.p90[row]);
      }
    }
    EXPECT_EQ(column.venue_interest_usd.size(), densities.size());
    densities.push_back(density_of(static_cast<std::uint64_t>(interest), interest));
  }
}

TEST(EnsembleColumn, NearSumsAreSumsOfRows) {
  const EnsembleColumn built = column_of({density_of(1, 8e4)});
  const MapColumn& column = built.column();
  for (const NearSum& near : column.near) {
    for (const Side side : {Side::kLong, Side::kShort}) {
      const SumInterval& sum = near.usd[index_of(side)];
      EXPECT_GT(sum.mean, 0.0);
      EXPECT_LT(sum.p10, sum.p90);
      EXPECT_LT(sum.p10, sum.mean * 1.5);
      EXPECT_GT(sum.p90, sum.mean * 0.67);
    }
  }
  double longs = 0.0;
  for (std::int32_t row = row_of_price(90'000.0 * 0.95); row <= row_of_price(90'000.0); ++row) {
    longs += column.at(Side::kLong, row);
  }
  EXPECT_NEAR(column.near[2].usd[0].mean / longs, 1.0, 1e-9);
}

// The interval of two independent venues is narrower than the two side by side, and wider than one.
TEST(EnsembleColumn, TwoVenuesAreTakenForIndependent) {
  const PositionDensity one = density_of(1, 8e4);
  const SumInterval single = column_of({one}).column().near[2].usd[0];
  const SumInterval twice = column_of({one, one}).column().near[2].usd[0];
  EXPECT_NEAR(twice.mean / (2.0 * single.mean), 1.0, 0.2);  // the weights differ
  const double width = single.p90 - single.p10;
  EXPECT_LT(twice.p90 - twice.p10, 2.0 * width);
  EXPECT_GT(twice.p90 - twice.p10, 0.7 * width);
}

TEST(EnsembleColumn, OneMemberHasNoInterval) {
  PositionDensity density(DensityConfig{}, {});
  MarketStep step;
  step.begin = UnixNanos(1);
  step.end = step.begin + kHour;
  step.open = step.high = step.low = step.close = 100.0;
  step.oi_begin = step.oi_end = 10.0;
  density.advance(step);
  const MapColumn column = make_column(density, InstrumentSpec{}, UnixNanos(2), 100.0);
  EXPECT_FALSE(column.has_interval());
  EXPECT_EQ(column.model_version, kModelVersion);
  EXPECT_EQ(column.near[0].usd[0].p10, column.near[0].usd[0].p90);
}

TEST(EnsembleColumn, ClustersGetTheIntervalOfTheirSum) {
  const EnsembleColumn built = column_of({density_of(1, 8e4)});
  std::vector<Cluster> clusters = find_clusters(built.column());
  ASSERT_FALSE(clusters.empty());
  built.add_intervals(clusters);
  for (const Cluster& cluster : clusters) {
    ASSERT_TRUE(cluster.density_interval.has_value());
    EXPECT_NEAR(cluster.density_interval->mean / cluster.notional_at_risk_usd, 1.0, 1e-6);
    EXPECT_LE(cluster.density_interval->p10, cluster.density_interval->p90);
  }
}

}  // namespace
}  // namespace faultline
