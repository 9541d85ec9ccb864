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
  FAULTLINE_CHECK(input.owed >= 0.0);
  const double change = input.oi_end - input.oi_begin;
  StepFlows flows;
  flows.oi_exceeds_volume = std::abs(change) > input.volume;
  const double own_volume = std::max((1.0 - input.churn) * input.volume - input.owed, 0.0);
  double volume = std::max(own_volume, std::abs(change));
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

StepFlows FlowLedger::advance(FlowInput input) {
  input.owed = owed_;
  const StepFlows flows = step_flows(input);
  const double lasting = (1.0 - input.churn) * input.volume;
  const double change = std::abs(input.oi_end - input.oi_begin);
  const double explained = std::min(change, since_change_ + input.volume);
  owed_ += std::max(explained - lasting, 0.0);
  owed_ -= std::min(owed_, std::max(lasting - change, 0.0));
  since_change_ = change > 0.0 ? 0.0 : since_change_ + input.volume;
  return flows;
}

FlowLedger FlowLedger::restore(const std::array<double, 2>& state) {
  FlowLedger ledger;
  ledger.owed_ = state[0];
  ledger.since_change_ = state[1];
  return ledger;
}

}  // namespace faultline
