#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "study/map_skill.hpp"

namespace faultline {

// What was published about the world of datasets/btc_map_skill.toml, and what was promised of our
// map there. docs/studies/map_skill.md says where the figures are from.

// R² of ln(1 + USD).
struct PublishedScore {
  const char* name;
  std::optional<double> primary;  // 15 January to 19 February 2026
  std::optional<double> whole;    // 15 January to 31 March 2026
  double tolerance;
};
std::span<const PublishedScore> published_scores();

// The instruments, burn-in and primary window are those of the published figures.
bool is_published_world(const MapSkillOptions& options);

struct SkillTarget {
  std::string what;
  Estimate value;
  std::string required;
  bool is_met = false;
};

// What our map has to show in the primary window. The fixed thresholds are left out of any other
// world than the published one.
std::vector<SkillTarget> skill_targets(const MapSkill& study);

}  // namespace faultline
