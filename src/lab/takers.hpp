#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "lab/agenda.hpp"
#include "lab/market_config.hpp"
#include "lab/venue_market.hpp"

namespace faultline {

// Traders without a plan on one venue: one Hawkes process with an exponential memory says when, a
// coin says who and which way, and whoever has gathered a position prefers to be rid of it.
//
//   rate(t) = base + Σ over past orders of branching / memory · e^{−(t − t_i) / memory}
//
// Simulated by thinning: a candidate is drawn at the rate of now, which can only have fallen by
// then, and kept with the ratio of the two.
class Takers {
 public:
  Takers(const MarketConfig& config, std::uint16_t venue, VenueMarket& market, Agenda& agenda);

  void candidate(const LabEvent& event);

 private:
  void order();
  void draw_next();
  double excited_at(UnixNanos time) const;

  TakerConfig config_;
  std::uint16_t venue_;
  VenueMarket& market_;
  Agenda& agenda_;
  Rng rng_;
  double base_rate_;      // per second
  double excited_ = 0.0;  // rate above the base, per second, at `excited_from_`
  double candidate_rate_ = 0.0;
  UnixNanos excited_from_;
};

// Followers and reverters of one venue; see TrendConfig.
class TrendTraders {
 public:
  TrendTraders(const MarketConfig& config, std::uint16_t venue, VenueMarket& market,
               Agenda& agenda);

  void look(const LabEvent& event);

 private:
  TrendConfig config_;
  VenueMarket& market_;
  Agenda& agenda_;
  std::vector<Rng> rngs_;
};

}  // namespace faultline
