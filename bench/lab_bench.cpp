// Events a second of a simulated market with ten thousand and with a million leveraged traders.
// Both markets have the same makers, takers and flow of orders: with a hundred times the traders
// each acts a hundred times less often. What is compared is what their memory costs.

#include <cstdint>
#include <cstdio>
#include <vector>

#include "harness.hpp"
#include "lab/market.hpp"

namespace faultline::bench {
namespace {

constexpr int kRounds = 3;
constexpr double kGoal = 0.35;
constexpr double kWakesPerSecond = 100.0;
constexpr std::uint32_t kFew = 10'000;
constexpr std::uint32_t kMany = 1'000'000;

MarketConfig market_of(std::uint32_t holders, Nanos warm_up) {
  MarketConfig config;
  const double cycle = static_cast<double>(holders) / kWakesPerSecond;
  const Nanos half(static_cast<std::int64_t>(0.5e9 * cycle));
  config.holders.count = holders;
  config.holders.position_usd_median = 300.0 * static_cast<double>(kMany) / holders;
  config.holders.position_usd_spread = 0.5;
  config.holders.idle_mean = half;
  config.holders.holding_mean = {half, half, half};
  config.makers.depth_usd_per_percent = 50e6;
  config.value.news_count = 0;
  config.warm_up = warm_up;
  config.length = kMinute;
  return config;
}

struct Run {
  MarketConfig config;
  MarketRun result;
};

}  // namespace

bool run_lab() {
  std::printf("lab: a market of %u and of %u leveraged traders, one thread\n", kFew, kMany);
  const Nanos start{10 * kMinute.value};
  const Nanos whole{2 * kHour.value};
  // The first ten minutes of either are taken off: seating a million traders is no event.
  std::vector<Run> runs{{market_of(kFew, start), {}},
                        {market_of(kFew, whole), {}},
                        {market_of(kMany, start), {}},
                        {market_of(kMany, whole), {}}};
  std::vector<Contestant> contestants;
  const char* names[] = {"ten thousand, the start", "ten thousand, the whole",
                         "a million, the start", "a million, the whole"};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Run* run = &runs[i];
    contestants.push_back(
        {names[i], [run] { run->result = simulate_market(run->config).value(); }});
  }
  take_turns(contestants, kRounds);
  const auto rate = [&](std::size_t start_run) {
    const double events = static_cast<double>(runs[start_run + 1].result.event_count -
                                              runs[start_run].result.event_count);
    return events / (contestants[start_run + 1].median() - contestants[start_run].median());
  };
  for (std::size_t i = 0; i < runs.size(); ++i)
    std::printf("  %-28s %9llu events %9llu trades %8.2f s  digest %016llx\n", names[i],
                static_cast<unsigned long long>(runs[i].result.event_count),
                static_cast<unsigned long long>(runs[i].result.trade_count),
                contestants[i].median(),
                static_cast<unsigned long long>(runs[i].result.trade_digest));
  const double few = rate(0);
  const double many = rate(2);
  const bool is_met = many >= kGoal * few;
  std::printf("  events/s %.0f with ten thousand, %.0f with a million: %.2f, gate %.2f: %s\n", few,
              many, many / few, kGoal, is_met ? "met" : "MISSED");
  return is_met;
}

}  // namespace faultline::bench
