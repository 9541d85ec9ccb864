#include "study/recovery.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>

#include "lab/market.hpp"
#include "store/files.hpp"
#include "store/store.hpp"
#include "store/test_folder.hpp"
#include "study/lab_run.hpp"
#include "study/recovery_maps.hpp"
#include "study/recovery_report.hpp"

namespace faultline {
namespace {

MarketConfig small_market(std::uint32_t holders, std::uint64_t seed) {
  MarketConfig config;
  config.seed = seed;
  config.holders.count = holders;
  config.value.daily_volatility = 0.04;
  config.warm_up = Nanos(12 * kHour.value);
  config.length = Nanos(6 * kHour.value);
  return config;
}

RecoveryRequest small_request(const std::string& work_folder) {
  RecoveryRequest request;
  request.scenarios = {{.name = "one", .about = "A", .market = small_market(400, 0)},
                       {.name = "two/2", .about = "", .market = small_market(200, 0)}};
  request.scenarios[1].market.value.news_count = 4;
  request.replicas = 2;
  request.burn_in = Nanos(3 * kHour.value);
  request.scored = Nanos(2 * kHour.value);
  request.members = 4;
  request.oracle_draws = 4;
  request.bootstrap = 100;
  request.work_folder = work_folder;
  return request;
}

std::vector<UnixNanos> last_hours(const MarketConfig& config) {
  std::vector<UnixNanos> times;
  for (int hour = 2; hour < 6; ++hour) times.push_back(config.begin + Nanos(hour * kHour.value));
  return times;
}

double sum_of(const RecoverySides& sides) {
  double sum = 0.0;
  for (const RecoveryBins& bins : sides) {
    for (const double usd : bins) sum += usd;
  }
  return sum;
}

// Truth and oracle of some markets, summed over their hours.
struct OracleSums {
  double truth = 0.0;
  double intensity = 0.0;
  double distance = 0.0;
};

OracleSums oracle_sums(std::uint32_t holders, int markets) {
  OracleSums out;
  for (int seed = 1; seed <= markets; ++seed) {
    const MarketConfig config = small_market(holders, static_cast<std::uint64_t>(seed));
    const MarketRun run = simulate_market(config).value();
    const ScoredTimes at = scored_times(run.venues[0], last_hours(config));
    const auto intensity = redrawn_intensity(run.venues[0], config, 0, at, {.draws = 16});
    const auto truth = true_positions_of(run.venues[0], at);
    for (std::size_t k = 0; k < at.times.size(); ++k) {
      out.truth += sum_of(truth[k].usd);
      out.intensity += sum_of(intensity[k]);
      for (const std::size_t s : {0U, 1U}) {
        for (std::size_t i = 0; i < kRecoveryBinCount; ++i)
          out.distance += std::abs(intensity[k][s][i] - truth[k].usd[s][i]);
      }
    }
  }
  return out;
}

TEST(RecoveryOracle, ItsFloorFallsAsHoldersGrow) {
  const OracleSums few = oracle_sums(250, 4);
  const OracleSums many = oracle_sums(4'000, 1);
  // A scatter of one over the root of sixteen times the number, if sizes had thin tails.
  EXPECT_LT(many.distance / many.truth, 0.6 * few.distance / few.truth);
  EXPECT_GT(many.distance, 0.05 * many.truth);
}

TEST(RecoveryOracle, ItHasTheTruthsMoneyInTheMean) {
  const OracleSums sums = oracle_sums(2'000, 8);
  EXPECT_NEAR(sums.intensity / sums.truth, 1.0, 0.1);
}

TEST(RecoveryRequests, ATimeThatNoScenarioAllowsIsRefusedAsWhatItIs) {
  const TestFolder folder;
  RecoveryRequest request = small_request(folder.file("work"));
  request.burn_in = Nanos(100 * kDay.value);
  const auto refused = run_recovery(request, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "burn_in");
}

TEST(RecoveryFeeds, TheFullFeedIsTheMarketsOwnAndTheThrottledOneAPartOfIt) {
  MarketConfig config = small_market(2'000, 5);
  config.value.news_count = 6;
  config.value.news_size = 0.05;
  const MarketRun run = simulate_market(config).value();
  const VenueTape& tape = run.venues[0];
  const UnixNanos end = config.begin + config.length;
  const ColumnBatch full = prints_of(tape, Completeness::kAll, end);
  ASSERT_EQ(full.row_count(), tape.liquidations.row_count());
  for (std::size_t column = 0; column < full.columns.size(); ++column)
    EXPECT_EQ(full.columns[column].values, tape.liquidations.columns[column].values);
  const ColumnBatch largest = prints_of(tape, Completeness::kLargestPerSecond, end);
  EXPECT_LT(largest.row_count(), full.row_count());
  std::set<std::int64_t> seconds;
  for (const std::int64_t time : full.columns[0].values) seconds.insert(time / kSecond.value);
  EXPECT_EQ(largest.row_count(), seconds.size());
  config.venues[0].feed = Completeness::kLargestPerSecond;
  const MarketRun throttled = simulate_market(config).value();
  EXPECT_EQ(throttled.trade_digest, run.trade_digest);
  EXPECT_EQ(largest.columns[4].values, throttled.venues[0].liquidations.columns[4].values);
}

TEST(RecoveryReplicas, ReadersOfTheMapAreShownOne) {
  const TestFolder folder;
  RecoveryRequest request = small_request(folder.file("work"));
  MarketConfig config = small_market(400, 3);
  config.readers.hunters = 2;
  EXPECT_EQ(simulate_market(config).error().code, Errc::kBadRequest);
  const auto replica = run_replica(request, config, folder.file("one"), {});
  ASSERT_TRUE(replica) << describe(replica.error());
  EXPECT_GT(replica->maps_shown, 20U);
}

// What is scored is what `faultline map` shows.
TEST(RecoveryMaps, TheEstimateIsThatOfBuildMap) {
  const TestFolder folder;
  const MarketConfig config = small_market(600, 9);
  const MarketRun run = simulate_market(config).value();
  ASSERT_TRUE(write_lab_store(folder.file("store"), run.venues, "test", {}));
  const ScoredTimes at = scored_times(run.venues[0], last_hours(config));
  const auto estimate = estimate_recovery({.members = 4,
                                           .seed = 3,
                                           .instruments = {run.venues[0].instrument},
                                           .at = at,
                                           .store_folder = folder.file("store")},
                                          {});
  ASSERT_TRUE(estimate) << describe(estimate.error());
  const auto store = Store::open(folder.file("store"), StoreMode::kRead);
  MapRequest request;
  request.instrument = run.venues[0].instrument.id;
  request.column_interval = kHour;
  request.to = at.times.back();
  request.filter.members = 4;
  request.seed = 3;
  const auto map = build_map(**store, request, {});
  ASSERT_TRUE(map) << describe(map.error());
  const MapColumn& column = map->columns.back();
  ASSERT_EQ(column.as_of, at.times.back());
  for (const Side side : {Side::kLong, Side::kShort}) {
    double rows = 0.0;
    for (std::size_t i = 0; i < column.row_count(); ++i) {
      const double middle =
          (static_cast<double>(column.first_row) + static_cast<double>(i) + 0.5) * kRowLog;
      const double away = sign(side) * (std::log(at.marks.back()) - middle);
      if (away >= 0.0 && away < 0.1)
        rows += static_cast<double>(column.notional_at_risk_usd[index_of(side)][i]);
    }
    double bins = 0.0;
    for (const double usd : estimate->mean.back()[index_of(side)]) bins += usd;
    EXPECT_GT(bins, 0.0);
    EXPECT_NEAR(bins / rows, 1.0, 0.02) << name_of(side);
  }
  for (std::size_t i = 0; i < kRecoveryBinCount; ++i) {
    for (std::size_t level = 1; level < kRecoveryLevels.size(); ++level)
      ASSERT_GE(estimate->band[0][level][0][i], estimate->band[0][level - 1][0][i]);
  }
}

TEST(Recovery, TheReportDoesNotDependOnThreads) {
  const TestFolder folder;
  std::array<StudyReport, 2> reports;
  for (const std::size_t threads : {1U, 2U}) {
    RecoveryRequest request = small_request(folder.file("work"));
    request.threads = threads;
    const auto study = run_recovery(request, {});
    ASSERT_TRUE(study) << describe(study.error());
    EXPECT_FALSE(file_exists(folder.file("work")));
    EXPECT_NE(study->scenarios[0].replicas[0].hours[0].truth,
              study->scenarios[0].replicas[1].hours[0].truth);
    reports[threads - 1] = report_of_recovery(*study);
  }
  EXPECT_EQ(write_json(reports[0].json), write_json(reports[1].json));
  EXPECT_EQ(reports[0].text, reports[1].text);
  ASSERT_EQ(reports[0].figures.size(), 3U);
  for (std::size_t i = 0; i < reports[0].figures.size(); ++i)
    EXPECT_EQ(*render_png(reports[0].figures[i].chart), *render_png(reports[1].figures[i].chart));
  EXPECT_EQ(reports[0].figures[1].name, "profile_two_2");
}

TEST(Recovery, VenuesAreSummed) {
  const TestFolder folder;
  RecoveryRequest request = small_request(folder.file("work"));
  MarketConfig market = small_market(400, 3);
  market.venues.push_back(market.venues[0]);
  market.venues[1].exchange.instrument = lab_instrument("BTCUSD", ContractKind::kInverse);
  market.venues[1].exchange.tiers =
      TierTable::make({{.notional_cap = 1e5, .maintenance_rate = .005, .leverage_max = 100}})
          .value();
  const auto both = run_replica(request, market, folder.file("both"), {});
  ASSERT_TRUE(both) << describe(both.error());
  for (const RecoveryHour& hour : both->hours) {
    EXPECT_GT(sum_of(hour.truth), 0.0);
    EXPECT_GT(sum_of(hour.intensity), 0.0);
    for (const RecoverySides& map : hour.maps) {
      EXPECT_GT(sum_of(map), 0.0);
      EXPECT_LT(sum_of(map), 4.0 * both->open_interest_usd);
    }
  }
}

TEST(Recovery, WrongRequestsSayWhatIsWrong) {
  const TestFolder folder;
  const auto complaint = [&](void (*change)(RecoveryRequest&)) {
    RecoveryRequest request = small_request(folder.file("work"));
    change(request);
    const auto study = run_recovery(request, {});
    EXPECT_FALSE(study);
    return study ? "" : describe(study.error());
  };
  const auto has = [](const std::string& said, std::string_view part) {
    EXPECT_NE(said.find(part), std::string::npos) << said;
  };
  has(complaint([](RecoveryRequest& r) { r.scenarios.clear(); }), "scenario");
  has(complaint([](RecoveryRequest& r) { r.scenarios[1].name = "one"; }), "two are called one");
  has(complaint([](RecoveryRequest& r) { r.replicas = 1; }), "replicas");
  has(complaint([](RecoveryRequest& r) { r.burn_in = Nanos(0); }), "burn_in");
  has(complaint([](RecoveryRequest& r) { r.scored = Nanos(kHour.value + 1); }), "scored");
  has(complaint([](RecoveryRequest& r) { r.scenarios[0].market.begin.value += 1; }), "minute");
  has(complaint([](RecoveryRequest& r) { r.scenarios[0].market.makers.count = 0; }), "count");
}

TEST(Recovery, AWrongScenarioFileIsNamed) {
  const TestFolder folder;
  const std::string path = folder.file("crooked.toml");
  ASSERT_TRUE(write_file_atomically(path, "name = \"x\"\n[holders]\nlong_bais = 1\n"));
  const auto scenario = read_scenario(path);
  ASSERT_FALSE(scenario);
  const std::string said = describe(scenario.error());
  EXPECT_NE(said.find(path + ":3"), std::string::npos) << said;
  EXPECT_EQ(read_scenario(folder.file("absent.toml")).error().code, Errc::kNotFound);
}

TEST(Recovery, CancelStopsItAndLeavesNothing) {
  const TestFolder folder;
  for (const char* when : {"simulating", "map"}) {
    const auto study =
        run_recovery(small_request(folder.file("work")),
                     [&](const Progress& progress) { return progress.what != when; });
    ASSERT_FALSE(study);
    EXPECT_EQ(study.error().code, Errc::kCancelled);
    EXPECT_FALSE(file_exists(folder.file("work")));
  }
}

TEST(Recovery, AFolderThatIsThereIsNotTouched) {
  const TestFolder folder;
  const std::string work = folder.file("work");
  ASSERT_TRUE(make_folders(work));
  ASSERT_TRUE(write_file_atomically(work + "/mine", "x"));
  const auto study = run_recovery(small_request(work), {});
  ASSERT_FALSE(study);
  EXPECT_EQ(study.error().file, work);
  EXPECT_TRUE(file_exists(work + "/mine"));
}

}  // namespace
}  // namespace faultline
