#include "margin/bitmex_inverse.hpp"

#include <cmath>

namespace faultline {
namespace {

constexpr double kXbtPerCoin = 1e8;
constexpr std::int64_t kContractsMax = 1'000'000'000'000;
// Below this a quotient that should be whole is not rounded up to the next XBt.
constexpr double kWholeSlack = 1e-9;

bool is_positive(double value) { return value > 0.0 && std::isfinite(value); }

bool is_valid(const BitmexInversePosition& position) {
  const bool count_ok = position.contracts > 0 && position.contracts <= kContractsMax;
  return count_ok && is_positive(position.entry_price) && is_positive(position.leverage) &&
         is_positive(position.tick_size) && position.taker_fee_rate >= 0.0 &&
         position.entry_price <= kXbtPerCoin;
}

std::int64_t round_up(double xbt) {
  return static_cast<std::int64_t>(std::ceil(xbt - kWholeSlack));
}

// The price at which the position has lost `loss` XBt. A short gains value per contract as the
// price falls and loses it as the price rises, so its threshold value lies below the entry value.
Result<double> price_after_loss(const BitmexInversePosition& position, std::int64_t entry_value,
                                std::int64_t loss) {
  const bool is_long = position.side == Side::kLong;
  const auto threshold = static_cast<double>(entry_value + sign(position.side) * loss);
  const double per_contract = threshold / static_cast<double>(position.contracts);
  const double whole =
      is_long ? std::floor(per_contract + kWholeSlack) : std::ceil(per_contract - kWholeSlack);
  if (!(whole > 0.0)) return Error{Errc::kNotLiquidatable};
  const double ticks = kXbtPerCoin / whole / position.tick_size;
  return (is_long ? std::ceil(ticks) : std::floor(ticks)) * position.tick_size;
}

}  // namespace

Result<BitmexInverseLiquidation> bitmex_inverse_liquidation(const TierTable& tiers,
                                                            const BitmexInversePosition& position) {
  if (!is_valid(position)) return Error{Errc::kOutOfRange};
  const std::int64_t per_contract = std::llround(kXbtPerCoin / position.entry_price);
  const std::int64_t entry_value = per_contract * position.contracts;
  const auto value = static_cast<double>(entry_value);
  const auto tier_index = tiers.tier_index_at(value / kXbtPerCoin);
  if (!tier_index) return tier_index.error();

  BitmexInverseLiquidation found;
  found.initial_margin_xbt = round_up(value / position.leverage);
  // Value plus margin for both sides, although a short is worth less at bankruptcy: that is what
  // the recorded position shows.
  found.closing_fee_xbt =
      round_up(position.taker_fee_rate * (value + static_cast<double>(found.initial_margin_xbt)));
  const double requirement =
      maintenance_at(tiers.tiers()[*tier_index], value / kXbtPerCoin) * kXbtPerCoin;
  found.maintenance_margin_xbt = round_up(requirement) + found.closing_fee_xbt;

  // Position margin is initial margin plus fee; liquidation is where only maintenance is left.
  const std::int64_t margin = found.initial_margin_xbt + found.closing_fee_xbt;
  const auto liquidated =
      price_after_loss(position, entry_value, margin - found.maintenance_margin_xbt);
  if (!liquidated) return liquidated.error();
  const auto bankrupt = price_after_loss(position, entry_value, found.initial_margin_xbt);
  if (!bankrupt) return bankrupt.error();
  found.liquidation_price = *liquidated;
  found.bankruptcy_price = *bankrupt;
  return found;
}

}  // namespace faultline
