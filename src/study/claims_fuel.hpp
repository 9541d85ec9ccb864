#pragma once

#include <vector>

#include "lab/market_config.hpp"
#include "lab/venue_tape.hpp"
#include "study/claims_market.hpp"

namespace faultline {

// What lies ahead of an episode of liquidations at the moment at which it begins.
//
// Why not the last snapshot as it is: it is up to an hour old, and half of the holders hold for
// half an hour. What the tape knows since:
//
//   positions of the snapshot ── what was liquidated or deleveraged since, by account
//                             ── those whose liquidation price the mark has passed since
//   openings since            ── by the holders' own laws: the tape has time, side, size and mark
//                                of each, but neither leverage nor liquidation price
//
// Nothing after the moment is read: a position that is known only because it is liquidated later
// would foretell its own liquidation. Limits: closings since the snapshot are not on the tape, so
// positions of the snapshot that were closed by their holders still count; an addition since then
// stands alone, and the first opening of an account since then is drawn as patient as its first one
// ever. What is liquidated at the moment itself is part of what lies ahead.
inline constexpr double kFuelReach = 0.01;  // log price from the mark, on the side's own side

// USD within kFuelReach. Requires: a snapshot and a mark at or before `time` (checked).
double fuel_ahead_usd(const VenueTape& tape, const MarketConfig& config, UnixNanos time, Side side);

// Of every episode of kEpisodeDepthLeast or more. Requires: a market of one venue.
// Cost: some 10 µs an opening of an hour and draw, for each episode.
std::vector<FuelAhead> fuel_of_episodes(const MarketConfig& config, const VenueTape& tape,
                                        const MarketFacts& facts);

}  // namespace faultline
