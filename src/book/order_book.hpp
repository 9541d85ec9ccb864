#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "book/book_listener.hpp"
#include "book/ladder.hpp"
#include "book/order.hpp"
#include "book/order_pool.hpp"

namespace faultline {

enum class PlacementState : std::uint8_t {
  kDone,     // filled, expired or removed: the id is already old
  kResting,  // in the book
  kWaiting,  // for its trigger
};

// What became of an order when the call that placed it came back. Triggers that its trades fired
// have been handled by then, so that it may be done although it came to rest.
struct Placement {
  OrderId id{};
  PlacementState state = PlacementState::kDone;
  Qty taken{};   // into the book: what was asked for, or what a reduce-only order could reduce
  Qty filled{};  // while it was entered, as the taker

  friend bool operator==(const Placement&, const Placement&) = default;
};

struct Replacement {
  PriceTicks price{};
  Qty quantity{};  // left to fill from now on
};

// Price-time matching of one instrument. NaiveBook is the same in obvious code: its rules are the
// rules, and the same tests and the fuzzer hold the two together.
//
//   OrderBook book({}, listener);
//   Result<Placement, RejectReason> placed = book.place({.owner = me, .price = bid, .quantity =
//   q});
//
// Entering: a post-only order that would fill is refused; a reduce-only order is taken for at most
// what its owner's position has (fill-or-kill: killed if that is less than asked); fill-or-kill
// looks first, with self-trade prevention and the caps of reduce-only makers counted.
// Resting reduce-only orders fill at most what the position has then; what cannot reduce is removed
// when a taker meets it, and is part of the depth until then.
// Triggers: an order that fires is entered when the order that moved the price is done, in the
// order in which the price crossed the triggers and, at one price, in order of entry. A trigger
// that the known price has reached already is refused.
//
// Units: ticks and lots. Memory: 40 bytes an order, 64 KB a page of 4096 levels in use.
// Invariant: the best bid is below the best ask; every loop is bounded by BookConfig::orders_max,
// the triggers that one call fires too.
// Requires: no call that changes the book from inside its listener (checked). The listener outlives
// the book.
// Errors: a call that is refused has changed nothing and told the listener nothing.
// Thread safety: none.
// Cost: place, cancel and replace O(1) and O(1) a fill; fill-or-kill one look at each order that it
// would meet.
class OrderBook {
 public:
  OrderBook(const BookConfig& config, BookListener& listener);

  Result<Placement, RejectReason> place(const OrderRequest& request);

  // The order as it was.
  Result<OrderView, RejectReason> cancel(OrderId id);

  // Everything of one owner, waiting orders too, newest first; how many there were.
  // Cost: O(their number).
  std::size_t cancel_all(OwnerId owner);

  // The same price and no more lots: keeps its place. Anything else: leaves its queue and is
  // entered anew under its id; where that would be refused the order stays as it was. An order that
  // waits keeps waiting in its place.
  Result<Placement, RejectReason> replace(OrderId id, Replacement replacement);

  // A new mark price, or the last price at the opening; from then on each trade sets the last.
  // Errors: kBadPrice.
  Result<void, RejectReason> set_price(PriceSource source, PriceTicks price);

  // The mark or the last price, once it is known.
  std::optional<PriceTicks> reference_price(PriceSource source) const {
    return reference_[static_cast<std::size_t>(source)];
  }
  std::optional<PriceTicks> best_price(Side side) const;
  // The next price with an order, away from the touch.
  std::optional<PriceTicks> next_price(Side side, PriceTicks after) const;
  Qty lots_at(Side side, PriceTicks price) const;
  // Lots from the best price to `limit`, both included. Cost: O(levels).
  Qty lots_to(Side side, PriceTicks limit) const;
  // Calls visit(price, lots) for levels from the best outward, until it returns false.
  template <class Visit>
  void visit_levels(Side side, Visit&& visit) const {
    for (auto price = best_price(side); price; price = next_price(side, *price)) {
      if (!visit(*price, lots_at(side, *price))) return;
    }
  }
  // First to be filled first.
  std::vector<OrderView> orders_at(Side side, PriceTicks price) const;
  std::optional<OrderView> find(OrderId id) const;
  // That rest or wait.
  std::size_t order_count() const { return pool_.used(); }

 private:
  using Slot = std::uint32_t;
  enum class MatchEnd : std::uint8_t { kNoMore, kSelfTrade };

  // The queue of an order: that of its price, or of its trigger price while it waits.
  struct QueuePlace {
    Ladder* ladder;
    LevelKey key;
  };

  class Busy;

  Ladder& resting(Side side) { return resting_[index_of(side)]; }
  const Ladder& resting(Side side) const { return resting_[index_of(side)]; }
  Ladder& waiting(PriceSource source, Best direction) {
    return waiting_[static_cast<std::size_t>(source)][static_cast<std::size_t>(direction)];
  }

  Result<Placement, RejectReason> place_trigger(const OrderRequest& request);
  std::optional<RejectReason> refusal_of(const OrderRequest& request) const;
  Slot take_slot(const OrderRequest& request);
  void set_terms(PooledOrder& order, const OrderRequest& request);

  Result<Placement, RejectReason> entered(Slot slot);
  Result<OrderView, RejectReason> cancelled(Slot slot);
  void enter(Slot slot, Placement& placed);
  MatchEnd match(Slot taker_slot, LevelKey limit);
  void fill(Slot taker_slot, std::int64_t lots);
  bool can_fill_whole(const PooledOrder& taker, LevelKey limit) const;
  void rest(Slot slot);
  void take_out(Slot slot);
  void remove(Slot slot, RemovalReason reason);
  void finish(Slot slot, RemovalReason reason);

  void note_price(PriceSource source, PriceTicks price);
  void run_fired();

  QueuePlace place_of(Slot slot);
  Qty reducible(const PooledOrder& order) const;
  void show(Slot slot, OrderView& view) const;
  OrderView view_of(Slot slot) const;

  BookConfig config_;
  BookListener& listener_;
  OrderPool pool_;
  std::array<Ladder, 2> resting_;
  std::array<std::size_t, 2> reduce_only_count_{};  // that rest, by side
  std::array<std::array<Ladder, 2>, 2> waiting_;    // by source, by direction
  std::array<std::optional<PriceTicks>, 2> reference_{};
  Level fired_;
  bool is_busy_ = false;
};

}  // namespace faultline
