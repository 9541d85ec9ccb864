#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/skill_bands.hpp"
#include "study/skill_ladder.hpp"
#include "study/skill_scores.hpp"

namespace faultline {

// `faultline study map-skill`: how well maps explain the liquidations that were recorded, under one
// frozen protocol. docs/studies/map_skill.md has the protocol and the results on recorded data.
//
//   store ──> SkillData ──> features, maps ──> walk-forward predictions ──> scores with intervals
//                                                                      └──> predictive bands
//
// Conditional skill: every contestant is told the hour's price range. It is a score of the map, not
// a forecast.

struct MapSkillOptions {
  SkillRequest request;
  std::int64_t burn_in_days = 42;  // first hours that are only learned from
  // The primary window; absent ends are those of everything that is out of sample.
  std::optional<UnixNanos> primary_from{};
  std::optional<UnixNanos> primary_to{};
  std::uint64_t seed = 7;  // of the bootstrap and of the shuffled placebo
  std::size_t bootstrap = 2000;
};

// Observations whose predictions lie in one tenth of the window's: their mean, and that of what was
// liquidated, both of ln(1 + USD).
struct PredictedBin {
  Estimate predicted;
  Estimate realised;
};

// Of our map at one timing.
struct TimingBands {
  std::string name;
  std::vector<BandScore> bands;  // by kBandLevels
  std::vector<PredictedBin> bins;
};

struct SkillWindow {
  std::string name;  // "primary" or "whole"
  UnixNanos from{};
  UnixNanos to{};
  std::size_t hour_count = 0;
  std::size_t day_count = 0;
  std::vector<SkillScore> scores = {};  // in the ladder's order
  std::vector<SkillIncrement> increments = {};
  std::vector<TimingBands> bands = {};  // frozen, in-hour

  // Null when there is none.
  const SkillScore* find_score(std::string_view contestant) const;
  const SkillIncrement* find_increment(std::string_view contestant,
                                       std::string_view reference) const;
};

struct ContestantInfo {
  std::string name;
  std::string about;
  MapTiming timing = MapTiming::kFrozen;
  bool is_placebo = false;
};

struct MapSkill {
  MapSkillOptions options;
  Nanos step_length{};
  Nanos hour_length{};
  std::size_t step_count = 0;
  std::size_t usable_hour_count = 0;
  std::size_t fold_count = 0;
  std::vector<ContestantInfo> contestants;
  std::vector<SkillWindow> windows;  // the primary one; then the whole, where it is another
  double stock_error_max = 0.0;      // of our map: |stock − open interest| / open interest
  bool is_published_world = false;   // scores can be compared with published ones
};

// The instruments of a store that can be scored, and those whose liquidation totals it holds.
struct SkillCandidates {
  std::vector<InstrumentId> instruments;   // with bars or trades, and open interest
  std::vector<InstrumentId> liquidations;  // with totals
};
SkillCandidates skill_candidates(const Store& store);

// Errors: kNoData when too little is recorded to score anything;
// kBadRequest for options out of range; kCancelled.
// Cost: about 80 seconds on one core for 60,000 steps and 11 weeks.
Outcome<MapSkill> run_map_skill(const SkillData& data, const MapSkillOptions& options,
                                const ProgressFn& report);

}  // namespace faultline
