#include <gtest/gtest.h>

#include <set>

#include "lab/market.hpp"
#include "lab/scenario.hpp"
#include "store/files.hpp"
#include "study/live_map.hpp"

namespace faultline {
namespace {

// What is shipped can be run: each file reads, is valid, and its market lives for a short while.
TEST(Scenarios, EveryShippedFileRuns) {
  const std::string folder = std::string(FAULTLINE_SOURCE_DIR) + "/scenarios";
  const auto entries = list_folder(folder);
  ASSERT_TRUE(entries) << describe(entries.error());
  std::set<std::string> names;
  for (const FolderEntry& entry : *entries) {
    const std::string path = folder + "/" + entry.name;
    const auto text = read_whole_file(path, 1U << 20U);
    ASSERT_TRUE(text) << describe(text.error());
    const auto scenario = parse_scenario(*text, path);
    ASSERT_TRUE(scenario) << describe(scenario.error());
    EXPECT_EQ(scenario->name + ".toml", entry.name);
    EXPECT_FALSE(scenario->about.empty()) << path;
    MarketConfig market = scenario->market;
    market.warm_up = Nanos(10 * kMinute.value);
    market.length = Nanos(10 * kMinute.value);
    const auto run = simulate_market(market, {}, live_map_source(kReaderMap));
    ASSERT_TRUE(run) << path << ": " << describe(run.error());
    EXPECT_EQ(run->map_count > 0, has_readers(market.readers)) << path;
    for (const VenueTape& tape : run->venues) EXPECT_GT(tape.trades.row_count(), 10U) << path;
    names.insert(scenario->name);
  }
  for (const char* name :
       {"quiet_range", "crowded_longs", "crowded_shorts", "balanced", "thin_book", "deep_book",
        "fragmented_venues", "news_shock", "hunters", "avoiders", "providers", "october_10"})
    EXPECT_TRUE(names.contains(name)) << name;
}

}  // namespace
}  // namespace faultline
