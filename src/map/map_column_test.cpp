#include <gtest/gtest.h>

#include <cmath>

#include "map/ensemble_column.hpp"

namespace faultline {
namespace {

MarketStep step_of(double price, double oi) {
  MarketStep step;
  step.begin = UnixNanos(1'764'547'500'000'000'000);
  step.end = step.begin + kHour;
  step.open = step.high = step.low = step.close = price;
  step.oi_begin = step.oi_end = oi;
  return step;
}

TEST(Rows, AreAThousandthOfLogPriceEach) {
  EXPECT_EQ(row_of_price(1.0), 0);
  EXPECT_EQ(row_of_price(price_of_row(11'500) * 1.0001), 11'500);
  EXPECT_NEAR(price_of_row(11'501) / price_of_row(11'500), std::exp(0.001), 1e-12);
}

TEST(MapColumn, SumsToOpenInterestInDollarsOnEachSide) {
  PositionDensity density(DensityConfig{}, {});
  density.advance(step_of(90'000.0, 80'000.0));
  const MapColumn column = make_column(density, InstrumentSpec{}, UnixNanos(0), 90'000.0);
  EXPECT_NEAR(column.open_interest_usd, 7.2e9, 1.0);
  EXPECT_NEAR(column.total_usd(Side::kLong) / 7.2e9, 1.0, 1e-5);
  EXPECT_NEAR(column.total_usd(Side::kShort) / 7.2e9, 1.0, 1e-5);
  EXPECT_GT(column.never_usd[0], 0.0);
}

TEST(MapColumn, InverseContractsAreWorthTheirFaceValue) {
  PositionDensity density(DensityConfig{}, {});
  density.advance(step_of(50'000.0, 1'000'000.0));
  const InstrumentSpec spec{.kind = ContractKind::kInverse, .contract_multiplier = Decimal{100, 0}};
  const MapColumn column = make_column(density, spec, UnixNanos(0), 50'000.0);
  EXPECT_NEAR(column.total_usd(Side::kShort), 1e8, 1e3);
}

TEST(MapColumn, RowsOutsideReadAsZero) {
  MapColumn column;
  column.first_row = 10;
  column.notional_at_risk_usd[0] = {1.0F, 2.0F};
  column.notional_at_risk_usd[1] = {0.0F, 0.0F};
  EXPECT_EQ(column.at(Side::kLong, 11), 2.0);
  EXPECT_EQ(column.at(Side::kLong, 12), 0.0);
  EXPECT_EQ(column.at(Side::kLong, -2'000'000'000), 0.0);
}

TEST(Clusters, AreFoundWhereTheMoneyIs) {
  MapColumn column;
  column.mark = price_of_row(1000);
  column.first_row = 980;
  column.open_interest_usd = 1000.0;
  column.notional_at_risk_usd[0].assign(40, 1.0F);
  column.notional_at_risk_usd[1].assign(40, 0.0F);
  column.notional_at_risk_usd[0][5] = 60.0F;
  column.notional_at_risk_usd[0][6] = 100.0F;
  column.notional_at_risk_usd[0][7] = 40.0F;
  column.notional_at_risk_usd[1][30] = 30.0F;
  const auto clusters = find_clusters(column, {.share_of_interest_min = 0.02});
  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_EQ(clusters[0].side, Side::kLong);
  EXPECT_NEAR(clusters[0].notional_at_risk_usd, 160.0, 1e-9);
  EXPECT_NEAR(clusters[0].distance, -0.0134, 0.001);
  EXPECT_EQ(clusters[1].side, Side::kShort);
  EXPECT_GT(clusters[1].price_low, column.mark);
}

TEST(Clusters, AFlatMapHasFewAndAnEmptyOneNone) {
  MapColumn column;
  column.mark = 1.0;
  column.open_interest_usd = 1000.0;
  column.notional_at_risk_usd[0].assign(100, 0.0F);
  column.notional_at_risk_usd[1].assign(100, 0.0F);
  EXPECT_TRUE(find_clusters(column).empty());
}

}  // namespace
}  // namespace faultline
