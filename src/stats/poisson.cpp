#include "stats/poisson.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

// Limits of log mu while fitting: beyond them one row would be all that counts, or nothing at all.
constexpr double kFitLogMin = -15.0;
constexpr double kFitLogMax = 12.0;
// Keeps the logarithm of the first guess finite when every amount is 0.
constexpr double kMeanFloor = 1e-6;

double mean_of(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// One reweighted solution from the coefficients of the last.
std::vector<double> next_solution(const StandardRows& standard, std::span<const double> amounts,
                                  std::span<const double> coefficients, double ridge) {
  std::vector<double> working = standard.times(coefficients);
  std::vector<double> weight(working.size());
  for (std::size_t i = 0; i < working.size(); ++i) {
    const double log_mu = std::clamp(working[i], kFitLogMin, kFitLogMax);
    const double mu = std::exp(log_mu);
    weight[i] = mu;
    working[i] = log_mu + (amounts[i] - mu) / mu;
  }
  const double mean = mean_of(weight);
  for (double& value : weight) value /= mean;
  return solve_ridge(standard, {.value = working, .weight = weight}, ridge);
}

}  // namespace

std::vector<double> PoissonFit::predict(const DesignMatrix& design, RowSpan rows) const {
  std::vector<double> terms{intercept};
  terms.insert(terms.end(), coefficients.begin(), coefficients.end());
  std::vector<double> amounts = StandardRows(design, rows, scale).times(terms);
  for (double& amount : amounts) amount = std::exp(std::clamp(amount, kPoissonLogMin, log_limit));
  return amounts;
}

PoissonFit fit_poisson(const DesignMatrix& design, std::span<const double> amounts, RowSpan rows,
                       const PoissonOptions& options) {
  FAULTLINE_CHECK(amounts.size() == design.row_count());
  PoissonFit fit;
  fit.scale = column_scale(design, rows);
  const StandardRows standard(design, rows, fit.scale);
  const std::vector<double> chosen = values_in(amounts, rows);
  const auto [smallest, largest] = std::minmax_element(chosen.begin(), chosen.end());
  FAULTLINE_CHECK(*smallest >= 0.0);

  std::vector<double> solution(standard.term_count(), 0.0);
  solution.front() = std::log(mean_of(chosen) + kMeanFloor);
  while (!fit.converged && fit.iterations < kPoissonIterationsMax) {
    ++fit.iterations;
    const std::vector<double> next = next_solution(standard, chosen, solution, options.ridge);
    double moved = 0.0;
    for (std::size_t i = 0; i < next.size(); ++i) {
      moved = std::max(moved, std::abs(next[i] - solution[i]));
    }
    fit.converged = moved < kPoissonTolerance;
    for (std::size_t i = 0; i < next.size(); ++i) {
      const double step = next[i] - solution[i];
      solution[i] += fit.converged ? step : std::clamp(step, -kPoissonStepMax, kPoissonStepMax);
    }
  }
  fit.intercept = solution.front();
  fit.coefficients.assign(solution.begin() + 1, solution.end());
  fit.log_limit = std::log(3.0 * *largest + 1.0);
  return fit;
}

}  // namespace faultline
