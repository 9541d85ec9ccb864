#include "stats/design.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/check.hpp"

namespace faultline {

DesignMatrix& DesignMatrix::add(std::string name, std::vector<double> values) {
  FAULTLINE_CHECK(!has(name));
  FAULTLINE_CHECK(columns_.empty() || values.size() == row_count_);
  FAULTLINE_CHECK(values.size() <= std::numeric_limits<std::uint32_t>::max());
  row_count_ = values.size();
  names_.push_back(std::move(name));
  columns_.push_back(std::move(values));
  return *this;
}

DesignMatrix& DesignMatrix::append(const DesignMatrix& other) {
  // By number and up to the count at the start: appending a design to itself then stops at the name
  // check instead of running on.
  const std::size_t count = other.column_count();
  for (std::size_t i = 0; i < count; ++i) add(other.names_[i], other.columns_[i]);
  return *this;
}

std::span<const double> DesignMatrix::column(std::size_t index) const {
  FAULTLINE_CHECK(index < columns_.size());
  return columns_[index];
}

const std::string& DesignMatrix::name(std::size_t index) const {
  FAULTLINE_CHECK(index < names_.size());
  return names_[index];
}

bool DesignMatrix::has(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::vector<std::uint32_t> DesignMatrix::finite_rows(RowSpan rows) const {
  std::vector<std::uint32_t> kept;
  kept.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    FAULTLINE_CHECK(row < row_count_);
    const bool is_finite = std::all_of(
        columns_.begin(), columns_.end(),
        [row](const std::vector<double>& values) { return std::isfinite(values[row]); });
    if (is_finite) kept.push_back(row);
  }
  return kept;
}

DesignMatrix concatenate(const DesignMatrix& left, const DesignMatrix& right) {
  DesignMatrix both = left;
  both.append(right);
  return both;
}

std::vector<std::uint32_t> row_range(std::size_t begin, std::size_t end) {
  FAULTLINE_CHECK(begin <= end && end <= std::numeric_limits<std::uint32_t>::max());
  std::vector<std::uint32_t> rows(end - begin);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(begin));
  return rows;
}

}  // namespace faultline
