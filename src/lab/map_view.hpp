#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/units.hpp"
#include "lab/venue_tape.hpp"

namespace faultline {

// The map as a trader inside the market sees it: an estimate from what the venues published, never
// the truth. The lab declares what it reads and does not know who makes it; study joins the two.
//
// Units: prices in quote currency, money in USD at risk in the level.
// Invariant: levels ascend in price, and are equally wide in log price.
struct MapLevel {
  double price = 0.0;  // the middle of the level
  double long_usd = 0.0;
  double short_usd = 0.0;
};

struct MapView {
  UnixNanos as_of;
  double level_log = 0.0;  // width of a level in log price
  std::vector<MapLevel> levels;
};

// The map of what is on the tapes by `now`; nothing while there is not enough on them.
//
// Requires: called in order of time; the tapes are the same ones each time and only grow.
using MapSource = std::function<Outcome<std::optional<MapView>>(
    UnixNanos now, std::span<const VenueTape* const> tapes)>;

// A stretch of levels that hold clearly more than others near the price.
struct ShownCluster {
  Side side = Side::kLong;
  double price_low = 0.0;
  double price_high = 0.0;
  double usd = 0.0;
};

// Stretches on the side's own side of `price`, within `reach` of it, whose levels hold more than
// `ratio` times the mean level within 5 % of the price. Nearest first.
std::vector<ShownCluster> shown_clusters(const MapView& view, double price, double reach,
                                         double ratio);

}  // namespace faultline
