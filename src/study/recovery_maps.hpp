#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "core/instrument.hpp"
#include "infer/density_filter.hpp"
#include "study/recovery_oracle.hpp"
#include "study/recovery_scores.hpp"

namespace faultline {

// What the estimator and the maps beside it say about a recorded market at given times, in the bins
// of study recovery. Nothing here reads the truth.

struct RecoveryMaps {
  std::size_t members = 64;
  std::uint64_t seed = 1;
  std::vector<InstrumentSpec> instruments;  // venues of one coin, which are summed
  ScoredTimes at;                           // begins of whole steps
  std::string store_folder;                 // as write_lab_store() leaves it
};

// Of the estimator, run as build_map() runs it; venues are summed.
struct RecoveryEstimate {
  std::vector<RecoverySides> mean;
  std::vector<RecoveryBand> band;
};
// Errors: kNoData (no steps before the first time), what the engine returns, kCancelled.
Outcome<RecoveryEstimate> estimate_recovery(const RecoveryMaps& request, const ProgressFn& report);

// What the filters of a coin's venues hold, by distance from `mark`; `pairing` joins members of
// different venues. Requires: a filter or more (checked).
struct BinEstimate {
  RecoverySides mean{};
  RecoveryBand band{};
};
BinEstimate estimate_bins(std::span<const DensityFilter* const> venues, double mark,
                          const Rng& pairing);

// Of kFlat and what comes after it, in the order of RecoveryMap: [map][time].
// Errors: as above.
Outcome<std::vector<std::vector<RecoverySides>>> recovery_baselines(const RecoveryMaps& request,
                                                                    const ProgressFn& report);

}  // namespace faultline
