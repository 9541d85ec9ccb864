#include "stats/ridge_system.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {

ColumnScale column_scale(const DesignMatrix& design, RowSpan rows) {
  FAULTLINE_CHECK(!rows.empty());
  const auto count = static_cast<double>(rows.size());
  ColumnScale scale;
  for (std::size_t c = 0; c < design.column_count(); ++c) {
    const std::vector<double> values = values_in(design.column(c), rows);
    double sum = 0.0;
    for (const double value : values) sum += value;
    const double mean = sum / count;
    double squares = 0.0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    scale.name.push_back(design.name(c));
    scale.mean.push_back(mean);
    scale.deviation.push_back(std::sqrt(squares / count) + kScaleFloor);
  }
  return scale;
}

StandardRows::StandardRows(const DesignMatrix& design, RowSpan rows, const ColumnScale& scale)
    : row_count_(rows.size()),
      term_count_(design.column_count() + 1),
      values_(row_count_ * term_count_, 1.0) {
  FAULTLINE_CHECK(design.names() == scale.name);
  for (std::size_t c = 0; c < design.column_count(); ++c) {
    const std::vector<double> raw = values_in(design.column(c), rows);
    double* out = values_.data() + (c + 1) * row_count_;
    for (std::size_t r = 0; r < row_count_; ++r) {
      out[r] = (raw[r] - scale.mean[c]) / scale.deviation[c];
    }
  }
}

std::vector<double> StandardRows::times(std::span<const double> coefficients) const {
  FAULTLINE_CHECK(coefficients.size() == term_count_);
  std::vector<double> sums(row_count_, 0.0);
  for (std::size_t t = 0; t < term_count_; ++t) {
    const double* column = values_.data() + t * row_count_;
    for (std::size_t r = 0; r < row_count_; ++r) sums[r] += column[r] * coefficients[t];
  }
  return sums;
}

std::vector<double> values_in(std::span<const double> all, RowSpan rows) {
  std::vector<double> chosen;
  chosen.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    FAULTLINE_CHECK(row < all.size() && std::isfinite(all[row]));
    chosen.push_back(all[row]);
  }
  return chosen;
}

std::vector<double> solve_ridge(const StandardRows& rows, const RowTarget& target, double ridge) {
  FAULTLINE_CHECK(ridge > 0.0);
  FAULTLINE_CHECK(target.value.size() == rows.row_count());
  FAULTLINE_CHECK(target.weight.empty() || target.weight.size() == rows.row_count());
  const auto row_count = static_cast<Eigen::Index>(rows.row_count());
  const auto term_count = static_cast<Eigen::Index>(rows.term_count());

  // Copies, and not maps of our vectors: Eigen's sums may depend on the alignment of memory that it
  // did not allocate, and equal input must give equal bytes.
  Eigen::MatrixXd weighted =
      Eigen::Map<const Eigen::MatrixXd>(rows.values().data(), row_count, term_count);
  const Eigen::VectorXd value = Eigen::Map<const Eigen::VectorXd>(target.value.data(), row_count);
  Eigen::VectorXd root = Eigen::VectorXd::Ones(row_count);
  double weight_sum = static_cast<double>(rows.row_count());
  if (!target.weight.empty()) {
    weight_sum = 0.0;
    for (Eigen::Index r = 0; r < row_count; ++r) {
      const double weight = target.weight[static_cast<std::size_t>(r)];
      FAULTLINE_CHECK(weight >= 0.0 && std::isfinite(weight));
      weight_sum += weight;
      root[r] = std::sqrt(weight);
    }
    weighted.array().colwise() *= root.array();
  }
  FAULTLINE_CHECK(weight_sum > 0.0);

  Eigen::MatrixXd system = Eigen::MatrixXd::Zero(term_count, term_count);
  system.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
  system.diagonal().tail(term_count - 1).array() += ridge;
  const Eigen::VectorXd right = weighted.transpose() * value.cwiseProduct(root);
  const Eigen::LDLT<Eigen::MatrixXd> factors(system);
  FAULTLINE_CHECK(factors.info() == Eigen::Success);
  const Eigen::VectorXd solution = factors.solve(right);
  return {solution.data(), solution.data() + solution.size()};
}

}  // namespace faultline
