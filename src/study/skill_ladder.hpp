#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "study/skill_own.hpp"

namespace faultline {

// Everyone who is asked what was liquidated, from the training mean to our map and its placebos,
// under one protocol. A map that is updated inside the hour is only ever compared with contestants
// that may look inside the hour too.

struct Contestant {
  SkillPrediction prediction;
  MapTiming timing = MapTiming::kFrozen;
  std::string about;
  bool is_placebo = false;

  const std::string& name() const { return prediction.name; }
};

// Names of the ladder. Names that end in _in_hour look inside the hour.
//   b0 b1 b1ga geometry boosting                            without a map
//   b3 b4 b5 b6 b7c p_w3                                    a map alone, with the season
//   geometry_b7c geometry_p_w3 boosting_p_w3                with one
//   geometry_p_w3_mirrored, _shifted, _shuffled             placebos of the reference
//   learners, faultline                                     ours without its map, and with it
//   faultline_mirrored, _shifted, _shuffled, _constant      ours with a placebo in the map's place
//   ..._in_hour of boosting geometry b4 b6 b7c p_w3 geometry_b7c stack stack_p_w3 learners
//   faultline
struct SkillLadder {
  std::vector<Contestant> contestants;
  double stock_error_max = 0.0;  // of our map: |stock − open interest| / open interest, at hours
  double crossed_usd = 0.0;      // by our map, both sides, over all hours

  // Requires: it is there (checked).
  const Contestant& at(std::string_view name) const;
};

struct LadderOptions {
  std::vector<Fold> folds;       // that are scored
  std::vector<Fold> warm_folds;  // earlier ones, which only our own two are asked about
  std::uint64_t seed = 7;        // of shuffled placebos
};

// Errors: kCancelled, and those of the boosting library.
// Cost: about a minute on one core for 60,000 steps and eleven weekly folds.
Outcome<SkillLadder> build_ladder(const SkillData& data, const SkillFeatures& features,
                                  const LadderOptions& options, const ProgressFn& report);

}  // namespace faultline
