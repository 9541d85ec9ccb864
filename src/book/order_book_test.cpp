// The rules of the book, one by one, on both books.
#include "book/order_book.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "book/naive_book.hpp"
#include "book/test_book.hpp"

namespace faultline {
namespace {

using Lines = std::vector<std::string>;

constexpr OwnerId kAnn{1};
constexpr OwnerId kBob{2};
constexpr OwnerId kEve{3};
constexpr Side kBuy = Side::kLong;
constexpr Side kSell = Side::kShort;

OrderRequest order(OwnerId owner, Side side, std::int64_t lots, std::int64_t price) {
  return {.owner = owner, .side = side, .price = PriceTicks(price), .quantity = Qty(lots)};
}
OrderRequest of_kind(OrderKind kind, OrderRequest request) {
  request.kind = kind;
  return request;
}
OrderRequest market(OwnerId owner, Side side, std::int64_t lots) {
  return of_kind(OrderKind::kMarket, order(owner, side, lots, -1));
}
OrderRequest reduce_only(OrderRequest request) {
  request.is_reduce_only = true;
  return request;
}
OrderRequest preventing(SelfTrade mode, OrderRequest request) {
  request.self_trade = mode;
  return request;
}
OrderRequest on_trigger(TriggerKind kind, PriceSource source, std::int64_t price,
                        OrderRequest request) {
  request.trigger = {kind, source, PriceTicks(price)};
  return request;
}
OrderRequest stop(std::int64_t price, OrderRequest request) {
  return on_trigger(TriggerKind::kStop, PriceSource::kMark, price, request);
}
OrderRequest stop_on_last(std::int64_t price, OrderRequest request) {
  return on_trigger(TriggerKind::kStop, PriceSource::kLast, price, request);
}

template <class Book>
class BookRules : public testing::Test {
 protected:
  OrderId placed(const OrderRequest& request) {
    const auto result = book.place(request);
    EXPECT_TRUE(result.has_value());
    if (result) listener.ordinal_of(result->id);
    return result ? result->id : OrderId{};
  }
  // Empty where the order was taken.
  std::string refused(const OrderRequest& request) {
    said();
    const auto result = book.place(request);
    if (result) return {};
    EXPECT_EQ(said(), Lines{}) << "a refused order says nothing";
    return std::string(name_of(result.error()));
  }
  Lines said() { return listener.take_lines(); }
  Lines said_by(const OrderRequest& request) {
    said();
    placed(request);
    return said();
  }
  void set_mark(std::int64_t price) {
    ASSERT_TRUE(book.set_price(PriceSource::kMark, PriceTicks(price)));
  }
  void set_last(std::int64_t price) {
    ASSERT_TRUE(book.set_price(PriceSource::kLast, PriceTicks(price)));
  }
  std::int64_t lots_at(Side side, std::int64_t price) const {
    return book.lots_at(side, PriceTicks(price)).value;
  }

  Recorder listener;
  Book book{BookConfig{.orders_max = 8, .owners_max = 10, .lots_max = Qty(1000)}, listener};
};

using Books = testing::Types<OrderBook, NaiveBook>;
TYPED_TEST_SUITE(BookRules, Books);

// --- Requests that are not well formed --------------------------------------------------------

TYPED_TEST(BookRules, RefusesPricesOffTheLadder) {
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 1, -1)), "bad_price");
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 1, kPriceLevels)), "bad_price");
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 1, 0)), "");
  EXPECT_EQ(this->refused(order(kAnn, kSell, 1, kPriceLevels - 1)), "");
  EXPECT_EQ(this->book.best_price(kBuy), PriceTicks(0));
  EXPECT_EQ(this->book.best_price(kSell), PriceTicks(kPriceLevels - 1));
  this->set_mark(50);
  EXPECT_EQ(this->refused(stop(kPriceLevels, order(kAnn, kBuy, 1, 60))), "bad_price");
  EXPECT_EQ(this->refused(stop(60, order(kAnn, kBuy, 1, -1))), "bad_price");
  EXPECT_FALSE(this->book.set_price(PriceSource::kMark, PriceTicks(-1)));
  EXPECT_EQ(this->book.reference_price(PriceSource::kMark), PriceTicks(50));
}

TYPED_TEST(BookRules, RefusesQuantitiesOutOfRange) {
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 0, 100)), "bad_quantity");
  EXPECT_EQ(this->refused(order(kAnn, kBuy, -1, 100)), "bad_quantity");
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 1001, 100)), "bad_quantity");
  EXPECT_EQ(this->refused(market(kAnn, kBuy, 0)), "bad_quantity");
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 1000, 100)), "");
}

TYPED_TEST(BookRules, RefusesOwnersBeyondTheLimit) {
  EXPECT_EQ(this->refused(order(OwnerId{10}, kBuy, 1, 100)), "bad_owner");
  EXPECT_EQ(this->refused(order(OwnerId{9}, kBuy, 1, 100)), "");
  EXPECT_EQ(this->book.cancel_all(OwnerId{0xffff'ffff}), 0U);
}

TYPED_TEST(BookRules, AFullBookTakesOnlyWhatDoesNotStay) {
  this->set_mark(100);
  for (int i = 0; i < 7; ++i) this->placed(order(kAnn, kBuy, 1, 90 - i));
  EXPECT_EQ(this->refused(stop(120, market(kAnn, kBuy, 1))), "");
  EXPECT_EQ(this->book.order_count(), 8U);
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 1, 80)), "book_full");
  EXPECT_EQ(this->refused(of_kind(OrderKind::kPostOnly, order(kAnn, kBuy, 1, 80))), "book_full");
  EXPECT_EQ(this->refused(stop(130, market(kAnn, kBuy, 1))), "book_full");
  EXPECT_EQ(this->said_by(market(kBob, kSell, 1)),
            Lines({"trade 1 @ 90: #1 (0 left) taken by #8 (0 left)"}));
  EXPECT_EQ(this->refused(order(kAnn, kBuy, 1, 80)), "");
}

// --- Limit orders -------------------------------------------------------------------------------

TYPED_TEST(BookRules, FillsByPriceThenTime) {
  this->placed(order(kAnn, kSell, 3, 102));
  this->placed(order(kAnn, kSell, 5, 101));
  this->placed(order(kBob, kSell, 2, 101));
  EXPECT_EQ(this->said(), Lines({"rested #1 short 3 @ 102", "rested #2 short 5 @ 101",
                                 "rested #3 short 2 @ 101"}));
  EXPECT_EQ(this->said_by(order(kEve, kBuy, 9, 102)),
            Lines({"trade 5 @ 101: #2 (0 left) taken by #4 (4 left)",
                   "trade 2 @ 101: #3 (0 left) taken by #4 (2 left)",
                   "trade 2 @ 102: #1 (1 left) taken by #4 (0 left)"}));
  EXPECT_EQ(this->listener.position_lots(kEve), Qty(9));
  EXPECT_EQ(this->listener.position_lots(kAnn), Qty(-7));
}

TYPED_TEST(BookRules, ALimitOrderRestsWithWhatDoesNotCross) {
  this->placed(order(kAnn, kSell, 3, 101));
  const auto result = this->book.place(order(kBob, kBuy, 5, 101));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->state, PlacementState::kResting);
  EXPECT_EQ(result->taken, Qty(5));
  EXPECT_EQ(result->filled, Qty(3));
  EXPECT_EQ(this->book.best_price(kBuy), PriceTicks(101));
  EXPECT_EQ(this->lots_at(kBuy, 101), 2);
  EXPECT_EQ(this->book.best_price(kSell), std::nullopt);
  EXPECT_EQ(this->said_by(order(kAnn, kSell, 1, 102)), Lines({"rested #3 short 1 @ 102"}));
}

// --- Market, immediate-or-cancel, fill-or-kill, post-only ---------------------------------------

TYPED_TEST(BookRules, AMarketOrderFillsAtAnyPriceAndExpires) {
  EXPECT_EQ(this->said_by(market(kBob, kBuy, 1)), Lines({"expired #1 1"}));
  this->placed(order(kAnn, kSell, 3, 101));
  this->placed(order(kAnn, kSell, 3, kPriceLevels - 1));
  EXPECT_EQ(this->said_by(market(kBob, kBuy, 7)),
            Lines({"trade 3 @ 101: #2 (0 left) taken by #4 (4 left)",
                   "trade 3 @ 16777215: #3 (0 left) taken by #4 (1 left)", "expired #4 1"}));
  EXPECT_EQ(this->book.order_count(), 0U);
}

TYPED_TEST(BookRules, ImmediateOrCancelKeepsItsLimit) {
  this->placed(order(kAnn, kSell, 3, 101));
  this->placed(order(kAnn, kSell, 3, 102));
  const OrderRequest request = of_kind(OrderKind::kImmediateOrCancel, order(kBob, kBuy, 4, 101));
  EXPECT_EQ(this->said_by(request),
            Lines({"trade 3 @ 101: #1 (0 left) taken by #3 (1 left)", "expired #3 1"}));
  EXPECT_EQ(this->said_by(request), Lines({"expired #4 4"}));
}

TYPED_TEST(BookRules, FillOrKillFillsWholeOrNotAtAll) {
  this->placed(order(kAnn, kSell, 3, 101));
  this->placed(order(kAnn, kSell, 3, 102));
  this->placed(order(kAnn, kSell, 3, 103));
  const auto fill_or_kill = [](std::int64_t lots) {
    return of_kind(OrderKind::kFillOrKill, order(kBob, kBuy, lots, 102));
  };
  EXPECT_EQ(this->said_by(fill_or_kill(7)), Lines({"killed #4 7"}));
  EXPECT_EQ(this->lots_at(kSell, 101), 3);
  EXPECT_EQ(this->said_by(fill_or_kill(6)),
            Lines({"trade 3 @ 101: #1 (0 left) taken by #5 (3 left)",
                   "trade 3 @ 102: #2 (0 left) taken by #5 (0 left)"}));
}

TYPED_TEST(BookRules, FillOrKillCountsSelfTradePrevention) {
  this->placed(order(kAnn, kSell, 3, 101));
  this->placed(order(kBob, kSell, 3, 101));
  this->placed(order(kEve, kSell, 3, 101));
  const auto from_bob = [](SelfTrade mode, std::int64_t lots) {
    return preventing(mode, of_kind(OrderKind::kFillOrKill, order(kBob, kBuy, lots, 101)));
  };
  EXPECT_EQ(this->said_by(from_bob(SelfTrade::kCancelTaker, 4)), Lines({"killed #4 4"}));
  EXPECT_EQ(this->said_by(from_bob(SelfTrade::kCancelBoth, 4)), Lines({"killed #5 4"}));
  EXPECT_EQ(this->said_by(from_bob(SelfTrade::kCancelResting, 7)), Lines({"killed #6 7"}));
  EXPECT_EQ(this->lots_at(kSell, 101), 9) << "what is killed has touched nothing";
  EXPECT_EQ(this->said_by(from_bob(SelfTrade::kCancelBoth, 3)),
            Lines({"trade 3 @ 101: #1 (0 left) taken by #7 (0 left)"}));
  EXPECT_EQ(this->said_by(from_bob(SelfTrade::kCancelResting, 3)),
            Lines({"self_trade #2 3", "trade 3 @ 101: #3 (0 left) taken by #8 (0 left)"}));
}

TYPED_TEST(BookRules, FillOrKillCountsWhatReduceOnlyMakersCanFill) {
  this->listener.set_position(kAnn, 5);
  this->placed(order(kAnn, kSell, 2, 101));
  this->placed(reduce_only(order(kAnn, kSell, 5, 102)));  // 3 once the first has filled
  const auto fill_or_kill = [](std::int64_t lots) {
    return of_kind(OrderKind::kFillOrKill, order(kBob, kBuy, lots, 102));
  };
  EXPECT_EQ(this->said_by(fill_or_kill(6)), Lines({"killed #3 6"}));
  EXPECT_EQ(this->said_by(fill_or_kill(5)),
            Lines({"trade 2 @ 101: #1 (0 left) taken by #4 (3 left)",
                   "trade 3 @ 102: #2 (2 left) taken by #4 (0 left)", "nothing_to_reduce #2 2"}));
}

TYPED_TEST(BookRules, PostOnlyIsRefusedWhereItWouldFill) {
  this->placed(order(kAnn, kSell, 3, 101));
  const auto post = [](std::int64_t price) {
    return of_kind(OrderKind::kPostOnly, order(kBob, kBuy, 2, price));
  };
  EXPECT_EQ(this->refused(post(102)), "would_cross");
  EXPECT_EQ(this->refused(post(101)), "would_cross");
  EXPECT_EQ(this->said_by(post(100)), Lines({"rested #2 long 2 @ 100"}));
  EXPECT_EQ(this->lots_at(kSell, 101), 3);
}

// --- Self-trade prevention ----------------------------------------------------------------------

TYPED_TEST(BookRules, SelfTradesAreAllowedUnlessPrevented) {
  this->placed(order(kAnn, kSell, 3, 101));
  EXPECT_EQ(this->said_by(order(kAnn, kBuy, 3, 101)),
            Lines({"trade 3 @ 101: #1 (0 left) taken by #2 (0 left)"}));
  EXPECT_EQ(this->listener.position_lots(kAnn), Qty(0));
}

TYPED_TEST(BookRules, SelfTradePreventionIsTheTakers) {
  const auto book_of_three = [&] {
    this->book.cancel_all(kAnn);
    this->book.cancel_all(kBob);
    this->placed(order(kBob, kSell, 1, 101));
    this->placed(preventing(SelfTrade::kCancelBoth, order(kAnn, kSell, 3, 101)));
    this->placed(order(kBob, kSell, 1, 101));
  };
  book_of_three();
  EXPECT_EQ(this->said_by(preventing(SelfTrade::kCancelResting, order(kAnn, kBuy, 5, 101))),
            Lines({"trade 1 @ 101: #1 (0 left) taken by #4 (4 left)", "self_trade #2 3",
                   "trade 1 @ 101: #3 (0 left) taken by #4 (3 left)", "rested #4 long 3 @ 101"}));
  book_of_three();
  EXPECT_EQ(this->said_by(preventing(SelfTrade::kCancelTaker, order(kAnn, kBuy, 5, 101))),
            Lines({"trade 1 @ 101: #5 (0 left) taken by #8 (4 left)", "self_trade #8 4"}));
  EXPECT_EQ(this->lots_at(kSell, 101), 4);
  book_of_three();
  EXPECT_EQ(this->said_by(preventing(SelfTrade::kCancelBoth, order(kAnn, kBuy, 5, 101))),
            Lines({"trade 1 @ 101: #9 (0 left) taken by #12 (4 left)", "self_trade #10 3",
                   "self_trade #12 4"}));
  EXPECT_EQ(this->lots_at(kSell, 101), 1);
}

// --- Reduce-only --------------------------------------------------------------------------------

TYPED_TEST(BookRules, ReduceOnlyIsTakenForAtMostThePosition) {
  EXPECT_EQ(this->refused(reduce_only(order(kAnn, kSell, 1, 101))), "nothing_to_reduce");
  this->listener.set_position(kAnn, 4);
  EXPECT_EQ(this->refused(reduce_only(order(kAnn, kBuy, 1, 99))), "nothing_to_reduce");
  const auto result = this->book.place(reduce_only(order(kAnn, kSell, 5, 101)));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->taken, Qty(4));
  EXPECT_EQ(this->lots_at(kSell, 101), 4);
  EXPECT_EQ(this->said_by(of_kind(OrderKind::kFillOrKill, reduce_only(order(kAnn, kSell, 5, 99)))),
            Lines({"killed #2 5"}));
}

TYPED_TEST(BookRules, ReduceOnlyMarketOrdersCloseAndStop) {
  this->listener.set_position(kAnn, -4);
  this->placed(order(kBob, kSell, 9, 101));
  EXPECT_EQ(this->said_by(reduce_only(market(kAnn, kBuy, 7))),
            Lines({"trade 4 @ 101: #1 (5 left) taken by #2 (0 left)"}));
  EXPECT_EQ(this->listener.position_lots(kAnn), Qty(0));
}

TYPED_TEST(BookRules, ARestingReduceOnlyOrderFillsAtMostThePositionAndGoes) {
  this->listener.set_position(kAnn, 5);
  this->placed(reduce_only(order(kAnn, kSell, 5, 101)));
  this->listener.set_position(kAnn, 2);
  EXPECT_EQ(this->said_by(order(kBob, kBuy, 4, 101)),
            Lines({"trade 2 @ 101: #1 (3 left) taken by #2 (2 left)", "nothing_to_reduce #1 3",
                   "rested #2 long 2 @ 101"}));
}

TYPED_TEST(BookRules, ARestingReduceOnlyOrderWithoutAPositionIsPassedOver) {
  this->listener.set_position(kAnn, 5);
  this->placed(reduce_only(order(kAnn, kSell, 5, 101)));
  this->placed(order(kEve, kSell, 1, 101));
  this->listener.set_position(kAnn, -1);
  EXPECT_EQ(this->said_by(order(kBob, kBuy, 1, 101)),
            Lines({"nothing_to_reduce #1 5", "trade 1 @ 101: #2 (0 left) taken by #3 (0 left)"}));
}

// --- Cancel and replace -------------------------------------------------------------------------

TYPED_TEST(BookRules, CancelGivesTheOrderAsItWasOnce) {
  const OrderId id = this->placed(order(kAnn, kSell, 5, 101));
  this->placed(order(kBob, kBuy, 2, 101));
  this->said();
  const auto cancelled = this->book.cancel(id);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->order.quantity, Qty(3));
  EXPECT_EQ(cancelled->order.owner, kAnn);
  EXPECT_EQ(this->said(), Lines({"cancelled #1 3"}));
  EXPECT_EQ(this->book.cancel(id).error(), RejectReason::kUnknownOrder);
  EXPECT_EQ(this->book.replace(id, {PriceTicks(1), Qty(1)}).error(), RejectReason::kUnknownOrder);
  EXPECT_FALSE(this->book.find(id));
}

TYPED_TEST(BookRules, OldIdsStayOldWhenTheirRoomIsReused) {
  const OrderId old = this->placed(order(kAnn, kSell, 5, 101));
  ASSERT_TRUE(this->book.cancel(old));
  const OrderId fresh = this->placed(order(kAnn, kSell, 5, 101));
  EXPECT_NE(old, fresh);
  for (const OrderId id : {old, OrderId{0}, OrderId{0xffff'ffff'ffff'ffff}, OrderId{7}}) {
    EXPECT_FALSE(this->book.cancel(id));
    EXPECT_FALSE(this->book.find(id));
  }
  EXPECT_TRUE(this->book.find(fresh));
}

TYPED_TEST(BookRules, LessAtTheSamePriceKeepsItsPlace) {
  const OrderId id = this->placed(order(kAnn, kSell, 5, 101));
  this->placed(order(kBob, kSell, 5, 101));
  this->said();
  ASSERT_TRUE(this->book.replace(id, {PriceTicks(101), Qty(5)}));
  EXPECT_EQ(this->said(), Lines{}) << "nothing has changed";
  ASSERT_TRUE(this->book.replace(id, {PriceTicks(101), Qty(4)}));
  EXPECT_EQ(this->said(), Lines({"reduced #1 by 1 to 4"}));
  EXPECT_EQ(this->lots_at(kSell, 101), 9);
  EXPECT_EQ(this->said_by(market(kEve, kBuy, 1)),
            Lines({"trade 1 @ 101: #1 (3 left) taken by #3 (0 left)"}));
}

TYPED_TEST(BookRules, MoreOrAnotherPriceLosesItsPlace) {
  const OrderId id = this->placed(order(kAnn, kSell, 5, 101));
  this->placed(order(kBob, kSell, 5, 101));
  this->said();
  ASSERT_TRUE(this->book.replace(id, {PriceTicks(101), Qty(6)}));
  EXPECT_EQ(this->said(), Lines({"replaced #1 5", "rested #1 short 6 @ 101"}));
  EXPECT_EQ(this->said_by(market(kEve, kBuy, 1)),
            Lines({"trade 1 @ 101: #2 (4 left) taken by #3 (0 left)"}));
  ASSERT_TRUE(this->book.replace(id, {PriceTicks(100), Qty(2)}));
  EXPECT_EQ(this->book.best_price(kSell), PriceTicks(100));
  EXPECT_EQ(this->book.find(id)->order.quantity, Qty(2));
}

TYPED_TEST(BookRules, AReplacedOrderMayCross) {
  this->placed(order(kAnn, kSell, 5, 101));
  const OrderId id = this->placed(order(kBob, kBuy, 5, 99));
  this->said();
  const auto result = this->book.replace(id, {PriceTicks(101), Qty(5)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->state, PlacementState::kDone);
  EXPECT_EQ(result->filled, Qty(5));
  EXPECT_EQ(this->said(),
            Lines({"replaced #2 5", "trade 5 @ 101: #1 (0 left) taken by #2 (0 left)"}));
}

TYPED_TEST(BookRules, ARefusedReplacementChangesNothing) {
  this->placed(order(kAnn, kSell, 5, 101));
  const OrderId id = this->placed(of_kind(OrderKind::kPostOnly, order(kBob, kBuy, 5, 99)));
  this->listener.set_position(kEve, -5);
  const OrderId reducing = this->placed(reduce_only(order(kEve, kBuy, 5, 98)));
  this->listener.set_position(kEve, 0);
  this->said();
  const auto replaced = [&](OrderId which, std::int64_t price, std::int64_t lots) {
    return this->book.replace(which, {PriceTicks(price), Qty(lots)}).error();
  };
  EXPECT_EQ(replaced(id, 101, 5), RejectReason::kWouldCross);
  EXPECT_EQ(replaced(id, -1, 5), RejectReason::kBadPrice);
  EXPECT_EQ(replaced(id, 99, 0), RejectReason::kBadQuantity);
  EXPECT_EQ(replaced(id, 99, 1001), RejectReason::kBadQuantity);
  EXPECT_EQ(replaced(reducing, 97, 5), RejectReason::kNothingToReduce);
  EXPECT_EQ(this->said(), Lines{});
  EXPECT_EQ(this->lots_at(kBuy, 99), 5);
  EXPECT_EQ(this->lots_at(kBuy, 98), 5);
  EXPECT_TRUE(this->book.replace(id, {PriceTicks(100), Qty(5)}));
}

TYPED_TEST(BookRules, CancelAllTakesOneOwnersOrdersNewestFirst) {
  this->set_mark(100);
  this->placed(order(kAnn, kSell, 1, 101));
  this->placed(order(kBob, kSell, 2, 101));
  this->placed(stop(90, market(kAnn, kSell, 3)));
  this->placed(order(kAnn, kBuy, 4, 99));
  this->said();
  EXPECT_EQ(this->book.cancel_all(kAnn), 3U);
  EXPECT_EQ(this->said(), Lines({"cancelled #4 4", "cancelled #3 3", "cancelled #1 1"}));
  EXPECT_EQ(this->book.cancel_all(kAnn), 0U);
  EXPECT_EQ(this->book.order_count(), 1U);
  this->set_mark(80);
  EXPECT_EQ(this->said(), Lines{}) << "a cancelled trigger does not fire";
}

// --- Triggers -----------------------------------------------------------------------------------

TYPED_TEST(BookRules, TriggersFireAtTheirPriceAndNotBefore) {
  this->set_mark(100);
  this->placed(stop(103, market(kAnn, kBuy, 1)));
  this->placed(stop(97, market(kAnn, kSell, 2)));
  this->placed(
      on_trigger(TriggerKind::kTakeProfit, PriceSource::kMark, 103, market(kBob, kSell, 3)));
  this->placed(on_trigger(TriggerKind::kTakeProfit, PriceSource::kMark, 97, market(kBob, kBuy, 4)));
  EXPECT_EQ(this->said(), Lines{}) << "who waits is not in the book";
  this->set_mark(102);
  this->set_mark(98);
  EXPECT_EQ(this->said(), Lines{});
  this->set_mark(103);
  EXPECT_EQ(this->said(),
            Lines({"triggered #1 1", "expired #1 1", "triggered #3 3", "expired #3 3"}));
  this->set_mark(97);
  EXPECT_EQ(this->said(),
            Lines({"triggered #2 2", "expired #2 2", "triggered #4 4", "expired #4 4"}));
}

TYPED_TEST(BookRules, TriggersFireInOrderOfPriceThenEntry) {
  this->set_mark(100);
  this->placed(stop(105, order(kAnn, kBuy, 1, 50)));
  this->placed(stop(103, order(kAnn, kBuy, 2, 50)));
  this->placed(stop(105, order(kAnn, kBuy, 3, 50)));
  this->placed(stop(104, order(kAnn, kBuy, 4, 50)));
  this->set_mark(110);
  EXPECT_EQ(this->said(), Lines({"triggered #2 2", "rested #2 long 2 @ 50", "triggered #4 4",
                                 "rested #4 long 4 @ 50", "triggered #1 1", "rested #1 long 1 @ 50",
                                 "triggered #3 3", "rested #3 long 3 @ 50"}));
}

TYPED_TEST(BookRules, ATriggerNeedsAPriceThatHasNotReachedIt) {
  EXPECT_EQ(this->refused(stop(103, market(kAnn, kBuy, 1))), "no_reference_price");
  this->set_mark(100);
  EXPECT_EQ(this->refused(stop(100, market(kAnn, kBuy, 1))), "would_trigger");
  EXPECT_EQ(this->refused(stop(100, market(kAnn, kSell, 1))), "would_trigger");
  EXPECT_EQ(this->refused(stop_on_last(101, market(kAnn, kBuy, 1))), "no_reference_price");
  EXPECT_EQ(this->refused(stop(101, market(kAnn, kBuy, 1))), "");
  EXPECT_EQ(this->refused(stop(99, market(kAnn, kSell, 1))), "");
}

TYPED_TEST(BookRules, TriggersOnLastFollowTradesEvenWithinOneOrder) {
  this->set_last(100);
  this->placed(stop_on_last(98, market(kEve, kSell, 1)));
  this->placed(order(kAnn, kSell, 1, 98));
  this->placed(order(kAnn, kSell, 1, 103));
  // The last price touches 98 on its way to 103, and the stop fires when the buyer is done.
  EXPECT_EQ(this->said_by(order(kBob, kBuy, 3, 103)),
            Lines({"trade 1 @ 98: #2 (0 left) taken by #4 (2 left)",
                   "trade 1 @ 103: #3 (0 left) taken by #4 (1 left)", "rested #4 long 1 @ 103",
                   "triggered #1 1", "trade 1 @ 103: #4 (0 left) taken by #1 (0 left)"}));
}

TYPED_TEST(BookRules, AChainOfStopsIsHandledOneAfterTheOther) {
  this->set_last(100);
  for (std::int64_t i = 0; i < 3; ++i) {
    this->placed(order(kBob, kBuy, 1, 99 - i));
    this->placed(stop_on_last(99 - i, market(kAnn, kSell, 1)));
  }
  EXPECT_EQ(
      this->said_by(market(kEve, kSell, 1)),
      Lines({"trade 1 @ 99: #1 (0 left) taken by #7 (0 left)", "triggered #2 1",
             "trade 1 @ 98: #3 (0 left) taken by #2 (0 left)", "triggered #4 1",
             "trade 1 @ 97: #5 (0 left) taken by #4 (0 left)", "triggered #6 1", "expired #6 1"}));
  EXPECT_EQ(this->book.reference_price(PriceSource::kLast), PriceTicks(97));
  EXPECT_EQ(this->book.order_count(), 0U);
  EXPECT_EQ(this->listener.position_lots(kAnn), Qty(-2));
}

TYPED_TEST(BookRules, APlacementKnowsWhatItsTriggersDid) {
  this->set_last(100);
  this->placed(
      on_trigger(TriggerKind::kTakeProfit, PriceSource::kLast, 101, market(kEve, kSell, 2)));
  this->placed(order(kAnn, kSell, 1, 101));
  const auto result = this->book.place(order(kBob, kBuy, 3, 101));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->filled, Qty(1)) << "as a taker; the rest was filled by the trigger";
  EXPECT_EQ(result->state, PlacementState::kDone);
  EXPECT_EQ(this->listener.position_lots(kBob), Qty(3));
}

TYPED_TEST(BookRules, ATriggeredOrderIsCheckedWhenItFires) {
  this->set_mark(100);
  this->placed(order(kBob, kSell, 5, 104));
  this->placed(stop(103, of_kind(OrderKind::kPostOnly, order(kAnn, kBuy, 1, 104))));
  this->placed(reduce_only(stop(103, market(kAnn, kBuy, 2))));
  this->placed(stop(103, of_kind(OrderKind::kFillOrKill, order(kAnn, kBuy, 6, 104))));
  this->said();
  this->set_mark(103);
  EXPECT_EQ(this->said(), Lines({"triggered #2 1", "would_cross #2 1", "triggered #3 2",
                                 "nothing_to_reduce #3 2", "triggered #4 6", "killed #4 6"}));
}

TYPED_TEST(BookRules, AWaitingOrderCanBeReplacedInItsPlace) {
  this->set_mark(100);
  const OrderId first = this->placed(stop(103, order(kAnn, kBuy, 1, 50)));
  this->placed(stop(103, order(kAnn, kBuy, 2, 50)));
  const auto result = this->book.replace(first, {PriceTicks(60), Qty(9)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->state, PlacementState::kWaiting);
  EXPECT_TRUE(this->book.find(first)->is_waiting);
  this->set_mark(103);
  EXPECT_EQ(this->said(), Lines({"triggered #1 9", "rested #1 long 9 @ 60", "triggered #2 2",
                                 "rested #2 long 2 @ 50"}));
}

// --- Reading ------------------------------------------------------------------------------------

TYPED_TEST(BookRules, DepthIsReadFromTheBestOutward) {
  EXPECT_EQ(this->book.best_price(kBuy), std::nullopt);
  this->placed(order(kAnn, kBuy, 1, 99));
  this->placed(order(kAnn, kBuy, 2, 90));
  this->placed(order(kBob, kBuy, 3, 90));
  this->placed(order(kAnn, kBuy, 4, 0));
  std::vector<std::pair<std::int64_t, std::int64_t>> levels;
  const auto keep = [&](PriceTicks price, Qty lots) {
    levels.emplace_back(price.value, lots.value);
    return price.value > 0 && levels.size() < 3;
  };
  this->book.visit_levels(kBuy, keep);
  EXPECT_EQ(levels, (std::vector<std::pair<std::int64_t, std::int64_t>>{{99, 1}, {90, 5}, {0, 4}}));
  EXPECT_EQ(this->book.lots_to(kBuy, PriceTicks(100)), Qty(0));
  EXPECT_EQ(this->book.lots_to(kBuy, PriceTicks(90)), Qty(6));
  EXPECT_EQ(this->book.lots_to(kBuy, PriceTicks(-5)), Qty(10));
  EXPECT_EQ(this->book.next_price(kBuy, PriceTicks(95)), PriceTicks(90));
  EXPECT_EQ(this->book.next_price(kBuy, PriceTicks(0)), std::nullopt);
  EXPECT_EQ(this->book.orders_at(kBuy, PriceTicks(90)).size(), 2U);
  EXPECT_EQ(this->lots_at(kSell, 90), 0);
  EXPECT_EQ(this->lots_at(kBuy, kPriceLevels), 0);
}

// --- Promises of the caller ---------------------------------------------------------------------

class Meddler final : public BookListener {
 public:
  void on_trade(const BookTrade&) override {}
  void on_rested(const OrderView& view) override { (void)book->cancel(view.id); }
  void on_reduced(const OrderView&, Qty) override {}
  void on_removed(const OrderView&, RemovalReason) override {}
  void on_triggered(const OrderView&) override {}
  Qty position_lots(OwnerId) const override { return Qty(0); }

  OrderBook* book = nullptr;
};

TEST(OrderBookDeathTest, AListenerMayNotChangeTheBook) {
  Meddler meddler;
  OrderBook book({}, meddler);
  meddler.book = &book;
  EXPECT_DEATH((void)book.place(order(kAnn, kBuy, 1, 1)), "is_busy_");
}

TEST(OrderBookDeathTest, LimitsHaveLimits) {
  Recorder listener;
  EXPECT_DEATH(OrderBook({.orders_max = kBookOrdersMax + 1}, listener), "orders_max");
}

TEST(OrderBook, ServesAMillionOwners) {
  Recorder listener;
  OrderBook book({}, listener);
  const OwnerId last{BookConfig{}.owners_max - 1};
  ASSERT_TRUE(book.place(order(last, kBuy, 1, 99)));
  ASSERT_TRUE(book.place(order(OwnerId{0}, kBuy, 1, 99)));
  EXPECT_EQ(book.cancel_all(last), 1U);
  EXPECT_EQ(book.cancel_all(OwnerId{0}), 1U);
}

}  // namespace
}  // namespace faultline
