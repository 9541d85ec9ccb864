#include "lab/mark_price.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {

MarkPrice::MarkPrice(const MarkConfig& config) {
  FAULTLINE_CHECK(config.basis_interval.value > 0);
  FAULTLINE_CHECK(config.basis_window.value >= config.basis_interval.value);
  samples_.resize(
      static_cast<std::size_t>(config.basis_window.value / config.basis_interval.value));
}

void MarkPrice::sample_basis(double index, double mid) {
  samples_[next_] = mid - index;
  next_ = (next_ + 1) % samples_.size();
  count_ = std::min(count_ + 1, samples_.size());
}

// Summed anew each time: a running sum would drift, and the window is short.
double MarkPrice::basis_mean() const {
  if (count_ == 0) return 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < count_; ++i) sum += samples_[i];
  return sum / static_cast<double>(count_);
}

double MarkPrice::at(const MarkInputs& inputs) const {
  const double with_funding = inputs.index * (1.0 + inputs.funding_rate * inputs.funding_left);
  const double with_basis = inputs.index + basis_mean();
  const auto [least, most] = std::minmax(with_funding, with_basis);
  return std::clamp(inputs.last, least, most);
}

void FundingRate::sample(const PremiumSample& sample) {
  const double premium = (std::max(0.0, sample.impact_bid - sample.index) -
                          std::max(0.0, sample.index - sample.impact_ask)) /
                         sample.index;
  ++count_;
  weighted_ += premium * static_cast<double>(count_);
  weight_ += static_cast<double>(count_);
}

double FundingRate::estimate() const {
  const double mean = weight_ == 0.0 ? 0.0 : weighted_ / weight_;
  const double eight_hours =
      mean + std::clamp(config_.interest_rate - mean, -config_.pull, config_.pull);
  const double share =
      static_cast<double>(config_.interval.value) / static_cast<double>(8 * kHour.value);
  return std::clamp(eight_hours * share, -config_.rate_max, config_.rate_max);
}

std::int64_t FundingRate::settle_e9() {
  const std::int64_t rate = std::llround(estimate() * 1e9);
  weighted_ = weight_ = 0.0;
  count_ = 0;
  return rate;
}

}  // namespace faultline
