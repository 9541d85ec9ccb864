#include "book/order_pool.hpp"

#include <algorithm>

namespace faultline {

// A free slot bears the id that it will have next, less one generation's bit pattern: its lowest 24
// bits are zero, so that no id finds it.
std::uint32_t OrderPool::take() {
  std::uint32_t slot = free_;
  if (slot != 0) {
    free_ = slots_[slot].next;
  } else {
    slot = static_cast<std::uint32_t>(slots_.size());
    FAULTLINE_CHECK(slot < kSlots);
    slots_.emplace_back();
  }
  ++used_;
  slots_[slot].id += slot;
  slots_[slot].is_listed = false;
  return slot;
}

void OrderPool::release(std::uint32_t slot) {
  PooledOrder& order = slots_[slot];
  FAULTLINE_CHECK(order.id % kSlots == slot);
  if (order.is_listed) unlist(order);
  order.id += kSlots - slot;
  order.next = free_;
  free_ = slot;
  --used_;
}

void OrderPool::list(std::uint32_t slot) {
  PooledOrder& order = slots_[slot];
  if (order.owner >= newest_.size())
    newest_.resize(std::max<std::size_t>(order.owner + std::size_t{1}, 2 * newest_.size()));
  order.older = newest_[order.owner];
  order.newer = 0;
  order.is_listed = true;
  if (order.older != 0) slots_[order.older].newer = slot;
  newest_[order.owner] = slot;
}

void OrderPool::unlist(PooledOrder& order) {
  if (order.older != 0) slots_[order.older].newer = order.newer;
  if (order.newer != 0) {
    slots_[order.newer].older = order.older;
  } else {
    newest_[order.owner] = order.older;
  }
}

void push_back(OrderPool& pool, Level& level, std::uint32_t slot) {
  PooledOrder& order = pool[slot];
  order.next = 0;
  order.prev = level.tail;
  if (level.tail != 0) {
    pool[level.tail].next = slot;
  } else {
    level.head = slot;
  }
  level.tail = slot;
  level.lots += order.lots;
}

void unlink(OrderPool& pool, Level& level, std::uint32_t slot) {
  const PooledOrder& order = pool[slot];
  (order.prev != 0 ? pool[order.prev].next : level.head) = order.next;
  (order.next != 0 ? pool[order.next].prev : level.tail) = order.prev;
  level.lots -= order.lots;
}

}  // namespace faultline
