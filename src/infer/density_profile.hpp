#pragma once

#include <cstddef>
#include <vector>

namespace faultline {

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

}  // namespace faultline
