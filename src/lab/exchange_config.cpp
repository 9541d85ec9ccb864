#include "lab/exchange_config.hpp"

#include <array>
#include <string>

#include "book/order.hpp"
#include "lab/contract.hpp"

namespace faultline {
namespace {

struct Bound {
  std::string_view field;
  double value;
  double least;
  double most;
};

double seconds(Nanos length) {
  return static_cast<double>(length.value) / static_cast<double>(kSecond.value);
}

}  // namespace

TierTable ExchangeConfig::default_lab_tiers() {
  const auto rung = [](double floor, double cap, double rate, double leverage) {
    return MaintenanceTier{.notional_floor = floor,
                           .notional_cap = cap,
                           .maintenance_rate = rate,
                           .leverage_max = leverage};
  };
  std::vector<MaintenanceTier> rungs{rung(0, 300e3, .004, 125),   rung(300e3, 800e3, .005, 100),
                                     rung(800e3, 3e6, .0065, 75), rung(3e6, 12e6, .01, 50),
                                     rung(12e6, 70e6, .02, 20),   rung(70e6, 1e12, .05, 10)};
  return TierTable::make(with_continuous_deductions(std::move(rungs))).value();
}

Outcome<void> validate(const ExchangeConfig& config) {
  if (const auto contract = LabContract::of(config.instrument); !contract) return contract.error();
  const LiquidationConfig& how = config.liquidation;
  const std::array bounds{
      Bound{"account_count", static_cast<double>(config.account_count), 1.0, 1.6e7},
      Bound{"taker_fee_e6", static_cast<double>(config.taker_fee_e6), 0.0, 10'000.0},
      Bound{"maker_fee_e6", static_cast<double>(config.maker_fee_e6),
            -static_cast<double>(config.taker_fee_e6), 10'000.0},
      Bound{"basis_interval_s", seconds(config.mark.basis_interval), 0.001, 3600.0},
      Bound{"basis_window_s", seconds(config.mark.basis_window),
            seconds(config.mark.basis_interval), 86'400.0},
      Bound{"funding_interval_s", seconds(config.funding.interval), 60.0, 86'400.0},
      Bound{"funding_sample_interval_s", seconds(config.funding.sample_interval), 0.1, 3600.0},
      Bound{"funding_interest_rate", config.funding.interest_rate, -0.01, 0.01},
      Bound{"funding_pull", config.funding.pull, 0.0, 0.01},
      Bound{"funding_rate_max", config.funding.rate_max, 0.0, 0.1},
      Bound{"funding_impact_notional_usd", config.funding.impact_notional_usd, 1.0, 1e9},
      Bound{"partial_share", how.partial_share, 1e-6, 1.0},
      Bound{"partial_from_usd", how.partial_from_usd, 0.0, 1e12},
      Bound{"cool_down_s", seconds(how.cool_down), 0.0, 86'400.0},
      Bound{"takeover_share", how.takeover_share, 0.0, 1.0},
      Bound{"liquidation_fee_e6", static_cast<double>(how.fee_e6), 0.0, 100'000.0},
      Bound{"fund_usd", how.fund_usd, 0.0, 1e12},
      Bound{"fund_floor_share", how.fund_floor_share, 0.0, 1.0},
      Bound{"fund_position_usd_max", how.fund_position_usd_max, 0.0, 1e12},
      Bound{"unwind_share", how.unwind_share, 0.0, 1.0},
      Bound{"unwind_usd_least", how.unwind_usd_least, 1.0, 1e9},
      Bound{"unwind_slippage", how.unwind_slippage, 0.0, 0.5},
      Bound{"opening_price", static_cast<double>(config.opening_price.value), 1.0,
            static_cast<double>(kPriceLevels - 1)},
      Bound{"orders_max", static_cast<double>(config.orders_max), 1.0, kBookOrdersMax},
      Bound{"steps_per_round_max", static_cast<double>(config.steps_per_round_max), 1.0, 4e9},
  };
  for (const Bound& bound : bounds) {
    // Written so that NaN fails.
    if (bound.value >= bound.least && bound.value <= bound.most) continue;
    return Diagnostic{
        .code = Errc::kOutOfRange,
        .field = std::string(bound.field),
        .note = "from " + std::to_string(bound.least) + " to " + std::to_string(bound.most)};
  }
  return {};
}

}  // namespace faultline
