#pragma once

#include <cstdint>
#include <vector>

#include "book/ladder.hpp"
#include "book/order.hpp"

namespace faultline {

// What an order is besides numbers, in one word: it is written once and read whole, where
// neighbouring bytes would be read in pairs and wait for each other's writes. The first three terms
// take a byte each, in the order of OrderRequest, so that they are moved together.
class OrderTraits {
 public:
  OrderTraits() = default;
  explicit OrderTraits(const OrderRequest& request)
      : bits_(bits_of(request.side, kSide) | bits_of(request.kind, kKind) |
              bits_of(request.self_trade, kSelfTrade) |
              bits_of(request.is_reduce_only, kReduceOnly) |
              bits_of(request.trigger.has_value(), kTrigger)) {}

  Side side() const { return static_cast<Side>(bits_ >> kSide & 0xff); }
  OrderKind kind() const { return static_cast<OrderKind>(bits_ >> kKind & 0xff); }
  SelfTrade self_trade() const { return static_cast<SelfTrade>(bits_ >> kSelfTrade & 0xff); }
  bool is_reduce_only() const { return (bits_ >> kReduceOnly & 1) != 0; }
  bool has_trigger() const { return (bits_ >> kTrigger & 1) != 0; }
  bool is_waiting() const { return (bits_ >> kWaiting & 1) != 0; }
  bool is_listed() const { return (bits_ >> kListed & 1) != 0; }
  void begin_to_wait() { bits_ |= 1U << kWaiting; }
  void end_to_wait() { bits_ &= ~(1U << kWaiting); }
  void mark_listed() { bits_ |= 1U << kListed; }

 private:
  enum Place : unsigned {
    kSide = 0,
    kKind = 8,
    kSelfTrade = 16,
    kReduceOnly = 24,
    kTrigger,
    kWaiting,
    kListed
  };
  template <class T>
  static std::uint32_t bits_of(T value, Place place) {
    return static_cast<std::uint32_t>(value) << place;
  }

  std::uint32_t bits_ = 0;
};

// An order where it lies: half a cache line, and never in two.
//
//   mark     8 | how often the slot was reused, above the 24 bits of the price
//   lots     8 | what is left; 0 in a free slot
//   next, prev, owner, traits                      4 each
class alignas(32) PooledOrder {
 public:
  std::int64_t lots = 0;
  std::uint32_t next = 0;  // in its queue, and in the list of free slots
  std::uint32_t prev = 0;
  std::uint32_t owner = 0;
  OrderTraits traits;

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

// One of two without a branch.
constexpr std::uint32_t chosen(bool is_first, std::uint32_t first, std::uint32_t second) {
  return second ^ ((first ^ second) & (0U - static_cast<std::uint32_t>(is_first)));
}

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

  // The slot is read soon: its cache line is asked for.
  void expect(std::uint32_t slot) const { __builtin_prefetch(&orders_[slot]); }

  // A slot in use from now on, with what was left over from before. Ends the life of references.
  std::uint32_t take() {
    if (free_ == 0) [[unlikely]]
      grow();
    const std::uint32_t slot = free_;
    free_ = orders_[slot].next;
    ++used_;
    return slot;
  }

  // Requires: not in a queue. Takes it out of its owner's list if it is there.
  void release(std::uint32_t slot) {
    PooledOrder& order = orders_[slot];
    if (order.traits.is_listed()) [[likely]]
      unlist(slot);
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
    if (slot >= orders_.size() || orders_[slot].lots == 0) [[unlikely]]
      return 0;
    return (orders_[slot].mark_ ^ raw) < PooledOrder::kSlots ? slot : 0;
  }

  std::size_t used() const { return used_; }

  // The order is its owner's newest.
  void list(std::uint32_t slot) {
    PooledOrder& order = orders_[slot];
    if (order.owner >= newest_.size()) [[unlikely]]
      add_owner(order.owner);
    const std::uint32_t newest = newest_[order.owner];
    links_[slot] = {.older = newest};
    links_[newest].newer = slot;
    newest_[order.owner] = slot;
    order.traits.mark_listed();
  }
  // The owner's newest order that is listed, or 0.
  std::uint32_t newest_of(OwnerId owner) const {
    const auto index = static_cast<std::uint32_t>(owner);
    return index < newest_.size() ? newest_[index] : 0;
  }

  // Of an order whose traits say that it has one.
  const Trigger& trigger(std::uint32_t slot) const { return triggers_[slot]; }
  void set_trigger(std::uint32_t slot, Trigger trigger);

 private:
  // Of the same owner. Apart from the orders, so that neighbours share cache lines.
  struct OwnerLinks {
    std::uint32_t older = 0;
    std::uint32_t newer = 0;
  };

  void grow();
  void add_owner(std::uint32_t owner);
  void unlist(std::uint32_t slot) {
    const OwnerLinks links = links_[slot];
    std::uint32_t& newest = newest_[orders_[slot].owner];
    links_[links.older].newer = links.newer;
    links_[links.newer].older = links.older;
    newest = chosen(links.newer == 0, links.older, newest);
  }

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
  const std::uint32_t tail = level.tail;
  order.next = 0;
  order.prev = tail;
  (tail == 0 ? level.head : pool[tail].next) = slot;
  level.tail = slot;
  level.lots += order.lots;
}

// Without branches, which no processor could guess: what has no neighbour writes to slot 0, which
// nobody reads.
inline void unlink(OrderPool& pool, Level& level, std::uint32_t slot) {
  const PooledOrder& order = pool[slot];
  const std::uint32_t prev = order.prev;
  const std::uint32_t next = order.next;
  level.lots -= order.lots;
  pool[prev].next = next;
  pool[next].prev = prev;
  level.head = chosen(prev == 0, next, level.head);
  level.tail = chosen(next == 0, prev, level.tail);
}

// The first of the queue leaves it.
inline void pop_front(OrderPool& pool, Level& level) {
  const PooledOrder& order = pool[level.head];
  const std::uint32_t next = order.next;
  level.lots -= order.lots;
  pool[next].prev = 0;
  level.head = next;
  level.tail = chosen(next == 0, 0, level.tail);
}

}  // namespace faultline
