#pragma once

#include "engine/map_builder.hpp"

namespace faultline {

// Adds what `id` reported over the span of the map's columns, and names it as a source. Nothing
// recorded adds nothing.
// Requires: at least one column (checked). Errors: what the store returns.
Outcome<void> load_liquidations(const Store& store, const InstrumentId& id, LiquidationMap& map);

}  // namespace faultline
