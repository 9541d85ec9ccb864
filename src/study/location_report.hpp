#pragma once

#include <string>

#include "draw/line_chart.hpp"
#include "study/location.hpp"
#include "text/json.hpp"

namespace faultline {

// A location study as people and programs read it. docs/studies/location.md says what each number
// is.

JsonValue json_of_location(const LocationStudy& study);
std::string text_of_location(const LocationStudy& study);
// Share of ranks at or below x, of the map and of its mirror, against the diagonal.
LineChart location_chart(const LocationStudy& study);

}  // namespace faultline
