#pragma once

#include <optional>
#include <vector>

#include "engine/map_builder.hpp"

namespace faultline {

// Everything about a map that is decided before its first step.
struct VenuePlan {
  InstrumentSpec spec;
  Nanos step{};
  std::optional<Nanos> bar{};  // the length of bars of last prices that are used
};

struct MapPlan {
  std::vector<VenuePlan> venues;  // the request's first instrument first
  UnixNanos first_price{};        // of any venue: where warming up begins
  TimeRange shown;                // columns
  TimeRange read;                 // rows
  Nanos column{};
};

// Errors: those of build_map() that need no step.
Outcome<MapPlan> plan_map(const Store& store, const MapRequest& request);

}  // namespace faultline
