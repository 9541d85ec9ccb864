#pragma once

#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "core/units.hpp"

namespace faultline {

// One rung of a maintenance ladder: what a position whose notional lies in [notional_floor,
// notional_cap) must keep.
//
//   maintenance(N) = (maintenance_rate + rate_slope · N) · N − deduction
//
// The slope is Deribit's continuous rule; it is zero everywhere else. The deduction ("maintenance
// amount", "cum") makes the requirement continuous from rung to rung; ladders without it jump.
//
// Units: notional and deduction in the settlement currency: quote currency for linear contracts,
//        base coins for inverse ones. Rates are fractions, rate_slope is per unit of notional. On
//        ladders that a venue keeps by size (TierBasis::kSize) floor and cap are in
//        Position::quantity's unit instead.
struct MaintenanceTier {
  double notional_floor = 0.0;
  double notional_cap = std::numeric_limits<double>::infinity();
  double maintenance_rate = 0.0;
  double rate_slope = 0.0;
  double deduction = 0.0;
  std::optional<double> leverage_max = {};

  friend bool operator==(const MaintenanceTier&, const MaintenanceTier&) = default;
};

// Maintenance margin of a notional by one tier's rule, whether or not the notional lies in it.
double maintenance_at(const MaintenanceTier& tier, double notional);

// When a ladder was in force: [valid_from, valid_to), open-ended without valid_to.
struct TierValidity {
  UnixNanos valid_from{};
  std::optional<UnixNanos> valid_to = {};

  friend bool operator==(const TierValidity&, const TierValidity&) = default;
};

// A checked ladder of one instrument during one period.
//
// Invariant: starts at notional 0; floors ascend and every cap is the next floor; maintenance rates
//            rise and leverage limits fall from rung to rung; the requirement is never negative and
//            never falls where one rung ends and the next begins.
class TierTable {
 public:
  // Errors: with the rung's index as offset: kEmpty (no rung, offset 0), kOutOfRange (a rate
  // outside
  //         (0, 1], a negative slope or deduction, rates or leverages that do not go the right way,
  //         a requirement that falls at an edge), kBadFormat (does not start at 0, gap, overlap,
  //         empty rung), kBadTime (valid_to not after valid_from).
  static Result<TierTable> make(std::vector<MaintenanceTier> tiers, TierValidity validity = {});

  std::span<const MaintenanceTier> tiers() const& { return tiers_; }
  std::span<const MaintenanceTier> tiers() && = delete;
  const TierValidity& validity() const { return validity_; }

  // Which rung a notional lies on. Errors: kNoTier beyond the last cap (or for a negative number).
  // Cost: a binary search.
  Result<std::size_t> tier_index_at(double notional) const;

  friend bool operator==(const TierTable&, const TierTable&) = default;

 private:
  TierTable(std::vector<MaintenanceTier> tiers, TierValidity validity);

  std::vector<MaintenanceTier> tiers_;
  TierValidity validity_;
};

// All ladders that one instrument ever had, in order of time.
//
// Why: venues change ladders every few months; a position of 2021 judged by the rungs of today gets
// a wrong price. Invariant: periods ascend and do not overlap; gaps are allowed.
class TierHistory {
 public:
  // Errors: kEmpty; kBadTime when periods overlap or are out of order (offset: index of the later
  //         one), which includes an open-ended table that is not the last.
  static Result<TierHistory> make(std::vector<TierTable> tables);

  std::span<const TierTable> tables() const& { return tables_; }
  std::span<const TierTable> tables() && = delete;

  // The index in tables() of the one in force at `time`, or nothing in a gap. Cost: binary search.
  std::optional<std::size_t> table_index_at(UnixNanos time) const;

 private:
  explicit TierHistory(std::vector<TierTable> tables);

  std::vector<TierTable> tables_;
};

// The same ladder with the deductions that make it continuous:
//   MA_n = floor_n · (MMR_n − MMR_{n−1}) + MA_{n−1}.
// Source: Binance support, "Leverage and Margin of USDⓈ-M Futures" (250 000 · (1 % − .5 %) + 50).
std::vector<MaintenanceTier> with_continuous_deductions(std::vector<MaintenanceTier> tiers);

// A ladder written as leverage limits from a notional upwards, as Hyperliquid's margin tables are.
struct LeverageStep {
  double notional_floor = 0.0;
  double leverage_max = 1.0;
};

// Maintenance is half the initial margin at the greatest leverage, l = 1/(2 · leverage_max), with
// continuous deductions. Errors: those of TierTable::make.
// Source: Hyperliquid documentation, "Margin tiers", read 2026-04.
Result<TierTable> tiers_of_leverage_steps(std::span<const LeverageStep> steps,
                                          TierValidity validity = {});

// A ladder written as a base and equal steps, as BitMEX and the older Gate write it: up to
// base_limit the base rate holds, and every step_limit more (or part of it) adds step_rate. The
// rate of a rung holds for the whole position: no deductions, so the requirement jumps at every
// edge.
//
// Units: limits in the settlement currency.
struct RiskStepLadder {
  double base_limit = 0.0;
  double base_rate = 0.0;
  double step_limit = 0.0;
  double step_rate = 0.0;
  std::size_t step_count = 0;
};

// Errors: those of TierTable::make; kLimit for over 1000 steps.
Result<TierTable> tiers_of_risk_steps(const RiskStepLadder& ladder, TierValidity validity = {});

}  // namespace faultline
