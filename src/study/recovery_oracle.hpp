#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "lab/market_config.hpp"
#include "lab/venue_tape.hpp"
#include "study/recovery_scores.hpp"

namespace faultline {

// What the laws of the simulated holders give in the mean, once it is known when somebody opened,
// on which side, how much and at which mark: the intensity from which the positions are drawn. They
// scatter around it, and its own error is the floor that maps are measured from.
//
// It does not know who opened: an account that opens anew must have left what it held, which the
// intensity does not use, as no map can. Somebody who knew would do better, so the floor is that of
// maps that know flows, not a bound of what could ever be said.
//
//   entries of an account ──> openings ──┐  drawn anew: margin mode, leverage, patience, what is
//   marks of the market ─────────────────┴> done when a holding time is over, stops, cross wallet
//                                              │ taken away when the mark reaches its liquidation
//                                              └──> USD by distance, mean over the draws
//
// Each redrawn position lives by the laws of lab/holder_laws.hpp in a ledger of its own and is
// judged by the exchange's liquidation_tick(), fees and funding included. An addition goes to the
// redrawn position where it is still there and stands alone otherwise. A cross wallet goes on from
// opening to opening; one that the redrawn position has not left yet is taken as if it were closed.
//
// What is not redrawn: fills are at the mark; a liquidation takes everything at once; deleveraging
// is left out; before the recording began the mark is known at entries only and funding not at all.
// Positions of other accounts than holders are taken as known: they are few and far away.

// When maps are looked at, and the mark around which their bins are laid then: of several venues
// the first one's.
struct ScoredTimes {
  std::vector<UnixNanos> times;  // ascending
  std::vector<double> marks;
};
// With the marks that the tape has at these times. Requires: it has them (checked).
ScoredTimes scored_times(const VenueTape& tape, std::vector<UnixNanos> times);

struct RedrawOptions {
  std::size_t draws = 32;
  std::uint64_t seed = 1;
};

// At each of the times. Requires: the tape is of config.venues[venue].
// Cost: some 10 µs an entry and draw.
std::vector<RecoverySides> redrawn_intensity(const VenueTape& tape, const MarketConfig& config,
                                             std::size_t venue, const ScoredTimes& at,
                                             const RedrawOptions& options);

// The positions themselves, and how much of the open interest is what.
struct TruePositions {
  RecoverySides usd{};
  RecoverySides others_usd{};  // of it, of accounts that never opened as holders
  // By Side, anywhere; USD at the mark.
  std::array<double, 2> all_usd{};
  std::array<double, 2> liquidatable_usd{};  // with a liquidation price
  std::array<double, 2> holders_usd{};
};
// Requires: the tape has a snapshot of each of the times (checked).
std::vector<TruePositions> true_positions_of(const VenueTape& tape, const ScoredTimes& at);

}  // namespace faultline
