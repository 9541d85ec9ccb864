#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "lab/contract.hpp"

namespace faultline {

// Who owns what, exactly.
//
// Why integers: open interest and money must be conserved to the last unit, or nothing that is
// measured against this truth means anything. There is no average entry price: the cost of a
// position is a sum.
//
// Units: money in LabContract's settlement units; quantities in lots.
// Invariant: after every operation, checked in release as well:
//              Σ qty = 0, so long and short open interest are equal;
//              Σ (wallet + margin − cost) + fees + insurance + rounding = transferred.
//            Trades, fees, funding, liquidations and deleveraging only move money about.
//            For linear contracts Σ value(qty, mark) = 0 at any common mark, so the second line is
//            also Σ (wallet + margin + unrealised profit) + ... = transferred. For inverse ones
//            each value is rounded, and valuation_residue() says by how much they miss zero.
struct LabAccount {
  std::int64_t qty = 0;     // positive long, negative short
  std::int64_t cost = 0;    // Σ value of what is open, at the prices it was traded at, + moved
  std::int64_t moved = 0;   // what realise() has turned into cash of it
  std::int64_t wallet = 0;  // realised and free; see Ledger::cover for when it is negative
  std::int64_t margin = 0;  // set aside for an isolated position; 0 under cross margin
  // Initial margin of new positions as a fraction of their value, in 1e-6.
  std::int32_t initial_rate_e6 = 0;
  bool is_isolated = false;

  Side side() const { return qty < 0 ? Side::kShort : Side::kLong; }
  // What was paid for what is open: its entry, whatever has been turned into cash since.
  std::int64_t entry_value() const { return cost - moved; }
  // What a loss of the position is taken from.
  std::int64_t backing() const { return is_isolated ? margin : wallet; }
};

using AccountIndex = std::uint32_t;

// A taker's fill against a maker. Fees may be negative (a rebate).
// Requires: qty > 0, two different accounts.
struct Fill {
  AccountIndex taker = 0;
  AccountIndex maker = 0;
  Side opens_towards = Side::kLong;  // what the taker buys into: long is a buy
  PriceTicks price;
  Qty qty;
  std::int64_t taker_fee = 0;
  std::int64_t maker_fee = 0;
};

// What longs pay shorts, in 1e-9 of the value at `mark`.
struct FundingPayment {
  std::int64_t rate_e9 = 0;
  PriceTicks mark;
};

class Ledger {
 public:
  explicit Ledger(std::size_t account_count, const LabContract& contract = {})
      : contract_(contract), accounts_(account_count) {}

  const LabAccount& operator[](AccountIndex account) const { return accounts_[account]; }
  std::span<const LabAccount> accounts() const { return accounts_; }
  const LabContract& contract() const { return contract_; }

  // How the account's next positions are backed. The ledger sets that margin aside for isolated
  // ones; for cross ones it only keeps the number. Requires: no position; a rate in (0, 1e6].
  void set_isolated(AccountIndex account, std::int32_t initial_rate_e6);
  void set_cross(AccountIndex account, std::int32_t initial_rate_e6);

  // Closes, opens or turns around. An isolated opening sets its initial margin aside (as far as the
  // wallet goes); an isolated closing releases the margin's share, profit and loss included. Fees
  // that the wallet of an isolated account cannot pay are paid by the position's margin.
  void trade(const Fill& fill);
  // Deposits (or withdraws, when negative) money of the outside world.
  void transfer(AccountIndex account, std::int64_t amount);
  // Moves free money to an isolated position. Requires: 0 <= amount <= wallet, an open position.
  void add_margin(AccountIndex account, std::int64_t amount);
  void pay_funding(const FundingPayment& payment);
  // A liquidation's fee, to the insurance fund. Takes no more than the free wallet holds.
  void charge_liquidation(AccountIndex account, std::int64_t fee);

  // Turns unrealised profit or loss at `mark` into cash; equity stays. Funding and partial closes
  // can leave a wallet negative under a position that is worth more than that.
  void realise(AccountIndex account, PriceTicks mark);
  // The deficit path: what a closed position left below zero (in the wallet, or in its own margin)
  // is taken from the insurance fund, which may become negative itself. Returns how much.
  // Requires: no position.
  std::int64_t cover(AccountIndex account);
  // Equity of the position's backing at a mark.
  std::int64_t equity(AccountIndex account, PriceTicks mark) const;

  Qty open_interest() const { return Qty(long_qty_); }
  std::int64_t fees() const { return fees_; }
  std::int64_t insurance() const { return insurance_; }
  std::int64_t rounding() const { return rounding_; }
  std::int64_t transferred() const { return transferred_; }

  // Σ value(qty, mark): 0 for linear contracts, at most half a unit an account for inverse ones.
  // Cost: O(accounts).
  std::int64_t valuation_residue(PriceTicks mark) const;
  // Recomputes both sums of the invariant from the accounts. Cost: O(accounts).
  bool is_conserved() const;

 private:
  void change(AccountIndex account, std::int64_t qty, std::int64_t value);
  void close_part(LabAccount& account, std::int64_t qty, std::int64_t value);
  void pay_fee(LabAccount& account, std::int64_t fee);
  void add_to_totals(const LabAccount& account, int sign);
  void check_totals() const;

  LabContract contract_;
  std::vector<LabAccount> accounts_;
  std::int64_t long_qty_ = 0;
  std::int64_t short_qty_ = 0;
  std::int64_t money_ = 0;  // Σ (wallet + margin − cost), kept with every change
  std::int64_t fees_ = 0;
  std::int64_t insurance_ = 0;
  std::int64_t rounding_ = 0;
  std::int64_t transferred_ = 0;
};

}  // namespace faultline
