#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stats/design.hpp"
#include "stats/polynomial.hpp"
#include "stats/ridge_system.hpp"

namespace faultline {

// Least squares with a light ridge, on columns standardised by the training rows.
//
// Why standardised: one ridge then means the same for a column in basis points and for one in
// dollars. Units: a coefficient is the target's change per standard deviation of its column.

struct LinearFit {
  ColumnScale scale;
  double intercept = 0.0;            // the prediction where every column is at its training mean
  std::vector<double> coefficients;  // one for each column of the design

  // The target's change per unit of a column, as the column came.
  double slope(std::size_t column) const;

  // Requires: the columns of the training design, finite in the rows (checked). Cost: O(rows ·
  // columns).
  std::vector<double> predict(const DesignMatrix& design, RowSpan rows) const;
};

struct RidgeOptions {
  double ridge = 1e-2;  // in rows: a ridge of r weighs like r rows that say "0"
};

// Minimises Σ w (y − prediction)² + ridge · Σ coefficient². The intercept is not penalised; means
// and deviations of the columns are not weighted.
//
// Requires: rows not empty, finite columns and target in them, ridge > 0, weights finite, >= 0 and
// not all 0 (checked). Cost: O(rows · columns²).
LinearFit fit_ridge(const DesignMatrix& design, const Target& target, RowSpan rows,
                    const RidgeOptions& options = {});

// How large squared residuals are at a given prediction: exp of a quadratic in the prediction.
//
// It is fitted to logarithms, so it follows a typical and not the mean squared residual (for normal
// noise it lies at about .28 of the variance): its shape is what matters. Beyond the training
// predictions a quadratic goes anywhere; use `lowest` and `highest` to stay inside.
// Units: the target's, squared.
struct VarianceCurve {
  Quadratic log_variance;
  double lowest = 0.0;  // of the training predictions
  double highest = 0.0;

  double at(double prediction) const;
};

struct PrecisionOptions {
  double ridge = 1e-2;
  std::size_t iterations = 2;  // after the first, unweighted fit
  double power = 1.0;          // a row weighs variance^-power; 0 is plain ridge
};

struct PrecisionWeightedFit {
  LinearFit mean;
  VarianceCurve variance;  // of the residuals of `mean`
};

// Added to a squared residual before its logarithm, so that a residual of 0 does not pull the curve
// to minus infinity. In the target's units squared; .05 suits targets of spread about one.
inline constexpr double kSquaredResidualFloor = 0.05;

// Ridge regression in which rows count by how precisely their prediction tells the target:
// repeatedly fits, lays the variance curve through log(residual² + kSquaredResidualFloor), and
// weights the rows by variance^-power, scaled to mean 1.
//
// Why: logarithms of money scatter most where little is expected, and there are most rows there.
// Requires: as fit_ridge; target.weight is empty (checked). Cost: iterations + 1 fits.
PrecisionWeightedFit fit_precision_weighted(const DesignMatrix& design, const Target& target,
                                            RowSpan rows, const PrecisionOptions& options = {});

}  // namespace faultline
