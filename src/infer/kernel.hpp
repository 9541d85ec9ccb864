#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/units.hpp"

namespace faultline {

// The grid of distances to liquidation and the prior of how far from entry positions are
// liquidated.
//
// A distance d = |p_liq/p_entry − 1| is a box between two edges, log-spaced; in log price it
// becomes delta = −ln(1−d) for longs and ln(1+d) for shorts, so that log p_liq = log p_entry −
// sign·delta. Positions farther than the last edge are "never": they count as stock but have no
// place on the map.
class DistanceGrid {
 public:
  // Requires: 0 < min < max < 1, bins >= 2 (checked).
  DistanceGrid(double min, double max, std::size_t bins);

  std::size_t size() const { return edges_.size() - 1; }
  const std::vector<double>& edges() const { return edges_; }  // of d, ascending, size() + 1
  double delta_low(Side side, std::size_t bin) const { return delta(side, edges_[bin]); }
  double delta_high(Side side, std::size_t bin) const { return delta(side, edges_[bin + 1]); }
  // The middle of the box in log price.
  double delta_mid(Side side, std::size_t bin) const {
    return 0.5 * (delta_low(side, bin) + delta_high(side, bin));
  }

  static double delta(Side side, double distance);

 private:
  std::vector<double> edges_;
};

// Weights over the grid's bins and, last, "never"; they sum to 1. ln d ~ N(ln median, sigma²); what
// lies below the first edge is added to the first bin, because the nearest mass carries much of the
// skill.
std::vector<double> log_normal_kernel(const DistanceGrid& grid, double median, double sigma);

}  // namespace faultline
