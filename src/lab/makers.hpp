#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "lab/agenda.hpp"
#include "lab/market_config.hpp"
#include "lab/outside_value.hpp"
#include "lab/venue_market.hpp"

namespace faultline {

// The makers of one venue: see MakerConfig.
//
//   centre = outside value + gap        where quotes are laid around
//   gap      VenueMarket::gap_log
//
// Each maker keeps one post-only order a level and side. Levels lie at fixed distances from the
// centre, each maker's a little different, and stand for the depth between them: even up to about a
// per cent, thinner beyond. A look moves orders whose place has changed, cuts down what is too
// much, and adds a share of what is missing: flow into a queue falls as the queue fills up.
class Makers {
 public:
  static constexpr std::size_t kLevels = 18;

  Makers(const MarketConfig& config, std::uint16_t venue, VenueMarket& market,
         const OutsideValue& value, Agenda& agenda);

  void look(const LabEvent& event);

 private:
  struct Quote {
    OrderId id{};
    PriceTicks price;
    bool is_there = false;
  };
  struct Maker {
    Rng rng;
    double scale = 1.0;                                    // of its distances
    std::array<std::array<double, kLevels>, 2> factors{};  // price of a level over the centre's
    std::array<std::array<Quote, kLevels>, 2> quotes{};
  };

  // What a look sees, the same for all of its levels. Units: ticks, lots a USD.
  struct View {
    double centre = 0.0;
    double lots_per_usd = 0.0;
  };
  void requote(std::uint32_t index, Side side, std::size_t level, const View& view);

  MakerConfig config_;
  VenueMarket& market_;
  const OutsideValue& value_;
  Agenda& agenda_;
  double usd_per_log_;  // of one maker, on one side, near the touch
  std::vector<Maker> makers_;
  std::array<double, kLevels> distance_{};
  std::array<double, kLevels> usd_{};
};

}  // namespace faultline
