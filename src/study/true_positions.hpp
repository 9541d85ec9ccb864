#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "engine/step_sources.hpp"
#include "infer/ensemble_prior.hpp"
#include "stats/cluster_bootstrap.hpp"

namespace faultline {

// `faultline study true-positions`: the map's shape against liquidation prices of accounts that are
// known.
//
//   snapshot of positions ─> their money by distance from the mark ─┐
//   map at that time      ─> its money by distance, p10 .. p90 ─────┴─> coverage, distance apart
//
// Only shapes are compared, each as shares of the money within kPositionReach: known positions are
// a part of the market that nobody drew at random. With leader lists, which hold large accounts
// that earned, the scores below say as much about the lists as about the map.

struct PositionRequest {
  InstrumentId instrument;  // prices and open interest of the map
  InstrumentId positions;   // snapshots with liquidation prices
  std::optional<double> assumed_open_interest{};
  std::size_t members = 64;
  std::uint64_t seed = 7;
  std::size_t replicas = 2000;
};

inline constexpr double kPositionReach = 0.30;  // log price from the mark, on the side's own side
inline constexpr double kPositionBand = 0.01;   // log price
inline constexpr std::size_t kPositionBandCount = 30;
inline constexpr std::size_t kPositionsMin = 10;  // of one side in a snapshot that is scored

// One side of one snapshot: shares by band, which sum to 1.
struct PositionProfile {
  UnixNanos time{};
  Side side = Side::kLong;
  std::size_t count = 0;         // positions within reach
  double effective_count = 0.0;  // (Σw)²/Σw² of their money
  double usd = 0.0;              // within reach
  double usd_all = 0.0;          // of the side, positions without a liquidation price included
  std::array<double, kPositionBandCount> known{};
  std::array<double, kPositionBandCount> p10{};  // of the map's members
  std::array<double, kPositionBandCount> p50{};
  std::array<double, kPositionBandCount> p90{};
  std::array<double, kPositionBandCount> mean{};
};

// A position stands once in a snapshot, however many lists it is in.
//
// Errors: kNoData (no steps, no snapshot with enough positions while the map exists), and what the
// store returns.
Outcome<std::vector<PositionProfile>> load_position_profiles(const Store& store,
                                                             const PositionRequest& request,
                                                             const ProgressFn& report);

// How far a shape is from the known one, in the mean over snapshots and sides.
struct ShapeScore {
  std::string shape;                             // "map", or "flat": the same money in every band
  std::optional<BootstrapEstimate> relative_l1;  // Σ|a − b|, at most 2
  std::optional<BootstrapEstimate> wasserstein;  // log price by which money would have to move
};

struct PositionStudy {
  PositionRequest request;
  std::size_t profile_count = 0;
  std::size_t day_count = 0;
  double usd_mean = 0.0;  // known money within reach, a side and snapshot
  double effective_count_median = 0.0;
  // Share of bands whose known share lies in the map's p10 .. p90, which promises .8 ...
  std::optional<BootstrapEstimate> coverage;
  // ... and where the interval is widened by what a sample of so few positions scatters.
  std::optional<BootstrapEstimate> coverage_with_sampling;
  std::array<double, kPositionBandCount> coverage_by_band{};
  std::vector<ShapeScore> shapes;
};

// Intervals: whole days are drawn anew. Requires: profiles not empty (checked).
PositionStudy score_positions(const std::vector<PositionProfile>& profiles,
                              const PositionRequest& request);

}  // namespace faultline
