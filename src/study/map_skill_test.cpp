#include "study/map_skill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <tuple>

#include "base/rng.hpp"
#include "feed/importer.hpp"
#include "stats/scores.hpp"
#include "store/files.hpp"
#include "store/test_folder.hpp"
#include "study/skill_report.hpp"
#include "study/test_world.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

// Ten days of five-minute steps, of a walk without drift.
SkillData walk_data() {
  SkillData data;
  data.step_length = Nanos(5 * kMinute.value);
  data.hour_length = kHour;
  data.steps_per_hour = 12;
  Rng rng(6);
  double price = 50'000.0;
  double interest = 1'000.0;
  for (std::int64_t k = 0; k < 2'880; ++k) {
    MarketStep step;
    step.begin = UnixNanos(1'764'547'200'000'000'000 + k * data.step_length.value);
    step.end = step.begin + data.step_length;
    step.open = price;
    price *= std::exp(1e-3 * rng.normal());
    step.close = price;
    step.high = std::max(step.open, step.close) * std::exp(3e-4 * std::abs(rng.normal()));
    step.low = std::min(step.open, step.close) * std::exp(-3e-4 * std::abs(rng.normal()));
    step.volume = 20.0 * std::exp(0.5 * rng.normal());
    step.oi_begin = interest;
    interest *= 1.0 + 2e-3 * rng.normal();
    step.oi_end = interest;
    step.has_open_interest = true;
    if (k % 12 == 0) {
      SkillHour hour;
      hour.begin = step.begin;
      hour.first_step = static_cast<std::size_t>(k);
      hour.open = step.open;
      data.hours.push_back(hour);
    }
    data.steps.push_back(step);
  }
  return data;
}

TEST(MapSweeps, MassGrowsWithDistanceAndNeverExceedsTheStock) {
  const SkillData data = walk_data();
  for (std::size_t map = 0; map < kBaselineMapCount; ++map) {
    const MapSweeps sweeps = sweep_baseline(data, static_cast<BaselineMap>(map));
    for (const HourSweep& hour : sweeps.hours) {
      for (const Side side : kSides) {
        const auto& within = hour.within[index_of(side)];
        ASSERT_TRUE(std::ranges::is_sorted(within)) << sweeps.name;
        ASSERT_LE(within.back(), hour.stock[index_of(side)] * (1.0 + 1e-9)) << sweeps.name;
      }
    }
  }
}

TEST(MapSweeps, OnlyTheMapThatErasesHasCrossedMass) {
  const SkillData data = walk_data();
  const MapSweeps kept = sweep_baseline(data, BaselineMap::kOpenLiquidationMap);
  const MapSweeps erased = sweep_baseline(data, BaselineMap::kConstantOpenings);
  EXPECT_EQ(kept.crossed_total[0], 0.0);
  EXPECT_GT(erased.crossed_total[0], 0.0);
  EXPECT_GT(erased.crossed_total[1], 0.0);
}

TEST(MapSweeps, OurStockIsTheOpenInterest) {
  const SkillData data = walk_data();
  const MapSweeps ours = sweep_density(data, {});
  EXPECT_LT(ours.stock_error_max, 1e-3);
  // A step's crossed mass adds up in three ways that bound each other.
  for (const HourSweep& hour : ours.hours) {
    for (const std::size_t side : {0U, 1U}) {
      EXPECT_LE(hour.crossed_max[side], hour.crossed[side] + 1e-12);
      EXPECT_LE(hour.crossed_root[side], std::sqrt(12.0 * hour.crossed[side]) + 1e-9);
    }
  }
}

TEST(MapSweeps, MassWithinIsLinearBetweenGridPointsAndHeldBeyond) {
  HourSweep hour;
  for (std::size_t i = 0; i < sweep_grid().size(); ++i)
    hour.within[0].push_back(static_cast<double>(i + 1));
  EXPECT_DOUBLE_EQ(mass_within(hour, Side::kLong, 1e-4), 0.5);
  EXPECT_DOUBLE_EQ(mass_within(hour, Side::kLong, 3e-4), 1.5);
  EXPECT_DOUBLE_EQ(mass_within(hour, Side::kLong, 0.9), 60.0);
  EXPECT_EQ(mass_within(hour, Side::kShort, 0.9), 0.0);  // no map yet
}

// R² of the logarithm over the primary window, both sides together, against the training mean.
double pooled_r_squared(const SkillPrediction& prediction, const SkillPrediction& mean,
                        const SkillRows& rows, std::int64_t day_end) {
  std::vector<double> actual;
  std::vector<double> predicted;
  std::vector<double> baseline;
  for (const std::size_t side : {0U, 1U}) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (std::isnan(prediction.log_usd[side][row]) || rows.days[row] >= day_end) continue;
      actual.push_back(rows.target[side][row]);
      predicted.push_back(prediction.log_usd[side][row]);
      baseline.push_back(mean.log_usd[side][row]);
    }
  }
  return r_squared_against({actual, predicted}, baseline).value_or(-1.0);
}

void import_into(Store& store, const std::string& data, const char* name) {
  const std::string path = std::string(FAULTLINE_SOURCE_DIR) + "/datasets/" + name;
  const Outcome<std::string> text = read_whole_file(path, 1'000'000);
  ASSERT_TRUE(text);
  const Outcome<Dataset> dataset = parse_dataset(*text, path);
  ASSERT_TRUE(dataset) << describe(dataset.error());
  const auto done = import_dataset(*dataset, store, {.root = data}, {});
  ASSERT_TRUE(done) << describe(done.error());
}

// The published figures of the primary window (15 January to 19 February 2026); the tolerance is
// that of the protocol.
TEST(MapSkillOnRecordedData, ReproducesPublishedBaselines) {
  const char* folder = std::getenv("FAULTLINE_RECORDED_DATA");
  if (folder == nullptr) GTEST_SKIP() << "FAULTLINE_RECORDED_DATA is not set";
  const TestFolder scratch;
  const auto store = Store::open(scratch.file("store"), StoreMode::kWrite);
  ASSERT_TRUE(store) << describe(store.error());
  import_into(**store, folder, "btc_five_minute_grid.toml");
  import_into(**store, folder, "btc_hourly.toml");
  const auto data = load_skill_data(**store,
                                    {.instrument = *parse_instrument_id("aggregate:BTCUSDT_GRID"),
                                     .liquidations = *parse_instrument_id("aggregate:BTC")},
                                    {});
  ASSERT_TRUE(data) << describe(data.error());
  const SkillFeatures features(*data);
  const SkillRows& rows = features.rows();
  const std::vector<Fold> folds = weekly_folds(rows, *data, Nanos(42 * kDay.value));
  const SkillWorld world{rows, folds};
  const SkillPrediction mean = predict_mean(world);
  constexpr std::int64_t kEnd = 20'503;  // 2026-02-19, whose last hours are not recorded
  const auto show = [&](const SkillPrediction& prediction, double expected) {
    const double calculated = pooled_r_squared(prediction, mean, rows, kEnd);
    std::printf("%-8s R2 calculated %.4f expected %.3f error %+.4f\n", prediction.name.c_str(),
                calculated, expected, calculated - expected);
    EXPECT_NEAR(calculated, expected, 0.01) << prediction.name;
  };
  for (const auto& [name, kind, expected] :
       {std::tuple{"b1", Geometry::kRange, 0.503}, std::tuple{"b1ga", Geometry::kFrozen, 0.594}}) {
    show(predict_linear(world, name,
                        [&, kind = kind](Side side, RowSpan) {
                          return concatenate(features.season(), features.geometry(side, kind));
                        }),
         expected);
  }
  for (const auto& [map, expected] : {std::pair{BaselineMap::kFixedLeverage, 0.359},
                                      std::pair{BaselineMap::kKernelInterest, 0.524},
                                      std::pair{BaselineMap::kIdentityReference, 0.591}}) {
    const MapSweeps sweeps = sweep_baseline(*data, map);
    const auto mass = crossed_mass(rows, sweeps, MapVariant::kFrozen);
    show(predict_linear(world, sweeps.name,
                        [&](Side side, RowSpan train) {
                          DesignMatrix design = features.season();
                          design.add("map", log_mass(mass[index_of(side)], train));
                          return design;
                        }),
         expected);
  }
}

MapSkillOptions small_options() {
  MapSkillOptions options;
  options.request = {.instrument = *parse_instrument_id("simulated:WALK"),
                     .liquidations = *parse_instrument_id("simulated:WALK")};
  options.burn_in_days = 14;
  options.bootstrap = 40;
  return options;
}

SkillData planted_world(std::int64_t days) {
  SkillData data = make_test_world(days, 12);
  plant_liquidations(data, sweep_density(data, {}), 0.4, 13);
  return data;
}

Outcome<MapSkill> planted_study() {
  const SkillData data = planted_world(24);
  MapSkillOptions options = small_options();
  options.primary_to = data.hours[22 * 24].begin;
  return run_map_skill(data, options, {});
}

// One for all tests: it takes seconds.
const Outcome<MapSkill>& shared_study() {
  static const Outcome<MapSkill> study = planted_study();
  return study;
}

TEST(MapSkill, FindsAPlantedMapAndItsPlacebosLose) {
  const auto& study = shared_study();
  ASSERT_TRUE(study) << describe(study.error());
  ASSERT_EQ(study->windows.size(), 2U);
  const SkillWindow& window = study->windows.back();
  const SkillIncrement* gain = window.find_increment("faultline_in_hour", "learners_in_hour");
  ASSERT_NE(gain, nullptr);
  EXPECT_GT(gain->r_squared->low, 0.0);
  for (const char* placebo :
       {"faultline_mirrored_in_hour", "faultline_shifted_in_hour", "faultline_shuffled_in_hour"}) {
    EXPECT_LT(window.find_score(placebo)->r_squared->value,
              window.find_score("faultline_in_hour")->r_squared->value)
        << placebo;
  }
  EXPECT_FALSE(study->is_published_world);
  EXPECT_LT(study->stock_error_max, 1e-3);
}

TEST(MapSkill, TheSameDataAndSeedGiveTheSameBytes) {
  const auto& first = shared_study();
  const auto second = planted_study();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(write_json(json_of_map_skill(*first)), write_json(json_of_map_skill(*second)));
  EXPECT_EQ(text_of_map_skill(*first, ReportFigures::kNone),
            text_of_map_skill(*second, ReportFigures::kNone));
}

TEST(MapSkill, SaysWhatIsMissing) {
  const SkillData data = planted_world(16);
  const auto note_of = [](const Outcome<MapSkill>& study) {
    return study ? std::string("a study") : describe(study.error());
  };
  EXPECT_NE(note_of(run_map_skill(data, small_options(), {})).find("burn-in of 14 days"),
            std::string::npos);
  EXPECT_NE(note_of(run_map_skill(make_test_world(5, 1), small_options(), {}))
                .find("no hour has prices, volume, open interest and liquidation totals"),
            std::string::npos);
  MapSkillOptions options = small_options();
  options.burn_in_days = 1;
  EXPECT_NE(note_of(run_map_skill(data, options, {})).find("burn-in-days"), std::string::npos);
  options = small_options();
  options.primary_from = data.hours[0].begin;
  options.primary_to = data.hours[0].begin;
  EXPECT_NE(note_of(run_map_skill(data, options, {})).find("primary-to"), std::string::npos);
  options.primary_to = data.hours[1].begin;
  EXPECT_NE(note_of(run_map_skill(planted_world(20), options, {})).find("fewer than two days"),
            std::string::npos);
}

TEST(MapSkill, StopsWhenAsked) {
  const auto study =
      run_map_skill(planted_world(20), small_options(), [](const Progress&) { return false; });
  ASSERT_FALSE(study);
  EXPECT_EQ(study.error().code, Errc::kCancelled);
}

}  // namespace
}  // namespace faultline
