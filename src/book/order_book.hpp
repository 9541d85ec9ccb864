#pragma once

#include <concepts>
#include <optional>

#include "base/result.hpp"
#include "book/book_listener.hpp"
#include "book/book_orders.hpp"
#include "book/order.hpp"

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
// Why a template: OrderBook calls any listener through its virtual functions. A book made for one
// final class of listener calls that class, and what it does not listen to is never put together:
// more than a third of the instructions of an operation. Its user includes
// book/order_book_matching.hpp.
//
// Invariant: the best bid is below the best ask; every loop is bounded by BookConfig::orders_max,
// the triggers that one call fires too.
// Requires: no call that changes the book from inside its listener (checked). The listener outlives
// the book.
// Errors: a call that is refused has changed nothing and told the listener nothing.
// Thread safety: none.
// Cost: place, cancel and replace O(1) and O(1) a fill; fill-or-kill one look at each order that it
// would meet.
template <std::derived_from<BookListener> Listener>
class MatchingBook : public BookOrders {
 public:
  MatchingBook(const BookConfig& config, Listener& listener)
      : BookOrders(config), listener_(listener) {}

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

 private:
  enum class MatchEnd : std::uint8_t { kNoMore, kFilled, kSelfTrade };

  Result<Placement, RejectReason> place_trigger(OrderRequest request);
  std::optional<RejectReason> refusal_of(OrderRequest request) const;

  [[gnu::always_inline]] Result<Placement, RejectReason> entered(Slot slot);
  Result<OrderView, RejectReason> cancelled(Slot slot);
  [[gnu::always_inline]] void enter(Slot slot, Placement& placed);
  [[gnu::noinline]] MatchEnd match(Slot taker_slot, LevelKey limit);
  void fill(Slot taker_slot, Slot maker_slot, std::int64_t lots);
  void remove(Slot slot, RemovalReason reason);
  void finish(Slot slot, RemovalReason reason);
  void run_fired();
  Qty reducible(const PooledOrder& order) const;

  Listener& listener_;
};

using OrderBook = MatchingBook<BookListener>;
extern template class MatchingBook<BookListener>;

}  // namespace faultline
