#pragma once

#include <string>

#include "study/map_skill.hpp"
#include "text/json.hpp"

namespace faultline {

// A study of map skill as people and programs read it. Every estimate comes with its interval; one
// that the data do not determine is "-" in the text and null in JSON. docs/formats/map_skill.md
// says what each member is.

JsonValue json_of_map_skill(const MapSkill& study);

// Markdown. `figures` says whether pictures stand beside it.
enum class ReportFigures : std::uint8_t { kNone, kBeside };
std::string text_of_map_skill(const MapSkill& study, ReportFigures figures);

}  // namespace faultline
