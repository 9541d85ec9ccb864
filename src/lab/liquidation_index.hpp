#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/units.hpp"
#include "lab/ledger.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// The ladder of the simulated venue: the shape of Binance's BTCUSDT ladder, continuous.
TierTable lab_tiers();

// What a liquidation price depends on besides the account. Requires: `tiers` outlives the call.
struct LabMargin {
  const TierTable* tiers = nullptr;
  bool is_isolated = false;
  PriceE9 mark;
};

// By the margin layer; absent without a position, or where no positive price liquidates it.
std::optional<PriceE9> liquidation_price_of(const LabAccount& account, const LabMargin& margin);

// Accounts by liquidation price, so that a tick touches only those that the mark has crossed.
//
// How: keys are sign · price, so the next long and the next short are both the greatest key of
// their side, and "crossed" is sign · mark <= key for both.
// Cost: O(log n) a change, O(1) a look.
class LiquidationIndex {
 public:
  explicit LiquidationIndex(std::size_t account_count) : keys_(account_count) {}

  void place(AccountIndex account, Side side, std::optional<PriceE9> price);
  std::optional<PriceE9> price_of(AccountIndex account) const;
  // The account whose liquidation price lies farthest beyond `mark`, on the side asked for.
  std::optional<AccountIndex> crossed(Side side, PriceE9 mark) const;

 private:
  struct Place {
    Side side = Side::kLong;
    std::int64_t key = 0;
  };
  std::array<std::set<std::pair<std::int64_t, AccountIndex>>, 2> order_;
  std::vector<std::optional<Place>> keys_;
};

}  // namespace faultline
