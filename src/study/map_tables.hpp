#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "engine/map_builder.hpp"

namespace faultline {

// A liquidation map as a table: one row a cell that holds at least a dollar (docs/formats/map.md).
//
// The file appears whole or not at all. Cost: memory of a few columns of the map, however many it
// has: the text of a long map is larger than the map.

// as_of, price_low, price_high, side, notional_at_risk_usd, density_p10_usd, density_p50_usd,
// density_p90_usd. The last three are empty without an ensemble. Errors: kCannotWrite.
Outcome<void> write_map_csv(const LiquidationMap& map, const std::string& path);

// The same as integers. Errors: those of write_parquet_file().
Outcome<void> write_map_parquet(const LiquidationMap& map, const std::string& path);

}  // namespace faultline
