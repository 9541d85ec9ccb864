#include "lab/exchange.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <vector>

#include "base/rng.hpp"
#include "lab/test_exchange.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kPrice = 100'000;  // ticks of 1 USD

class Tape final : public ExchangeListener {
 public:
  void on_trade(UnixNanos, const Fill& fill) override { fills.push_back(fill); }
  void on_liquidation(const LiquidationRecord& record) override { liquidations.push_back(record); }
  void on_deleverage(const DeleverageRecord& record) override { deleveraged.push_back(record); }
  void on_funding(UnixNanos, std::int64_t rate_e9) override { funding.push_back(rate_e9); }
  void on_order_lost(const OrderView& order, RemovalReason) override { lost.push_back(order.id); }

  std::vector<Fill> fills;
  std::vector<LiquidationRecord> liquidations;
  std::vector<DeleverageRecord> deleveraged;
  std::vector<std::int64_t> funding;
  std::vector<OrderId> lost;
};

ExchangeConfig config_of(std::uint32_t accounts) {
  ExchangeConfig config;
  config.account_count = accounts;
  config.instrument.id = {Venue::kSimulated, "BTCUSDT"};
  config.instrument.tick_size = {1, 0};
  config.opening_price = PriceTicks(kPrice);
  return config;
}

// Account 0 quotes, the others trade.
class ExchangeTest : public ::testing::Test {
 protected:
  ExchangeTest() : config_(config_of(8)) {
    config_.taker_fee_e6 = config_.maker_fee_e6 = 0;
    config_.mark_kind = MarkKind::kIndex;
  }

  void open() {
    exchange_.emplace(config_, tape_);
    deposit(0, 1e9);
  }
  void deposit(AccountIndex account, double usd) {
    exchange_->deposit(
        account,
        LabContract::of(config_.instrument).value().money_of_usd(usd, config_.opening_price));
  }
  void quote(Side side, std::int64_t price, std::int64_t lots) {
    ASSERT_TRUE(exchange_->place(
        {.owner = OwnerId{0}, .side = side, .price = PriceTicks(price), .quantity = Qty(lots)}));
  }
  Result<Placement, OrderRefusal> take(AccountIndex account, Side side, std::int64_t lots) {
    return exchange_->place({.owner = OwnerId{account},
                             .side = side,
                             .kind = OrderKind::kMarket,
                             .quantity = Qty(lots)});
  }
  void move_mark(double price) { exchange_->update_mark(price); }

  ExchangeConfig config_;
  Tape tape_;
  std::optional<Exchange> exchange_;
};

TEST_F(ExchangeTest, RefusesWhatTheMarginDoesNotCarry) {
  open();
  quote(Side::kShort, kPrice, 10'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  // .1 BTC is 10 000 USD, of which a tenth is needed.
  EXPECT_EQ(take(1, Side::kLong, 101).error(), OrderRefusal{});
  EXPECT_EQ(take(1, Side::kLong, 100)->filled, Qty(100));
  EXPECT_EQ(take(1, Side::kLong, 1).error(), OrderRefusal{});
  EXPECT_EQ(exchange_->place({.owner = OwnerId{99}, .quantity = Qty(1)}).error().book,
            RejectReason::kBadOwner);
  // Closing is always allowed, and turning around as far as the margin goes.
  EXPECT_EQ(exchange_
                ->place({.owner = OwnerId{1},
                         .side = Side::kShort,
                         .price = PriceTicks(kPrice + 5),
                         .quantity = Qty(200)})
                ->state,
            PlacementState::kResting);
  EXPECT_EQ(exchange_
                ->place({.owner = OwnerId{1},
                         .side = Side::kShort,
                         .price = PriceTicks(kPrice + 5),
                         .quantity = Qty(1)})
                .error(),
            OrderRefusal{});
}

TEST_F(ExchangeTest, AReplacementNeedsMarginForWhatItAdds) {
  open();
  quote(Side::kShort, kPrice + 10, 100'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  const auto placed = exchange_->place(
      {.owner = OwnerId{1}, .side = Side::kLong, .price = PriceTicks(kPrice), .quantity = Qty(1)});
  ASSERT_TRUE(placed);
  const auto more = [&](std::int64_t lots) {
    return exchange_->replace(placed->id, {.price = PriceTicks(kPrice), .quantity = Qty(lots)});
  };
  EXPECT_EQ(more(101).error(), OrderRefusal{});
  EXPECT_TRUE(more(100));
  EXPECT_EQ(more(101).error(), OrderRefusal{}) << "what rests counts once";
  EXPECT_TRUE(more(40));
  EXPECT_EQ(exchange_->replace(OrderId{12345}, {.quantity = Qty(1)}).error().book,
            RejectReason::kUnknownOrder);
}

TEST_F(ExchangeTest, OrdersThatWaitForATriggerNeedMargin) {
  open();
  quote(Side::kShort, kPrice + 10, 100'000);
  quote(Side::kLong, kPrice - 10, 100'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  const auto stop = [&](std::int64_t lots) {
    return exchange_->place({.owner = OwnerId{1},
                             .side = Side::kLong,
                             .kind = OrderKind::kMarket,
                             .quantity = Qty(lots),
                             .trigger = Trigger{.price = PriceTicks(kPrice + 5)}});
  };
  const auto first = stop(60);
  ASSERT_TRUE(first);
  EXPECT_EQ(stop(60).error(), OrderRefusal{});
  EXPECT_TRUE(exchange_->cancel(first->id));
  ASSERT_TRUE(stop(60)) << "what is gone frees its margin";
  move_mark(kPrice + 5);
  EXPECT_EQ(exchange_->ledger()[1].qty, 60);
  EXPECT_EQ(stop(60).error(), OrderRefusal{});
  EXPECT_TRUE(take(1, Side::kShort, 60));
  EXPECT_EQ(exchange_->ledger()[1].qty, 0);
}

TEST_F(ExchangeTest, AWaitingOrderThatIsReplacedCountsOnce) {
  open();
  quote(Side::kShort, kPrice + 10, 100'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  const auto stop = exchange_->place({.owner = OwnerId{1},
                                      .side = Side::kLong,
                                      .kind = OrderKind::kMarket,
                                      .quantity = Qty(10),
                                      .trigger = Trigger{.price = PriceTicks(kPrice + 5)}});
  ASSERT_TRUE(stop);
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(exchange_->replace(stop->id, {.quantity = Qty(9 + i % 2)})) << i;
  ASSERT_TRUE(exchange_->cancel(stop->id));
  EXPECT_TRUE(exchange_->place({.owner = OwnerId{1},
                                .side = Side::kLong,
                                .price = PriceTicks(kPrice - 50),
                                .quantity = Qty(99)}));
}

// The fund can take nothing. What still has equity at the mark is sold in the book, where there are
// bids above its bankruptcy price; nobody on the other side gives anything up.
TEST_F(ExchangeTest, WhatIsNotBankruptIsTriedInTheBookAgain) {
  config_.liquidation.style = LiquidationStyle::kWhole;
  config_.liquidation.takeover_share = 1.0;
  config_.liquidation.fund_usd = 0.0;
  config_.liquidation.fund_position_usd_max = 0.0;
  open();
  quote(Side::kShort, kPrice, 1'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 100));
  exchange_->cancel_all(0);
  move_mark(90'200);  // below 90 361, where it is liquidated, above 90 000, where nothing is left
  EXPECT_EQ(exchange_->ledger()[1].qty, 100) << "no bids";
  quote(Side::kLong, 90'150, 1'000);
  exchange_->set_time(exchange_->now() + Nanos(10 * kSecond.value));
  move_mark(90'201);
  EXPECT_EQ(exchange_->ledger()[1].qty, 0);
  EXPECT_TRUE(tape_.deleveraged.empty());
  ASSERT_EQ(tape_.liquidations.size(), 1u);
  EXPECT_EQ(tape_.liquidations[0].kind, ForcedKind::kBook);
}

TEST_F(ExchangeTest, TurningAroundNeedsTheMarginOfWhatComesAfter) {
  open();
  quote(Side::kShort, kPrice, 1'000);
  quote(Side::kLong, 91'000, 1'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kIsolated, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 99));
  move_mark(91'000);
  // 9 % are lost: what is left of the margin carries no short of the same size.
  EXPECT_EQ(take(1, Side::kShort, 198).error(), OrderRefusal{});
  EXPECT_TRUE(take(1, Side::kShort, 99));
}

// The stop of somebody else, set off by the forced order, is filled in the same call.
TEST_F(ExchangeTest, ALiquidationCountsItsOwnFillsOnly) {
  config_.liquidation.style = LiquidationStyle::kWhole;
  open();
  quote(Side::kShort, kPrice, 1'000);
  quote(Side::kLong, 91'000, 50);
  quote(Side::kLong, 90'700, 1'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 100));
  deposit(2, 1e7);
  ASSERT_TRUE(take(2, Side::kLong, 700));
  ASSERT_TRUE(exchange_->place(
      {.owner = OwnerId{2},
       .side = Side::kShort,
       .kind = OrderKind::kMarket,
       .is_reduce_only = true,
       .quantity = Qty(700),
       .trigger = Trigger{.source = PriceSource::kLast, .price = PriceTicks(91'000)}}));
  move_mark(90'361);
  ASSERT_EQ(tape_.liquidations.size(), 1u);
  EXPECT_EQ(tape_.liquidations[0].lots, Qty(100));
  EXPECT_EQ(exchange_->ledger()[2].qty, 0);
}

TEST_F(ExchangeTest, ALadderAsksForMoreThanTheAccountChose) {
  open();
  quote(Side::kShort, kPrice, 1'000'000);
  deposit(1, 100'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 125.0);
  EXPECT_EQ(take(1, Side::kLong, 75'000).error(), OrderRefusal{});  // 7.5M USD: 50x at most
  EXPECT_TRUE(take(1, Side::kLong, 7'900));                         // .79M USD: 100x
}

TEST_F(ExchangeTest, AMarkAtTheLiquidationPriceClosesThePositionInTheBook) {
  config_.liquidation.style = LiquidationStyle::kWhole;
  open();
  quote(Side::kShort, kPrice, 1'000);
  quote(Side::kLong, 90'700, 1'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 100));
  // (100 000 − 10 000) / (1 − .004) = 90 361.4
  ASSERT_EQ(exchange_->liquidation_tick_of(1), PriceTicks(90'361));
  move_mark(90'362);
  EXPECT_TRUE(tape_.liquidations.empty());
  move_mark(90'361);
  ASSERT_EQ(tape_.liquidations.size(), 1u);
  const LiquidationRecord& record = tape_.liquidations.front();
  EXPECT_EQ(record.kind, ForcedKind::kBook);
  EXPECT_EQ(record.lots, Qty(100));
  EXPECT_EQ(record.value, 100 * 90'700);
  EXPECT_EQ(record.liquidation_tick, PriceTicks(90'361));
  EXPECT_EQ(exchange_->ledger()[1].qty, 0);
  // What was left above nothing stays with the owner: .1 · (90 700 − 90 000) USD, in tick · lots.
  EXPECT_EQ(exchange_->ledger()[1].wallet, 100 * 700);
}

TEST_F(ExchangeTest, WhatTheBookDoesNotTakeAboveBankruptcyWaitsAndIsTakenOver) {
  config_.liquidation.takeover_share = 2.0 / 3.0;
  config_.liquidation.style = LiquidationStyle::kWhole;
  open();
  quote(Side::kShort, kPrice, 1'000);
  quote(Side::kLong, 90'100, 30);
  quote(Side::kLong, 89'000, 1'000);  // below bankruptcy: not for the owner
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kIsolated, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 100));
  move_mark(90'361);
  ASSERT_EQ(tape_.liquidations.size(), 1u);
  EXPECT_EQ(tape_.liquidations.back().lots, Qty(30));
  move_mark(90'150);  // equity under two thirds of maintenance
  ASSERT_EQ(tape_.liquidations.size(), 2u);
  EXPECT_EQ(tape_.liquidations.back().kind, ForcedKind::kTakeover);
  EXPECT_EQ(tape_.liquidations.back().lots, Qty(70));
  EXPECT_EQ(exchange_->ledger()[1].qty, 0);
  EXPECT_EQ(exchange_->ledger()[exchange_->fund_account()].qty, 70);
  const std::int64_t held = exchange_->fund_equity();
  exchange_->unwind();
  EXPECT_EQ(exchange_->ledger()[exchange_->fund_account()].qty, 70) << "the bid is too far away";
  quote(Side::kLong, 90'150, 500);
  exchange_->unwind();
  EXPECT_EQ(exchange_->ledger()[exchange_->fund_account()].qty, 0);
  EXPECT_EQ(exchange_->fund_equity(), held);  // sold at the mark
}

TEST_F(ExchangeTest, LargePositionsGoInPartsWithAPause) {
  open();
  quote(Side::kShort, kPrice, 10'000);
  quote(Side::kLong, 90'362, 10'000);
  deposit(1, 20'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 2'000));  // 200 000 USD
  move_mark(90'361);
  ASSERT_EQ(tape_.liquidations.size(), 1u);
  EXPECT_EQ(tape_.liquidations.back().lots, Qty(400));
  exchange_->set_time(UnixNanos(29 * kSecond.value));
  move_mark(90'260);
  EXPECT_EQ(tape_.liquidations.size(), 1u) << "cooling down";
  exchange_->set_time(UnixNanos(30 * kSecond.value));
  move_mark(90'260);
  ASSERT_EQ(tape_.liquidations.size(), 2u);
  EXPECT_EQ(tape_.liquidations.back().lots, Qty(1'600));
}

TEST_F(ExchangeTest, APauseEndsWhenThePriceComesBack) {
  open();
  quote(Side::kShort, kPrice, 10'000);
  quote(Side::kLong, 90'361, 10'000);
  deposit(1, 20'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 2'000));
  move_mark(90'361);
  move_mark(95'000);
  exchange_->set_time(UnixNanos(60 * kSecond.value));
  move_mark(94'000);
  EXPECT_EQ(exchange_->ledger()[1].qty, 1'600);
  // Its price is that of what is left, and it has its part again next time.
  const auto tick = exchange_->liquidation_tick_of(1);
  ASSERT_TRUE(tick);
  EXPECT_LT(*tick, PriceTicks(90'362));
  EXPECT_EQ(exchange_->liquidation_levels().tick_of(1), tick);
}

TEST_F(ExchangeTest, StepDownClosesDownToTheRungBelow) {
  config_.liquidation.style = LiquidationStyle::kStepDown;
  open();
  quote(Side::kShort, kPrice, 100'000);
  quote(Side::kLong, 90'000, 100'000);
  deposit(1, 40'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 4'000));  // 400 000 USD: the second rung
  move_mark(static_cast<double>(exchange_->liquidation_tick_of(1)->value));
  ASSERT_EQ(tape_.liquidations.size(), 1u);
  const std::int64_t left = exchange_->ledger()[1].qty;
  EXPECT_LT(left * exchange_->mark().value, 300'000 * 1'000);
  EXPECT_GE((left + 1) * exchange_->mark().value, 300'000 * 1'000);
}

TEST_F(ExchangeTest, ALossBeyondTheFundIsTakenFromThoseWhoGained) {
  config_.liquidation.fund_usd = 0.0;
  open();
  quote(Side::kShort, kPrice, 1'000);
  quote(Side::kLong, kPrice - 1, 1'000);
  for (const AccountIndex account : {1U, 2U, 3U}) deposit(account, 1'000.0);
  deposit(4, 100'000.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  exchange_->set_mode(2, MarginMode::kCross, 10.0);
  exchange_->set_mode(4, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(4, Side::kShort, 60));  // rich: little leverage
  ASSERT_TRUE(take(2, Side::kShort, 60));
  ASSERT_TRUE(take(1, Side::kLong, 100));
  exchange_->cancel_all(0);
  move_mark(85'000);  // far beyond the bankruptcy price of 90 000
  ASSERT_EQ(tape_.deleveraged.size(), 2u);
  EXPECT_EQ(tape_.deleveraged[0].account, 2u) << "the higher leverage comes first";
  EXPECT_EQ(tape_.deleveraged[0].lots, Qty(60));
  EXPECT_EQ(tape_.deleveraged[0].price, PriceTicks(90'000));
  EXPECT_EQ(tape_.deleveraged[1].lots, Qty(40));
  ASSERT_EQ(tape_.liquidations.size(), 1u);
  EXPECT_EQ(tape_.liquidations[0].kind, ForcedKind::kDeleveraged);
  EXPECT_EQ(exchange_->ledger()[1].qty, 0);
  EXPECT_EQ(exchange_->ledger()[1].wallet, 0);
  EXPECT_EQ(exchange_->ledger().insurance(), 0);
}

TEST_F(ExchangeTest, StopsFireOnTheMark) {
  open();
  quote(Side::kShort, kPrice, 1'000);
  quote(Side::kLong, 99'000, 1'000);
  deposit(1, 10'000.0);
  ASSERT_TRUE(take(1, Side::kLong, 100));
  ASSERT_EQ(exchange_
                ->place({.owner = OwnerId{1},
                         .side = Side::kShort,
                         .kind = OrderKind::kMarket,
                         .is_reduce_only = true,
                         .quantity = Qty(100),
                         .trigger = Trigger{.price = PriceTicks(99'500)}})
                ->state,
            PlacementState::kWaiting);
  move_mark(99'501);
  EXPECT_EQ(exchange_->ledger()[1].qty, 100);
  move_mark(99'500);
  EXPECT_EQ(exchange_->ledger()[1].qty, 0);
}

TEST_F(ExchangeTest, WithdrawalsLeaveWhatThePositionNeeds) {
  open();
  quote(Side::kShort, kPrice, 1'000);
  deposit(1, 1'500.0);
  exchange_->set_mode(1, MarginMode::kCross, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 100));
  EXPECT_EQ(exchange_->withdraw(1, 1'000'000'000), 500'000);  // USD · 1000
  EXPECT_EQ(exchange_->withdraw(1, 1), 0);
}

TEST_F(ExchangeTest, FundingMovesTheLiquidationPriceOfItsPayers) {
  open();
  quote(Side::kShort, kPrice, 1'000);
  deposit(1, 1'000.0);
  exchange_->set_mode(1, MarginMode::kIsolated, 10.0);
  ASSERT_TRUE(take(1, Side::kLong, 100));
  const auto before = exchange_->liquidation_levels().tick_of(1);
  exchange_->set_time(UnixNanos(8 * kHour.value));
  exchange_->settle_funding();
  ASSERT_EQ(tape_.funding, std::vector<std::int64_t>{100'000});
  const auto after = exchange_->liquidation_levels().tick_of(1);
  // A payment of .01 % of 100 000 USD a coin, over 1 − m.
  EXPECT_EQ(after->value - before->value, 10);
}

// Every kind of call in random order, under all settings: all money is found again after each.
TEST(PlayedExchange, ConservesMoneyAndContracts) {
  Rng rng(7);
  std::array<std::size_t, 3> forced{};
  std::size_t fills = 0;
  for (int settings = 0; settings < 256; ++settings) {
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(settings)};
    for (int i = 0; i < 6 * 1'500; ++i) bytes.push_back(static_cast<std::uint8_t>(rng.below(256)));
    const ExchangePlay play = play_exchange(bytes);
    ASSERT_EQ(play.complaint, "") << settings;
    for (std::size_t kind = 0; kind < 3; ++kind) forced[kind] += play.forced[kind];
    fills += play.fills;
  }
  for (const std::size_t count : forced) EXPECT_GT(count, 100U);
  EXPECT_GT(fills, 10'000U);
  std::printf("fills %zu, forced: book %zu, taken over %zu, deleveraged %zu\n", fills, forced[0],
              forced[1], forced[2]);
}

}  // namespace
}  // namespace faultline
