#pragma once

#include <array>
#include <string>
#include <vector>

#include "study/map_sweeps.hpp"
#include "study/skill_models.hpp"
#include "study/skill_rows.hpp"

namespace faultline {

// How the program itself turns a map into what is liquidated in an hour: one specification for the
// map at the hour's begin and one for the map that is updated inside it. Both were fixed on hours
// before 15 January 2026 (docs/studies/map_skill.md says how many were tried) and are not options.

// ln(x + .001) of what a map says, in kSweepUnitUsd, by side and row.
struct MapColumns {
  using Sides = std::array<std::vector<double>, 2>;
  Sides frozen;   // crossed by the hour's range, of the map at its begin
  Sides near;     // within .3 % of the open
  Sides around;   // within 1 % of the open
  Sides crossed;  // by the steps of the hour, of the updated map: sum,
  Sides root;     // sum of the roots,
  Sides largest;  // and the largest of one step
};

MapColumns map_columns(const SkillRows& rows, const MapSweeps& sweeps);

enum class MapTiming : std::uint8_t { kFrozen, kInHour };

// The program's own prediction from any map: what it gains from ours, from a placebo, or from
// another's. `map` may be null: the same learners without any column of a map, which is what an
// increment of the map has to be measured against.
//
//   frozen   mean of: trees (120 rounds) on season, b1ga, frozen, near, around
//                     precision-weighted ridge on season, b1gs, frozen
//   in-hour  mean of: trees on season, b1da, frozen, crossed, root, largest
//                     precision-weighted ridge on season, b1ds, crossed, root
//                     precision-weighted ridge on season, crossed, root, largest, hinges of crossed
//                     (left out without a map)
//
// Trees weigh rows by the first ridge's variance^-1/2; amounts and variance are the first ridge's.
// Requires: features outlive the call. Errors: those of the boosting library.
Outcome<SkillPrediction> predict_own(const SkillWorld& world, const SkillFeatures& features,
                                     const MapColumns* map, MapTiming timing, std::string name);

}  // namespace faultline
