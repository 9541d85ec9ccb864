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
  double owed = 0.0;         // effective volume that an earlier step has used already
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

// Keeps the effective volume at (1 − churn)·V over time, whatever the length of a step.
//
// Why: taken alone, a step needs at least |ΔOI| of volume. Where open interest is reported more
// seldom than steps end, the one step in which it changes answers for the volume of all steps since
// the last change; and by chance a step's churn is less than its mean. Without a ledger each such
// step would add opens and closes that never were: on a simulated day half as many again at one
// second as at one minute.
//
// How: what a step needs beyond its own (1 − churn)·V it borrows, and later steps pay it back. No
// more can be borrowed than was traded since open interest last changed: beyond that a change is an
// anomaly of the data and adds what it adds.
//
// Invariant: owed() >= 0.
class FlowLedger {
 public:
  // Flows of the next step; `input.owed` is the ledger's own.
  StepFlows advance(FlowInput input);

  double owed() const { return owed_; }
  // The state, for checkpoints.
  std::array<double, 2> state() const { return {owed_, since_change_}; }
  static FlowLedger restore(const std::array<double, 2>& state);

 private:
  double owed_ = 0.0;
  double since_change_ = 0.0;  // traded since open interest changed
};

}  // namespace faultline
