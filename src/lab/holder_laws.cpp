#include "lab/holder_laws.hpp"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

// Margin brought beyond what is needed, for fees and for what the price does until the fill.
constexpr double kMarginSlack = 1.02;
constexpr double kFeeSlack = 0.002;  // of the position
constexpr double kGrownMax = 1.5;    // no more is added to a position this large for its holder

}  // namespace

double HolderLaws::position_usd(Rng& rng) const {
  const double size_log = config_.position_usd_spread * rng.normal();
  return std::min(config_.position_usd_max, config_.position_usd_median * std::exp(size_log));
}

float HolderLaws::leverage(double usd, PriceTicks mark, Rng& rng) const {
  const double wanted = config_.leverage_median * std::exp(config_.leverage_spread * rng.normal());
  const double price = contract_.price_approx(mark);
  const double notional = contract_.kind() == ContractKind::kLinear ? usd : usd / price;
  const auto rung = tiers_.tier_index_at(notional);
  const double allowed = rung ? tiers_.tiers()[*rung].leverage_max.value_or(1.0) : 1.0;
  return static_cast<float>(
      std::clamp(wanted, 1.0, std::max(1.0, std::min(config_.leverage_max, allowed))));
}

std::uint8_t HolderLaws::patience(bool is_first, Rng& rng) const {
  std::array<double, 3> weights = config_.holding_share;
  if (is_first) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] *= static_cast<double>(config_.holding_mean[i].value);
  }
  double draw = rng.uniform() * (weights[0] + weights[1] + weights[2]);
  std::uint8_t patience = 0;
  while (patience + std::size_t{1} < weights.size() && draw >= weights[patience])
    draw -= weights[patience++];
  return patience;
}

WalletRange HolderLaws::wallet(double usd, float leverage, bool is_isolated,
                               PriceTicks mark) const {
  const double need_usd = kMarginSlack * usd / static_cast<double>(leverage) + kFeeSlack * usd;
  const std::int64_t need = contract_.money_of_usd(need_usd, mark) + 1;
  if (is_isolated) return {need, need};
  const double most_usd = need_usd * (1.0 + config_.cross_spare);
  return {need, std::max(need, contract_.money_of_usd(most_usd, mark))};
}

std::int64_t HolderLaws::addition_margin(double usd, float leverage, PriceTicks mark) const {
  const double margin = usd * (kMarginSlack / static_cast<double>(leverage) + kFeeSlack);
  return contract_.money_of_usd(margin, mark);
}

HolderAct HolderLaws::act(const HolderSituation& situation, Rng& rng) const {
  const double draw = rng.uniform();
  const bool may_add = situation.usd <= situation.position_usd * kGrownMax;
  if (draw < config_.add_share && may_add) return HolderAct::kAdd;
  if (situation.is_losing && rng.uniform() >= config_.losing_patience) return HolderAct::kWait;
  const bool halves = draw < config_.add_share + config_.halve_share && situation.is_divisible;
  return halves ? HolderAct::kHalve : HolderAct::kClose;
}

}  // namespace faultline
