#pragma once

#include <array>

#include "core/units.hpp"

namespace faultline {

// The accounting identity of a step (docs/models/position_density.md).
//
// Every contract traded has a buyer, who opens a long or closes a short, and a seller, who opens a
// short or closes a long:
//
//   opened_long  = V − closed_short        closed_long + closed_short = V − ΔOI
//   opened_short = V − closed_long         opened_long + opened_short = V + ΔOI
//
// So the totals of opens and closes are observed; one scalar, the close split chi, is not.
// Units: native units of the instrument (coins or contracts). Closed quantity includes what was
// liquidated.

struct FlowInput {
  double volume = 0.0;    // traded in the step
  double oi_begin = 0.0;  // one-sided
  double oi_end = 0.0;
  double churn =
      0.3;  // share of volume that opens and closes within minutes and leaves no position (omega)
  double close_split = 0.5;  // share of longs in all closes (chi)
};

struct StepFlows {
  std::array<double, 2> opened{};  // by Side
  std::array<double, 2> closed{};  // by Side, liquidations included
  double effective_volume = 0.0;
  double close_split = 0.5;  // after clamping to what is feasible
  bool oi_exceeds_volume =
      false;  // |ΔOI| > V in the raw data: a fault of one of the two, counted by the caller
};

// Invariant: opened − closed = ΔOI on each side, and all four flows are >= 0. A side never closes
// more than 98 % of what
//            it holds in one step: volume beyond that is taken as churn.
// Requires: finite input, volume, oi_begin, oi_end >= 0, churn in [0, 1), close_split in [0, 1]
// (checked).
StepFlows step_flows(const FlowInput& input);

}  // namespace faultline
