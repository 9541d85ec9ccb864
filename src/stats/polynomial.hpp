#pragma once

#include <span>

namespace faultline {

// constant + linear · x + square · x².
struct Quadratic {
  double constant = 0.0;
  double linear = 0.0;
  double square = 0.0;

  double at(double x) const { return (square * x + linear) * x + constant; }
};

struct CurvePoints {
  std::span<const double> x;
  std::span<const double> y;
};

// The quadratic of least squared distance to the points. Where they do not determine one (fewer
// than three different x), the shortest coefficients among those that fit equally well, with
// columns scaled to length 1; so one x in all points gives a curve through the mean of y there.
//
// Requires: equal lengths, at least one point, finite values (checked).
Quadratic fit_quadratic(const CurvePoints& points);

}  // namespace faultline
