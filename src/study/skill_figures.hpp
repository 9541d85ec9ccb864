#pragma once

#include <string>
#include <vector>

#include "draw/line_chart.hpp"
#include "study/map_skill.hpp"

namespace faultline {

// Pictures of a study: every mark has its interval.
//
//   ladder_frozen, ladder_in_hour   R² of every contestant, by window
//   increments                      R² over a reference, by window
//   placebos                        our map and its placebos, over the same learners without one
//   predicted                       what was liquidated against what was expected, by tenths
//   bands                           share of outcomes inside bands, less what they promise

struct SkillFigure {
  std::string name;  // of the file, without its ending
  LineChart chart;
};

std::vector<SkillFigure> skill_figures(const MapSkill& study);

// Each as FOLDER/NAME.png and .svg. Errors: kCannotWrite, and those of the charts.
Outcome<void> write_skill_figures(const MapSkill& study, const std::string& folder);

}  // namespace faultline
