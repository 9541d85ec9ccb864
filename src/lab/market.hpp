#pragma once

#include <cstdint>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "lab/market_config.hpp"
#include "lab/venue_tape.hpp"

namespace faultline {

// A simulated market in which every position is known.
//
//   outside value ──> makers' quotes ─┐
//                                     ├─> order book of each venue ──> trades, marks, open interest
//   takers, trend traders, holders ───┤         ^                                │
//   arbitrageurs between venues ──────┘         │ forced orders                  │ public columns
//                                    liquidation engine <── positions ───────────┴─> the truth
//
// The positions of the shown part grow out of a warm-up before it that is not recorded.
struct MarketRun {
  std::vector<VenueTape> venues;
  std::uint64_t trade_digest = 0;  // of all trades of all venues, warm-up included
  std::uint64_t trade_count = 0;
  std::uint64_t event_count = 0;
};

// Same configuration and seed, same bytes, on one binary (prices pass through doubles).
//
// Errors: those of validate(); kCancelled when `report` says so; kOutOfRange when a price leaves
//         [start_price / 20, start_price · 20].
// Cost:   see docs/performance.md; memory of what is recorded, some 40 bytes a trade.
Outcome<MarketRun> simulate_market(const MarketConfig& config, const ProgressFn& report = {});

}  // namespace faultline
