#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/order_book.hpp"
#include "lab/contract.hpp"
#include "lab/exchange_config.hpp"
#include "lab/ledger.hpp"
#include "lab/liquidation_ladder.hpp"
#include "lab/mark_price.hpp"
#include "margin/rules.hpp"

namespace faultline {

// How a position was taken from its owner.
enum class ForcedKind : std::uint8_t {
  kBook,      // by an order in the book
  kTakeover,  // by the insurance fund, at the bankruptcy price
  // Against the accounts that had gained most, at the bankruptcy price: what is bankrupt at the
  // mark and cannot be taken over. What is not bankrupt yet is tried in the book again.
  kDeleveraged,
};

// One step of a liquidation with what made it happen. Truth: venues publish less.
struct LiquidationRecord {
  UnixNanos time;
  AccountIndex account = 0;
  Side side = Side::kLong;
  ForcedKind kind = ForcedKind::kBook;
  Qty lots;
  std::int64_t value = 0;  // Σ |value| of its fills, in money
  std::optional<PriceTicks> liquidation_tick;
  PriceTicks mark;
};

// An account on the other side that a deleveraging closed.
struct DeleverageRecord {
  UnixNanos time;
  AccountIndex account = 0;
  AccountIndex bankrupt = 0;
  Side side = Side::kLong;  // that was closed
  Qty lots;
  PriceTicks price;
};

// Hears what happens, in order. Nothing here may call the exchange.
class ExchangeListener {
 public:
  virtual ~ExchangeListener() = default;

  virtual void on_trade(UnixNanos time, const Fill& fill) = 0;
  virtual void on_liquidation(const LiquidationRecord& record) = 0;
  virtual void on_deleverage(const DeleverageRecord& record) = 0;
  virtual void on_funding(UnixNanos time, std::int64_t rate_e9) = 0;
  // A resting or waiting order is gone otherwise than by its last fill or by cancel() and
  // replace().
  virtual void on_order_lost(const OrderView& order, RemovalReason reason) = 0;
};

// Why an order was not taken: by the book, or without a reason for want of margin.
struct OrderRefusal {
  std::optional<RejectReason> book;

  friend bool operator==(const OrderRefusal&, const OrderRefusal&) = default;
};

// A venue for one perpetual contract: book, accounts, mark price, funding and liquidation.
//
//   orders ──> margin check ──> OrderBook ──fills──> Ledger
//                                                      │ changed accounts
//   index ──> mark (median of three) ──> LiquidationLadder ──> forced orders, takeovers,
//                                                              deleveraging
//
// Accounts are 0 .. account_count − 1. The account behind the last is the insurance fund's trading
// account: it takes positions over and works them off; its wallet belongs to the fund.
//
// Invariant: after every call Σ long = Σ short lots, and money is conserved (lab/ledger.hpp). An
//            account whose backing is negative has an open position, or is brought to zero by the
//            insurance fund before the call returns.
// Requires: time does not go back; calls come from one thread and not from the listener.
// Cost: one margin solution for each account that a mark finds changed; forced orders as they are.
class Exchange final : private BookListener {
 public:
  Exchange(const ExchangeConfig& config, ExchangeListener& listener);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // All that follows happens at `now`. Requires: not before the time that was set last.
  void set_time(UnixNanos now);
  UnixNanos now() const { return now_; }

  // --- Accounts
  void deposit(AccountIndex account, std::int64_t money);
  // Takes as much of `money` as is free: not below zero, and not below what the position needs to
  // open. Returns what was taken.
  std::int64_t withdraw(AccountIndex account, std::int64_t money);
  // Moves free money to an isolated position, as far as there is any.
  void add_margin(AccountIndex account, std::int64_t money);
  // Requires: no position, leverage >= 1.
  void set_mode(AccountIndex account, MarginMode mode, double leverage);

  // --- Orders. Orders of one owner never trade with each other: the resting one goes.
  Result<Placement, OrderRefusal> place(OrderRequest request);
  Result<OrderView, RejectReason> cancel(OrderId id);
  // More than is left of an order needs margin as a new one would.
  Result<Placement, OrderRefusal> replace(OrderId id, Replacement replacement);
  void cancel_all(AccountIndex account);

  // --- The clock's part. The caller keeps the intervals of ExchangeConfig.
  void sample_basis(double index);
  void sample_premium(double index);
  void settle_funding();
  // Sets the mark from the index, fires triggers, and liquidates whom it reaches.
  void update_mark(double index);
  // One order of the fund's trading account to work off what it took over.
  void unwind();

  // --- What everybody can see
  const OrderBook& book() const { return book_; }
  PriceTicks mark() const { return mark_; }
  // Half the sum of best bid and ask; the last price where a side is empty.
  double mid() const;
  std::optional<PriceTicks> last() const { return book_.reference_price(PriceSource::kLast); }
  double funding_estimate() const { return funding_.estimate(); }
  Qty open_interest() const { return ledger_.open_interest(); }

  // --- What nobody can see
  const ExchangeConfig& config() const { return config_; }
  const Ledger& ledger() const { return ledger_; }
  AccountIndex fund_account() const { return config_.account_count; }
  // The fund with what its positions are worth at the mark.
  std::int64_t fund_equity() const;
  // Where the account would be liquidated as it stands. Cost: one margin solution.
  std::optional<PriceTicks> liquidation_tick_of(AccountIndex account) const;
  // Lots by liquidation tick, brought up to date first.
  const LiquidationLadder& liquidation_levels();

 private:
  // An account between two steps of its liquidation.
  struct Held {
    AccountIndex account = 0;
    UnixNanos until;
    bool has_had_part = false;
  };
  // Who is deleveraged first, and how far a round of liquidations has come in it.
  struct Ranking {
    std::vector<AccountIndex> accounts;
    std::size_t next = 0;
    bool is_fresh = false;
  };

  void on_trade(const BookTrade& trade) override;
  void on_rested(const OrderView& order) override;
  void on_reduced(const OrderView& order, Qty by) override;
  void on_removed(const OrderView& order, RemovalReason reason) override;
  void on_triggered(const OrderView& order) override;
  Qty position_lots(OwnerId owner) const override;

  bool has_margin_for(const OrderRequest& request) const;
  void count_waiting(const OrderRequest& order, int sign);
  bool has_margin_for_more(const OrderView& order, Qty wanted) const;
  std::int64_t initial_margin_of(AccountIndex account, std::int64_t lots) const;
  std::int64_t fee_of(AccountIndex account, std::int64_t notional, std::int64_t rate_e6) const;
  double impact_price(Side side, double index) const;
  double mark_of(double index) const;
  void touch(AccountIndex account);
  void settle_touched();
  void reprice_touched();
  void move_mark(PriceTicks mark);

  void judge();
  void revisit_held();
  std::optional<AccountIndex> next_reached() const;
  void liquidate(AccountIndex account, bool has_had_part);
  bool is_beyond_help(AccountIndex account) const;
  std::int64_t lots_to_close(AccountIndex account, bool has_had_part) const;
  void close_in_book(AccountIndex account, std::int64_t lots);
  bool take_over(AccountIndex account);
  bool fund_can_take(AccountIndex account, PriceTicks price) const;
  std::int64_t deleverage(AccountIndex bankrupt, PriceTicks price);
  void rank_against(Side side);
  double gain_score(AccountIndex account) const;

  ExchangeConfig config_;
  ExchangeListener& listener_;
  LabContract contract_;
  MarginRules rules_;
  Ledger ledger_;
  OrderBook book_;
  LiquidationLadder ladder_;
  MarkPrice mark_price_;
  FundingRate funding_;
  UnixNanos now_;
  UnixNanos funding_due_;
  PriceTicks mark_;
  std::array<std::vector<std::int64_t>, 2> resting_lots_;  // by side and account
  std::array<std::vector<std::int64_t>, 2> waiting_lots_;  // for a trigger; not reduce-only ones
  std::vector<AccountIndex> touched_;                      // since the last reprice_touched()
  std::vector<AccountIndex> unsettled_;                    // since the last settle_touched()
  std::vector<std::uint8_t> is_touched_;
  std::vector<Held> held_;
  std::vector<std::uint8_t> is_held_;
  std::array<Ranking, 2> rankings_;
  std::optional<LiquidationRecord> forced_;  // while its order is in the book
};

}  // namespace faultline
