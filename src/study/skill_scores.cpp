#include "study/skill_scores.hpp"

#include <cmath>
#include <utility>

#include "base/check.hpp"
#include "stats/resampled_ranks.hpp"
#include "stats/scores.hpp"

namespace faultline {
namespace {

std::vector<double> picked(const std::vector<double>& values, RowSpan rows) {
  std::vector<double> out;
  for (const std::uint32_t row : rows) out.push_back(values[row]);
  return out;
}

std::vector<double> squared_errors(std::span<const double> left, std::span<const double> right) {
  std::vector<double> out;
  for (std::size_t i = 0; i < left.size(); ++i)
    out.push_back((left[i] - right[i]) * (left[i] - right[i]));
  return out;
}

// 1 − x of a share of error that is left.
Estimate explained(Estimate left) {
  if (!left) return left;
  left->value = 1.0 - left->value;
  std::swap(left->low, left->high);
  left->low = 1.0 - left->low;
  left->high = 1.0 - left->high;
  left->t.reset();
  return left;
}

Estimate ratio_of(std::span<const double> above, std::span<const double> below,
                  const Clusters& clusters, const BootstrapOptions& options) {
  return bootstrap_ratio({.numerator = sum_by_cluster(above, clusters),
                          .denominator = sum_by_cluster(below, clusters)},
                         options);
}

std::vector<double> deviances(std::span<const double> actual, std::span<const double> predicted) {
  std::vector<double> out;
  for (std::size_t i = 0; i < actual.size(); ++i)
    out.push_back(poisson_deviance(actual[i], predicted[i]));
  return out;
}

constexpr auto kCorrelation = [](const ResampledRanks& ranks, std::span<const std::uint32_t> t) {
  return ranks.correlation(t);
};
constexpr auto kTopShare = [](const ResampledRanks& ranks, std::span<const std::uint32_t> t) {
  return ranks.top_share(t);
};

bool has_amounts(const SkillPrediction& prediction) { return !prediction.mean_usd[0].empty(); }

}  // namespace

WindowScorer::WindowScorer(const SkillRows& rows, const SkillPrediction& mean,
                           std::vector<std::uint32_t> window, const BootstrapOptions& options)
    : rows_(rows), mean_(mean), window_(std::move(window)), options_(options) {
  FAULTLINE_CHECK(!window_.empty());
  std::vector<std::int64_t> days;
  for (const std::uint32_t row : window_) days.push_back(rows.days[row]);
  days_ = find_clusters(days);
  for (const std::size_t side : {0U, 1U}) {
    const std::vector<double> reach = picked(rows.reach[side], window_);
    const double least = quantile(reach, 1.0 - kWideShare);
    for (const double x : reach) is_wide_[side].push_back(x >= least ? 1.0 : 0.0);
    amounts_[side] = rows.liquidated_usd[side];
    for (double& usd : amounts_[side]) usd /= kSweepUnitUsd;
  }
}

std::vector<double> WindowScorer::flat(const Sides& values, Kept kept) const {
  std::vector<double> out;
  for (const std::size_t side : {0U, 1U}) {
    for (std::size_t i = 0; i < window_.size(); ++i) {
      if (kept == Kept::kWide && is_wide_[side][i] == 0.0) continue;
      out.push_back(values[side][window_[i]]);
    }
  }
  return out;
}

Clusters WindowScorer::clusters(Kept kept) const {
  Clusters out{.of = {}, .count = days_.count};
  for (const std::size_t side : {0U, 1U}) {
    for (std::size_t i = 0; i < window_.size(); ++i) {
      if (kept == Kept::kAll || is_wide_[side][i] != 0.0) out.of.push_back(days_.of[i]);
    }
  }
  return out;
}

Estimate WindowScorer::mean_of(const Sides& values) const {
  std::vector<double> sum;
  std::vector<double> count;
  for (const double value : flat(values)) {
    sum.push_back(std::isnan(value) ? 0.0 : value);
    count.push_back(std::isnan(value) ? 0.0 : 1.0);
  }
  return ratio_of(sum, count, clusters(Kept::kAll), options_);
}

template <class Score>
Estimate WindowScorer::ranked(const SkillPrediction& prediction, const SkillPrediction* reference,
                              const Score& score) const {
  std::vector<ResampledRanks> ranks;
  for (const SkillPrediction* one : {&prediction, reference}) {
    if (one == nullptr) continue;
    for (const std::size_t side : {0U, 1U}) {
      ranks.emplace_back(
          Forecasts{picked(rows_.target[side], window_), picked(one->log_usd[side], window_)});
    }
  }
  std::vector<std::uint32_t> times(window_.size());
  const auto statistic = [&](std::span<const std::uint32_t> drawn) -> std::optional<double> {
    for (std::size_t i = 0; i < times.size(); ++i) times[i] = drawn[days_.of[i]];
    double sum = 0.0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const std::optional<double> one = score(ranks[i], times);
      if (!one) return std::nullopt;
      sum += (i < 2 ? 0.5 : -0.5) * *one;
    }
    return sum;
  };
  return bootstrap_statistic(days_.count, statistic, options_);
}

Estimate WindowScorer::wide_r_squared(const SkillPrediction& prediction) const {
  std::vector<double> errors =
      squared_errors(flat(rows_.target, Kept::kWide), flat(prediction.log_usd, Kept::kWide));
  Sides means{};
  for (const std::size_t side : {0U, 1U}) {
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t i = 0; i < window_.size(); ++i) {
      sum += is_wide_[side][i] * rows_.target[side][window_[i]];
      count += is_wide_[side][i];
    }
    means[side].assign(rows_.size(), sum / count);
  }
  const std::vector<double> spread =
      squared_errors(flat(rows_.target, Kept::kWide), flat(means, Kept::kWide));
  return explained(ratio_of(errors, spread, clusters(Kept::kWide), options_));
}

SkillScore WindowScorer::score(const SkillPrediction& prediction) const {
  const Clusters all = clusters(Kept::kAll);
  const std::vector<double> actual = flat(rows_.target);
  SkillScore out;
  out.name = prediction.name;
  out.r_squared = explained(ratio_of(squared_errors(actual, flat(prediction.log_usd)),
                                     squared_errors(actual, flat(mean_.log_usd)), all, options_));
  if (has_amounts(prediction)) {
    const std::vector<double> amounts = flat(amounts_);
    out.poisson = explained(ratio_of(deviances(amounts, flat(prediction.mean_usd)),
                                     deviances(amounts, flat(mean_.mean_usd)), all, options_));
  }
  out.spearman = ranked(prediction, nullptr, kCorrelation);
  out.top_hits = ranked(prediction, nullptr, kTopShare);
  out.wide_r_squared = wide_r_squared(prediction);
  return out;
}

SkillIncrement WindowScorer::increment(const SkillPrediction& prediction,
                                       const SkillPrediction& reference) const {
  const Clusters all = clusters(Kept::kAll);
  SkillIncrement out;
  out.name = prediction.name;
  out.reference = reference.name;
  const auto paired = [](std::span<const double> actual, std::span<const double> predicted,
                         std::span<const double> against) {
    return PairedForecasts{.actual = actual, .predicted = predicted, .reference = against};
  };
  out.r_squared = bootstrap_r_squared_gain(
      paired(flat(rows_.target), flat(prediction.log_usd), flat(reference.log_usd)),
      flat(mean_.log_usd), all, options_);
  if (has_amounts(prediction) && has_amounts(reference)) {
    out.poisson = bootstrap_poisson_gain(
        paired(flat(amounts_), flat(prediction.mean_usd), flat(reference.mean_usd)),
        flat(mean_.mean_usd), all, options_);
  }
  out.spearman = ranked(prediction, &reference, kCorrelation);
  out.top_hits = ranked(prediction, &reference, kTopShare);
  out.wide_mse_ratio = bootstrap_mse_ratio(
      paired(flat(rows_.target, Kept::kWide), flat(prediction.log_usd, Kept::kWide),
             flat(reference.log_usd, Kept::kWide)),
      clusters(Kept::kWide), options_);
  return out;
}

}  // namespace faultline
