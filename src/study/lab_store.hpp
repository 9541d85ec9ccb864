#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "lab/venue_tape.hpp"

namespace faultline {

// Simulated tapes as recorded data: the same tables in the same store, so that everything that
// reads recorded data reads them.

// The file that marks a store as written by a simulation, which may then replace it.
inline constexpr std::string_view kLabStoreMark = "simulated.mark";

struct LabRows {
  std::uint64_t stored = 0;  // of all tables, the truth's included
};

// Whether a store can be made there: the folder is absent, empty, or was written by a simulation.
// Errors: kBadRequest.
Outcome<void> check_lab_store(const std::string& folder);

// Makes the store anew. `source` names the scenario and its seed in the manifests.
//
// The truth is in the table `position`: every account at the start, each hour and the end, with its
// liquidation price. Nothing that estimates may read it.
// Errors: kBadRequest (the folder holds something that no simulation wrote: it is not replaced);
//         what the store returns; kCancelled.
Outcome<LabRows> write_lab_store(const std::string& folder, std::span<const VenueTape> tapes,
                                 const std::string& source, const ProgressFn& report);

}  // namespace faultline
