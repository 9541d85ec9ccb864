#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/progress.hpp"
#include "engine/map_builder.hpp"
#include "lab/day.hpp"

namespace faultline {

// A simulated day taken through the whole product: lab ──> public files ──> import ──> store ──>
// map, and the truth beside it. The one place where the two meet.

// The file that marks a store as written by run_lab_day(), which may then replace it.
inline constexpr std::string_view kLabStoreMark = "simulated.mark";

struct LabRunOptions {
  std::string folder;  // gets files/, store/ and what the caller writes
  LabConfig config{};
  Nanos shown = kDay;  // the last part of the run; what comes before it warms the map up
  std::size_t members = 1;
};

// How much waits near the price: what the lab knows and what the map says. USD at the mark, by
// Side.
struct NearComparison {
  double reach = 0.0;  // of the mark, on the side's own side
  std::array<double, 2> true_usd{};
  std::array<SumInterval, 2> estimated_usd{};  // density_interval; with one member all are one
};

struct LabRun {
  LiquidationMap map;
  std::array<NearComparison, kNearReaches.size()> near;
  std::uint64_t trades = 0;
  std::uint64_t rows_imported = 0;
  std::uint64_t rows_quarantined = 0;
  std::array<double, 2>
      liquidated_usd{};  // by Side, of the shown part, as the lab's full feed printed them
  std::uint64_t liquidations = 0;
  UnixNanos busiest_minute{};
  double busiest_minute_usd = 0.0;
};

// Simulates, writes the files, imports them into an empty store and builds the map from the public
// columns only.
//
// Errors: those of simulate_day(), import_dataset() and build_map(); kCannotWrite; kBadRequest
// (folder/store is there and has no mark of an earlier run: it is not replaced).
// Invariant: the same options give the same map (its state_hash), on one binary.
Outcome<LabRun> run_lab_day(const LabRunOptions& options, const ProgressFn& report);

}  // namespace faultline
