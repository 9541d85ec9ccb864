#pragma once

#include <functional>
#include <optional>

#include "base/rng.hpp"
#include "core/event.hpp"

namespace faultline {

// What a venue publishes of its liquidations: all of them, or at most one a second.
//
//   kAll                 each order, as it happens
//   kLargestPerSecond    of each whole second the order with the most lots, at the second's end
//   kLatestPerSecond     of each whole second the last order, at the second's end
//   kOnePerSecond        either of the two, by a coin: what is behind such a feed is not published
//
// Why here: an estimator must get only what the public gets. Both sides share the one place, as on
// the venues that do this. A print keeps the time of its order.
// Requires: add() and close() are called in order of time; completeness is not kUnknown (checked).
class LiquidationFeed {
 public:
  using Sink = std::function<void(const Liquidation&)>;

  LiquidationFeed(Completeness completeness, const Rng& coin, Sink sink);

  void add(const Liquidation& order);
  // Publishes what seconds that ended at or before `now` still hold.
  void close(UnixNanos now);

 private:
  void publish();

  Completeness completeness_;
  Rng coin_;
  Sink sink_;
  std::optional<Liquidation> held_;
  bool keeps_largest_ = false;
};

}  // namespace faultline
