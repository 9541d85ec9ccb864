#include "infer/kernel.hpp"

#include <cmath>

#include "base/check.hpp"
#include "base/distributions.hpp"

namespace faultline {

DistanceGrid::DistanceGrid(double min, double max, std::size_t bins) {
  FAULTLINE_CHECK(min > 0.0 && min < max && max < 1.0 && bins >= 2);
  const double step = std::log(max / min) / static_cast<double>(bins);
  for (std::size_t i = 0; i < bins; ++i)
    edges_.push_back(min * std::exp(step * static_cast<double>(i)));
  edges_.push_back(max);
}

double DistanceGrid::delta(Side side, double distance) {
  return side == Side::kLong ? -std::log1p(-distance) : std::log1p(distance);
}

std::vector<double> log_normal_kernel(const DistanceGrid& grid, double median, double sigma) {
  FAULTLINE_CHECK(median > 0.0 && sigma > 0.0);
  std::vector<double> weights;
  double below = 0.0;
  for (std::size_t bin = 0; bin < grid.size(); ++bin) {
    const double upto = normal_cdf(std::log(grid.edges()[bin + 1] / median) / sigma);
    weights.push_back(upto - below);
    below = upto;
  }
  weights.push_back(1.0 - below);
  return weights;
}

}  // namespace faultline
