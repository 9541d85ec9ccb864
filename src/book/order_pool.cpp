#include "book/order_pool.hpp"

#include <algorithm>

namespace faultline {

std::uint32_t OrderPool::grow() {
  FAULTLINE_CHECK(orders_.size() < PooledOrder::kSlots);
  orders_.emplace_back();
  links_.emplace_back();
  return static_cast<std::uint32_t>(orders_.size() - 1);
}

void OrderPool::list(std::uint32_t slot) {
  PooledOrder& order = orders_[slot];
  if (order.owner >= newest_.size())
    newest_.resize(std::max<std::size_t>(order.owner + std::size_t{1}, 2 * newest_.size()));
  std::uint32_t& newest = newest_[order.owner];
  links_[slot] = {.older = newest};
  if (newest != 0) links_[newest].newer = slot;
  newest = slot;
  order.is_listed = true;
}

void OrderPool::unlist(std::uint32_t slot) {
  const OwnerLinks links = links_[slot];
  if (links.older != 0) links_[links.older].newer = links.newer;
  (links.newer != 0 ? links_[links.newer].older : newest_[orders_[slot].owner]) = links.older;
}

void OrderPool::set_trigger(std::uint32_t slot, const Trigger& trigger) {
  if (slot >= triggers_.size()) triggers_.resize(orders_.size());
  triggers_[slot] = trigger;
}

}  // namespace faultline
