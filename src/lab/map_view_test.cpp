#include "lab/map_view.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/market.hpp"

namespace faultline {
namespace {

// Levels of .1 % around 100, 1 USD each, but for what the test puts in.
MapView flat_view() {
  MapView view;
  view.level_log = 0.001;
  for (int i = -60; i < 60; ++i)
    view.levels.push_back(
        {.price = 100.0 * std::exp(0.001 * (i + 0.5)), .long_usd = 1.0, .short_usd = 1.0});
  return view;
}

TEST(ShownClusters, AreWhereASideHoldsMoreThanItsShareNearestFirst) {
  MapView view = flat_view();
  for (const int i : {-31, -30, -12}) view.levels[static_cast<std::size_t>(i + 60)].long_usd = 9.0;
  view.levels[65].short_usd = 20.0;
  view.levels[50].short_usd = 20.0;  // below the price: shorts are not liquidated there
  const auto clusters = shown_clusters(view, 100.0, 0.05, 2.0);
  ASSERT_EQ(clusters.size(), 3U);
  EXPECT_EQ(clusters[0].side, Side::kShort);
  EXPECT_NEAR(clusters[0].price_low, 100.0 * std::exp(0.005), 1e-9);
  EXPECT_EQ(clusters[1].side, Side::kLong);
  EXPECT_DOUBLE_EQ(clusters[1].usd, 9.0);
  EXPECT_DOUBLE_EQ(clusters[2].usd, 18.0);
  EXPECT_NEAR(clusters[2].price_low, 100.0 * std::exp(-0.031), 1e-9);
  EXPECT_NEAR(clusters[2].price_high, 100.0 * std::exp(-0.029), 1e-9);
  EXPECT_EQ(shown_clusters(view, 100.0, 0.02, 2.0).size(), 2U);
  EXPECT_TRUE(shown_clusters(flat_view(), 100.0, 0.05, 2.0).empty());
  EXPECT_TRUE(shown_clusters({}, 100.0, 0.05, 2.0).empty());
}

// A map that shows a wall of longs just below the price, whatever there is.
MapSource wall_below(double usd) {
  return [usd](UnixNanos now, std::span<const VenueTape* const> tapes) {
    MapView view = flat_view();
    view.as_of = now;
    const double mark = 1e-9 * static_cast<double>(tapes[0]->marks.column("mark_e9").back());
    for (MapLevel& level : view.levels) level.price *= mark / 100.0;
    view.levels[54].long_usd = usd;
    return Outcome<std::optional<MapView>>(view);
  };
}

MarketConfig quiet() {
  MarketConfig config;
  config.seed = 2;
  config.holders.count = 200;
  config.makers.depth_usd_per_percent = 1.5e6;
  config.trend.position_usd = 10'000.0;
  config.holders.clip_usd = 50'000.0;
  config.warm_up = kHour;
  config.length = kHour;
  return config;
}

double sold_usd(const MarketRun& run) {
  double sum = 0.0;
  const ColumnBatch& trades = run.venues[0].trades;
  for (std::size_t row = 0; row < trades.row_count(); ++row) {
    if (trades.column("taker_side")[row] == static_cast<std::int64_t>(TakerSide::kSell))
      sum += static_cast<double>(trades.column("qty")[row]);
  }
  return sum;
}

TEST(Readers, HuntersSellTowardsLongsThatAreWorthIt) {
  MarketConfig config = quiet();
  config.readers.hunters = 2;
  config.readers.hunter_usd = 2e6;
  const auto poor = simulate_market(config, {}, wall_below(10.0));
  const auto rich = simulate_market(config, {}, wall_below(50e6));
  ASSERT_TRUE(poor && rich);
  EXPECT_EQ(poor->map_count, 11U);
  EXPECT_GT(sold_usd(*rich), 1.5 * sold_usd(*poor));
}

TEST(Readers, ProvidersStandBehindWhatIsShown) {
  MarketConfig config = quiet();
  config.readers.providers = 2;
  const auto with = simulate_market(config, {}, wall_below(1e6));
  config.readers.providers = 0;
  const auto without = simulate_market(config, {}, wall_below(1e6));
  ASSERT_TRUE(with && without);
  EXPECT_EQ(without->map_count, 0U);
  EXPECT_NE(with->trade_digest, without->trade_digest);
}

TEST(Readers, AFailingMapEndsTheRun) {
  MarketConfig config = quiet();
  config.readers.hunters = 1;
  const auto run = simulate_market(config, {}, [](UnixNanos, std::span<const VenueTape* const>) {
    return Outcome<std::optional<MapView>>(Diagnostic{.code = Errc::kCorrupt});
  });
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace faultline
