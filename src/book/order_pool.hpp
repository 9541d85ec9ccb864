#pragma once

#include <cstdint>
#include <vector>

#include "book/ladder.hpp"
#include "book/order.hpp"

namespace faultline {

// An order where it lies: one cache line.
//
//   id       8 | slot in the low 24 bits, how often the slot was reused above them
//   lots     8 | what is left
//   next, prev, owner, price                       4 each
//   trigger_price, older, newer                    4 each
//   side, kind, self_trade, trigger, flags         1 each
struct PooledOrder {
  std::uint64_t id = 0;
  std::int64_t lots = 0;
  std::uint32_t next = 0;  // in its queue, and in the list of free slots
  std::uint32_t prev = 0;
  std::uint32_t owner = 0;
  std::uint32_t price = 0;
  std::uint32_t trigger_price = 0;
  std::uint32_t older = 0;  // of the same owner
  std::uint32_t newer = 0;
  Side side = Side::kLong;
  OrderKind kind = OrderKind::kLimit;
  SelfTrade self_trade = SelfTrade::kAllow;
  TriggerKind trigger_kind = TriggerKind::kStop;
  PriceSource trigger_source = PriceSource::kMark;
  bool is_reduce_only = false;
  bool has_trigger = false;
  bool is_waiting = false;
  bool is_listed = false;  // in its owner's list
};

// Orders in slots that are reused, last freed first, and the lists of each owner's orders.
//
// Invariant: a slot is free, or in use under exactly one id; an id is never given twice (a slot
// would have to be reused 2^40 times). Slot 0 is never used: it means "no order".
// Cost: 64 bytes an order and 4 an owner, of the most there ever were; every call is O(1).
class OrderPool {
 public:
  OrderPool() : slots_(1) {}

  PooledOrder& operator[](std::uint32_t slot) { return slots_[slot]; }
  const PooledOrder& operator[](std::uint32_t slot) const { return slots_[slot]; }

  // Its id is set, all else is left over from before. Ends the life of references.
  std::uint32_t take();
  // Requires: not in a queue. Takes it out of its owner's list if it is there.
  void release(std::uint32_t slot);
  // The slot of an order that is in use, 0 of an id that is stale or was never given.
  std::uint32_t find(OrderId id) const {
    const auto raw = static_cast<std::uint64_t>(id);
    const auto slot = static_cast<std::uint32_t>(raw % kSlots);
    return slot < slots_.size() && slots_[slot].id == raw ? slot : 0;
  }

  std::size_t used() const { return used_; }

  // The order is its owner's newest.
  void list(std::uint32_t slot);
  // The owner's newest order that is listed, or 0.
  std::uint32_t newest_of(OwnerId owner) const {
    const auto index = static_cast<std::uint32_t>(owner);
    return index < newest_.size() ? newest_[index] : 0;
  }

 private:
  static constexpr std::uint64_t kSlots = 1U << 24;

  void unlist(PooledOrder& order);

  std::vector<PooledOrder> slots_;
  std::vector<std::uint32_t> newest_;
  std::uint32_t free_ = 0;
  std::size_t used_ = 0;
};

// The queue of one level: first come, first filled.
void push_back(OrderPool& pool, Level& level, std::uint32_t slot);
void unlink(OrderPool& pool, Level& level, std::uint32_t slot);

}  // namespace faultline
