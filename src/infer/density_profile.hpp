#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace faultline {

// Positions are of classes that are closed at rates of their own.
inline constexpr std::size_t kPatienceClasses = 3;

// Rows of equal width in log price, row 0 starting at log_begin.
struct ProfileGrid {
  double log_begin = 0.0;
  double row_log = 1e-3;
  std::size_t row_count = 0;
};

// Native units by row, and what lies outside the rows.
struct Profile {
  std::vector<double> rows;
  double below = 0.0;
  double above = 0.0;
};

// The same for every member: rows[row * members + member], below[member], above[member].
struct MemberProfiles {
  std::vector<double> rows;
  std::vector<double> below;
  std::vector<double> above;
};

// How far from their entry positions are liquidated, |p_liq/p_entry − 1|: up to each bound, and
// beyond the last.
inline constexpr std::array kDistanceTierBounds{0.02, 0.05, 0.10};
inline constexpr std::size_t kDistanceTiers = kDistanceTierBounds.size() + 1;

// What the rows of one side's profile are made of: weighted means over the members. Native units.
struct ProfileParts {
  std::vector<double> by_tier;   // [row * kDistanceTiers + tier]
  std::vector<double> by_class;  // [row * kPatienceClasses + class]
};

}  // namespace faultline
