#include "lab/market.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace faultline {
namespace {

MarketConfig default_config() {
  MarketConfig config;
  config.venues[0].exchange.instrument.id = {Venue::kSimulated, "BTCUSDT"};
  config.venues[0].exchange.instrument.tick_size = {1, 0};
  return config;
}

TEST(Market, Runs) {
  const auto run = simulate_market(default_config());
  ASSERT_TRUE(run);
  const VenueTape& tape = run->venues[0];
  std::printf("events %lu trades %lu (%zu) forced %zu\n", run->event_count, run->trade_count,
              tape.trades.row_count(), tape.forced.size());
  const auto mark = tape.marks.column("mark_e9");
  const auto oi = tape.open_interest.column("qty");
  for (std::size_t i = 0; i < mark.size(); i += 3600)
    std::printf("%5zu mark %.1f index %.1f oi %.1fM\n", i / 3600, 1e-9 * double(mark[i]),
                1e-9 * double(tape.marks.column("index_e9")[i]),
                1e-6 * 1e-9 * double(mark[i]) * double(oi[i / 10]) * 1e-3);
  double usd = 0;
  int kinds[3] = {};
  for (const auto& record : tape.forced) {
    usd += double(record.value) * 1e-3;
    ++kinds[static_cast<int>(record.kind)];
  }
  std::printf("liquidated %.2fM kinds %d %d %d\n", usd * 1e-6, kinds[0], kinds[1], kinds[2]);
  double volume = 0;
  for (std::size_t i = 0; i < tape.trades.row_count(); ++i)
    volume +=
        1e-3 * double(tape.trades.column("qty")[i]) * double(tape.trades.column("price_ticks")[i]);
  std::printf("volume %.1fM\n", volume * 1e-6);
}

}  // namespace
}  // namespace faultline
