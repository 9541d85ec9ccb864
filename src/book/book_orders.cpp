#include "book/book_orders.hpp"

#include <algorithm>
#include <unordered_map>

namespace faultline {
namespace {

// Positions as a fill-or-kill order would leave them.
class MovedPositions {
 public:
  void add(std::uint32_t owner, std::int64_t lots) { moved_[owner] += lots; }
  Qty of(std::uint32_t owner, const BookListener& listener) const {
    const auto found = moved_.find(owner);
    const Qty now = listener.position_lots(OwnerId{owner});
    return found == moved_.end() ? now : now + Qty(found->second);
  }

 private:
  std::unordered_map<std::uint32_t, std::int64_t> moved_;
};

}  // namespace

BookOrders::BookOrders(const BookConfig& config) : config_(config) {
  FAULTLINE_CHECK(config.orders_max <= kBookOrdersMax && config.lots_max <= kOrderLotsMax);
}

// --- Queues -------------------------------------------------------------------------------------

BookOrders::QueuePlace BookOrders::place_of(Slot slot) {
  const PooledOrder& order = pool_[slot];
  if (!order.traits.is_waiting())
    return {&resting(order.traits.side()), key_of(best_of(order.traits.side()), order.price())};
  const Trigger& trigger = pool_.trigger(slot);
  const Best direction =
      fires_on_rise(order.traits.side(), trigger.kind) ? Best::kLowest : Best::kHighest;
  return {&waiting(trigger.source, direction), key_of(direction, trigger.price)};
}

void BookOrders::begin_to_wait(Slot slot) {
  pool_[slot].traits.begin_to_wait();
  const QueuePlace place = place_of(slot);
  push_back(pool_, place.ladder->open(place.key), slot);
  pool_.list(slot);
}

void BookOrders::take_out_waiting(Slot slot) {
  const QueuePlace place = place_of(slot);
  unlink(pool_, place.ladder->at(place.key), slot);
  place.ladder->settle(place.key);
}

void BookOrders::reduce(Slot slot, PriceTicks price, Qty quantity) {
  PooledOrder& order = pool_[slot];
  const QueuePlace place = place_of(slot);
  place.ladder->at(place.key).lots -= order.lots - quantity.value;
  set_terms(order, price, quantity);
}

void BookOrders::fire(PriceSource source, Best direction) {
  Ladder& ladder = waiting(source, direction);
  const LevelKey reached = key_of(direction, *reference_price(source));
  while (ladder.first() <= reached) {
    const Slot slot = ladder.at(ladder.first()).head;
    take_out_waiting(slot);
    push_back(pool_, fired_, slot);
  }
}

BookOrders::Slot BookOrders::take_fired() {
  const Slot slot = fired_.head;
  unlink(pool_, fired_, slot);
  pool_[slot].traits.end_to_wait();
  return slot;
}

// Walks what matching would do, and changes nothing.
bool BookOrders::can_fill_whole(const PooledOrder& taker, LevelKey limit,
                                const BookListener& listener) const {
  const Side taker_side = taker.traits.side();
  if (taker.traits.is_reduce_only()) {
    const Qty position = listener.position_lots(OwnerId{taker.owner});
    if (reducible_lots(position, taker_side).value < taker.lots) return false;
  }
  const Side side = opposite(taker_side);
  const Ladder& makers = resting(side);
  const bool has_caps = reduce_only_count_[index_of(side)] > 0;
  MovedPositions moved;
  std::int64_t left = taker.lots;
  for (LevelKey key = makers.first(); key <= limit; key = makers.next_after(key)) {
    for (Slot slot = makers.look(key).head; slot != 0; slot = pool_[slot].next) {
      const PooledOrder& maker = pool_[slot];
      if (maker.owner == taker.owner && taker.traits.self_trade() == SelfTrade::kCancelResting)
        continue;
      if (maker.owner == taker.owner && taker.traits.self_trade() != SelfTrade::kAllow)
        return false;
      std::int64_t lots = std::min(left, maker.lots);
      if (maker.traits.is_reduce_only())
        lots = std::min(lots, reducible_lots(moved.of(maker.owner, listener), side).value);
      left -= lots;
      if (left == 0) return true;
      if (!has_caps) continue;
      moved.add(maker.owner, sign(side) * lots);
      moved.add(taker.owner, sign(taker_side) * lots);
    }
  }
  return false;
}

// --- Reading ------------------------------------------------------------------------------------

std::optional<PriceTicks> BookOrders::best_price(Side side) const {
  const LevelKey key = resting(side).first();
  if (key == kNoLevel) return std::nullopt;
  return price_of(best_of(side), key);
}

std::optional<PriceTicks> BookOrders::next_price(Side side, PriceTicks after) const {
  if (!is_book_price(after)) return std::nullopt;
  const LevelKey key = resting(side).next_after(key_of(best_of(side), after));
  if (key == kNoLevel) return std::nullopt;
  return price_of(best_of(side), key);
}

Qty BookOrders::lots_at(Side side, PriceTicks price) const {
  if (!is_book_price(price)) return Qty(0);
  return Qty(resting(side).look(key_of(best_of(side), price)).lots);
}

Qty BookOrders::lots_to(Side side, PriceTicks limit) const {
  Qty total;
  visit_levels(side, [&](PriceTicks price, Qty lots) {
    const bool is_within = sign(side) * (price - limit).value >= 0;
    if (is_within) total += lots;
    return is_within;
  });
  return total;
}

std::vector<OrderView> BookOrders::orders_at(Side side, PriceTicks price) const {
  std::vector<OrderView> orders;
  if (!is_book_price(price)) return orders;
  Slot slot = resting(side).look(key_of(best_of(side), price)).head;
  for (; slot != 0; slot = pool_[slot].next) orders.push_back(view_of(slot));
  return orders;
}

std::optional<OrderView> BookOrders::find(OrderId id) const {
  const Slot slot = pool_.find(id);
  if (slot == 0) return std::nullopt;
  return view_of(slot);
}

}  // namespace faultline
