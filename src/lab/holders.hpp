#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "lab/agenda.hpp"
#include "lab/holder_laws.hpp"
#include "lab/map_view.hpp"
#include "lab/market_config.hpp"
#include "lab/venue_market.hpp"

namespace faultline {

// The leveraged traders of one venue: see HolderConfig. Their positions are what a map of
// liquidations is about.
//
//   idle ──enters──> working ──filled──> holding ──time is over──> working (closes, halves, adds)
//    ^                  │                                              │
//    └──── nothing left ┴──────────────────────────────────────────────┘
//
// A holder that was liquidated, stopped out or deleveraged finds out when it wakes up next.
//
// Randomness: each wake draws from a stream of its own, named by holder and count, so that what one
// holder does never shifts the numbers of another.
// Cost: 48 bytes a holder beside its account.
class Holders {
 public:
  Holders(const MarketConfig& config, std::uint16_t venue, std::uint32_t count, VenueMarket& market,
          Agenda& agenda);

  void wake(const LabEvent& event);
  // A decided order arrives at the venue.
  void order(const LabEvent& event);
  // A new map is out: avoiders look where they stand in it. Cost: O(avoiders).
  void on_map(const MapView& view);

 private:
  enum class Phase : std::uint8_t { kIdle, kHolding };

  struct Holder {
    double position_usd = 0.0;
    std::int64_t working = 0;  // lots still to trade, signed
    OrderId stop{};
    float leverage = 1.0F;
    std::uint32_t stamp = 0;
    std::uint32_t draws = 0;
    std::uint8_t patience = 0;
    Phase phase = Phase::kIdle;
    bool is_isolated = false;
    bool has_stop = false;
    bool is_reducing = false;
    bool is_avoider = false;
  };

  AccountIndex account_of(std::uint32_t holder) const {
    return market_.accounts().holders + holder;
  }
  const LabAccount& state_of(std::uint32_t holder) const {
    return market_.exchange().ledger()[account_of(holder)];
  }
  Rng draws_of(std::uint32_t holder);
  void sleep(std::uint32_t holder, Nanos mean, Rng& rng);
  void send(std::uint32_t holder, std::int64_t lots, bool is_reducing);

  void enter(std::uint32_t holder, Rng& rng);
  void act(std::uint32_t holder, Rng& rng);
  void add(std::uint32_t holder, Rng& rng);
  void fund(std::uint32_t holder, double usd);
  void avoid(std::uint32_t holder, Rng& rng);
  void rest_after_order(std::uint32_t holder);
  void set_stop(std::uint32_t holder, Rng& rng);
  void drop_stop(std::uint32_t holder);

  HolderLaws laws_;
  ReaderConfig readers_;
  std::uint16_t venue_;
  VenueMarket& market_;
  Agenda& agenda_;
  Rng streams_;
  std::vector<Holder> holders_;
  std::vector<std::uint32_t> avoiders_;
};

}  // namespace faultline
