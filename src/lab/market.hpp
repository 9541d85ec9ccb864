#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "lab/map_view.hpp"
#include "lab/market_config.hpp"
#include "lab/venue_tape.hpp"

namespace faultline {

// A simulated market in which every position is known.
//
//   outside value ──> makers' quotes ─┐
//                                     ├─> order book of each venue ──> trades, marks, open interest
//   takers, trend traders, holders ───┤         ^                                │
//   arbitrageurs, readers of the map ─┘         │ forced orders                  │ public columns
//                                    liquidation engine <── positions ───────────┴─> the truth
//
// The positions of the shown part grow out of a warm-up before it that is not recorded.
struct MarketRun {
  std::vector<VenueTape> venues;
  std::uint64_t trade_digest = 0;  // of all trades of all venues, warm-up included
  std::uint64_t trade_count = 0;
  std::uint64_t event_count = 0;
  std::uint64_t map_count = 0;  // that readers were shown
};

// A market that is still running: what `lab run` takes to its end at once, a screen second by second.
//
// Errors, Cost: those of simulate_market().
// Thread safety: none.
class LabMarket {
 public:
  static Outcome<LabMarket> open(const MarketConfig& config, const MapSource& maps = {});
  LabMarket(LabMarket&&) noexcept;
  LabMarket& operator=(LabMarket&&) noexcept;
  ~LabMarket();

  // Handles everything up to and including the second `until`, or the end. Requires: a whole second
  // of the market, not before now() (checked). What happens does not depend on the steps.
  Outcome<void> advance_to(UnixNanos until, const ProgressFn& report = {});

  UnixNanos now() const;
  UnixNanos end() const;
  bool is_over() const;
  // What the venues have published so far, and the truth beside it. They stay where they are until
  // finish().
  std::vector<const VenueTape*> tapes() const;

  // Takes the tapes out. Requires: is_over() (checked).
  Outcome<MarketRun> finish();

 private:
  class Loop;
  explicit LabMarket(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

// Same configuration and seed, same bytes, on one binary (prices pass through doubles).
//
// `maps` is what readers of the map look at (ReaderConfig); without readers no map is asked for. It
// sees the recorded part only.
//
// Errors: those of validate() and of `maps`; kBadRequest for readers without `maps`; kCancelled
// when `report` says so; kOutOfRange when a price leaves
//         [start_price / 20, start_price · 20].
//         kNoData when a venue recorded no trade: its makers quoted nothing that was taken.
// Cost:   see docs/performance.md; memory of what is recorded, some 40 bytes a trade and 80 a
//         position and hour.
Outcome<MarketRun> simulate_market(const MarketConfig& config, const ProgressFn& report = {},
                                   const MapSource& maps = {});

}  // namespace faultline
