#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/scores.hpp"

namespace faultline {

// Scores of ranks when observations are counted any number of times, as a bootstrap draws them.
//
// Why: sorting anew for every draw costs ten times what walking through a sorted order does.
// Invariant: the scores are those of rank_correlation() and top_hits() over the observations
// repeated as often as they are counted.
class ResampledRanks {
 public:
  // Requires: as rank_correlation (checked). Cost: two sortings.
  explicit ResampledRanks(const Forecasts& forecasts);

  // Spearman's. Absent if either side does not vary among the counted.
  // Requires: one number for each observation (checked). Cost: O(n).
  std::optional<double> correlation(std::span<const std::uint32_t> times) const;

  // The share of the largest actual values that is among the largest predictions, as
  // TopHits::share(). Absent if nothing is counted. Requires and cost: as correlation().
  std::optional<double> top_share(std::span<const std::uint32_t> times, double top = 0.1) const;

 private:
  struct Order {
    std::vector<std::uint32_t> ascending;  // positions, equal values in their own order
    std::vector<std::size_t> group_ends;   // where each group of equal values ends
  };
  static Order order_of(std::span<const double> values);
  static std::vector<double> ranks(const Order& order, std::span<const std::uint32_t> times);
  double threshold(std::span<const std::uint32_t> times, std::uint64_t total, double level) const;

  std::vector<double> actual_;
  Order by_actual_;
  Order by_predicted_;
  std::vector<std::uint32_t> descending_;  // by prediction, equal ones in their own order
};

}  // namespace faultline
