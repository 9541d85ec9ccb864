// Ten million operations of a seeded tape: our book against a std::map of std::list with an
// unordered_map of ids, one thread. Both must make the same trades.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "book/order_book_matching.hpp"
#include "harness.hpp"

namespace faultline::bench {
namespace {

constexpr std::uint32_t kOperations = 10'000'000;
constexpr std::uint32_t kOwners = 1U << 14;
constexpr std::size_t kRestingWanted = 20'000;
constexpr std::int64_t kFirstPrice = 1'000'000;
constexpr int kRounds = 5;
constexpr double kGoal = 4.0;

enum class What : std::uint8_t { kAdd, kTake, kCancel, kReplace };

struct Operation {
  What what = What::kAdd;
  Side side = Side::kLong;
  std::uint32_t owner = 0;
  std::uint32_t price = 0;
  std::uint32_t lots = 0;
  std::uint32_t number = 0;  // of the order, counted as they are placed
  OrderId id{};              // of the same order in our book, which gives the same ids every time
};

// Digest of all trades in their order.
struct TradeHash {
  std::uint64_t value = 0;
  std::uint64_t count = 0;

  friend bool operator==(const TradeHash&, const TradeHash&) = default;

  void add(std::int64_t price, std::int64_t lots, std::uint32_t maker, std::uint32_t taker,
           std::int64_t maker_left) {
    constexpr std::uint64_t kPrime = 0x9e3779b97f4a7c15ULL;
    const auto terms = static_cast<std::uint64_t>(price << 40 ^ lots << 20 ^ maker_left);
    const std::uint64_t owners = std::uint64_t{maker} << 32 | taker;
    value = (value ^ terms) * kPrime;
    value = (value ^ value >> 29 ^ owners) * kPrime;
    ++count;
  }
};

OrderRequest request_of(const Operation& operation) {
  return {.owner = OwnerId{operation.owner},
          .side = operation.side,
          .kind = operation.what == What::kTake ? OrderKind::kImmediateOrCancel : OrderKind::kLimit,
          .price = PriceTicks(operation.price),
          .quantity = Qty(operation.lots)};
}

// The id of the order.
template <class Book>
OrderId play_one(Book& book, const Operation& operation) {
  if (operation.what == What::kCancel) {
    FAULTLINE_CHECK(book.cancel(operation.id).has_value());
    return operation.id;
  }
  if (operation.what == What::kReplace)
    return book.replace(operation.id, {PriceTicks(operation.price), Qty(operation.lots)})->id;
  return book.place(request_of(operation))->id;
}

// --- The tape -----------------------------------------------------------------------------------

// Knows which orders rest, by their number.
class RestingOrders final : public BookListener {
 public:
  void on_trade(const BookTrade& trade) override {
    if (trade.maker_remaining.value == 0) drop(trade.maker_id);
  }
  void on_rested(const OrderView& order) override {
    const std::size_t slot = slot_of(order.id);
    if (slot >= number_of_slot_.size()) number_of_slot_.resize(2 * slot + 1);
    number_of_slot_[slot] = placing_;
    place_[placing_] = static_cast<std::uint32_t>(numbers_.size());
    numbers_.push_back(placing_);
    ids_[placing_] = order.id;
  }
  void on_reduced(const OrderView&, Qty) override {}
  void on_removed(const OrderView& order, RemovalReason reason) override {
    if (reason != RemovalReason::kExpired) drop(order.id);
  }
  void on_triggered(const OrderView&) override {}
  Qty position_lots(OwnerId) const override { return Qty(0); }

  void begin(std::uint32_t number) {
    placing_ = number;
    if (number >= place_.size()) {
      place_.resize(number + 1, kNowhere);
      ids_.resize(number + 1);
    }
  }
  bool rests(std::uint32_t number) const { return place_[number] != kNowhere; }
  OrderId id_of(std::uint32_t number) const { return ids_[number]; }
  const std::vector<std::uint32_t>& numbers() const { return numbers_; }

 private:
  static constexpr std::uint32_t kNowhere = 0xffff'ffff;

  static std::size_t slot_of(OrderId id) {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(id) & 0xff'ffff);
  }
  void drop(OrderId id) {
    const std::uint32_t number = number_of_slot_[slot_of(id)];
    const std::uint32_t last = numbers_.back();
    numbers_[place_[number]] = last;
    place_[last] = place_[number];
    place_[number] = kNowhere;
    numbers_.pop_back();
  }

  std::vector<std::uint32_t> numbers_;  // of what rests, in no order
  std::vector<std::uint32_t> place_;    // in numbers_
  std::vector<OrderId> ids_;
  std::vector<std::uint32_t> number_of_slot_;
  std::uint32_t placing_ = 0;
};

// 55 % adds near the touch, 35 % cancels (half of them of young orders), 7 % takers, 3 % replaced.
// The size of takers answers to the number of resting orders, so that it stays where it is wanted.
class TapeWriter {
 public:
  std::vector<Operation> write() {
    std::vector<Operation> tape;
    tape.reserve(kOperations);
    for (std::uint32_t i = 0; i < kOperations; ++i) {
      tape.push_back(next());
      play(tape.back());
    }
    return tape;
  }

 private:
  std::uint32_t below(std::uint64_t bound) { return static_cast<std::uint32_t>(rng_.below(bound)); }

  std::int64_t best(Side side) const {
    const auto price = book_.best_price(side);
    return price ? price->value : kFirstPrice - sign(side) * 5;
  }

  // Two thirds within a few ticks of the touch and sometimes inside the spread, the rest far.
  std::uint32_t resting_price(Side side) {
    const double mean = below(3) == 0 ? 200.0 : 6.0;
    const std::int64_t away = static_cast<std::int64_t>(mean * rng_.exponential()) - 1;
    const std::int64_t touch = best(opposite(side)) - sign(side);
    const std::int64_t price = best(side) - sign(side) * away;
    return static_cast<std::uint32_t>(side == Side::kLong ? std::min(price, touch)
                                                          : std::max(price, touch));
  }

  std::uint32_t some_resting() {
    const std::vector<std::uint32_t>& numbers = listener_.numbers();
    for (int tries = 0; tries < 4 && below(2) == 0; ++tries) {
      const std::uint32_t young = placed_ - 1 - below(std::min(placed_, 2000U));
      if (listener_.rests(young)) return young;
    }
    return numbers[below(numbers.size())];
  }

  void set_target(Operation& operation) {
    operation.number = some_resting();
    operation.id = listener_.id_of(operation.number);
  }

  Operation next() {
    Operation operation;
    operation.side = below(2) == 0 ? Side::kLong : Side::kShort;
    operation.owner = below(kOwners);
    operation.lots = 1 + below(100);
    const std::uint32_t dice = below(100);
    const std::size_t resting = listener_.numbers().size();
    if (dice < 55 || resting < 1000) {
      operation.price = resting_price(operation.side);
      operation.number = placed_++;
    } else if (dice < 90) {
      operation.what = What::kCancel;
      set_target(operation);
    } else if (dice < 97) {
      const double fullness = static_cast<double>(resting) / static_cast<double>(kRestingWanted);
      operation.what = What::kTake;
      operation.lots += static_cast<std::uint32_t>(95.0 * fullness * fullness * rng_.exponential());
      operation.price = static_cast<std::uint32_t>(best(opposite(operation.side)) +
                                                   sign(operation.side) * below(30));
      operation.number = placed_++;
    } else {
      replace(operation);
    }
    return operation;
  }

  // Half of them only shrink, and keep their place.
  void replace(Operation& operation) {
    operation.what = What::kReplace;
    set_target(operation);
    const OrderView order = *book_.find(operation.id);
    operation.side = order.order.side;
    if (below(2) == 0) {
      operation.price = static_cast<std::uint32_t>(order.order.price.value);
      operation.lots = 1 + below(static_cast<std::uint64_t>(order.order.quantity.value));
    } else {
      operation.price = resting_price(operation.side);
    }
  }

  // Fills in the id, too.
  void play(Operation& operation) {
    listener_.begin(operation.number);
    operation.id = play_one(book_, operation);
  }

  Rng rng_{8};
  RestingOrders listener_;
  OrderBook book_{{}, listener_};
  std::uint32_t placed_ = 0;
};

// --- Our book -----------------------------------------------------------------------------------

class HashTrades final : public BookListener {
 public:
  void on_trade(const BookTrade& trade) override {
    hash.add(trade.price.value, trade.lots.value, static_cast<std::uint32_t>(trade.maker_owner),
             static_cast<std::uint32_t>(trade.taker_owner), trade.maker_remaining.value);
  }
  void on_rested(const OrderView&) override {}
  void on_reduced(const OrderView&, Qty) override {}
  void on_removed(const OrderView&, RemovalReason) override {}
  void on_triggered(const OrderView&) override {}
  Qty position_lots(OwnerId) const override { return Qty(0); }

  TradeHash hash;
};

TradeHash play_ours(const std::vector<Operation>& tape) {
  HashTrades listener;
  MatchingBook<HashTrades> book({}, listener);
  for (const Operation& operation : tape)
    FAULTLINE_CHECK(play_one(book, operation) == operation.id);
  return listener.hash;
}

// --- The map book -------------------------------------------------------------------------------

enum class Duties : std::uint8_t { kMatchOnly, kOwnersToo };

// As it is commonly written, and with care: the side folded into the key, levels and orders reached
// by iterators, the table of ids reserved. It knows nothing of triggers, limits or events; with
// kOwnersToo it keeps what cancels all orders of an owner, as ours does.
template <Duties kDuties>
class MapBook {
 public:
  MapBook() : orders_of_owner_(kOwners) { orders_.reserve(2 * kRestingWanted); }

  void place(const Operation& operation) {
    std::int64_t left = match(operation, operation.lots);
    if (left > 0 && operation.what != What::kTake) rest(operation, operation.owner, left);
  }

  void cancel(const Operation& operation) {
    const auto found = orders_.find(operation.number);
    FAULTLINE_CHECK(found != orders_.end());
    take_out(found->second);
    orders_.erase(found);
  }

  void replace(const Operation& operation) {
    const auto found = orders_.find(operation.number);
    FAULTLINE_CHECK(found != orders_.end());
    Order& order = *found->second.order;
    if (found->second.level->first == key_of_price(operation.side, operation.price) &&
        operation.lots <= order.lots) {
      order.lots = operation.lots;
      return;
    }
    Operation again = operation;
    again.owner = order.owner;
    cancel(operation);
    place(again);
  }

  TradeHash hash;

 private:
  struct Order {
    std::uint32_t number;
    std::uint32_t owner;
    std::int64_t lots;
  };
  using Levels = std::map<std::int64_t, std::list<Order>>;
  struct Place {
    Side side;
    Levels::iterator level;
    std::list<Order>::iterator order;
    std::list<std::uint32_t>::iterator of_owner;
  };

  static std::int64_t key_of_price(Side side, std::uint32_t price) {
    return -sign(side) * static_cast<std::int64_t>(price);
  }

  std::int64_t match(const Operation& operation, std::int64_t left) {
    Levels& makers = levels_[index_of(opposite(operation.side))];
    const std::int64_t limit = key_of_price(opposite(operation.side), operation.price);
    while (left > 0 && !makers.empty() && makers.begin()->first <= limit) {
      std::list<Order>& queue = makers.begin()->second;
      Order& maker = queue.front();
      const std::int64_t lots = std::min(left, maker.lots);
      left -= lots;
      maker.lots -= lots;
      hash.add(std::abs(makers.begin()->first), lots, maker.owner, operation.owner, maker.lots);
      if (maker.lots > 0) break;
      const auto found = orders_.find(maker.number);
      forget_owner(found->second);
      orders_.erase(found);
      queue.pop_front();
      if (queue.empty()) makers.erase(makers.begin());
    }
    return left;
  }

  void rest(const Operation& operation, std::uint32_t owner, std::int64_t lots) {
    Levels& levels = levels_[index_of(operation.side)];
    const auto level = levels.try_emplace(key_of_price(operation.side, operation.price)).first;
    level->second.push_back({operation.number, owner, lots});
    std::list<std::uint32_t>& of_owner = orders_of_owner_[owner];
    if (kDuties == Duties::kOwnersToo) of_owner.push_front(operation.number);
    orders_.emplace(operation.number,
                    Place{operation.side, level, std::prev(level->second.end()), of_owner.begin()});
  }

  void take_out(const Place& place) {
    forget_owner(place);
    place.level->second.erase(place.order);
    if (place.level->second.empty()) levels_[index_of(place.side)].erase(place.level);
  }

  void forget_owner(const Place& place) {
    if (kDuties == Duties::kOwnersToo) orders_of_owner_[place.order->owner].erase(place.of_owner);
  }

  std::array<Levels, 2> levels_;
  std::unordered_map<std::uint32_t, Place> orders_;
  std::vector<std::list<std::uint32_t>> orders_of_owner_;
};

template <Duties kDuties>
TradeHash play_map(const std::vector<Operation>& tape) {
  MapBook<kDuties> book;
  for (const Operation& operation : tape) {
    if (operation.what == What::kCancel) {
      book.cancel(operation);
    } else if (operation.what == What::kReplace) {
      book.replace(operation);
    } else {
      book.place(operation);
    }
  }
  return book.hash;
}

}  // namespace

bool run_matching() {
  const std::vector<Operation> tape = TapeWriter().write();
  std::array<std::uint32_t, 4> counts{};
  for (const Operation& operation : tape) ++counts[static_cast<std::size_t>(operation.what)];
  TradeHash map_hash;
  TradeHash owners_hash;
  TradeHash our_hash;
  std::vector<Contestant> contestants{
      {"std::map of std::list, unordered_map of ids",
       [&] { map_hash = play_map<Duties::kMatchOnly>(tape); }},
      {"the same with a list of orders an owner",
       [&] { owners_hash = play_map<Duties::kOwnersToo>(tape); }},
      {"ours", [&] { our_hash = play_ours(tape); }},
  };
  take_turns(contestants, kRounds);
  FAULTLINE_CHECK(our_hash == map_hash && our_hash == owners_hash);
  std::printf("matching: %u adds, %u takers, %u cancels, %u replaced; %llu trades, hash %016llx\n",
              counts[0], counts[1], counts[2], counts[3],
              static_cast<unsigned long long>(our_hash.count),
              static_cast<unsigned long long>(our_hash.value));
  print_times(contestants, static_cast<double>(kOperations), "operations");
  const bool is_good = print_ratio("ours against std::map", contestants[0], contestants[2], kGoal);
  return print_ratio("ours against std::map with owners", contestants[1], contestants[2], kGoal) &&
         is_good;
}

}  // namespace faultline::bench
