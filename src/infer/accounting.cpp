#include "infer/accounting.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr double kClosableShare = 0.98;

// With falling open interest a lopsided split would make opens negative.
double feasible_split(double split, double volume, double change) {
  if (change >= 0.0) return split;
  const double closes = volume - change;
  return std::clamp(split, -change / closes, volume / closes);
}

}  // namespace

StepFlows step_flows(const FlowInput& input) {
  FAULTLINE_CHECK(std::isfinite(input.volume) && input.volume >= 0.0);
  FAULTLINE_CHECK(std::isfinite(input.oi_begin) && input.oi_begin >= 0.0);
  FAULTLINE_CHECK(std::isfinite(input.oi_end) && input.oi_end >= 0.0);
  FAULTLINE_CHECK(input.churn >= 0.0 && input.churn < 1.0);
  FAULTLINE_CHECK(input.close_split >= 0.0 && input.close_split <= 1.0);
  const double change = input.oi_end - input.oi_begin;
  StepFlows flows;
  flows.oi_exceeds_volume = std::abs(change) > input.volume;
  double volume = std::max((1.0 - input.churn) * input.volume, std::abs(change));
  flows.close_split = feasible_split(input.close_split, volume, change);
  // A side cannot close what it does not hold: what was both opened and closed inside the step is
  // churn.
  const double larger_split = std::max(flows.close_split, 1.0 - flows.close_split);
  const double closes_max = kClosableShare * input.oi_begin / larger_split;
  volume = std::max(std::min(volume, closes_max + change), std::abs(change));
  flows.close_split = feasible_split(flows.close_split, volume, change);
  flows.effective_volume = volume;
  const double closes = volume - change;
  const std::array<double, 2> closed{flows.close_split * closes,
                                     (1.0 - flows.close_split) * closes};
  for (const Side side : {Side::kLong, Side::kShort}) {
    flows.closed[index_of(side)] = std::max(closed[index_of(side)], 0.0);
    flows.opened[index_of(side)] = std::max(volume - closed[index_of(opposite(side))], 0.0);
  }
  return flows;
}

}  // namespace faultline
