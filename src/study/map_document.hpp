#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "engine/map_builder.hpp"
#include "text/json.hpp"

namespace faultline {

// A liquidation map as JSON; the form is described in docs/formats/map.md.
//
// Names: notional_at_risk_usd is the stock, expected_liquidation_usd what a feed would print; an
// interval of the ensemble is a density_interval. Where there was no feed or no ensemble the value
// is null: that is not a zero.

// Everything about the map but the columns: model version, as-of time, totals, venues, clusters and
// their histories, what was noticed on the way.
JsonValue summary_of_map(const LiquidationMap& map);

// The whole map. The rows' intervals are given for the last column only; the tables hold all.
// Cost: several times the memory of the map; a file is written by write_map_json().
JsonValue json_of_map(const LiquidationMap& map);

// Writes the line write_json(json_of_map(map)) as a file that appears whole or not at all.
// Errors: kCannotWrite. Cost: memory of one column.
Outcome<void> write_map_json(const LiquidationMap& map, const std::string& path);

// One column with the time before it.
struct MomentView {
  const MapColumn& column;
  const ColumnSpan& span;
};
// With the rows' intervals or without: they are three times as much.
JsonValue json_of_column(const MomentView& moment, std::size_t members, bool with_rows_interval);
JsonValue json_of_cluster(const Cluster& cluster);
JsonValue json_of_history(const ClusterHistory& cluster);

// {"mean": ..., "p10": ..., "p50": ..., "p90": ...}; the mean alone with one member.
JsonValue json_of_sum(const SumInterval& sum, std::size_t members);

}  // namespace faultline
