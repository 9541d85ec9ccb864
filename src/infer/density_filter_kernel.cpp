// How a filter learns its kernel where the feed prints single liquidations by a known rule.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "infer/density_filter.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
// Rounds of proportional fitting, each of which brings the mean nearer to what it is to be. Few: on
// the way to the end members part until each has a distance of its own.
constexpr int kSpreadRoundsMax = 8;
constexpr double kSpreadTolerance = 1e-4;
constexpr double kPoolSeconds = 60.0;
// Below it a feed is not fine enough: what the rule hid is then mostly bursts and the tail of F.
constexpr double kShownShareMin = 0.6;
// Of the seconds of the last minute: where more have a print, sizes and intensity are told apart by
// the shape of F alone, and the sum of what was hidden is not to be relied on.
constexpr double kCrowdedShare = 0.95;
constexpr double kCrowdedUsdShareMax = 0.5;

FeedEvidence scaled(const FeedEvidence& evidence, double by) {
  return {.observed_seconds = by * evidence.observed_seconds,
          .shown_count = by * evidence.shown_count,
          .shown_usd = by * evidence.shown_usd,
          .survival_sum = by * evidence.survival_sum,
          .log_density_sum = by * evidence.log_density_sum};
}

std::vector<double> mean_of(std::span<const std::vector<double>> kernels,
                            std::span<const double> weights) {
  std::vector<double> mean(kernels.front().size(), 0.0);
  for (std::size_t m = 0; m < kernels.size(); ++m) {
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += weights[m] * kernels[m][j];
  }
  return mean;
}

double distance_of(std::span<const double> one, std::span<const double> other) {
  double sum = 0.0;
  for (std::size_t j = 0; j < one.size(); ++j) sum += std::abs(one[j] - other[j]);
  return sum;
}

// Members whose draws of a learnt distance differ by orders cannot be brought there in few rounds.
// Mixed with what was learnt their mean is, to half of what may be left, what it is to be.
void mix_where_far(std::span<const double> learnt, double distance,
                   std::vector<std::vector<double>>& kernels) {
  if (distance <= DensityFilter::kKernelDriftMax) return;
  const double kept = 0.5 * DensityFilter::kKernelDriftMax / distance;
  for (std::vector<double>& kernel : kernels) {
    for (std::size_t j = 0; j < kernel.size(); ++j)
      kernel[j] = kept * kernel[j] + (1.0 - kept) * learnt[j];
  }
}

// Scales the kernels so that their weighted mean is the learnt one.
void spread_around(const std::vector<double>& learnt, std::span<const double> weights,
                   std::vector<std::vector<double>>& kernels) {
  // A kernel that is scaled back to sum to 1 moves the mean a little off the learnt one.
  double moved = 1.0;
  for (int i = 0; i < kSpreadRoundsMax && moved > kSpreadTolerance; ++i) {
    const std::vector<double> mean = mean_of(kernels, weights);
    moved = distance_of(mean, learnt);
    for (std::vector<double>& kernel : kernels) {
      for (std::size_t j = 0; j < mean.size(); ++j)
        kernel[j] = mean[j] > 0.0 ? kernel[j] * learnt[j] / mean[j] : 0.0;
      const double sum = std::accumulate(kernel.begin(), kernel.end(), 0.0);
      for (double& weight : kernel) weight /= sum;
    }
  }
  mix_where_far(learnt, distance_of(mean_of(kernels, weights), learnt), kernels);
}

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
  }
  if (is_fine()) collect_crossed();
}

void DensityFilter::collect_crossed() {
  for (const Side side : kSides) {
    const std::vector<double> crossed = density_.swept_unit(side, weights());
    double* sum = crossed_unit_.data() + index_of(side) * crossed.size();
    for (std::size_t j = 0; j < crossed.size(); ++j) sum[j] += crossed[j];
  }
}

// What the rule of a feed is expected to have kept back in this reading: 0 for a complete one. Λ is
// that of at least a minute: a shorter reading counts with those before it. Where the rule is blind
// Λ is a lower bound, and so is this.
double DensityFilter::hidden_usd_of(const FeedReading& reading, Side side) {
  const std::vector<double>& shown = reading.shown_usd[index_of(side)];
  const ObservedWindow window{static_cast<std::uint64_t>(reading.seconds()), shown};
  if (window.observed_seconds == 0) return 0.0;
  const Result<FeedEvidence> evidence = evidence_of(window, reading.completeness, sizes_.sizes());
  if (!evidence) return 0.0;
  FeedEvidence& recent = pooled_.recent[index_of(side)];
  const double kept = std::max(0.0, 1.0 - reading.seconds() / kPoolSeconds);
  recent = scaled(recent, kept);
  recent += *evidence;
  const FeedRule rule{.completeness = reading.completeness};
  const double per_second = estimate_intensity(recent, rule).per_second;
  double hidden = 0.0;
  for (const double usd : shown) hidden += hidden_usd(rule, per_second, usd, sizes_.sizes());
  pooled_.shown_usd += std::accumulate(shown.begin(), shown.end(), 0.0);
  pooled_.hidden_usd += hidden;
  const bool is_crowded = reading.completeness != Completeness::kAll &&
                          recent.shown_count > kCrowdedShare * recent.observed_seconds;
  if (is_crowded) pooled_.crowded_usd += std::accumulate(shown.begin(), shown.end(), 0.0);
  return hidden;
}

void DensityFilter::learn_kernel(const FeedReading& reading) {
  const std::size_t distances = density_.grid().size();
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    const std::optional<double> printed = reading.printed_usd(side);
    if (!printed) return;
    learner_.add(side, {.crossed_unit = std::span(crossed_unit_).subspan(s * distances, distances),
                        .opened = std::exchange(opened_[s], 0.0),
                        .liquidated = native_of_usd(*printed + hidden_usd_of(reading, side)),
                        .prints = reading.shown_usd[s].size(),
                        .held = density_.stock(side)});
  }
  const double liquidated = pooled_.shown_usd + pooled_.hidden_usd;
  const bool is_told = pooled_.shown_usd >= kShownShareMin * liquidated &&
                       pooled_.crowded_usd <= kCrowdedUsdShareMax * pooled_.shown_usd;
  if (!is_told || !learner_.fit()) return;
  spread_kernels();
  // The new kernel sweeps what is liquidated; the factor that stood in for that is the old one's.
  // What is left of it is the share that the rule shows.
  factor_.forget_link(liquidated > 0.0 ? pooled_.shown_usd / liquidated : 1.0);
}

double DensityFilter::kernel_drift() const {
  if (learner_.fit_count() == 0) return 0.0;
  const std::vector<double>& learnt = learner_.kernel();
  double drift = 0.0;
  for (std::size_t j = 0; j < learnt.size(); ++j) {
    double mean = 0.0;
    for (std::size_t m = 0; m < members_.size(); ++m)
      mean += weights()[m] * density_.member(m).kernel[j];
    drift += std::abs(mean - learnt[j]);
  }
  return drift;
}

void DensityFilter::spread_kernels() {
  std::vector<std::vector<double>> kernels;
  for (const EnsembleMember& member : members_) kernels.push_back(member.parameters.kernel);
  if (learner_.fit_count() > 0) spread_around(learner_.kernel(), weights(), kernels);
  density_.set_kernels(kernels);
}

}  // namespace faultline
