// How a filter learns its kernel where the feed prints every liquidation.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "infer/density_filter.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

}  // namespace

double DensityFilter::native_of_usd(double usd) const {
  const double multiplier = to_double_approx(spec_.contract_multiplier);
  return spec_.kind == ContractKind::kLinear ? usd / (multiplier * price_) : usd / multiplier;
}

void DensityFilter::collect_for_kernel(const MarketStep& step, const StepReport& report) {
  price_ = step.close;
  for (const Side side : kSides) {
    opened_[index_of(side)] += report.opened[index_of(side)];
    const std::span<const double> crossed = density_.swept_unit(side);
    double* sum = crossed_unit_.data() + index_of(side) * crossed.size();
    for (std::size_t j = 0; j < crossed.size(); ++j) sum[j] += crossed[j];
  }
}

void DensityFilter::learn_kernel(const FeedReading& reading) {
  if (!reading.has_prints || reading.completeness != Completeness::kAll) return;
  const std::size_t distances = density_.grid().size();
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    const std::optional<double> printed = reading.printed_usd(side);
    if (!printed) return;
    learner_.add(side, {.crossed_unit = std::span(crossed_unit_).subspan(s * distances, distances),
                        .opened = std::exchange(opened_[s], 0.0),
                        .liquidated = native_of_usd(*printed),
                        .prints = reading.shown_usd[s].size(),
                        .held = density_.stock(side)});
  }
  const std::optional<std::vector<double>> kernel = learner_.fit();
  if (!kernel) return;
  const std::vector<double> central = central_member(config_.density, density_.grid()).kernel;
  for (std::size_t j = 0; j < tilt_.size(); ++j) {
    if (central[j] > 0.0) tilt_[j] = (*kernel)[j] / central[j];
  }
  std::vector<std::vector<double>> kernels;
  for (MemberParameters& parameters : tilted_parameters())
    kernels.push_back(std::move(parameters.kernel));
  density_.set_kernels(kernels);
}

std::vector<MemberParameters> DensityFilter::tilted_parameters() const {
  std::vector<MemberParameters> out = parameters_of(members_);
  if (learner_.fit_count() == 0) return out;
  for (MemberParameters& member : out) {
    for (std::size_t j = 0; j < tilt_.size(); ++j) member.kernel[j] *= tilt_[j];
    const double sum = std::accumulate(member.kernel.begin(), member.kernel.end(), 0.0);
    for (double& weight : member.kernel) weight /= sum;
  }
  return out;
}

}  // namespace faultline
