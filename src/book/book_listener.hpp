#pragma once

#include "book/order.hpp"

namespace faultline {

// One fill, at the price of the resting order.
struct BookTrade {
  PriceTicks price{};
  Qty lots{};
  OrderId maker_id{};
  OrderId taker_id{};
  OwnerId maker_owner{};
  OwnerId taker_owner{};
  Side taker_side = Side::kLong;  // the aggressor's
  Qty maker_remaining{};
  Qty taker_remaining{};

  friend bool operator==(const BookTrade&, const BookTrade&) = default;
};

// Whoever owns the positions: hears of everything that happens in a book, in the order in which it
// happens, and says what a reduce-only order may still reduce.
//
// The changes are complete: a depth kept from trades, on_rested(), on_reduced() and on_removed() is
// the book's. An order that is taken in ends in exactly one way: its last trade leaves nothing, or
// on_removed() says why, with what was left.
//
// Requires: no call from here changes the book (checked by it); reading it is fine. Within one call
// of the book, a position changes by the lots of on_trade() and by nothing else.
// Cost: one virtual call an event; bench/matching_bench.cpp has it in its figures.
class BookListener {
 public:
  virtual ~BookListener() = default;

  virtual void on_trade(const BookTrade& trade) = 0;
  // Joined the end of the queue at its price.
  virtual void on_rested(const OrderView& order) = 0;
  // Keeps its place with less; `order` is what is left.
  virtual void on_reduced(const OrderView& order, Qty by) = 0;
  virtual void on_removed(const OrderView& order, RemovalReason reason) = 0;
  // Its trigger has fired; it is entered next.
  virtual void on_triggered(const OrderView& order) = 0;

  // Positive long. Asked only where a reduce-only order enters or would be filled.
  virtual Qty position_lots(OwnerId owner) const = 0;
};

}  // namespace faultline
