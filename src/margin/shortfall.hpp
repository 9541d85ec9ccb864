#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// The one solver behind every venue's liquidation price: where, moving away from the mark, does
// equity first fail to exceed the maintenance requirement?
//
// Everything is written in x, the money value of one unit of quantity in the settlement currency:
// x = p for linear contracts and x = 1/p for inverse ones. In x both kinds are the same problem:
// equity is a straight line, notional is quantity · x, and an inverse long is a linear short.
//
//   equity(x)      = constant + slope · x
//   maintenance(x) = Σ legs (rate + fee + rate_slope · N) · N − deduction,   N = quantity · x,
//                    with the rung of the ladder that N lies on
//
// Why not iterate over tiers: on ladders without deductions the iteration "solve with this rung,
// look up the rung of the answer" can cycle for ever or settle on the farther of two valid prices.
// The walk below visits the rungs in the order in which the price would, edges included, so the
// first answer is the one that the venue would act on.

struct EquityLine {
  double constant = 0.0;
  double slope = 0.0;
};

// One position's claim on the account. With `fixed_tier` the rung does not move with x (venues that
// keep ladders by size). Requires: `tiers` outlives the call; quantity > 0.
struct MaintenanceLeg {
  const TierTable* tiers = nullptr;
  double quantity = 0.0;
  double fee_rate = 0.0;
  std::optional<std::size_t> fixed_tier = {};
};
inline constexpr std::size_t kMaintenanceLegsMax = 2;

enum class Direction : std::int8_t { kDown = -1, kUp = 1 };

struct SearchFrom {
  double x = 0.0;
  Direction direction = Direction::kDown;
};

// Where equity first is no more than maintenance, and the rung of the first leg there (0 without
// legs). When that already holds at the start, the start is the answer.
struct Shortfall {
  double x = 0.0;
  std::size_t tier_index = 0;
};

// Errors: kNotLiquidatable when equity exceeds maintenance all the way to x = 0 or to infinity;
//         kNoTier when the notional leaves the last rung before, or lies beyond it at the start.
// Requires: from.x > 0 and finite; at most kMaintenanceLegsMax legs.
// Cost: one step a rung passed; no allocation.
Result<Shortfall> first_shortfall(EquityLine equity, std::span<const MaintenanceLeg> legs,
                                  SearchFrom from);

}  // namespace faultline
