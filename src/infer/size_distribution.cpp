#include "infer/size_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/check.hpp"
#include "base/distributions.hpp"

namespace faultline {
namespace {

constexpr std::size_t kTailCountMin = 10;  // Hill's exponent of fewer is noise
constexpr double kLogSigmaMin = 0.01;      // feeds of equal sizes would make a point mass
constexpr int kBodyIterationsMax = 1000;
constexpr double kBodyTolerance = 1e-12;
constexpr double kExponentMax = 100.0;  // sizes equal to the threshold would make it infinite

// (x^power − 1) / power, continuous at power = 0. Requires: x > 0.
double box_cox(double log_x, double power) {
  if (std::abs(power * log_x) < 1e-12) return log_x;
  return std::expm1(power * log_x) / power;
}

struct LogNormal {
  double log_median = 0.0;
  double log_sigma = 1.0;
};

// The logarithms below the threshold, measured from it, and how many lie above.
struct CensoredSample {
  double count = 0.0;
  double sum = 0.0;
  double square_sum = 0.0;
  double censored_count = 0.0;
};

// Expectation maximisation of a normal that is censored above zero. The share of missing
// information is small as long as the tail is, so it converges in tens of rounds.
LogNormal fit_censored_normal(const CensoredSample& sample) {
  const double total = sample.count + sample.censored_count;
  double mean = sample.sum / sample.count;
  double variance =
      std::max(sample.square_sum / sample.count - mean * mean, kLogSigmaMin * kLogSigmaMin);
  for (int i = 0; i < kBodyIterationsMax; ++i) {
    const double sigma = std::sqrt(variance);
    const double z = -mean / sigma;
    const double hazard = normal_pdf(z) / std::max(normal_cdf(-z), 1e-300);
    const double above = mean + sigma * hazard;
    const double above_square = mean * mean + variance + sigma * mean * hazard;
    const double new_mean = (sample.sum + sample.censored_count * above) / total;
    const double square = (sample.square_sum + sample.censored_count * above_square) / total;
    const double new_variance = std::max(square - new_mean * new_mean, kLogSigmaMin * kLogSigmaMin);
    const double change = std::abs(new_mean - mean) + std::abs(new_variance - variance);
    mean = new_mean;
    variance = new_variance;
    if (change < kBodyTolerance * (1.0 + variance)) break;
  }
  return LogNormal{mean, std::sqrt(variance)};
}

}  // namespace

SizeDistribution::SizeDistribution(const SizeParameters& parameters) : parameters_(parameters) {
  FAULTLINE_CHECK(std::isfinite(parameters.log_median));
  FAULTLINE_CHECK(std::isfinite(parameters.log_sigma) && parameters.log_sigma > 0.0);
  FAULTLINE_CHECK(parameters.threshold_usd > 0.0);
  if (has_tail()) {
    FAULTLINE_CHECK(parameters.tail_exponent > 0.0 && std::isfinite(parameters.tail_exponent));
    FAULTLINE_CHECK(parameters.threshold_usd < parameters.max_usd);
    FAULTLINE_CHECK(std::isfinite(parameters.max_usd));
    tail_share_ = normal_cdf(-body_z(parameters.threshold_usd));
    const double log_range = std::log(parameters.max_usd / parameters.threshold_usd);
    tail_norm_ = -std::expm1(-parameters.tail_exponent * log_range);
  }
  mean_ = partial_mean(largest_usd());
}

bool SizeDistribution::has_tail() const { return std::isfinite(parameters_.threshold_usd); }

double SizeDistribution::largest_usd() const {
  return has_tail() ? parameters_.max_usd : std::numeric_limits<double>::infinity();
}

double SizeDistribution::body_z(double usd) const {
  return (std::log(usd) - parameters_.log_median) / parameters_.log_sigma;
}

double SizeDistribution::log_pdf(double usd) const {
  if (usd <= 0.0 || usd > largest_usd() || std::isinf(usd)) {
    return -std::numeric_limits<double>::infinity();
  }
  if (usd <= parameters_.threshold_usd) {
    const double z = body_z(usd);
    return -0.5 * z * z - std::log(usd * parameters_.log_sigma) -
           0.5 * std::log(2.0 * std::numbers::pi);
  }
  const double log_ratio = std::log(usd / parameters_.threshold_usd);
  return std::log(tail_share_ * parameters_.tail_exponent / (tail_norm_ * usd)) -
         parameters_.tail_exponent * log_ratio;
}

double SizeDistribution::pdf(double usd) const { return std::exp(log_pdf(usd)); }

double SizeDistribution::survival(double usd) const {
  if (usd <= 0.0) return 1.0;
  if (usd >= largest_usd()) return 0.0;
  if (usd <= parameters_.threshold_usd) return normal_cdf(-body_z(usd));
  // (q/T)^−a − (M/T)^−a, as the power at q times 1 − (M/q)^−a, keeps its digits close to M.
  const double a = parameters_.tail_exponent;
  const double power = std::exp(-a * std::log(usd / parameters_.threshold_usd));
  const double left = -std::expm1(-a * std::log(parameters_.max_usd / usd));
  return tail_share_ * power * left / tail_norm_;
}

// The size at which the share of the tail's own mass that lies above is `share`.
double SizeDistribution::tail_draw_of(double share) const {
  const double power = (1.0 - tail_norm_) + share * tail_norm_;
  const double usd =
      parameters_.threshold_usd * std::exp(-std::log(power) / parameters_.tail_exponent);
  return std::min(usd, parameters_.max_usd);
}

double SizeDistribution::upper_quantile(double survival) const {
  FAULTLINE_CHECK(survival > 0.0 && survival < 1.0);
  if (survival < tail_share_) return tail_draw_of(survival / tail_share_);
  return std::exp(parameters_.log_median - parameters_.log_sigma * normal_quantile(survival));
}

double SizeDistribution::tail_partial_mean(double usd) const {
  const double a = parameters_.tail_exponent;
  const double log_ratio = std::log(usd / parameters_.threshold_usd);
  return tail_share_ * a / tail_norm_ * parameters_.threshold_usd * box_cox(log_ratio, 1.0 - a);
}

double SizeDistribution::partial_mean(double usd) const {
  if (usd <= 0.0) return 0.0;
  const double sigma = parameters_.log_sigma;
  const double body_end = std::min(usd, parameters_.threshold_usd);
  const double whole = std::exp(parameters_.log_median + 0.5 * sigma * sigma);
  const double body = whole * normal_cdf(body_z(body_end) - sigma);
  if (usd <= parameters_.threshold_usd) return body;
  return body + tail_partial_mean(std::min(usd, parameters_.max_usd));
}

double SizeDistribution::draw(Rng& rng) const {
  const double usd = std::exp(parameters_.log_median + parameters_.log_sigma * rng.normal());
  if (usd <= parameters_.threshold_usd) return usd;
  return tail_draw_of(1.0 - rng.uniform());
}

Result<SizeFit> fit_size_distribution(std::span<const double> sizes_usd,
                                      const SizeFitConfig& config) {
  FAULTLINE_CHECK(config.tail_share > 0.0 && config.tail_share < 1.0);
  for (std::size_t i = 0; i < sizes_usd.size(); ++i) {
    if (!std::isfinite(sizes_usd[i]) || sizes_usd[i] <= 0.0) return Error{Errc::kOutOfRange, i};
  }
  if (sizes_usd.size() < kSizeFitMin) return Error{Errc::kNoData};
  std::vector<double> sorted(sizes_usd.begin(), sizes_usd.end());
  std::ranges::sort(sorted);
  const auto count = static_cast<double>(sorted.size());
  const auto place = static_cast<std::size_t>((1.0 - config.tail_share) * (count - 1.0));
  double threshold = sorted[place];
  const auto above = std::ranges::upper_bound(sorted, threshold);
  SizeFit fit;
  fit.sample_count = sorted.size();
  fit.tail_count = static_cast<std::size_t>(sorted.end() - above);
  if (fit.tail_count < kTailCountMin || threshold >= config.max_usd) {
    fit.tail_count = 0;
    threshold = sorted.back();
  }
  CensoredSample sample;
  double log_excess = 0.0;
  for (const double size : sorted) {
    const double x = std::log(size / threshold);
    if (size > threshold) {
      log_excess += x;
      sample.censored_count += 1.0;
    } else {
      sample.count += 1.0;
      sample.sum += x;
      sample.square_sum += x * x;
    }
  }
  const LogNormal body = fit_censored_normal(sample);
  fit.parameters.log_median = body.log_median + std::log(threshold);
  fit.parameters.log_sigma = body.log_sigma;
  if (fit.tail_count == 0) return fit;
  const auto tail_count = static_cast<double>(fit.tail_count);
  fit.parameters.threshold_usd = threshold;
  fit.parameters.tail_exponent = std::min(tail_count / log_excess, kExponentMax);
  fit.parameters.max_usd = std::max(config.max_usd, sorted.back());
  fit.tail_exponent_se = fit.parameters.tail_exponent / std::sqrt(tail_count);
  fit.mean_rests_on_max = fit.parameters.tail_exponent <= 1.0;
  return fit;
}

}  // namespace faultline
