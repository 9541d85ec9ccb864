#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline {

// Rows of a design by number: a fold, a window. Every function of this layer that takes rows reads
// only those, so that a training set cannot leak what lies outside it.
using RowSpan = std::span<const std::uint32_t>;

// What a model is asked to explain: one value for each row of the design (not only for the rows of
// the fit), and a weight for each where rows do not count alike.
//
// Requires: `weight` is empty (all rows count alike) or as long as `value`.
struct Target {
  std::span<const double> value;
  std::span<const double> weight = {};
};

// Named columns of equal length: the features of a regression, one row an observation.
//
//   DesignMatrix design;
//   design.add("log_range", ranges);
//   design.append(season);                       // all columns of another design
//   const auto rows = design.finite_rows(train);
//   const LinearFit fit = fit_ridge(design, {.value = y}, rows);
//
// Invariant: all columns have row_count() values and no two have one name (checked).
// Memory: a struct of arrays; 8 bytes a value.
class DesignMatrix {
 public:
  // Adds a column on the right. The first column decides how many rows there are.
  DesignMatrix& add(std::string name, std::vector<double> values);

  // Adds all columns of `other` on the right.
  DesignMatrix& append(const DesignMatrix& other);

  std::size_t row_count() const { return row_count_; }
  std::size_t column_count() const { return columns_.size(); }
  std::span<const double> column(std::size_t index) const;
  const std::string& name(std::size_t index) const;
  const std::vector<std::string>& names() const { return names_; }
  bool has(std::string_view name) const;

  // Those of `rows` in which every column is finite. Missing features are the caller's to leave out
  // (regressions refuse them) or to keep (boosted trees can read a NaN as "missing").
  std::vector<std::uint32_t> finite_rows(RowSpan rows) const;

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<double>> columns_;
  std::size_t row_count_ = 0;
};

// The columns of `left` followed by those of `right`.
DesignMatrix concatenate(const DesignMatrix& left, const DesignMatrix& right);

// The row numbers begin, begin + 1, ..., end - 1. Requires: begin <= end < 2^32 (checked).
std::vector<std::uint32_t> row_range(std::size_t begin, std::size_t end);

}  // namespace faultline
