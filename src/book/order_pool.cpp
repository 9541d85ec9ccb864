#include "book/order_pool.hpp"

#include <algorithm>

namespace faultline {

void OrderPool::grow() {
  FAULTLINE_CHECK(orders_.size() < PooledOrder::kSlots);
  orders_.emplace_back();
  links_.emplace_back();
  free_ = static_cast<std::uint32_t>(orders_.size() - 1);
}

void OrderPool::add_owner(std::uint32_t owner) {
  newest_.resize(std::max<std::size_t>(owner + std::size_t{1}, 2 * newest_.size()));
}

void OrderPool::set_trigger(std::uint32_t slot, Trigger trigger) {
  if (slot >= triggers_.size()) triggers_.resize(orders_.size());
  triggers_[slot] = trigger;
}

}  // namespace faultline
