#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/ladder.hpp"
#include "core/units.hpp"
#include "lab/contract.hpp"
#include "lab/ledger.hpp"
#include "margin/liquidation_price.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// What a venue judges positions by. Requires: both outlive whoever holds this.
struct VenueMargin {
  const MarginRules* rules = nullptr;
  const TierTable* tiers = nullptr;
};

// The first whole tick, away from the mark, at which the account is liquidated: a mark on the grid
// has reached the exact price of the margin layer if and only if it has reached this tick. Absent
// without a position, and where no price of a book liquidates it.
//
// The search begins at the better of entry and mark: from a mark that is beyond the price already,
// the answer would be the mark itself.
std::optional<PriceTicks> liquidation_tick(const LabContract& contract, const VenueMargin& margin,
                                           const LabAccount& account, PriceTicks mark);

// The last tick, away from the mark, at which closing all leaves nothing missing. Absent without a
// position, and where no price of a book takes all. Never closer to liquidation than exact.
std::optional<PriceTicks> bankruptcy_tick(const LabContract& contract, const VenueMargin& margin,
                                          const LabAccount& account);

// What must stay in the backing at a mark, in money. Requires: a position.
std::int64_t maintenance_of(const LabContract& contract, const VenueMargin& margin,
                            const LabAccount& account, PriceTicks mark);

// Accounts by liquidation tick, so that a mark touches only those that it has reached, and the lots
// that wait at each tick: the truth that maps are scored against.
//
// Cost: O(1) a change and a look, as in an order book; memory of the pages in use.
class LiquidationLadder {
 public:
  explicit LiquidationLadder(std::size_t account_count) : places_(account_count) {}

  // Replaces what was known of the account. Requires: lots > 0 where there is a tick.
  void place(AccountIndex account, Side side, std::optional<PriceTicks> tick, Qty lots);
  std::optional<PriceTicks> tick_of(AccountIndex account) const;

  // The first account of the tick that lies farthest beyond `mark`, on the side asked for.
  std::optional<AccountIndex> reached(Side side, PriceTicks mark) const;

  // Calls visit(tick, lots) from the price outward, until it returns false.
  template <class Visit>
  void visit_levels(Side side, Visit&& visit) const {
    const Ladder& ladder = ladders_[index_of(side)];
    for (LevelKey key = ladder.first(); key != kNoLevel; key = ladder.next_after(key)) {
      if (!visit(price_of(best_of(side), key), Qty(ladder.look(key).lots))) return;
    }
  }

 private:
  struct Place {
    std::uint32_t next = 0;  // account + 1, as in the heads of levels; 0 is nobody
    std::uint32_t previous = 0;
    LevelKey key = kNoLevel;
    Side side = Side::kLong;
    std::int64_t lots = 0;
  };

  void take_out(AccountIndex account);

  std::array<Ladder, 2> ladders_;
  std::vector<Place> places_;
};

}  // namespace faultline
