#include "study/live_map.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "store/store.hpp"
#include "store/test_folder.hpp"
#include "study/lab_run.hpp"

namespace faultline {
namespace {

MarketConfig small_market() {
  MarketConfig config;
  config.seed = 5;
  config.holders.count = 500;
  config.makers.depth_usd_per_percent = 1.5e6;
  config.makers.look_mean = Nanos(2 * kSecond.value);
  config.trend.position_usd = 10'000.0;
  config.holders.clip_usd = 50'000.0;
  config.warm_up = Nanos(6 * kHour.value);
  config.length = Nanos(3 * kHour.value);
  return config;
}

// The map that is made while the market runs is the map that is made of what was recorded.
TEST(LiveMap, SaysWhatTheStoreWillSay) {
  MarketConfig config = small_market();
  config.readers.providers = 1;  // so that maps are asked for
  config.readers.provider_share = 0.0;
  std::vector<MapView> views;
  const MapSource maps = live_map_source({.members = 8, .reach = 0.1});
  const auto run =
      simulate_market(config, {}, [&](UnixNanos now, std::span<const VenueTape* const> tapes) {
        auto view = maps(now, tapes);
        if (view && *view) views.push_back(**view);
        return view;
      });
  ASSERT_TRUE(run);
  ASSERT_EQ(views.size(), run->map_count);
  ASSERT_EQ(views.size(), 35U);

  const TestFolder scratch;
  const std::string folder = scratch.file("store");
  ASSERT_TRUE(write_lab_store(folder, run->venues, "test", {}));
  const auto store = Store::open(folder, StoreMode::kRead);
  ASSERT_TRUE(store);
  MapRequest request;
  request.instrument = run->venues[0].instrument.id;
  request.column_interval = kMinute;
  request.filter.members = 8;
  request.reach = 0.1;
  const auto map = build_map(**store, request, {});
  ASSERT_TRUE(map) << describe(map.error());
  std::size_t compared = 0;
  for (const MapView& view : views) {
    for (const MapColumn& column : map->columns) {
      if (column.as_of != view.as_of) continue;
      ++compared;
      for (std::size_t i = 0; i < view.levels.size(); ++i) {
        const auto row =
            static_cast<std::int32_t>(std::floor(std::log(view.levels[i].price) / kRowLog));
        if (row < column.first_row ||
            row >= column.first_row + static_cast<std::int32_t>(column.row_count()))
          continue;
        // Columns keep single precision.
        ASSERT_NEAR(view.levels[i].long_usd, column.at(Side::kLong, row),
                    1e-5 * view.levels[i].long_usd + 1e-3);
        ASSERT_NEAR(view.levels[i].short_usd, column.at(Side::kShort, row),
                    1e-5 * view.levels[i].short_usd + 1e-3);
      }
    }
  }
  EXPECT_GE(compared, 34U);
}

TEST(LiveMap, ReadersChangeTheMarketAndTheirAbsenceDoesNot) {
  const MapSource maps = live_map_source({});
  const MarketConfig plain = small_market();
  const std::uint64_t alone = simulate_market(plain)->trade_digest;
  EXPECT_EQ(simulate_market(plain, {}, maps)->trade_digest, alone);
  MarketConfig config = plain;
  config.readers.avoider_share = 1.0;
  config.readers.cluster_ratio = 1.2;
  const auto avoiding = simulate_market(config, {}, live_map_source({}));
  ASSERT_TRUE(avoiding);
  EXPECT_GT(avoiding->map_count, 30U);
  EXPECT_NE(avoiding->trade_digest, alone);
}

}  // namespace
}  // namespace faultline
