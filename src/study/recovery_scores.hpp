#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "stats/cluster_bootstrap.hpp"

namespace faultline {

// How far a map is from positions that are known, as numbers.
//
// Chosen before any of them was seen: the bins, the two reaches, what a cluster is, and when it is
// found. A cluster is a run of bins of one side, each above twice the mean bin of that side within
// 10 %; it is found when a cluster of the other map has a bin at most one bin from one of its own.

inline constexpr double kRecoveryBin = 0.005;  // log price
inline constexpr std::size_t kRecoveryBinCount = 20;
inline constexpr std::size_t kRecoveryNearCount = 10;  // bins within 5 %

// USD at the mark, from the mark outward; a side's on its own side of the mark, by Side.
using RecoveryBins = std::array<double, kRecoveryBinCount>;
using RecoverySides = std::array<RecoveryBins, 2>;

// Quantiles of a map's members, bin by bin.
inline constexpr std::array kRecoveryLevels{0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975};
using RecoveryBand = std::array<RecoverySides, kRecoveryLevels.size()>;

// The maps that are judged. Those with a band have one for every hour.
enum class RecoveryMap : std::uint8_t {
  kFull,       // the estimator, with every liquidation printed
  kThrottled,  // the estimator, with the largest liquidation of each second
  kFlat,       // its density with one member, a flat kernel and nothing learnt
  kB4,         // sweep_baseline(): fixed leverage, ...
  kB6,         // ... rises of open interest over a log-normal kernel, ...
  kB7c,        // ... the price path alone
};
inline constexpr std::size_t kRecoveryMapCount = 6;
inline constexpr std::size_t kRecoveryFeedCount = 2;  // the first so many maps have a band
std::string_view name_of(RecoveryMap map);

// One hour of one market.
struct RecoveryHour {
  UnixNanos time{};
  double mark = 0.0;
  RecoverySides truth{};      // the positions that were drawn
  RecoverySides intensity{};  // what their laws give in the mean (study/recovery_oracle.hpp)
  std::array<RecoverySides, kRecoveryMapCount> maps{};
  std::array<RecoveryBand, kRecoveryFeedCount> bands{};
};

// What is to be judged against the truth of its hour.
struct JudgedMap {
  const RecoverySides* map = nullptr;
  const RecoveryBand* band = nullptr;  // null: it has none
};
JudgedMap judged(const RecoveryHour& hour, RecoveryMap map);

// One hour's part of a score: the score is the sum of `above` over the sum of `below`.
struct RecoveryPart {
  double above = 0.0;
  double below = 0.0;
};

struct RecoveryMetric {
  std::string_view key;    // in JSON
  std::string_view label;  // for people
  RecoveryPart (*part)(const RecoveryHour& hour, const JudgedMap& map) = nullptr;
  bool needs_band = false;
};
// In the order of the report.
std::span<const RecoveryMetric> recovery_metrics();
// Requires: there is one (checked).
const RecoveryMetric& recovery_metric(std::string_view key);

// What was asked for before anything was scored: no more excess relative L1 within 5 % than this.
struct RecoveryTarget {
  RecoveryMap map;
  double excess_l1_most;
};
inline constexpr std::array kRecoveryTargets{RecoveryTarget{RecoveryMap::kFull, 0.12},
                                             RecoveryTarget{RecoveryMap::kThrottled, 0.30}};

// The score of replicas, each some hours: the replicas are drawn anew for the interval.
// Absent with fewer than two replicas, or where no hour determines it.
std::optional<BootstrapEstimate> recovery_score(
    const RecoveryMetric& metric, std::span<const std::vector<RecoveryHour>> replicas,
    const std::optional<RecoveryMap>& map,  // absent: the intensity itself
    const BootstrapOptions& options);

}  // namespace faultline
