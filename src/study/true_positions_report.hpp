#pragma once

#include <string>

#include "draw/line_chart.hpp"
#include "study/true_positions.hpp"
#include "text/json.hpp"

namespace faultline {

// A study of true positions as people and programs read it. docs/studies/true_positions.md says
// what each number is.

JsonValue json_of_positions(const PositionStudy& study);
std::string text_of_positions(const PositionStudy& study);
// The mean shape of the known positions of a side, and the map's with its density_interval.
LineChart position_chart(const std::vector<PositionProfile>& profiles, Side side,
                         const PositionStudy& study);

}  // namespace faultline
