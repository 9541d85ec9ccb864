#include "stats/polynomial.hpp"

#include <Eigen/Core>
#include <Eigen/QR>
#include <limits>

#include "base/check.hpp"

namespace faultline {

Quadratic fit_quadratic(const CurvePoints& points) {
  FAULTLINE_CHECK(!points.x.empty() && points.x.size() == points.y.size());
  const auto count = static_cast<Eigen::Index>(points.x.size());
  const Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXd>(points.x.data(), count);
  const Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(points.y.data(), count);
  FAULTLINE_CHECK(x.allFinite() && y.allFinite());
  Eigen::MatrixXd powers(count, 3);
  powers << Eigen::VectorXd::Ones(count), x, x.cwiseAbs2();
  Eigen::VectorXd length = powers.colwise().norm().transpose();
  // A column of zeros stays one: all x are 0, and its coefficient comes out as 0.
  for (double& value : length) value = value > 0.0 ? value : 1.0;
  powers.array().rowwise() /= length.transpose().array();

  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> factors;
  factors.setThreshold(static_cast<double>(count) * std::numeric_limits<double>::epsilon());
  factors.compute(powers);
  const Eigen::VectorXd solution = factors.solve(y).cwiseQuotient(length);
  return {.constant = solution[0], .linear = solution[1], .square = solution[2]};
}

}  // namespace faultline
