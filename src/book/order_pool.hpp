#pragma once

#include <cstdint>
#include <vector>

#include "book/ladder.hpp"
#include "book/order.hpp"

namespace faultline {

// An order where it lies: half a cache line.
//
//   mark     8 | how often the slot was reused, above the 24 bits of the price
//   lots     8 | what is left; 0 in a free slot
//   next, prev, owner                              4 each
//   side, kind, self_trade, flags                  1 each
class PooledOrder {
 public:
  std::int64_t lots = 0;
  std::uint32_t next = 0;  // in its queue, and in the list of free slots
  std::uint32_t prev = 0;
  std::uint32_t owner = 0;
  Side side = Side::kLong;
  OrderKind kind = OrderKind::kLimit;
  SelfTrade self_trade = SelfTrade::kAllow;
  bool is_reduce_only : 1 = false;
  bool has_trigger : 1 = false;
  bool is_waiting : 1 = false;
  bool is_listed : 1 = false;  // in its owner's list

  PriceTicks price() const { return PriceTicks(static_cast<std::int64_t>(mark_ % kSlots)); }
  void set_price(PriceTicks price) {
    mark_ = mark_ / kSlots * kSlots + static_cast<std::uint64_t>(price.value);
  }

 private:
  friend class OrderPool;
  static constexpr std::uint64_t kSlots = 1U << 24;
  static_assert(kPriceLevels <= kSlots);

  std::uint64_t mark_ = 0;
};
static_assert(sizeof(PooledOrder) == 32);

// Orders in slots that are reused, last freed first, and the lists of each owner's orders.
//
// Invariant: a slot is free, or in use under exactly one id; an id is never given twice (a slot
// would have to be reused 2^40 times). Slot 0 is never used: it means "no order".
// Cost: 40 bytes an order, 24 more one with a trigger, and 4 an owner, of the most there ever were;
// every call is O(1).
class OrderPool {
 public:
  PooledOrder& operator[](std::uint32_t slot) { return orders_[slot]; }
  const PooledOrder& operator[](std::uint32_t slot) const { return orders_[slot]; }

  // A slot in use from now on, with what was left over from before. Ends the life of references.
  std::uint32_t take() {
    const std::uint32_t slot = free_ != 0 ? free_ : grow();
    free_ = orders_[slot].next;
    ++used_;
    orders_[slot].is_listed = false;
    return slot;
  }

  // Requires: not in a queue. Takes it out of its owner's list if it is there.
  void release(std::uint32_t slot) {
    PooledOrder& order = orders_[slot];
    if (order.is_listed) unlist(slot);
    order.mark_ += PooledOrder::kSlots;
    order.lots = 0;
    order.next = free_;
    free_ = slot;
    --used_;
  }

  OrderId id_of(std::uint32_t slot) const {
    return OrderId{orders_[slot].mark_ / PooledOrder::kSlots * PooledOrder::kSlots + slot};
  }

  // The slot of an order that is in use and not filled, 0 of an id that is stale or was never
  // given.
  std::uint32_t find(OrderId id) const {
    const auto raw = static_cast<std::uint64_t>(id);
    const auto slot = static_cast<std::uint32_t>(raw % PooledOrder::kSlots);
    if (slot >= orders_.size() || orders_[slot].lots == 0) return 0;
    return orders_[slot].mark_ / PooledOrder::kSlots == raw / PooledOrder::kSlots ? slot : 0;
  }

  std::size_t used() const { return used_; }

  // The order is its owner's newest.
  void list(std::uint32_t slot);
  // The owner's newest order that is listed, or 0.
  std::uint32_t newest_of(OwnerId owner) const {
    const auto index = static_cast<std::uint32_t>(owner);
    return index < newest_.size() ? newest_[index] : 0;
  }

  // Of an order with has_trigger.
  const Trigger& trigger(std::uint32_t slot) const { return triggers_[slot]; }
  void set_trigger(std::uint32_t slot, const Trigger& trigger);

 private:
  // Of the same owner. Apart from the orders, so that neighbours share cache lines.
  struct OwnerLinks {
    std::uint32_t older = 0;
    std::uint32_t newer = 0;
  };

  std::uint32_t grow();
  void unlist(std::uint32_t slot);

  std::vector<PooledOrder> orders_ = std::vector<PooledOrder>(1);
  std::vector<OwnerLinks> links_ = std::vector<OwnerLinks>(1);
  std::vector<Trigger> triggers_;  // up to the last slot that had one
  std::vector<std::uint32_t> newest_;
  std::uint32_t free_ = 0;
  std::size_t used_ = 0;
};

// The queue of one level: first come, first filled.
inline void push_back(OrderPool& pool, Level& level, std::uint32_t slot) {
  PooledOrder& order = pool[slot];
  order.next = 0;
  order.prev = level.tail;
  (level.tail != 0 ? pool[level.tail].next : level.head) = slot;
  level.tail = slot;
  level.lots += order.lots;
}

inline void unlink(OrderPool& pool, Level& level, std::uint32_t slot) {
  const PooledOrder& order = pool[slot];
  (order.prev != 0 ? pool[order.prev].next : level.head) = order.next;
  (order.next != 0 ? pool[order.next].prev : level.tail) = order.prev;
  level.lots -= order.lots;
}

}  // namespace faultline
