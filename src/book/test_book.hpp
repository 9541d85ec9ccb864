#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "book/book_listener.hpp"

namespace faultline {

// What a book told its listener, with ids replaced by the order in which they were first heard of,
// so that two books can be compared.
struct BookEvent {
  std::string_view what;
  std::uint64_t order = 0;
  std::uint64_t taker = 0;  // of a trade; `order` is the maker
  Side side = Side::kLong;  // of the order; of a trade the taker's
  std::int64_t price = 0;
  std::int64_t lots = 0;
  std::int64_t left = 0;        // of the order, after a trade or a reduction
  std::int64_t taker_left = 0;  // of a trade

  friend bool operator==(const BookEvent&, const BookEvent&) = default;
};

// "trade 5 @ 100: #1 (0 left) taken by #2 (3 left)", "rested #1 long 5 @ 100", "killed #3 5".
inline std::string describe(const BookEvent& event) {
  const auto text = [](auto number) { return std::to_string(number); };
  const std::string order = "#" + text(event.order);
  const std::string lots = text(event.lots);
  const std::string at = " @ " + text(event.price);
  if (event.what == "trade") {
    return "trade " + lots + at + ": " + order + " (" + text(event.left) + " left) taken by #" +
           text(event.taker) + " (" + text(event.taker_left) + " left)";
  }
  if (event.what == "rested")
    return "rested " + order + " " + name_of(event.side) + " " + lots + at;
  if (event.what == "reduced")
    return "reduced " + order + " by " + lots + " to " + text(event.left);
  return std::string(event.what) + " " + order + " " + lots;
}

// Listens to a book as an exchange would: keeps positions, and a depth made of nothing but events.
class Recorder final : public BookListener {
 public:
  using Depth = std::map<std::pair<Side, std::int64_t>, std::int64_t>;

  void on_trade(const BookTrade& trade) override {
    const OrderView& maker = resting_.at(trade.maker_id);
    FAULTLINE_CHECK(trade.lots.value > 0 && trade.maker_owner == maker.order.owner);
    FAULTLINE_CHECK(trade.price == maker.order.price &&
                    trade.taker_side == opposite(maker.order.side));
    if (maker.order.is_reduce_only) {
      const Qty cap = reducible_lots(position_lots(trade.maker_owner), maker.order.side);
      FAULTLINE_CHECK(trade.lots <= cap);
    }
    positions_[trade.taker_owner] += sign(trade.taker_side) * trade.lots.value;
    positions_[trade.maker_owner] -= sign(trade.taker_side) * trade.lots.value;
    add_depth(maker, -trade.lots.value);
    if (trade.maker_remaining.value == 0) resting_.erase(trade.maker_id);
    const std::uint64_t maker_ordinal = ordinal_of(trade.maker_id);
    events_.push_back({.what = "trade",
                       .order = maker_ordinal,
                       .taker = ordinal_of(trade.taker_id),
                       .side = trade.taker_side,
                       .price = trade.price.value,
                       .lots = trade.lots.value,
                       .left = trade.maker_remaining.value,
                       .taker_left = trade.taker_remaining.value});
  }
  void on_rested(const OrderView& order) override {
    FAULTLINE_CHECK(!resting_.contains(order.id) && !order.is_waiting);
    resting_.emplace(order.id, order);
    add_depth(order, order.order.quantity.value);
    add("rested", order);
  }
  void on_reduced(const OrderView& order, Qty by) override {
    FAULTLINE_CHECK(resting_.contains(order.id));
    add_depth(order, -by.value);
    add("reduced", order);
    events_.back().lots = by.value;
    events_.back().left = order.order.quantity.value;
  }
  void on_removed(const OrderView& order, RemovalReason reason) override {
    FAULTLINE_CHECK(order.order.quantity.value > 0);
    if (resting_.erase(order.id) > 0) add_depth(order, -order.order.quantity.value);
    add(name_of(reason), order);
  }
  void on_triggered(const OrderView& order) override { add("triggered", order); }
  Qty position_lots(OwnerId owner) const override {
    const auto found = positions_.find(owner);
    return Qty(found == positions_.end() ? 0 : found->second);
  }

  void set_position(OwnerId owner, std::int64_t lots) { positions_[owner] = lots; }

  // Counts from 1.
  std::uint64_t ordinal_of(OrderId id) {
    const auto [found, is_new] = ordinals_.try_emplace(id, ids_.size() + 1);
    if (is_new) ids_.push_back(id);
    return found->second;
  }

  const std::vector<OrderId>& ids() const { return ids_; }
  const Depth& depth() const { return depth_; }
  const std::map<OwnerId, std::int64_t>& positions() const { return positions_; }

  // What was told since the last call.
  std::vector<BookEvent> take_events() { return std::exchange(events_, {}); }
  std::vector<std::string> take_lines() {
    std::vector<std::string> lines;
    for (const BookEvent& event : take_events()) lines.push_back(describe(event));
    return lines;
  }

 private:
  void add(std::string_view what, const OrderView& order) {
    events_.push_back({.what = what,
                       .order = ordinal_of(order.id),
                       .side = order.order.side,
                       .price = order.order.price.value,
                       .lots = order.order.quantity.value});
  }
  void add_depth(const OrderView& order, std::int64_t lots) {
    const auto at = depth_.try_emplace({order.order.side, order.order.price.value}, 0).first;
    at->second += lots;
    FAULTLINE_CHECK(at->second >= 0);
    if (at->second == 0) depth_.erase(at);
  }

  std::vector<BookEvent> events_;
  std::vector<OrderId> ids_;
  std::unordered_map<OrderId, std::uint64_t> ordinals_;
  std::unordered_map<OrderId, OrderView> resting_;
  Depth depth_;
  std::map<OwnerId, std::int64_t> positions_;
};

}  // namespace faultline
