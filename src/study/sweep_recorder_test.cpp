#include "study/sweep_recorder.hpp"

#include <gtest/gtest.h>

#include "study/test_world.hpp"

namespace faultline {
namespace {

MapSweeps sweep(const SkillData& data, MapPlacebo placebo) {
  return sweep_density(data, {}, {}, {.placebo = placebo, .seed = 3});
}

TEST(SweepRecorder, PlacebosHoldTheSameMoneyElsewhere) {
  const SkillData data = make_test_world(10, 4);
  const MapSweeps own = sweep(data, MapPlacebo::kNone);
  const MapSweeps mirrored = sweep(data, MapPlacebo::kMirrored);
  const MapSweeps shifted = sweep(data, MapPlacebo::kShifted);
  const MapSweeps shuffled = sweep(data, MapPlacebo::kShuffled);
  EXPECT_EQ(mirrored.name, "faultline_mirrored");
  for (std::size_t h = 170; h < data.hours.size(); ++h) {
    ASSERT_EQ(mirrored.hours[h].within[0], own.hours[h].within[1]);
    ASSERT_EQ(mirrored.hours[h].within[1], own.hours[h].within[0]);
    ASSERT_EQ(shifted.hours[h].within[0], own.hours[h - 168].within[0]);
    ASSERT_NE(shuffled.hours[h].within[0], own.hours[h].within[0]);
    ASSERT_NEAR(shuffled.hours[h].stock[0], own.hours[h].stock[0], 1e-3 * own.hours[h].stock[0]);
  }
}

// Placebos are read at every step instead of swept: the amounts must be alike all the same.
TEST(SweepRecorder, ReadingAMapCountsAboutWhatSweepingItDoes) {
  const SkillData data = make_test_world(10, 4);
  const MapSweeps own = sweep(data, MapPlacebo::kNone);
  const MapSweeps mirrored = sweep(data, MapPlacebo::kMirrored);
  double of_own = 0.0;
  double of_mirrored = 0.0;
  for (std::size_t h = 48; h < data.hours.size(); ++h) {
    of_own += own.hours[h].crossed[0] + own.hours[h].crossed[1];
    of_mirrored += mirrored.hours[h].crossed[0] + mirrored.hours[h].crossed[1];
  }
  // On a walk without drift both sides are alike on the whole.
  EXPECT_GT(of_mirrored, 0.5 * of_own);
  EXPECT_LT(of_mirrored, 2.0 * of_own);
}

TEST(SweepRecorder, ShufflingDependsOnTheSeedAlone) {
  const SkillData data = make_test_world(5, 4);
  const auto crossed = [&](std::uint64_t seed) {
    return sweep_baseline(data, BaselineMap::kIdentityReference,
                          {.placebo = MapPlacebo::kShuffled, .seed = seed})
        .crossed_total[0];
  };
  EXPECT_EQ(crossed(1), crossed(1));
  EXPECT_NE(crossed(1), crossed(2));
}

}  // namespace
}  // namespace faultline
