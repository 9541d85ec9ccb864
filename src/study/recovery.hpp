#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "core/columns.hpp"
#include "lab/scenario.hpp"
#include "study/recovery_oracle.hpp"
#include "study/recovery_scores.hpp"

namespace faultline {

// `faultline study recovery`: simulated markets through the estimator, scored against the positions
// that only the simulation knows.
//
//   scenario, seed ──> market ──┬─ public tape ──> store ──> estimator ──┐
//                               │  (prints: all, or largest a second)    │
//                               ├─ steps ──> flat kernel, b4, b6, b7c ───┼──> every hour, USD by
//                               ├─ openings ──> their laws redrawn ──────┤    .5 % from the mark
//                               └─ positions, the truth ─────────────────┘
//
// The two feeds are of one and the same market: what is printed is all that differs.

struct RecoveryRequest {
  std::vector<Scenario> scenarios;
  std::size_t replicas = 8;
  Nanos burn_in{7 * kDay.value};  // recorded, and not scored
  Nanos scored = kDay;            // scored at the begin of each of its hours
  std::size_t members = 64;
  std::uint64_t seed = 1;  // of the first replica; each next one has the next
  std::size_t oracle_draws = 32;
  std::size_t bootstrap = 2000;
  std::size_t threads = 2;  // the report does not depend on it
  std::string work_folder;  // gets a store a replica while it is worked on
};

// One market.
struct RecoveryReplica {
  std::uint64_t seed = 0;
  std::vector<RecoveryHour> hours;
  // Means over the scored hours.
  double open_interest_usd = 0.0;              // of one side
  std::array<double, 2> liquidatable_share{};  // of it, with a liquidation price, by Side
  std::array<double, 2> holders_share{};       // of it, of leveraged holders, by Side
  double others_share_within = 0.0;            // of what is liquidated within 10 %, not of holders
  double liquidated_usd = 0.0;                 // while recorded, burn-in included
  std::uint64_t maps_shown = 0;                // to readers inside the market
  std::array<std::uint64_t, kRecoveryFeedCount> prints{};
};

struct RecoveryScenario {
  std::string name;
  std::string about;
  std::vector<RecoveryReplica> replicas;
};

struct RecoveryStudy {
  RecoveryRequest request;
  std::vector<RecoveryScenario> scenarios;
};

// Errors: kBadRequest (no scenario, two of one name, fewer than two replicas, times that are no
// whole hours, a market that does not begin on a whole minute), those of simulate_market(), of the
// store and of the estimator, kCancelled.
// Cost: some 20 s of one core a replica of eight days with 64 members, both feeds; memory some
// 500 MB a thread.
Outcome<RecoveryStudy> run_recovery(const RecoveryRequest& request, const ProgressFn& report);

// One replica, in a folder of its own that is removed at the end.
Outcome<RecoveryReplica> run_replica(const RecoveryRequest& request, const MarketConfig& market,
                                     const std::string& folder, const ProgressFn& report);

// What a feed of this completeness prints of the tape's liquidations, up to `end`.
ColumnBatch prints_of(const VenueTape& tape, Completeness completeness, UnixNanos end);

}  // namespace faultline
