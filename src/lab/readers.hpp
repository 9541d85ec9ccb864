#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "lab/agenda.hpp"
#include "lab/map_view.hpp"
#include "lab/market_config.hpp"
#include "lab/venue_market.hpp"

namespace faultline {

// Hunters and providers of one venue; see ReaderConfig. (Avoiders are holders.)
//
// A hunter that has decided pushes in pieces, a few seconds apart, until the cluster is reached,
// the budget is spent or its time is over; then it trades its position back in as many pieces.
// Whether that pays is not its affair here: what it does to the market is.
class Readers {
 public:
  Readers(const MarketConfig& config, std::uint16_t venue, VenueMarket& market, Agenda& agenda);

  // A new map is out.
  void on_map(const MapView& view);
  void act(const LabEvent& event);

 private:
  struct Hunter {
    Rng rng;
    double target = 0.0;  // quote currency; 0: not hunting
    Side towards = Side::kLong;
    double spent_usd = 0.0;
    UnixNanos until{};
  };

  void decide(std::uint32_t index, const std::vector<ShownCluster>& clusters);
  double cost_to_reach(const ShownCluster& cluster) const;
  void push(Hunter& hunter, AccountIndex account);
  bool give_back(AccountIndex account);
  void provide(const std::vector<ShownCluster>& clusters);

  ReaderConfig config_;
  std::uint16_t venue_;
  VenueMarket& market_;
  Agenda& agenda_;
  std::vector<Hunter> hunters_;
};

}  // namespace faultline
