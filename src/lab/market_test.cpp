#include "lab/market.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>

namespace faultline {
namespace {

// Small enough for many runs, with the default's mechanics.
MarketConfig small_config(std::uint64_t seed) {
  MarketConfig config;
  config.seed = seed;
  config.holders.count = 500;
  config.makers.depth_usd_per_percent = 1.5e6;
  config.makers.look_mean = Nanos(2 * kSecond.value);
  config.trend.position_usd = 10'000.0;
  config.warm_up = Nanos(8 * kHour.value);
  config.length = Nanos(6 * kHour.value);
  return config;
}

MarketConfig two_venues(std::uint64_t seed) {
  MarketConfig config = small_config(seed);
  VenueConfig second;
  second.exchange.instrument = lab_instrument("BTCUSD", ContractKind::kInverse);
  second.exchange.tiers =
      TierTable::make({{.notional_cap = 1e5, .maintenance_rate = .005, .leverage_max = 100}})
          .value();
  second.share = 0.5;
  config.venues.push_back(second);
  return config;
}

const MarketRun& shared_run() {
  static const MarketRun run = [] {
    MarketConfig config = small_config(3);
    config.value.news_count = 4;
    config.value.news_size = 0.05;
    return simulate_market(config).value();
  }();
  return run;
}

TEST(Market, SameSeedSameTradesOnOneThreadAndOnTwo) {
  const MarketConfig config = two_venues(7);
  const MarketRun first = simulate_market(config).value();
  MarketRun second;
  MarketRun other;
  std::thread one([&] { second = simulate_market(config).value(); });
  std::thread two([&] { other = simulate_market(two_venues(8)).value(); });
  one.join();
  two.join();
  EXPECT_EQ(first.trade_digest, second.trade_digest);
  EXPECT_NE(first.trade_digest, other.trade_digest);
  for (std::size_t venue = 0; venue < 2; ++venue)
    EXPECT_EQ(first.venues[venue].digest(), second.venues[venue].digest());
}

TEST(Market, EveryConfigurationIsAnotherMarket) {
  const std::uint64_t plain = simulate_market(small_config(7))->trade_digest;
  MarketConfig other = small_config(7);
  other.holders.leverage_median += 0.1;
  EXPECT_NE(simulate_market(other)->trade_digest, plain);
}

TEST(Market, RecordsWhatRestsInTheBookEveryMinute) {
  const ColumnBatch& depth = shared_run().venues.front().depth;
  const auto usd_of = [&](std::size_t row) {
    return 1e-6 * static_cast<double>(depth.column("notional_e6")[row]);
  };
  ASSERT_GT(depth.row_count(), 100U);
  double sum = 0.0;
  for (std::size_t row = 0; row < depth.row_count(); ++row) {
    EXPECT_EQ(depth.column("band_e6")[row], row % 2 == 0 ? -10'000 : 10'000);
    EXPECT_EQ(depth.column("time")[row] % kMinute.value, 0);
    sum += usd_of(row);
  }
  // Near the touch makers rest that much a percent; news thins them out.
  const double mean = sum / static_cast<double>(depth.row_count());
  const double configured = small_config(3).makers.depth_usd_per_percent;
  EXPECT_GT(mean, 0.2 * configured);
  EXPECT_LT(mean, 2.0 * configured);
}

TEST(Market, PublicRowsAreInOrderAndNumbered) {
  const VenueTape& tape = shared_run().venues[0];
  const MarketConfig config = small_config(3);
  const auto time = tape.trades.column("time");
  const auto id = tape.trades.column("trade_id");
  EXPECT_TRUE(std::ranges::is_sorted(time));
  EXPECT_GE(time.front(), config.begin.value);
  EXPECT_LT(time.back(), (config.begin + config.length).value);
  for (std::size_t row = 0; row < id.size(); ++row)
    ASSERT_EQ(id[row], static_cast<std::int64_t>(row) + 1);
  EXPECT_GT(id.size(), 5'000U);
  EXPECT_EQ(tape.marks.row_count(), 6U * 3'600U);
  EXPECT_EQ(tape.open_interest.row_count(), 6U * 360U);
  EXPECT_TRUE(std::ranges::is_sorted(tape.liquidations.column("time")));
}

TEST(Market, EverySnapshotSumsToOpenInterestOnBothSides) {
  for (const MarketRun& run : {shared_run(), simulate_market(two_venues(5)).value()}) {
    for (const VenueTape& tape : run.venues) {
      std::map<std::int64_t, std::array<std::int64_t, 2>> sums;
      const auto side = tape.positions.column("side");
      for (std::size_t row = 0; row < side.size(); ++row)
        sums[tape.positions.column("time")[row]][static_cast<std::size_t>(side[row])] +=
            tape.positions.column("qty")[row];
      EXPECT_EQ(sums.size(), 7U);
      const auto oi_time = tape.open_interest.column("time");
      for (const auto& [time, both] : sums) {
        EXPECT_EQ(both[0], both[1]);
        const auto at = std::ranges::find(oi_time, time);
        if (at == oi_time.end()) continue;  // the last one is after the last row
        // The row is of before the second's own orders, the snapshot of after.
        const auto row = static_cast<std::size_t>(at - oi_time.begin());
        EXPECT_NEAR(static_cast<double>(both[0]),
                    static_cast<double>(tape.open_interest.column("qty")[row]),
                    0.03 * static_cast<double>(both[0]));
      }
    }
  }
}

TEST(Market, WhoeverIsLiquidatedWasReachedByTheMark) {
  const VenueTape& tape = shared_run().venues[0];
  ASSERT_GT(tape.forced.size(), 25U);
  EXPECT_EQ(tape.liquidations.row_count(), tape.forced.size());
  std::size_t whole = 0;
  for (const LiquidationRecord& record : tape.forced) {
    if (!record.liquidation_tick) continue;
    // The second part of a large position comes after a pause, when its price lies elsewhere.
    if (sign(record.side) * (record.mark - *record.liquidation_tick).value <= 0) ++whole;
  }
  EXPECT_GT(whole, tape.forced.size() * 9 / 10);
}

TEST(Market, NoPositionSurvivesBeyondItsLiquidationPrice) {
  const VenueTape& tape = shared_run().venues[0];
  const auto mark_time = tape.marks.column("time");
  const auto mark = tape.marks.column("mark_e9");
  const Column& price =
      tape.positions.columns[column_index(EventKind::kPosition, "liquidation_price_e9")];
  std::size_t checked = 0;
  std::size_t beyond = 0;
  for (std::size_t row = 0; row < tape.positions.row_count(); ++row) {
    const auto at = std::ranges::lower_bound(mark_time, tape.positions.column("time")[row]);
    if (!price.has(row) || at == mark_time.end()) continue;
    const int direction = tape.positions.column("side")[row] == 0 ? 1 : -1;
    const std::int64_t now = mark[static_cast<std::size_t>(at - mark_time.begin())];
    beyond += direction * now < direction * price.values[row] - now / 500 ? 1 : 0;
    ++checked;
  }
  EXPECT_GT(checked, 500U);
  EXPECT_LE(beyond, 2U) << "but for those in the pause between two parts";
}

// A news fall liquidates longs, a news rise shorts; one code path for both.
TEST(Market, LongsAreLiquidatedOnFallsAndShortsOnRises) {
  for (const double direction : {-1.0, 1.0}) {
    double fitting = 0.0;
    double other = 0.0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      MarketConfig config = small_config(seed);
      config.value.news_count = 1;
      config.value.news_size = 0.06;
      config.value.news_sign = direction;
      const MarketRun run = simulate_market(config).value();
      for (const LiquidationRecord& record : run.venues[0].forced)
        (sign(record.side) * direction < 0.0 ? fitting : other) +=
            static_cast<double>(record.value);
    }
    EXPECT_GT(fitting, 3.0 * other) << direction;
  }
}

TEST(Market, ArbitrageKeepsVenuesTogether) {
  MarketConfig config = two_venues(11);
  const auto gap_of = [](const MarketRun& run) {
    double sum = 0.0;
    const auto a = run.venues[0].marks.column("mark_e9");
    const auto b = run.venues[1].marks.column("mark_e9");
    for (std::size_t i = 0; i < a.size(); ++i)
      sum += std::abs(static_cast<double>(a[i] - b[i]) / static_cast<double>(a[i]));
    return sum / static_cast<double>(a.size());
  };
  const double together = gap_of(simulate_market(config).value());
  EXPECT_LT(together, 5e-4);
}

TEST(Market, CanBeStoppedAndRefusesWhatCannotBe) {
  int calls = 0;
  const auto stopped = simulate_market(small_config(1), [&](const Progress& progress) {
    EXPECT_LE(progress.done, progress.total);
    return ++calls < 10;
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::kCancelled);
  EXPECT_EQ(calls, 10);
  MarketConfig config = small_config(1);
  config.makers.depth_usd_per_percent = std::nan("");
  EXPECT_EQ(simulate_market(config).error().field, "depth_usd_per_percent");
  config = small_config(1);
  config.venues.clear();
  EXPECT_EQ(simulate_market(config).error().field, "venue");
}

// What happens does not depend on how often somebody looks.
TEST(Market, StepByStepItIsTheSameMarket) {
  const MarketConfig config = small_config(5);
  const auto whole = simulate_market(config);
  ASSERT_TRUE(whole);
  auto market = LabMarket::open(config);
  ASSERT_TRUE(market);
  std::size_t trades = 0;
  for (int step = 1; !market->is_over(); ++step) {
    ASSERT_TRUE(market->advance_to(market->now() + Nanos((1 + step % 977) * kSecond.value)));
    const std::size_t now = market->tapes()[0]->trades.row_count();
    EXPECT_GE(now, trades);
    trades = now;
  }
  EXPECT_EQ(market->now(), market->end());
  EXPECT_TRUE(market->advance_to(market->end())) << "the end can be asked for again";
  const auto run = market->finish();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->trade_digest, whole->trade_digest);
  for (std::size_t venue = 0; venue < run->venues.size(); ++venue)
    EXPECT_EQ(run->venues[venue].digest(), whole->venues[venue].digest());
}

}  // namespace
}  // namespace faultline
