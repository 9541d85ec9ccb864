#include "base/distributions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.hpp"

namespace faultline {
namespace {

// Below this probability the approximation uses its tail branch.
constexpr double kAcklamTail = 0.02425;

double polynomial(std::span<const double> coefficients, double x) {
  double sum = 0.0;
  for (const double coefficient : coefficients) sum = sum * x + coefficient;
  return sum;
}

// Good to about 1e-9; for probabilities of at most one half.
double rough_lower_quantile(double probability) {
  constexpr std::array kTailTop{-7.784894002430293e-03, -3.223964580411365e-01,
                                -2.400758277161838e+00, -2.549732539343734e+00,
                                4.374664141464968e+00,  2.938163982698783e+00};
  constexpr std::array kTailBottom{7.784695709041462e-03, 3.224671290700398e-01,
                                   2.445134137142996e+00, 3.754408661907416e+00, 1.0};
  constexpr std::array kMiddleTop{-3.969683028665376e+01, 2.209460984245205e+02,
                                  -2.759285104469687e+02, 1.383577518672690e+02,
                                  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr std::array kMiddleBottom{-5.447609879822406e+01, 1.615858368580409e+02,
                                     -1.556989798598866e+02, 6.680131188771972e+01,
                                     -1.328068155288572e+01, 1.0};
  if (probability < kAcklamTail) {
    const double q = std::sqrt(-2.0 * std::log(probability));
    return polynomial(kTailTop, q) / polynomial(kTailBottom, q);
  }
  const double q = probability - 0.5;
  return q * polynomial(kMiddleTop, q * q) / polynomial(kMiddleBottom, q * q);
}

double lower_quantile(double probability) {
  const double z = rough_lower_quantile(probability);
  const double miss = (normal_cdf(z) - probability) / normal_pdf(z);
  return z - miss / (1.0 + 0.5 * z * miss);
}

}  // namespace

double normal_pdf(double z) {
  return std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normal_quantile(double probability) {
  FAULTLINE_CHECK(probability > 0.0 && probability < 1.0);
  if (probability > 0.5) return -lower_quantile(1.0 - probability);
  return lower_quantile(probability);
}

double log_gamma_draw(Rng& rng, double shape) {
  FAULTLINE_CHECK(shape > 0.0 && std::isfinite(shape));
  // A shape below one is a draw of shape + 1 times a power of a uniform; 1 − uniform is never zero.
  if (shape < 1.0) {
    const double above = log_gamma_draw(rng, shape + 1.0);
    return above + std::log(1.0 - rng.uniform()) / shape;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  // Accepted in at least 95 of 100 rounds for every shape.
  for (;;) {
    const double z = rng.normal();
    const double root = 1.0 + c * z;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    const double limit = 0.5 * z * z + d - d * v + d * std::log(v);
    if (std::log(1.0 - rng.uniform()) < limit) return std::log(d * v);
  }
}

double gamma_draw(Rng& rng, double shape) { return std::exp(log_gamma_draw(rng, shape)); }

double beta_draw(Rng& rng, BetaShape shape) {
  const double log_a = log_gamma_draw(rng, shape.a);
  const double log_b = log_gamma_draw(rng, shape.b);
  return 1.0 / (1.0 + std::exp(log_b - log_a));
}

void dirichlet_draw(Rng& rng, std::span<const double> concentrations, std::span<double> weights) {
  FAULTLINE_CHECK(concentrations.size() == weights.size());
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    FAULTLINE_CHECK(concentrations[i] >= 0.0);
    weights[i] = concentrations[i] > 0.0 ? log_gamma_draw(rng, concentrations[i])
                                         : -std::numeric_limits<double>::infinity();
    most = std::max(most, weights[i]);
  }
  FAULTLINE_CHECK(std::isfinite(most));
  double sum = 0.0;
  for (double& weight : weights) {
    weight = std::exp(weight - most);
    sum += weight;
  }
  for (double& weight : weights) weight /= sum;
}

}  // namespace faultline
