#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "stats/design.hpp"

namespace faultline {

// What the regressions of this layer share: standardised rows, and the ridge system over them.

// Added to a standard deviation, so that a constant column divides by something.
inline constexpr double kScaleFloor = 1e-9;

// Mean and population standard deviation (plus kScaleFloor) of every column over some rows. Learned
// from the training rows and kept by the fit, so that the rows of a forecast never move them.
struct ColumnScale {
  std::vector<std::string> name;
  std::vector<double> mean;
  std::vector<double> deviation;
};

// Requires: at least one row, and finite values in all of them (checked).
ColumnScale column_scale(const DesignMatrix& design, RowSpan rows);

// Chosen rows of a design in units of a scale, with a leading column of ones for the intercept.
//
// Memory: 8 bytes a value, column after column.
class StandardRows {
 public:
  // Requires: the design has the columns of the scale, in its order, with finite values (checked).
  StandardRows(const DesignMatrix& design, RowSpan rows, const ColumnScale& scale);

  std::size_t row_count() const { return row_count_; }
  std::size_t term_count() const { return term_count_; }  // columns of the design, and one
  std::span<const double> values() const { return values_; }

  // One sum of term · coefficient for each row. The intercept's coefficient comes first.
  std::vector<double> times(std::span<const double> coefficients) const;

 private:
  std::size_t row_count_;
  std::size_t term_count_;
  std::vector<double> values_;
};

// The values of `all` (one for each row of a design) in the chosen rows.
// Requires: finite values in them (checked).
std::vector<double> values_in(std::span<const double> all, RowSpan rows);

// One value and one weight for each row of a StandardRows.
struct RowTarget {
  std::span<const double> value;
  std::span<const double> weight;  // empty: all 1
};

// The b that minimises Σ w (y − X b)² + ridge · Σ b², the intercept b[0] not penalised: the
// solution of (XᵀWX + R) b = XᵀWy. Weights are used as they are: scaling them scales the ridge
// against them.
//
// Requires: ridge > 0, weights >= 0 and not all 0 (checked). The system then has one solution, even
// where columns are copies of each other. Cost: O(rows · terms²), and a copy of the rows.
std::vector<double> solve_ridge(const StandardRows& rows, const RowTarget& target, double ridge);

}  // namespace faultline
