#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/check.hpp"
#include "book/book_listener.hpp"
#include "book/ladder.hpp"
#include "book/order.hpp"
#include "book/order_pool.hpp"

namespace faultline {

// The orders of one book and the queues in which they rest or wait: what can be read of a book by
// everybody, and moved by the matching above it (book/order_book.hpp), which keeps the rules.
//
// Units: ticks and lots. Memory: 40 bytes an order, 64 KB a page of 4096 levels in use.
// Thread safety: none.
// Cost: O(1) a call unless it says otherwise.
class BookOrders {
 public:
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

 protected:
  using Slot = std::uint32_t;

  // While a call runs: the listener must not start another one.
  class Busy {
   public:
    explicit Busy(BookOrders& book) : book_(book) {
      FAULTLINE_CHECK(!book.is_busy_);
      book.is_busy_ = true;
    }
    ~Busy() { book_.is_busy_ = false; }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    BookOrders& book_;
  };

  explicit BookOrders(const BookConfig& config);
  ~BookOrders() = default;
  BookOrders(const BookOrders&) = delete;
  BookOrders& operator=(const BookOrders&) = delete;

  const BookConfig& config() const { return config_; }
  OrderPool& pool() { return pool_; }
  const OrderPool& pool() const { return pool_; }
  Ladder& resting(Side side) { return resting_[index_of(side)]; }
  const Ladder& resting(Side side) const { return resting_[index_of(side)]; }

  // A slot with a well-formed order that is in no queue.
  Slot take_slot(const OrderRequest& request) {
    const Slot slot = pool_.take();
    PooledOrder& order = pool_[slot];
    order.owner = static_cast<std::uint32_t>(request.owner);
    order.traits = OrderTraits(request);
    if (request.trigger) [[unlikely]]
      pool_.set_trigger(slot, *request.trigger);
    set_terms(order, request.price, request.quantity);
    return slot;
  }
  static void set_terms(PooledOrder& order, PriceTicks price, Qty quantity) {
    order.lots = quantity.value;
    // A market order has no price, whatever was written there.
    order.set_price(order.traits.kind() == OrderKind::kMarket ? PriceTicks(0) : price);
  }

  // Joins the queue of its price.
  void join(Slot slot) {
    PooledOrder& order = pool_[slot];
    const Side side = order.traits.side();
    push_back(pool_, resting(side).open(key_of(best_of(side), order.price())), slot);
    if (!order.traits.is_listed()) [[likely]]
      pool_.list(slot);
    if (order.traits.is_reduce_only()) [[unlikely]]
      ++reduce_only_count_[index_of(side)];
  }
  // Joins the queue of its trigger price.
  void begin_to_wait(Slot slot);

  // Leaves its queue.
  void take_out(Slot slot) {
    if (pool_[slot].traits.is_waiting()) [[unlikely]] {
      take_out_waiting(slot);
      return;
    }
    const PooledOrder& order = pool_[slot];
    const Side side = order.traits.side();
    const LevelKey key = key_of(best_of(side), order.price());
    unlink(pool_, resting(side).at(key), slot);
    resting(side).settle(key);
    if (order.traits.is_reduce_only()) [[unlikely]]
      --reduce_only_count_[index_of(side)];
  }
  // The same for the first in the queue of the best level.
  void take_out_first(Side side) {
    Ladder& ladder = resting(side);
    Level& level = ladder.at(ladder.first());
    if (pool_[level.head].traits.is_reduce_only()) [[unlikely]]
      --reduce_only_count_[index_of(side)];
    pop_front(pool_, level);
    ladder.settle(ladder.first());
  }
  // The same with other terms, where it stands.
  void reduce(Slot slot, PriceTicks price, Qty quantity);

  // Whether the taker would be filled whole, up to the limit, by what rests now.
  // Cost: O(orders met).
  bool can_fill_whole(const PooledOrder& taker, LevelKey limit, const BookListener& listener) const;

  // Moves what the price has crossed to the end of the queue of fired orders.
  void note_price(PriceSource source, PriceTicks price) {
    std::optional<PriceTicks>& known = reference_[static_cast<std::size_t>(source)];
    if (known == price) return;
    known = price;
    for (const Best direction : {Best::kLowest, Best::kHighest}) {
      if (waiting(source, direction).first() <= key_of(direction, price)) [[unlikely]]
        fire(source, direction);
    }
  }
  bool has_fired() const { return fired_.head != 0; }
  // The first of the fired orders, which is in no queue and waits no more.
  Slot take_fired();

  void show(Slot slot, OrderView& view) const {
    const PooledOrder& order = pool_[slot];
    view.id = pool_.id_of(slot);
    view.order.owner = OwnerId{order.owner};
    view.order.side = order.traits.side();
    view.order.kind = order.traits.kind();
    view.order.self_trade = order.traits.self_trade();
    view.order.is_reduce_only = order.traits.is_reduce_only();
    view.order.price = order.price();
    view.order.quantity = Qty(order.lots);
    if (order.traits.has_trigger()) [[unlikely]]
      view.order.trigger = pool_.trigger(slot);
    view.is_waiting = order.traits.is_waiting();
  }
  OrderView view_of(Slot slot) const {
    OrderView view;
    show(slot, view);
    return view;
  }

 private:
  // The queue of an order: that of its price, or of its trigger price while it waits.
  struct QueuePlace {
    Ladder* ladder;
    LevelKey key;
  };

  Ladder& waiting(PriceSource source, Best direction) {
    return waiting_[static_cast<std::size_t>(source)][static_cast<std::size_t>(direction)];
  }
  QueuePlace place_of(Slot slot);
  void take_out_waiting(Slot slot);
  void fire(PriceSource source, Best direction);

  BookConfig config_;
  OrderPool pool_;
  std::array<Ladder, 2> resting_;
  std::array<std::size_t, 2> reduce_only_count_{};  // that rest, by side
  std::array<std::array<Ladder, 2>, 2> waiting_;    // by source, by direction
  std::array<std::optional<PriceTicks>, 2> reference_{};
  Level fired_;
  bool is_busy_ = false;
};

}  // namespace faultline
