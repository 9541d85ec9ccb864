#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "engine/step_sources.hpp"
#include "stats/ks.hpp"

namespace faultline {

// `faultline study location`: does the map know where, among the prices that were reached, the
// liquidations happened?
//
//   map at the begin of an interval ─> bands that its price range reached ─> ranks of those in
//   which liquidations were printed, by the mass that the map had there
//
// A group is one side in one interval; its bands are the 10 bp of log price from the open to the
// extreme. Near bands hold more mass and see more liquidations whatever the map says, so a band
// counts by its place among the bands of the same distance in all groups (distance fixed effects).
// Inside a group the ranks of those places are uniform if the map knows nothing but the distance.
//
// Limits: prints carry the price of the order or of its fill, not of the position's trigger, and a
// print of another venue carries that venue's price.

struct LocationRequest {
  InstrumentId instrument;           // prices and open interest of the map
  std::vector<InstrumentId> prints;  // single liquidations; scored one by one and together
  Nanos interval = kHour;
  std::optional<double> assumed_open_interest{};
  std::uint64_t seed = 7;
  std::size_t replicas = 2000;  // of the bootstrap and of the permutations
};

inline constexpr double kLocationBand = 1e-3;  // log price

// One band that was reached.
struct LocationBand {
  std::uint32_t distance = 0;     // in bands from the interval's open
  std::array<double, 2> share{};  // of the side's stock: the map's, the mirrored map's
  std::vector<double> usd = {};   // printed in it, by LocationRequest::prints
};
struct LocationGroup {
  UnixNanos begin{};
  Side side = Side::kLong;
  std::vector<LocationBand> bands;  // from the open outwards
};

// Errors: kNoData (no steps, no prints), and what the store returns.
// Memory: groups in which something was printed, and the bands of all groups.
Outcome<std::vector<LocationGroup>> load_location_groups(const Store& store,
                                                         const LocationRequest& request,
                                                         const ProgressFn& report);

// How the ranks of bands with prints lie in [0, 1]: .5 in the mean without knowledge.
struct LocationScore {
  std::string prints;  // whose
  std::string map;     // "map" or "mirrored"
  std::size_t group_count = 0;
  std::size_t day_count = 0;
  double usd = 0.0;                                // printed in ranked bands
  std::optional<BootstrapEstimate> mean_rank;      // every band with prints counts once
  std::optional<BootstrapEstimate> mean_rank_usd;  // by the money printed in it
  KsTest ks;                                       // of the ranks, against uniform
  // Of permutations that put a group's prints into other bands of it: the share whose mean rank is
  // as high, and whose distance from uniform is as large. Valid however prints cluster in a group.
  double p_mean_rank = 1.0;
  double p_ks = 1.0;
  std::vector<double> ranks;  // sorted
};

struct LocationStudy {
  LocationRequest request;
  std::size_t reached_bands = 0;
  std::vector<LocationScore> scores;  // by prints and map; the last two are of all prints together
};

inline constexpr std::size_t kLocationBandsMin = 5;  // of a group that is ranked

// Errors: kNoData when no group has prints in some of its bands but not in all.
Outcome<LocationStudy> score_location(const std::vector<LocationGroup>& groups,
                                      const LocationRequest& request);

}  // namespace faultline
