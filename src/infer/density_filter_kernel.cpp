// How a filter learns its kernel where the feed prints every liquidation.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "infer/density_filter.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr int kSpreadRounds = 4;

}  // namespace

double DensityFilter::native_of_usd(double usd) const {
  const double multiplier = to_double_approx(spec_.contract_multiplier);
  return spec_.kind == ContractKind::kLinear ? usd / (multiplier * price_) : usd / multiplier;
}

void DensityFilter::collect_for_kernel(const MarketStep& step) {
  price_ = step.close;
  for (const Side side : kSides) {
    for (std::size_t m = 0; m < members_.size(); ++m)
      opened_[index_of(side)] += weights()[m] * density_.opened(side, m);
    const std::vector<double> crossed = density_.swept_unit(side, weights());
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
  if (learner_.fit()) spread_kernels();
}

void DensityFilter::spread_kernels() {
  std::vector<std::vector<double>> kernels;
  for (const EnsembleMember& member : members_) kernels.push_back(member.parameters.kernel);
  // A kernel that is scaled back to sum to 1 moves the mean a little off the learnt one.
  for (int i = 0; i < kSpreadRounds && learner_.fit_count() > 0; ++i) {
    const std::vector<double>& learnt = learner_.kernel();
    std::vector<double> mean(learnt.size(), 0.0);
    for (std::size_t m = 0; m < kernels.size(); ++m) {
      for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += weights()[m] * kernels[m][j];
    }
    for (std::vector<double>& kernel : kernels) {
      for (std::size_t j = 0; j < mean.size(); ++j)
        kernel[j] = mean[j] > 0.0 ? kernel[j] * learnt[j] / mean[j] : 0.0;
      const double sum = std::accumulate(kernel.begin(), kernel.end(), 0.0);
      for (double& weight : kernel) weight /= sum;
    }
  }
  density_.set_kernels(kernels);
}

}  // namespace faultline
