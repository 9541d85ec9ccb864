#include "margin/tiers.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline {
namespace {

constexpr std::size_t kRiskStepsMax = 1000;
// Venues publish deductions rounded to cents, which moves the requirement at a small edge by parts
// in ten thousand.
constexpr double kEdgeTolerance = 1e-3;

bool is_fraction(double value) { return value > 0.0 && value <= 1.0; }

Result<void> check_alone(const MaintenanceTier& tier, std::size_t index) {
  if (!(tier.notional_floor >= 0.0) || !(tier.notional_cap > tier.notional_floor)) {
    return Error{Errc::kBadFormat, index};
  }
  const bool deduction_ok = tier.deduction >= 0.0 && std::isfinite(tier.deduction);
  const bool slope_ok = tier.rate_slope >= 0.0 && std::isfinite(tier.rate_slope);
  const bool leverage_ok = !tier.leverage_max || *tier.leverage_max > 0.0;
  if (!is_fraction(tier.maintenance_rate) || !deduction_ok || !slope_ok || !leverage_ok) {
    return Error{Errc::kOutOfRange, index};
  }
  return {};
}

Result<void> check_step(const MaintenanceTier& below, const MaintenanceTier& tier,
                        std::size_t index) {
  // Exact on purpose: both numbers are the same text in every venue's table.
  if (below.notional_cap != tier.notional_floor) return Error{Errc::kBadFormat, index};
  const bool leverage_falls =
      !below.leverage_max || !tier.leverage_max || *tier.leverage_max < *below.leverage_max;
  if (!(tier.maintenance_rate > below.maintenance_rate) || !leverage_falls) {
    return Error{Errc::kOutOfRange, index};
  }
  const double before = maintenance_at(below, tier.notional_floor);
  const double after = maintenance_at(tier, tier.notional_floor);
  if (after < before * (1.0 - kEdgeTolerance)) return Error{Errc::kOutOfRange, index};
  return {};
}

}  // namespace

double maintenance_at(const MaintenanceTier& tier, double notional) {
  return (tier.maintenance_rate + tier.rate_slope * notional) * notional - tier.deduction;
}

TierTable::TierTable(std::vector<MaintenanceTier> tiers, TierValidity validity)
    : tiers_(std::move(tiers)), validity_(validity) {}

Result<TierTable> TierTable::make(std::vector<MaintenanceTier> tiers, TierValidity validity) {
  if (tiers.empty()) return Error{Errc::kEmpty};
  if (validity.valid_to && *validity.valid_to <= validity.valid_from) {
    return Error{Errc::kBadTime};
  }
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (const auto alone = check_alone(tiers[i], i); !alone) return alone.error();
    if (i == 0) continue;
    if (const auto step = check_step(tiers[i - 1], tiers[i], i); !step) return step.error();
  }
  if (tiers.front().notional_floor != 0.0) return Error{Errc::kBadFormat};
  if (tiers.front().deduction != 0.0) return Error{Errc::kOutOfRange};
  return TierTable(std::move(tiers), validity);
}

Result<std::size_t> TierTable::tier_index_at(double notional) const {
  if (!(notional >= 0.0) || !(notional < tiers_.back().notional_cap)) return Error{Errc::kNoTier};
  const auto after =
      std::ranges::upper_bound(tiers_, notional, {}, &MaintenanceTier::notional_floor);
  return static_cast<std::size_t>(after - tiers_.begin()) - 1;
}

TierHistory::TierHistory(std::vector<TierTable> tables) : tables_(std::move(tables)) {}

Result<TierHistory> TierHistory::make(std::vector<TierTable> tables) {
  if (tables.empty()) return Error{Errc::kEmpty};
  for (std::size_t i = 1; i < tables.size(); ++i) {
    const auto& before = tables[i - 1].validity();
    if (!before.valid_to || tables[i].validity().valid_from < *before.valid_to) {
      return Error{Errc::kBadTime, i};
    }
  }
  return TierHistory(std::move(tables));
}

std::optional<std::size_t> TierHistory::table_index_at(UnixNanos time) const {
  const auto after = std::ranges::upper_bound(
      tables_, time, {}, [](const TierTable& table) { return table.validity().valid_from; });
  if (after == tables_.begin()) return std::nullopt;
  const auto index = static_cast<std::size_t>(after - tables_.begin()) - 1;
  const auto& valid_to = tables_[index].validity().valid_to;
  if (valid_to && time >= *valid_to) return std::nullopt;
  return index;
}

std::vector<MaintenanceTier> with_continuous_deductions(std::vector<MaintenanceTier> tiers) {
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (i == 0) {
      tiers[i].deduction = 0.0;
      continue;
    }
    const double rate_step = tiers[i].maintenance_rate - tiers[i - 1].maintenance_rate;
    tiers[i].deduction = tiers[i].notional_floor * rate_step + tiers[i - 1].deduction;
  }
  return tiers;
}

Result<TierTable> tiers_of_leverage_steps(std::span<const LeverageStep> steps,
                                          TierValidity validity) {
  std::vector<MaintenanceTier> tiers;
  tiers.reserve(steps.size());
  for (const LeverageStep& step : steps) {
    if (!tiers.empty()) tiers.back().notional_cap = step.notional_floor;
    tiers.push_back({.notional_floor = step.notional_floor,
                     .maintenance_rate = 1.0 / (2.0 * step.leverage_max),
                     .leverage_max = step.leverage_max});
  }
  return TierTable::make(with_continuous_deductions(std::move(tiers)), validity);
}

Result<TierTable> tiers_of_risk_steps(const RiskStepLadder& ladder, TierValidity validity) {
  if (ladder.step_count > kRiskStepsMax) return Error{Errc::kLimit};
  std::vector<MaintenanceTier> tiers;
  tiers.reserve(ladder.step_count + 1);
  tiers.push_back({.notional_cap = ladder.base_limit, .maintenance_rate = ladder.base_rate});
  for (std::size_t step = 1; step <= ladder.step_count; ++step) {
    const auto steps = static_cast<double>(step);
    tiers.push_back({.notional_floor = tiers.back().notional_cap,
                     .notional_cap = ladder.base_limit + steps * ladder.step_limit,
                     .maintenance_rate = ladder.base_rate + steps * ladder.step_rate});
  }
  return TierTable::make(std::move(tiers), validity);
}

}  // namespace faultline
