#include "lab/contract.hpp"

#include <cmath>
#include <cstdlib>

#include "base/check.hpp"

namespace faultline {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kMoneyMax = std::int64_t{1} << 62;
constexpr std::int64_t kCoinUnits = 100'000'000;
constexpr double kNano = 1e-9;

std::int64_t narrow(Wide value) {
  FAULTLINE_CHECK(value > -kMoneyMax && value < kMoneyMax);
  return static_cast<std::int64_t>(value);
}

// 1e-9 of the number, or nothing where it is finer than that or too large.
std::optional<std::int64_t> to_e9(Decimal number) {
  Wide value = number.mantissa;
  int exponent = number.exponent + 9;
  if (exponent < 0 || exponent > 18) return std::nullopt;
  for (; exponent > 0; --exponent) value *= 10;
  if (value <= 0 || value >= kMoneyMax) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace

Outcome<LabContract> LabContract::of(const InstrumentSpec& spec) {
  const auto complain = [](const char* field) {
    return Diagnostic{.code = Errc::kOutOfRange,
                      .field = field,
                      .note = "must be positive and a multiple of 1e-9"};
  };
  LabContract contract;
  contract.kind_ = spec.kind;
  const auto tick = to_e9(spec.tick_size);
  if (!tick) return complain("tick_size");
  const Decimal lot{spec.lot_size.mantissa * spec.contract_multiplier.mantissa,
                    spec.lot_size.exponent + spec.contract_multiplier.exponent};
  const auto lot_e9 = to_e9(lot);
  if (!lot_e9) return complain("lot_size");
  contract.tick_e9_ = *tick;
  contract.lot_e9_ = *lot_e9;
  return contract;
}

std::int64_t LabContract::value(std::int64_t qty, PriceTicks price) const {
  FAULTLINE_CHECK(price.value > 0);
  if (kind_ == ContractKind::kLinear) return narrow(Wide{qty} * price.value);
  const Wide quote = Wide{std::abs(qty)} * lot_e9_ * kCoinUnits;
  const Wide per = Wide{price.value} * tick_e9_;
  const std::int64_t coins = narrow((quote + per / 2) / per);
  return qty > 0 ? -coins : coins;
}

std::int64_t LabContract::notional(std::int64_t qty, PriceTicks price) const {
  return std::abs(value(qty, price));
}

std::int64_t LabContract::lots_within(std::int64_t money, PriceTicks price) const {
  FAULTLINE_CHECK(price.value > 0);
  if (money <= 0) return 0;
  if (kind_ == ContractKind::kLinear) return money / price.value;
  const Wide quote = Wide{money} * price.value * tick_e9_;
  return narrow(quote / (Wide{lot_e9_} * kCoinUnits));
}

double LabContract::price_approx(PriceTicks price) const {
  return static_cast<double>(price.value) * static_cast<double>(tick_e9_) * kNano;
}

double LabContract::quantity_approx(std::int64_t qty) const {
  return static_cast<double>(qty) * static_cast<double>(lot_e9_) * kNano;
}

double LabContract::entry_approx(std::int64_t qty, std::int64_t cost) const {
  const double quantity = quantity_approx(std::abs(qty));
  const double money = money_approx(std::abs(cost));
  return kind_ == ContractKind::kLinear ? money / quantity : quantity / money;
}

double LabContract::money_approx(std::int64_t money) const {
  if (kind_ == ContractKind::kInverse)
    return static_cast<double>(money) / static_cast<double>(kCoinUnits);
  return static_cast<double>(money) * price_approx(PriceTicks(1)) * quantity_approx(1);
}

std::int64_t LabContract::money_of(double amount) const {
  const double units = amount / money_approx(1);
  FAULTLINE_CHECK(std::abs(units) < static_cast<double>(kMoneyMax));
  return std::llround(units);
}

double LabContract::usd_approx(std::int64_t qty, PriceTicks price) const {
  return kind_ == ContractKind::kLinear ? quantity_approx(qty) * price_approx(price)
                                        : quantity_approx(qty);
}

double LabContract::usd_of_money(std::int64_t money, PriceTicks price) const {
  const double amount = money_approx(money);
  return kind_ == ContractKind::kLinear ? amount : amount * price_approx(price);
}

std::int64_t LabContract::money_of_usd(double usd, PriceTicks price) const {
  return money_of(kind_ == ContractKind::kLinear ? usd : usd / price_approx(price));
}

}  // namespace faultline
