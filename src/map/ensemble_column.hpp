#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.hpp"
#include "core/instrument.hpp"
#include "infer/position_density.hpp"
#include "map/map_column.hpp"

namespace faultline {

// From the members of one or several venues' ensembles to a column with its intervals.
//
//   density, weights ──profile_of()──> VenueProfile ─┐
//   density, weights ──profile_of()──> VenueProfile ─┴─> EnsembleColumn ──> MapColumn, sums
//
// Means are weighted means of each venue and add up exactly. Quantiles are those of the weighted
// members of one venue; of several venues each is resampled to equal weights, the k-th draws are
// paired by a fixed permutation a venue, and the quantiles are those of the pairs' sums. That takes
// the venues' errors for independent. They share their assumptions, so the interval of a sum is too
// narrow: at most by the step to adding the venues' own quantiles.

// The rows of a column.
struct RowFrame {
  std::int32_t first_row = 0;
  std::size_t row_count = 0;
};

// Rows that reach `options.reach` from `mark` on both sides. Requires: 0 < reach <= 3 (checked).
RowFrame frame_around(double mark, const ColumnOptions& options);

// The same rows, as densities take them.
ProfileGrid grid_of(const RowFrame& frame);

// One venue at the time of the column.
struct VenueView {
  const PositionDensity& density;
  std::span<const double> weights;
  const InstrumentSpec& spec;
  double mark = 0.0;  // the venue's own
};

// What one venue adds to a column: USD at the venue's mark.
struct VenueProfile {
  std::vector<double> weights;
  std::array<std::vector<double>, 2> usd;  // by Side: [row · members + member]
  // Weighted means.
  std::array<double, 2> below_usd{};
  std::array<double, 2> above_usd{};
  std::array<double, 2> never_usd{};
  double open_interest_usd = 0.0;
  double usd_per_unit = 0.0;
};

// Requires: one weight a member (checked). Cost: one pass over the occupied cells.
// Thread safety: different venues may be profiled at once.
VenueProfile profile_of(const VenueView& venue, const RowFrame& frame);

class EnsembleColumn {
 public:
  // `pairing` seeds the permutations; the same one gives the same pairs in every column.
  // Requires: at least one venue, all of one number of members (checked).
  // Cost: a sort of the members a row.
  EnsembleColumn(UnixNanos as_of, double mark, const RowFrame& frame,
                 std::vector<VenueProfile> venues, const Rng& pairing);

  const MapColumn& column() const { return column_; }
  // In the order of the venues; they add up to the column's rows.
  std::span<const VenueRows> venues() const { return venue_rows_; }
  MapColumn take() && { return std::move(column_); }

  // The interval of what lies in rows [first, last). With one member all four numbers are one.
  SumInterval sum_of(Side side, std::int32_t first, std::int32_t last) const;

  // Gives every cluster of this column its density_interval; with one member they stay absent.
  void add_intervals(std::span<Cluster> clusters) const;

 private:
  void add_means(const VenueProfile& venue);
  void pair_up(const std::vector<VenueProfile>& venues, const Rng& pairing);

  MapColumn column_;
  std::vector<VenueRows> venue_rows_;
  std::vector<double> weights_;
  std::array<std::vector<double>, 2> usd_;  // by Side: [row · members + member]
};

// The column of one density, its members of equal weight.
MapColumn make_column(const PositionDensity& density, const InstrumentSpec& spec, UnixNanos as_of,
                      double mark, const ColumnOptions& options = {});

}  // namespace faultline
