#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "book/book_listener.hpp"
#include "book/order.hpp"
#include "book/order_book.hpp"

namespace faultline {

// What OrderBook must do, in code that can be checked by reading it: one list of orders in order of
// entry, searched from end to end for everything, and fill-or-kill tried on a copy.
//
// It has OrderBook's interface and says the same to its listener; only the ids differ.
// Cost: every call O(orders), a fill O(orders) too. For tests only, but part of the layer: it is
// the specification.
class NaiveBook {
 public:
  NaiveBook(const BookConfig& config, BookListener& listener)
      : config_(config), listener_(&listener) {}

  Result<Placement, RejectReason> place(const OrderRequest& request);
  Result<OrderView, RejectReason> cancel(OrderId id);
  std::size_t cancel_all(OwnerId owner);
  Result<Placement, RejectReason> replace(OrderId id, Replacement replacement);
  Result<void, RejectReason> set_price(PriceSource source, PriceTicks price);

  std::optional<PriceTicks> reference_price(PriceSource source) const {
    return reference_[static_cast<std::size_t>(source)];
  }
  std::optional<PriceTicks> best_price(Side side) const;
  std::optional<PriceTicks> next_price(Side side, PriceTicks after) const;
  Qty lots_at(Side side, PriceTicks price) const;
  Qty lots_to(Side side, PriceTicks limit) const;
  template <class Visit>
  void visit_levels(Side side, Visit&& visit) const {
    for (auto price = best_price(side); price; price = next_price(side, *price)) {
      if (!visit(*price, lots_at(side, *price))) return;
    }
  }
  std::vector<OrderView> orders_at(Side side, PriceTicks price) const;
  std::optional<OrderView> find(OrderId id) const;
  std::size_t order_count() const { return orders_.size(); }

 private:
  struct Order {
    OrderView view;
    std::uint64_t queued = 0;  // when it joined its queue; 0 while it is in none
  };
  using Orders = std::vector<Order>;

  Order* pointer_to(OrderId id);
  const Order* first_maker(const OrderRequest& taker) const;
  std::optional<RejectReason> refusal_of(const OrderRequest& request) const;
  Qty reducible(const OrderRequest& order) const;
  bool would_fill_whole(const Order& taker) const;
  Placement enter_and_follow(OrderId id);
  Placement enter(OrderId id);
  bool match(OrderId taker_id);
  void fill(OrderId maker_id, OrderId taker_id, Qty lots);
  void remove(OrderId id, RemovalReason reason);
  void note_price(PriceSource source, PriceTicks price);
  void run_fired();

  BookConfig config_;
  BookListener* listener_;
  Orders orders_;  // in order of entry
  std::deque<OrderId> fired_;
  std::array<std::optional<PriceTicks>, 2> reference_{};
  std::uint64_t last_id_ = 0;
  std::uint64_t last_queued_ = 0;
};

}  // namespace faultline
