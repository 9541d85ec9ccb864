#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/column_span.hpp"
#include "engine/liquidation_bands.hpp"
#include "engine/map_builder.hpp"
#include "engine/venue_run.hpp"
#include "map/cluster_tracker.hpp"
#include "map/ensemble_column.hpp"

namespace faultline {

// A column of the map and what happened in the time before it.
struct MapMoment {
  MapColumn column;
  ColumnSpan span;
  std::optional<ColumnParts> parts{};  // where the request wishes for them
};

// The end of the column that holds `time`.
UnixNanos column_end(UnixNanos time, Nanos column);

// The columns of a map one after the other, as time goes on: the one pipeline behind build_map(),
// replays and live maps.
//
//   VenueRun of each venue ──> EnsembleColumn ──┬─> MapMoment
//                                               ├─> ClusterTracker, clusters()
//                                               └─> LiquidationBands
//
// Point in time: a moment depends on what was before its end, and is never made again.
// Deterministic. Thread safety: none; venues are run on request.threads. Cost: that of the venues,
// and of a column some milliseconds.
class MapSeries {
 public:
  // Requires: one run or more, in the order of the request; column > 0 (checked).
  MapSeries(const MapRequest& request, Nanos column, std::vector<VenueRun> runs);

  // Takes every step that ends by `until`, and makes the column there; absent where some venue has
  // no step since the last column, or the venues' last steps did not end together.
  // Requires: as VenueRun::advance_to(). Errors: those of the readers.
  Outcome<std::optional<MapMoment>> advance_to(UnixNanos until);

  // A venue's recording has ended.
  bool is_any_over() const;
  std::uint64_t step_count() const;
  std::span<const VenueRun> runs() const { return runs_; }

  // Of the last column: with intervals, and what the feeds would print of each. Empty before it.
  std::vector<Cluster> clusters() const;
  std::span<const ClusterHistory> histories() const { return tracker_.histories(); }
  // What is never over must not remember all: see ClusterTracker.
  void forget_clusters(std::size_t ended_kept, std::size_t moments_kept) {
    tracker_.forget_ended(ended_kept);
    tracker_.thin_moments(moments_kept);
  }
  const LiquidationBands& bands() const { return bands_; }

 private:
  bool are_together() const;
  EnsembleColumn make_column() const;
  ColumnSpan take_span();
  std::optional<ColumnParts> make_parts();
  std::optional<double> expected_of(const Cluster& cluster) const;

  MapRequest request_;
  Nanos column_;
  std::vector<VenueRun> runs_;
  ClusterTracker tracker_;
  LiquidationBands bands_;
  std::optional<EnsembleColumn> last_;
};

// All venues of a plan (engine/map_plan.hpp), read from the store. Errors: what the store returns.
struct MapPlan;
Outcome<MapSeries> open_series(const Store& store, const MapRequest& request, const MapPlan& plan);

}  // namespace faultline
