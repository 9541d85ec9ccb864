#include "study/lab_run.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "store/files.hpp"
#include "store/test_folder.hpp"
#include "study/map_picture.hpp"

namespace faultline {
namespace {

// A short day, so that the test is quick; everything else is as in the product.
LabRunOptions short_day(const std::string& folder) {
  static const TestFolder scratch;  // of this process: two test runs may go on at once
  LabRunOptions options;
  options.folder = scratch.file(folder);
  options.config.length = Nanos(6 * kHour.value);
  options.config.warm_up = Nanos(6 * kHour.value);
  options.config.holders.count = 1'000;
  options.shown = options.config.length;
  return options;
}

const LabRun& shared_run() {
  static const Outcome<LabRun> run = run_lab(short_day("shared"), {});
  EXPECT_TRUE(run) << (run ? "" : describe(run.error()));
  return *run;
}

TEST(LabRun, GoesThroughStoreAndMapWithoutLoss) {
  const LabRun& run = shared_run();
  EXPECT_GT(run.trades, 1'000U);
  EXPECT_GT(run.rows_stored, run.trades + 6U * 3'600U);
  EXPECT_TRUE(run.map.is_simulated);
  EXPECT_EQ(run.map.notes.gap_steps, 0U);
  EXPECT_EQ(run.map.swept_on, SweptOn::kMark);
}

TEST(LabRun, EveryColumnSumsToOpenInterest) {
  for (const MapColumn& column : shared_run().map.columns) {
    for (const Side side : {Side::kLong, Side::kShort}) {
      ASSERT_NEAR(column.total_usd(side) / column.open_interest_usd, 1.0, 1e-3);
    }
  }
  EXPECT_LT(shared_run().map.identity_error_max, 1e-3);
}

TEST(LabRun, ReplacesOnlyAStoreThatItWrote) {
  const LabRunOptions options = short_day("replaced");
  const std::string store = options.folder + "/store";
  ASSERT_TRUE(run_lab(options, {}));
  ASSERT_TRUE(run_lab(options, {}));
  ASSERT_TRUE(remove_file(store + "/" + std::string(kLabStoreMark)));
  const Outcome<LabRun> refused = run_lab(options, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBadRequest);
  EXPECT_EQ(refused.error().file, store);
  EXPECT_TRUE(file_exists(store + "/simulated"));
}

TEST(LabRun, TheSameSeedGivesTheSameState) {
  const Outcome<LabRun> again = run_lab(short_day("again"), {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->map.state_hash, shared_run().map.state_hash);
  LabRunOptions other = short_day("other");
  other.config.seed += 1;
  const Outcome<LabRun> different = run_lab(other, {});
  ASSERT_TRUE(different);
  EXPECT_NE(different->map.state_hash, shared_run().map.state_hash);
}

// A column that was made while the future was unknown is the column that is made when it is known.
TEST(LabRun, TheFutureDoesNotChangeAColumn) {
  const LabRun& run = shared_run();
  const Outcome<std::unique_ptr<Store>> store =
      Store::open(short_day("shared").folder + "/store", StoreMode::kRead);
  ASSERT_TRUE(store);
  MapRequest request;
  request.instrument = run.map.spec.id;
  request.column_interval = run.map.column_interval;
  for (const std::size_t middle : {std::size_t{7}, run.map.columns.size() / 2}) {
    request.to = run.map.columns[middle].as_of;
    const Outcome<LiquidationMap> early = build_map(**store, request, {});
    ASSERT_TRUE(early) << describe(early.error());
    ASSERT_EQ(early->columns.size(), middle + 1);
    EXPECT_EQ(early->columns[middle].open_interest_usd, run.map.columns[middle].open_interest_usd);
    for (const std::size_t side : {0U, 1U}) {
      EXPECT_EQ(early->columns[middle].notional_at_risk_usd[side],
                run.map.columns[middle].notional_at_risk_usd[side]);
    }
  }
  // A time inside a step gives the last step that was over by then, and no print after it.
  request.to = run.map.columns[7].as_of + Nanos(30 * kSecond.value);
  const Outcome<LiquidationMap> inside = build_map(**store, request, {});
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->as_of, run.map.columns[7].as_of);
  for (const RealisedLiquidation& one : inside->liquidations) {
    EXPECT_LE(one.time + one.length, inside->as_of);
  }
}

TEST(LabRun, WrongRequestsSayWhatIsWrong) {
  const Outcome<std::unique_ptr<Store>> store =
      Store::open(short_day("shared").folder + "/store", StoreMode::kRead);
  ASSERT_TRUE(store);
  MapRequest request;
  request.instrument = shared_run().map.spec.id;
  request.to = UnixNanos(1'500'000'000'000'000'000);
  EXPECT_EQ(build_map(**store, request, {}).error().code, Errc::kNoData);
  request.to = {};
  request.step = Nanos(7 * kMinute.value);
  request.column_interval = Nanos(10 * kMinute.value);
  EXPECT_EQ(build_map(**store, request, {}).error().code, Errc::kBadRequest);
  request.instrument.symbol = "NOPE";
  EXPECT_EQ(build_map(**store, request, {}).error().code, Errc::kUnknownInstrument);
}

TEST(LabRun, CancelStopsIt) {
  const Outcome<LabRun> run = run_lab(short_day("cancel"), [](const Progress&) { return false; });
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::kCancelled);
}

TEST(MapPicture, WritesEveryFormAndRefusesOthers) {
  const std::string base = testing::TempDir() + "faultline_map";
  for (const char* ending : {".png", ".svg", ".json", ".csv", ".parquet"}) {
    const Outcome<void> done = write_map(shared_run().map, base + ending);
    EXPECT_TRUE(done) << describe(done.error());
    EXPECT_GT(*file_bytes(base + ending), 1'000U) << ending;
  }
  EXPECT_EQ(write_map(shared_run().map, base + ".gif").error().code, Errc::kBadRequest);
  EXPECT_EQ(write_map(shared_run().map, "/nonexistent/map.json").error().code, Errc::kCannotWrite);
}

TEST(MapPicture, TheSameMapGivesTheSameBytes) {
  const HeatmapChart chart = chart_of_map(shared_run().map);
  EXPECT_EQ(*render_png(chart), *render_png(chart_of_map(shared_run().map)));
  EXPECT_EQ(chart.banner, "SIMULATED MARKET");
}

// The JSON tells the same dollars as the columns.
TEST(MapPicture, JsonRowsAreTheColumns) {
  const LiquidationMap& map = shared_run().map;
  const JsonValue json = json_of_map(map);
  const JsonValue& last = json.find("columns")->as_array()->back();
  const JsonValue* longs = last.find("long");
  double sum = 0.0;
  for (const JsonValue& usd : *longs->find("notional_at_risk_usd")->as_array())
    sum += *usd.as_double();
  const auto& rows = map.columns.back().notional_at_risk_usd[0];
  const double expected = std::accumulate(rows.begin(), rows.end(), 0.0);
  EXPECT_NEAR(sum / expected, 1.0, 1e-3);
  const auto row = static_cast<std::int32_t>(*longs->find("first_row")->as_int());
  EXPECT_GE(map.columns.back().at(Side::kLong, row), 1.0);
}

}  // namespace
}  // namespace faultline
