#pragma once

#include <vector>

#include "base/rng.hpp"
#include "lab/agenda.hpp"
#include "lab/market_config.hpp"
#include "lab/venue_market.hpp"

namespace faultline {

// Who keeps the prices of several venues together: buys at the lowest offer, sells at the highest
// bid, when they are further apart than it costs, both up to the price half-way between. Orders
// arrive after the latencies of their venues: what the gap has lost by then is not traded.
class Arbitrage {
 public:
  // Requires: at least two venues; they outlive this.
  Arbitrage(const MarketConfig& config, std::vector<VenueMarket*> markets, Agenda& agenda);

  void handle(const LabEvent& event);

 private:
  struct Leg {
    std::int64_t lots = 0;  // on its way, signed
    double limit = 0.0;     // in quote currency
  };
  void look(std::uint32_t who);
  void send(std::uint32_t who, std::size_t venue, Side side, double limit);
  void arrive(const LabEvent& event);

  ArbitrageConfig config_;
  std::vector<VenueMarket*> markets_;
  Agenda& agenda_;
  std::vector<Rng> rngs_;
  std::vector<std::vector<Leg>> legs_;  // by arbitrageur and venue
};

}  // namespace faultline
