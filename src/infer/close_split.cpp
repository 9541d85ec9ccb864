#include "infer/close_split.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace faultline {
namespace {

constexpr double kCoefficientMax = 10.0;  // the exponential of all three stays finite
constexpr double kHalfLifeMin = 1e-3;     // hours
constexpr double kHalfLifeMax = 1e6;
// What a checkpoint may say, so that nothing overflows later.
constexpr double kMemoryMax = 1e33;

double hours_of(Nanos length) {
  return static_cast<double>(length.value) / static_cast<double>(kHour.value);
}

bool is_coefficient(double value) { return std::abs(value) <= kCoefficientMax; }
bool is_memory(double value) { return std::abs(value) <= kMemoryMax; }

}  // namespace

bool is_sound(const CloseSplitResponse& response) {
  return response.half_life_hours >= kHalfLifeMin && response.half_life_hours <= kHalfLifeMax &&
         is_coefficient(response.taker_imbalance) && is_coefficient(response.step_return) &&
         is_coefficient(response.interest_sign);
}

CloseSplitPath::CloseSplitPath(std::size_t members)
    : members_(members), memory_(kWhats * members, 0.0) {}

void CloseSplitPath::begin_step(const MarketStep& step, double interest) {
  const double change = step.oi_end - interest;
  is_empty_ = step.volume == 0.0 && change == 0.0;
  if (is_empty_) return;
  const bool is_first = close_ == 0.0;
  elapsed_hours_ = hours_of(step.end - (is_first ? step.begin : end_));
  length_hours_ = hours_of(step.end - step.begin);
  added_[kVolume] = step.volume;
  // A side that is not recorded says nothing, and less and less is known of the one before.
  added_[kBought] = step.has_taker_side ? 2.0 * step.taker_buy_volume - step.volume : 0.0;
  added_[kReturn] = std::log(step.close / (is_first ? step.open : close_));
  added_[kInterest] = change;
  const double kept = std::exp2(-elapsed_hours_ / kVolatilityHalfLifeHours);
  square_ = kept * square_ + added_[kReturn] * added_[kReturn];
  hours_ = kept * hours_ + elapsed_hours_;
  close_ = step.close;
  end_ = step.end;
}

double CloseSplitPath::advance(std::size_t member, double base,
                               const CloseSplitResponse& response) {
  if (!is_empty_) {
    const double rate = std::numbers::ln2 / response.half_life_hours;
    const double kept = std::exp(-rate * elapsed_hours_);
    const double taken = -std::expm1(-rate * length_hours_) / (rate * length_hours_);
    for (std::size_t what = 0; what < kWhats; ++what) {
      double& memory = memory_[what * members_ + member];
      memory = kept * memory + taken * added_[what];
    }
  }
  // Not by way of the logit: a base of 0 or 1 has none, and no deviation is to change nothing.
  const double odds = std::exp(deviation(member, response));
  return std::clamp(base * odds / (base * odds + (1.0 - base)), 0.0, 1.0);
}

double CloseSplitPath::deviation(std::size_t member, const CloseSplitResponse& response) const {
  const auto of = [&](What what) { return memory_[what * members_ + member]; };
  const double imbalance =
      of(kVolume) > 0.0 ? std::clamp(of(kBought) / of(kVolume), -1.0, 1.0) : 0.0;
  // A walk of so much variance an hour has this variance in the memory of an AR(1).
  const double variance =
      hours_ > 0.0 ? square_ / hours_ * response.half_life_hours / (2.0 * std::numbers::ln2) : 0.0;
  if (!(variance > 0.0)) return response.taker_imbalance * imbalance;
  const double moved = std::clamp(of(kReturn) / std::sqrt(variance), -kReturnMax, kReturnMax);
  const double change = of(kInterest);
  const double interest_sign = change > 0.0 ? 1.0 : (change < 0.0 ? -1.0 : 0.0);
  return response.taker_imbalance * imbalance +
         (response.step_return + response.interest_sign * interest_sign) * moved;
}

void CloseSplitPath::resample(std::span<const std::size_t> parents) {
  const std::vector<double> before = memory_;
  for (std::size_t what = 0; what < kWhats; ++what) {
    for (std::size_t m = 0; m < members_; ++m)
      memory_[what * members_ + m] = before[what * members_ + parents[m]];
  }
}

void CloseSplitPath::save(StateWriter& out) const {
  out.put(close_);
  out.put(end_.value);
  out.put(square_);
  out.put(hours_);
  out.put_all(std::span<const double>(memory_));
}

bool CloseSplitPath::load(StateReader& in, UnixNanos last_end) {
  close_ = in.get<double>();
  end_ = UnixNanos(in.get<std::int64_t>());
  square_ = in.get<double>();
  hours_ = in.get<double>();
  in.get_all(std::span<double>(memory_));
  const auto is_amount = [](double value) { return value >= 0.0 && value <= kMemoryMax; };
  const bool is_past = close_ == 0.0 || (end_ >= UnixNanos(0) && end_ <= last_end);
  return in.has_all() && is_past && is_amount(close_) && is_amount(square_) && is_amount(hours_) &&
         std::ranges::all_of(memory_, is_memory);
}

}  // namespace faultline
