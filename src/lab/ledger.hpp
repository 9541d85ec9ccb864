#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace faultline {

// Who owns what, exactly.
//
// Why integers: open interest and money must be conserved to the last unit, or nothing that is
// measured against this truth means anything. There is no average entry price: the cost of a
// position is a sum.
//
// Units: money in ticks · lots (1e-4 USD for lab_instrument()); quantities in lots.
// Invariant: Σ qty = 0, so long and short open interest are equal. Σ (wallet − cost) + insurance =
//            transferred: trades, funding and liquidations only move money between accounts.
struct LabAccount {
  std::int64_t qty = 0;     // positive long, negative short
  std::int64_t cost = 0;    // Σ price · qty of what is open, with the sign of qty
  std::int64_t wallet = 0;  // realised; may be negative between a fill and its settlement

  Side side() const { return qty < 0 ? Side::kShort : Side::kLong; }
};

using AccountIndex = std::uint32_t;

// A taker's fill against a maker. Requires: qty > 0, two different accounts.
struct Fill {
  AccountIndex taker = 0;
  AccountIndex maker = 0;
  Side opens_towards = Side::kLong;  // what the taker buys into: long is a buy
  PriceTicks price;
  Qty qty;
};

class Ledger {
 public:
  explicit Ledger(std::size_t account_count) : accounts_(account_count) {}

  const LabAccount& operator[](AccountIndex account) const { return accounts_[account]; }
  std::span<const LabAccount> accounts() const { return accounts_; }

  void trade(const Fill& fill);
  // Deposits (or withdraws, when negative) money of the outside world.
  void transfer(AccountIndex account, std::int64_t amount);
  // What is left in the wallet after a liquidation, or is missing after any close, goes to the
  // insurance fund. Requires: no position (checked).
  void settle(AccountIndex account);
  // Longs pay `rate_e9` of the notional at `mark` when positive. What rounding leaves goes to the
  // insurance fund.
  void pay_funding(std::int64_t rate_e9, PriceTicks mark);

  Qty open_interest() const { return Qty(long_qty_); }
  std::int64_t insurance() const { return insurance_; }
  std::int64_t transferred() const { return transferred_; }

 private:
  void change(AccountIndex account, std::int64_t qty, std::int64_t price);

  std::vector<LabAccount> accounts_;
  std::int64_t long_qty_ = 0;
  std::int64_t short_qty_ = 0;
  std::int64_t insurance_ = 0;
  std::int64_t transferred_ = 0;
};

}  // namespace faultline
