#include "infer/kernel_prior.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.hpp"
#include "margin/rules.hpp"

namespace faultline {
namespace {

struct Entry {
  Venue venue;
  MarginMode mode;
  KernelShape shape;
};

// Measured on recorded positions of Hyperliquid, 149 snapshots of leader lists, 22 January to 8
// February 2026, one position once a snapshot, money on the far side of its entry: a median
// distance from entry of 42 % with a sigma of 1.4 on cross margin (14,419 rows, $45.7B) and of 32 %
// with .95 on isolated (144 rows, $.34B). The lists hold large accounts that earned, and what is
// held longest stands in most snapshots, so half of the way to them is gone, in logs: that half is
// a choice. Of money below kNearDistance they have .014 and .006, which says who is on them: not
// used.
//
// No source tells the other venues apart, nor their modes: they are equal, and not in the table.
constexpr std::array kMeasured{
    Entry{Venue::kHyperliquid, MarginMode::kCross, {.median = 0.22, .sigma = 1.33}},
    Entry{Venue::kHyperliquid, MarginMode::kIsolated, {.median = 0.20, .sigma = 1.10}},
};

KernelShape shape_of(Venue venue, MarginMode mode) {
  const auto found = std::ranges::find_if(
      kMeasured, [&](const Entry& entry) { return entry.venue == venue && entry.mode == mode; });
  return found == kMeasured.end() ? KernelShape{} : found->shape;
}

}  // namespace

std::vector<double> near_tail_kernel(const DistanceGrid& grid, const KernelShape& shape) {
  FAULTLINE_CHECK(shape.near_share >= 0.0 && shape.near_share < 1.0);
  std::vector<double> weights = log_normal_kernel(grid, shape.median, shape.sigma);
  const std::vector<double>& edges = grid.edges();
  const double reach = std::log(std::min(kNearDistance, edges.back()) / edges.front());
  if (reach <= 0.0) return weights;
  for (double& weight : weights) weight *= 1.0 - shape.near_share;
  for (std::size_t bin = 0; bin < grid.size(); ++bin) {
    const double high = std::min(edges[bin + 1], kNearDistance);
    if (high <= edges[bin]) break;
    weights[bin] += shape.near_share * std::log(high / edges[bin]) / reach;
  }
  return weights;
}

KernelPrior kernel_prior_of(Venue venue) {
  return {.cross = shape_of(venue, MarginMode::kCross),
          .isolated = shape_of(venue, MarginMode::kIsolated)};
}

std::vector<double> mixed_kernel(const DistanceGrid& grid, const KernelPrior& prior) {
  FAULTLINE_CHECK(prior.cross_share >= 0.0 && prior.cross_share <= 1.0);
  std::vector<double> mixed = near_tail_kernel(grid, prior.cross);
  const std::vector<double> isolated = near_tail_kernel(grid, prior.isolated);
  for (std::size_t j = 0; j < mixed.size(); ++j)
    mixed[j] = prior.cross_share * mixed[j] + (1.0 - prior.cross_share) * isolated[j];
  return mixed;
}

std::vector<double> isolated_shares(const DistanceGrid& grid, const KernelPrior& prior) {
  const std::vector<double> mixed = mixed_kernel(grid, prior);
  const std::vector<double> isolated = near_tail_kernel(grid, prior.isolated);
  std::vector<double> shares;
  for (std::size_t j = 0; j < grid.size(); ++j)
    shares.push_back(mixed[j] > 0.0 ? (1.0 - prior.cross_share) * isolated[j] / mixed[j] : 0.0);
  return shares;
}

}  // namespace faultline
