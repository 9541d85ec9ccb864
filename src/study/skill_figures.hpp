#pragma once

#include <vector>

#include "study/map_skill.hpp"
#include "study/report_files.hpp"

namespace faultline {

// Pictures of a study: every mark has its interval.
//
//   ladder_frozen, ladder_in_hour   R² of every contestant, by window
//   increments                      R² over a reference, by window
//   placebos                        our map and its placebos, over the same learners without one
//   predicted                       what was liquidated against what was expected, by tenths
//   bands                           share of outcomes inside bands, less what they promise

std::vector<ReportFigure> skill_figures(const MapSkill& study);

}  // namespace faultline
