#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stats/design.hpp"
#include "stats/ridge_system.hpp"

namespace faultline {

// Regression of a non-negative amount through its logarithm: E[y] = exp(intercept + Σ b · column),
// with a variance that grows like the mean (quasi-Poisson), so that the sum of predictions is right
// where least squares on logarithms is not.
//
// Units: choose them so that amounts lie between about .01 and 100 000 (money in 10 000 USD): the
// limits below and the ridge are in those units.
struct PoissonFit {
  ColumnScale scale;
  double intercept = 0.0;
  std::vector<double> coefficients;  // of log y per standard deviation of each column
  double log_limit = 0.0;            // log(3 · the largest training amount + 1)
  std::size_t iterations = 0;
  bool converged = false;  // no coefficient moved by kPoissonTolerance in the last iteration

  // Amounts, with their logarithm kept in [kPoissonLogMin, log_limit]: never more than three times
  // what was seen. Requires: the columns of the training design, finite in the rows (checked).
  std::vector<double> predict(const DesignMatrix& design, RowSpan rows) const;
};

inline constexpr std::size_t kPoissonIterationsMax = 40;
inline constexpr double kPoissonTolerance = 1e-5;
inline constexpr double kPoissonStepMax = 2.0;  // of a coefficient in one iteration
inline constexpr double kPoissonLogMin = -8.0;

struct PoissonOptions {
  double ridge = 1.0;
};

// Iteratively reweighted least squares. The weights are mu / mean(mu): with a mean of 1 the ridge
// keeps its strength whatever the unit of the amounts.
//
// Requires: rows not empty, finite columns, amounts finite and >= 0 in them, `amounts` with one
// value for each row of the design (checked). A fit that has not converged is returned and says so.
// Cost: at most kPoissonIterationsMax ridge solutions.
PoissonFit fit_poisson(const DesignMatrix& design, std::span<const double> amounts, RowSpan rows,
                       const PoissonOptions& options = {});

}  // namespace faultline
