#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/map_builder.hpp"
#include "engine/venue_run.hpp"
#include "lab/map_view.hpp"

namespace faultline {

// The venues of a market that is still being simulated, ready to take steps as the tapes grow.
//
// Requires: each tape has marks, and open interest of two steps; the tapes outlive the runs and
// stay where they are.
std::vector<VenueRun> live_runs(std::span<const VenueTape* const> tapes, Nanos step,
                                const MapRequest& request);

// The estimator beside a market that is still being simulated: reads the tapes as they grow, and
// says what a reader of the map would see. The same steps, filters and feeds as build_map().
//
//   tapes (public columns only) ──> StepBuilder, FeedReader ──> DensityFilter ──> MapView
//
// Thread safety: none. Requires: the tapes outlive it and stay where they are.
class LiveMap {
 public:
  struct Options {
    std::size_t members = 1;
    Nanos step = kMinute;
    double reach = 0.30;  // of the view, in log price on both sides
    std::uint64_t seed = 1;
  };

  explicit LiveMap(const Options& options) : options_(options) {}

  // The map at the end of the last step that ended before `now`, as means over the members, summed
  // over venues; absent before the first step. Errors: those of the estimator.
  Outcome<std::optional<MapView>> at(UnixNanos now, std::span<const VenueTape* const> tapes);

 private:
  void open(std::span<const VenueTape* const> tapes);
  MapView view() const;

  Options options_;
  std::vector<VenueRun> runs_;
};

// What readers inside a market are shown: the central member only, because means of 64 would cost
// half as much again as the market.
inline constexpr LiveMap::Options kReaderMap{.members = 1, .reach = 0.15};

// A source of maps for simulate_market() that keeps a LiveMap.
MapSource live_map_source(const LiveMap::Options& options);

}  // namespace faultline
