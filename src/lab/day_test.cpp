#include "lab/day.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "core/event.hpp"

namespace faultline {
namespace {

// Small enough for many runs, with the default's mechanics.
LabConfig small_config(std::uint64_t seed) {
  LabConfig config;
  config.seed = seed;
  config.trader_count = 600;
  config.depth_usd_per_percent = 1.5e6;
  config.warm_up = Nanos(12 * kHour.value);
  config.length = Nanos(8 * kHour.value);
  return config;
}

const LabDay& default_day() {
  static const LabDay day = simulate_day(LabConfig{}).value();
  return day;
}

double liquidated_usd(const LabDay& day) {
  double sum = 0.0;
  for (const ForcedOrder& order : day.forced_orders)
    sum += notional_approx(order.qty, to_double_approx(order.fill_price), day.instrument);
  return sum;
}

TEST(LabDay, SameSeedSameBytesAndOtherSeedOthers) {
  const LabDay first = simulate_day(small_config(7)).value();
  const LabDay second = simulate_day(small_config(7)).value();
  EXPECT_EQ(first.digest(), second.digest());
  EXPECT_EQ(first.forced_orders, second.forced_orders);
  EXPECT_NE(first.digest(), simulate_day(small_config(8)).value().digest());
  LabConfig other = small_config(7);
  other.crowding += 0.01;
  EXPECT_NE(first.digest(), simulate_day(other).value().digest());
}

// The day's rows agree with one another: the first snapshot, moved along by the trades of the
// accounts, is every later open interest and every later snapshot.
TEST(LabDay, AccountTradesLeadFromEachSnapshotToTheNext) {
  const LabDay& day = default_day();
  std::map<std::int64_t, std::int64_t> owned;
  std::size_t trade_row = 0;
  const auto trade_time = day.account_trades.column("time");
  const auto trade_account = day.account_trades.column("account_id");
  const auto trade_qty = day.account_trades.column("qty");
  const auto is_buy = day.account_trades.column("is_buy");
  const auto play_until = [&](std::int64_t time) {
    for (; trade_row < trade_time.size() && trade_time[trade_row] < time; ++trade_row) {
      const std::int64_t qty = trade_qty[trade_row];
      owned[trade_account[trade_row]] += is_buy[trade_row] != 0 ? qty : -qty;
    }
  };
  const auto side_sums = [&] {
    std::pair<std::int64_t, std::int64_t> sums{0, 0};
    for (const auto& [account, qty] : owned) (qty > 0 ? sums.first : sums.second) += std::abs(qty);
    return sums;
  };

  const auto time = day.positions.column("time");
  const auto account = day.positions.column("account_id");
  const auto side = day.positions.column("side");
  const auto qty = day.positions.column("qty");
  const auto oi_time = day.open_interest.column("time");
  const auto oi_qty = day.open_interest.column("qty");
  std::size_t oi_row = 0;
  std::size_t snapshot_count = 0;
  for (std::size_t row = 0; row < time.size();) {
    const std::int64_t now = time[row];
    for (; oi_row < oi_time.size() && oi_time[oi_row] <= now && row != 0; ++oi_row) {
      play_until(oi_time[oi_row]);
      ASSERT_EQ(side_sums(), (std::pair{oi_qty[oi_row], oi_qty[oi_row]})) << oi_row;
    }
    play_until(now);
    std::map<std::int64_t, std::int64_t> seen;
    for (; row < time.size() && time[row] == now; ++row)
      seen[account[row]] = side[row] == 0 ? qty[row] : -qty[row];
    if (snapshot_count++ == 0) owned = seen;
    std::erase_if(owned, [](const auto& entry) { return entry.second == 0; });
    ASSERT_EQ(owned, seen) << snapshot_count;
  }
  EXPECT_EQ(snapshot_count, 25U);
  EXPECT_EQ(oi_row, oi_time.size());
  EXPECT_EQ(oi_time.size(), 8'640U);
  EXPECT_EQ(trade_row, trade_time.size());
}

TEST(LabDay, TradesAreInOrderNumberedAndHaveATaker) {
  const LabDay& day = default_day();
  const auto time = day.trades.column("time");
  const auto id = day.trades.column("trade_id");
  EXPECT_TRUE(std::ranges::is_sorted(time));
  EXPECT_GE(time.front(), LabConfig{}.begin.value);
  EXPECT_LT(time.back(), (LabConfig{}.begin + kDay).value);
  for (std::size_t row = 0; row < id.size(); ++row)
    ASSERT_EQ(id[row], static_cast<std::int64_t>(row) + 1);
  const auto unknown = static_cast<std::int64_t>(TakerSide::kUnknown);
  EXPECT_EQ(std::ranges::count(day.trades.column("taker_side"), unknown), 0);
  EXPECT_GT(std::ranges::min(day.trades.column("qty")), 0);
  EXPECT_TRUE(std::ranges::is_sorted(day.liquidations.column("time")));
  EXPECT_EQ(day.account_trades.row_count(), 2 * day.trades.row_count());
  EXPECT_EQ(day.marks.row_count(), 86'400U);
  EXPECT_EQ(day.funding.row_count(), 3U);
}

TEST(LabDay, EveryLiquidatedAccountWasPastItsPriceByTheMark) {
  const LabDay& day = default_day();
  ASSERT_GT(day.forced_orders.size(), 50U);
  EXPECT_EQ(day.forced_orders.size(), day.liquidations.row_count());
  for (const ForcedOrder& order : day.forced_orders) {
    ASSERT_LE(sign(order.side) * order.mark.value,
              sign(order.side) * order.liquidation_price.value);
  }
}

// No snapshot holds a position that the mark passed long before: nothing is forgotten.
TEST(LabDay, NoPositionSurvivesBeyondItsLiquidationPrice) {
  LabConfig config = small_config(3);
  config.forced_orders_per_tick_max = 1'000;
  const LabDay day = simulate_day(config).value();
  const auto mark_time = day.marks.column("time");
  const auto mark = day.marks.column("mark_e9");
  const Column& price =
      day.positions.columns[column_index(EventKind::kPosition, "liquidation_price_e9")];
  std::size_t checked = 0;
  for (std::size_t row = 0; row < day.positions.row_count(); ++row) {
    const auto at = std::ranges::lower_bound(mark_time, day.positions.column("time")[row]);
    if (!price.has(row) || at == mark_time.begin() || at == mark_time.end()) continue;
    const std::int64_t before = mark[static_cast<std::size_t>(at - mark_time.begin()) - 1];
    const int direction = day.positions.column("side")[row] == 0 ? 1 : -1;
    // A tick's own trades and funding may move both a little after the mark was judged.
    ASSERT_GT(direction * before, direction * price.values[row] - before / 200) << row;
    ++checked;
  }
  EXPECT_GT(checked, 1'000U);
}

// Between hours 6 and 7 nothing is paid; at hour 8 longs pay, which brings their price nearer.
TEST(LabDay, FundingMovesLiquidationPricesOfPositionsThatStay) {
  const LabDay& day = default_day();
  ASSERT_GT(day.funding.column("rate_e9")[1], 0);
  const auto at = [&](int hour) {
    const UnixNanos time = LabConfig{}.begin + Nanos(hour * kHour.value);
    std::map<std::array<std::int64_t, 4>, std::int64_t> prices;
    const Column& price =
        day.positions.columns[column_index(EventKind::kPosition, "liquidation_price_e9")];
    for (std::size_t row = 0; row < day.positions.row_count(); ++row) {
      if (day.positions.column("time")[row] != time.value || !price.has(row)) continue;
      prices[{day.positions.column("account_id")[row], day.positions.column("side")[row],
              day.positions.column("qty")[row], day.positions.column("entry_price_e9")[row]}] =
          price.values[row];
    }
    return prices;
  };
  const auto six = at(6);
  const auto seven = at(7);
  const auto eight = at(8);
  std::array<int, 2> stayed{};
  for (const auto& [position, price] : seven) {
    if (const auto old = six.find(position); old != six.end()) {
      ASSERT_EQ(old->second, price);
    }
    const auto later = eight.find(position);
    if (later == eight.end()) continue;
    ASSERT_GT(later->second, price);  // longs pay: nearer; shorts receive: farther
    ++stayed[static_cast<std::size_t>(position[1])];
  }
  EXPECT_GT(stayed[0], 100);
  EXPECT_GT(stayed[1], 100);
}

// A news fall liquidates longs, a news rise shorts; one code path for both.
TEST(LabDay, LongsAreLiquidatedOnFallsAndShortsOnRises) {
  int falls = 0;
  int rises = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    LabConfig config = small_config(seed);
    config.news_count = 1;
    config.news_size = 0.06;
    const LabDay day = simulate_day(config).value();
    const auto mark = day.marks.column("mark_e9");
    std::array<double, 2> usd{};
    for (const ForcedOrder& order : day.forced_orders)
      usd[index_of(order.side)] += notional_approx(order.qty, 1.0, day.instrument);
    const double move = std::log(static_cast<double>(mark.back()) / static_cast<double>(mark[0]));
    if (std::abs(move) < 0.02) continue;
    (move < 0 ? falls : rises)++;
    EXPECT_GT(usd[move < 0 ? 0 : 1], 2.0 * usd[move < 0 ? 1 : 0]) << seed << " " << move;
  }
  EXPECT_GT(falls, 0);
  EXPECT_GT(rises, 0);
}

TEST(LabDay, QuietDayHasAboutTheConfiguredVolatility) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    LabConfig config;
    config.seed = seed;
    config.news_count = 0;
    const LabDay day = simulate_day(config).value();
    const auto mark = day.marks.column("mark_e9");
    double variance = 0.0;
    for (std::size_t i = 300; i < mark.size(); i += 300) {
      variance +=
          std::pow(std::log(static_cast<double>(mark[i]) / static_cast<double>(mark[i - 300])), 2);
    }
    EXPECT_GT(std::sqrt(variance), config.daily_volatility / 2.0) << seed;
    EXPECT_LT(std::sqrt(variance), config.daily_volatility * 2.0) << seed;
  }
}

TEST(LabDay, LeverageMakesTheCascade) {
  LabConfig config = small_config(2);
  config.news_count = 1;
  config.news_size = 0.05;
  config.leverage_median = 20.0;
  const double levered = liquidated_usd(simulate_day(config).value());
  config.leverage_max = 2.0;
  const double tame = liquidated_usd(simulate_day(config).value());
  EXPECT_GT(levered, 1e6);
  EXPECT_LT(tame, levered / 20.0);
}

TEST(LabDay, TurnoverIsPlausible) {
  const LabDay& day = default_day();
  double volume = 0.0;
  for (const std::int64_t qty : day.trades.column("qty")) volume += static_cast<double>(qty);
  double oi = 0.0;
  for (const std::int64_t qty : day.open_interest.column("qty")) oi += static_cast<double>(qty);
  oi /= static_cast<double>(day.open_interest.row_count());
  EXPECT_GT(volume / oi, 2.0);
  EXPECT_LT(volume / oi, 20.0);
  const auto bounds = std::ranges::minmax(day.open_interest.column("qty"));
  EXPECT_LT(bounds.max, 2 * bounds.min);
}

TEST(LabDay, ForcedOrdersPerTickAreLimited) {
  LabConfig config = small_config(2);
  config.news_size = 0.08;
  config.forced_orders_per_tick_max = 2;
  const LabDay day = simulate_day(config).value();
  std::map<std::int64_t, int> per_tick;
  for (const ForcedOrder& order : day.forced_orders) ++per_tick[order.time.value / kSecond.value];
  int most = 0;
  for (const auto& [tick, count] : per_tick) most = std::max(most, count);
  EXPECT_EQ(most, 2);
}

TEST(LabDay, StopsWhenAsked) {
  int calls = 0;
  const auto day = simulate_day(small_config(1), [&](const Progress& progress) {
    EXPECT_LE(progress.done, progress.total);
    return ++calls < 3;
  });
  ASSERT_FALSE(day);
  EXPECT_EQ(day.error().code, Errc::kCancelled);
  EXPECT_EQ(calls, 3);
}

TEST(LabConfig, NamesTheFieldThatIsWrong) {
  EXPECT_TRUE(validate(LabConfig{}));
  const auto field = [](auto change) {
    LabConfig config;
    change(config);
    const auto valid = validate(config);
    return valid ? std::string("valid") : valid.error().field;
  };
  EXPECT_EQ(field([](LabConfig& c) { c.trader_count = 0; }), "trader_count");
  EXPECT_EQ(field([](LabConfig& c) { c.leverage_max = 126.0; }), "leverage_max");
  EXPECT_EQ(field([](LabConfig& c) { c.leverage_max = 125.0; }), "valid");
  EXPECT_EQ(field([](LabConfig& c) { c.crowding = std::numeric_limits<double>::quiet_NaN(); }),
            "crowding");
  EXPECT_EQ(field([](LabConfig& c) { c.holding_share = {0.5, 0.5, 0.5}; }), "holding_share");
  EXPECT_EQ(field([](LabConfig& c) { c.holding_share = {1.5, -0.5, 0.0}; }), "holding_share");
  EXPECT_EQ(field([](LabConfig& c) { c.tick = Nanos(3 * kSecond.value); }), "tick");
  EXPECT_EQ(field([](LabConfig& c) { c.tick = Nanos(kSecond.value / 2); }), "valid");
  EXPECT_EQ(field([](LabConfig& c) { c.length = Nanos(0); }), "length");
  EXPECT_EQ(field([](LabConfig& c) { c.warm_up = kSecond; }), "warm_up");
  EXPECT_EQ(field([](LabConfig& c) { c.funding_interval = Nanos(90 * kMinute.value); }),
            "funding_interval");
  EXPECT_EQ(field([](LabConfig& c) { c.begin = UnixNanos(1); }), "begin");
  LabConfig broken;
  broken.trader_count = 0;
  EXPECT_EQ(simulate_day(broken).error().code, Errc::kOutOfRange);
}

}  // namespace
}  // namespace faultline
