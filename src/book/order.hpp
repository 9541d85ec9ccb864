#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/units.hpp"

namespace faultline {

// The nouns of an order book: who asks for what, and why a book says no.
//
// A buying order is Side::kLong and a selling one Side::kShort: what it does to the position of its
// owner. Prices are whole ticks in [0, kPriceLevels); quantities are whole lots.
constexpr std::int64_t kPriceLevels = std::int64_t{1} << 24;

// An account, dense from 0: a book keeps one word an owner that it has seen.
enum class OwnerId : std::uint32_t {};

// An order of one book. The number of an order that is gone is never given to another one, so that
// an old id is known to be old.
enum class OrderId : std::uint64_t {};

enum class OrderKind : std::uint8_t {
  kLimit,              // fills what crosses, the rest stays until it is cancelled
  kMarket,             // fills at any price, the rest expires; its price is not read
  kImmediateOrCancel,  // fills what crosses, the rest expires
  kFillOrKill,         // fills whole and at once, or not at all
  kPostOnly,           // stays, and is refused where it would fill at once
};

// What an order does when it meets a resting one of its own owner. The mode of the order that comes
// in counts.
enum class SelfTrade : std::uint8_t { kAllow, kCancelResting, kCancelTaker, kCancelBoth };

// A stop fires when the price has moved against a position that the order would close, a take
// profit when it has moved in its favour: a buying stop at or above its trigger price, a buying
// take profit at or below.
enum class TriggerKind : std::uint8_t { kStop, kTakeProfit };
enum class PriceSource : std::uint8_t { kMark = 0, kLast = 1 };

struct Trigger {
  TriggerKind kind = TriggerKind::kStop;
  PriceSource source = PriceSource::kMark;
  PriceTicks price{};

  friend bool operator==(const Trigger&, const Trigger&) = default;
};

struct OrderRequest {
  OwnerId owner{};
  Side side = Side::kLong;
  OrderKind kind = OrderKind::kLimit;
  SelfTrade self_trade = SelfTrade::kAllow;
  bool is_reduce_only = false;
  PriceTicks price{};
  Qty quantity{};
  std::optional<Trigger> trigger{};  // waits for it, and is then entered as it stands
};

// An order as it stands. `quantity` is what is left of it.
struct OrderView {
  OrderId id{};
  OrderRequest order;
  bool is_waiting = false;  // for its trigger
};

// Why a call did nothing.
enum class RejectReason : std::uint8_t {
  kBadPrice,          // outside [0, kPriceLevels)
  kBadQuantity,       // not positive, or above BookConfig::lots_max
  kBadOwner,          // not below BookConfig::owners_max
  kNoReferencePrice,  // a trigger on a price that is not known yet
  kWouldTrigger,      // a trigger that has fired already
  kWouldCross,        // post-only, and would fill at once
  kNothingToReduce,   // reduce-only, without a position on the other side
  kBookFull,          // BookConfig::orders_max rest or wait already
  kUnknownOrder,      // never given, or gone
};

// Why what was left of an order is gone without a trade.
enum class RemovalReason : std::uint8_t {
  kCancelled,        // by cancel() or cancel_all()
  kReplaced,         // left its queue; comes back under its id
  kExpired,          // the rest of a market or immediate-or-cancel order
  kKilled,           // fill-or-kill that could not be filled whole
  kSelfTrade,        // met an order of its owner
  kNothingToReduce,  // reduce-only, and the position has gone
  kWouldCross,       // post-only that would have filled at once when its trigger fired
};

std::string_view name_of(OrderKind kind);
std::string_view name_of(RejectReason reason);
std::string_view name_of(RemovalReason reason);

// Limits of one book. Requires: each at most the limit of its kind below (checked).
struct BookConfig {
  std::uint32_t orders_max = 1U << 20;  // that rest or wait
  std::uint32_t owners_max = 1U << 20;
  Qty lots_max{std::int64_t{1} << 38};  // an order
};
constexpr std::uint32_t kBookOrdersMax = (1U << 24) - 2;
constexpr Qty kOrderLotsMax{std::int64_t{1} << 38};  // so that a level's sum fits

constexpr bool is_book_price(PriceTicks price) {
  return price.value >= 0 && price.value < kPriceLevels;
}
constexpr bool is_order_quantity(Qty quantity, const BookConfig& config) {
  return quantity.value > 0 && quantity <= config.lots_max;
}
constexpr bool may_rest(OrderKind kind) {
  return kind == OrderKind::kLimit || kind == OrderKind::kPostOnly;
}

// True where a trigger waits for the price to rise to it, false where to fall.
constexpr bool fires_on_rise(Side side, TriggerKind kind) {
  return (side == Side::kLong) == (kind == TriggerKind::kStop);
}

constexpr bool has_book_prices(const OrderRequest& request) {
  return (request.kind == OrderKind::kMarket || is_book_price(request.price)) &&
         (!request.trigger || is_book_price(request.trigger->price));
}
constexpr bool is_well_formed(const OrderRequest& request, const BookConfig& config) {
  return has_book_prices(request) && is_order_quantity(request.quantity, config) &&
         static_cast<std::uint32_t>(request.owner) < config.owners_max;
}

// What a request lacks, whatever the book holds; nothing where it is well formed.
std::optional<RejectReason> flaw_of(const OrderRequest& request, const BookConfig& config);

// Lots that an order of `side` may take from a signed position: none where it would add to it.
constexpr Qty reducible_lots(Qty position, Side side) {
  const std::int64_t lots = -sign(side) * position.value;
  return Qty(lots > 0 ? lots : 0);
}

}  // namespace faultline
