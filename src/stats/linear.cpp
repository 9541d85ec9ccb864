#include "stats/linear.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

LinearFit make_fit(ColumnScale scale, const std::vector<double>& solution) {
  return {.scale = std::move(scale),
          .intercept = solution.front(),
          .coefficients = {solution.begin() + 1, solution.end()}};
}

VarianceCurve fit_variance(std::span<const double> predicted, std::span<const double> actual) {
  std::vector<double> log_squares(predicted.size());
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const double residual = actual[i] - predicted[i];
    log_squares[i] = std::log(residual * residual + kSquaredResidualFloor);
  }
  const auto [lowest, highest] = std::minmax_element(predicted.begin(), predicted.end());
  return {.log_variance = fit_quadratic({.x = predicted, .y = log_squares}),
          .lowest = *lowest,
          .highest = *highest};
}

// variance^-power of each row, with a mean of 1. The largest exponent is taken off first: the
// scaling makes up for it, and nothing overflows.
std::vector<double> precision_weights(const VarianceCurve& curve, std::span<const double> predicted,
                                      double power) {
  std::vector<double> weights(predicted.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = -power * curve.log_variance.at(predicted[i]);
  }
  const double largest = *std::max_element(weights.begin(), weights.end());
  double sum = 0.0;
  for (double& weight : weights) {
    weight = std::exp(weight - largest);
    sum += weight;
  }
  const double mean = sum / static_cast<double>(weights.size());
  for (double& weight : weights) weight /= mean;
  return weights;
}

}  // namespace

double LinearFit::slope(std::size_t column) const {
  FAULTLINE_CHECK(column < coefficients.size());
  return coefficients[column] / scale.deviation[column];
}

std::vector<double> LinearFit::predict(const DesignMatrix& design, RowSpan rows) const {
  std::vector<double> terms{intercept};
  terms.insert(terms.end(), coefficients.begin(), coefficients.end());
  return StandardRows(design, rows, scale).times(terms);
}

LinearFit fit_ridge(const DesignMatrix& design, const Target& target, RowSpan rows,
                    const RidgeOptions& options) {
  FAULTLINE_CHECK(target.value.size() == design.row_count());
  FAULTLINE_CHECK(target.weight.empty() || target.weight.size() == design.row_count());
  ColumnScale scale = column_scale(design, rows);
  const std::vector<double> value = values_in(target.value, rows);
  std::vector<double> weight;
  if (!target.weight.empty()) weight = values_in(target.weight, rows);
  const std::vector<double> solution = solve_ridge(
      StandardRows(design, rows, scale), {.value = value, .weight = weight}, options.ridge);
  return make_fit(std::move(scale), solution);
}

double VarianceCurve::at(double prediction) const { return std::exp(log_variance.at(prediction)); }

PrecisionWeightedFit fit_precision_weighted(const DesignMatrix& design, const Target& target,
                                            RowSpan rows, const PrecisionOptions& options) {
  FAULTLINE_CHECK(target.value.size() == design.row_count() && target.weight.empty());
  ColumnScale scale = column_scale(design, rows);
  const StandardRows standard(design, rows, scale);
  const std::vector<double> value = values_in(target.value, rows);
  std::vector<double> weight;
  std::vector<double> solution;
  VarianceCurve curve;
  for (std::size_t pass = 0; pass <= options.iterations; ++pass) {
    solution = solve_ridge(standard, {.value = value, .weight = weight}, options.ridge);
    const std::vector<double> predicted = standard.times(solution);
    curve = fit_variance(predicted, value);
    weight = precision_weights(curve, predicted, options.power);
  }
  return {.mean = make_fit(std::move(scale), solution), .variance = curve};
}

}  // namespace faultline
