#include "study/claims_fuel.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "study/claims_measures.hpp"

namespace faultline {
namespace {

const UnixNanos kBegin(1'764'547'200'000'000'000);
constexpr double kMark = 100'000.0;

UnixNanos second(std::int64_t i) { return kBegin + Nanos(i * kSecond.value); }
std::int64_t e9_of(double price) { return std::llround(price * 1e9); }

// Twenty minutes at kMark, with a dip of .3 % and a rise of .3 % on the way.
VenueTape quiet_tape() {
  VenueTape tape;
  tape.instrument = lab_instrument();
  for (std::int64_t i = 0; i <= 1'200; ++i) {
    const double mark = kMark * (i == 300 ? 0.997 : i == 600 ? 1.003 : 1.0);
    std::vector<std::optional<std::int64_t>> cells(tape.marks.columns.size());
    cells[column_index(EventKind::kMark, "time")] = second(i).value;
    for (std::size_t column = 1; column < cells.size(); ++column) cells[column] = e9_of(mark);
    tape.marks.append(cells);
  }
  return tape;
}

// Of 1 M USD and 10 000 lots, `away` of log price from liquidation.
void add_position(VenueTape& tape, AccountIndex account, Side side, double away) {
  const double liquidation = kMark * std::exp(-sign(side) * away);
  std::vector<std::optional<std::int64_t>> cells(tape.positions.columns.size());
  const auto set = [&](const char* name, std::int64_t value) {
    cells[column_index(EventKind::kPosition, name)] = value;
  };
  set("time", kBegin.value);
  set("account_id", account + 1);
  set("side", static_cast<std::int64_t>(side));
  set("qty", 10'000);
  set("entry_price_e9", e9_of(kMark));
  set("liquidation_price_e9", e9_of(liquidation));
  set("position_usd_e6", 1'000'000'000'000);
  tape.positions.append(cells);
}

void add_forced(VenueTape& tape, std::int64_t at, AccountIndex account, Side side,
                std::int64_t lots) {
  LiquidationRecord& record = tape.forced.emplace_back();
  record.time = second(at);
  record.account = account;
  record.side = side;
  record.lots = Qty(lots);
}

TEST(ClaimFuel, IsTheSnapshotLessWhatIsKnownToBeGone) {
  for (const Side side : {Side::kLong, Side::kShort}) {
    VenueTape tape = quiet_tape();
    add_position(tape, 0, side, 0.005);
    add_position(tape, 1, side, 0.008);
    add_position(tape, 2, side, 0.002);  // the mark has been there
    add_position(tape, 3, side, 0.015);  // too far
    add_position(tape, 4, opposite(side), 0.005);
    add_forced(tape, 100, 1, side, 3'000);
    add_forced(tape, 100, 0, opposite(side), 3'000);
    add_forced(tape, 1'000, 0, side, 10'000);
    DeleverageRecord& gone = tape.deleveraged.emplace_back();
    gone.time = second(200);
    gone.account = 1;
    gone.side = side;
    gone.lots = Qty(1'000);
    const MarketConfig config;
    EXPECT_NEAR(fuel_ahead_usd(tape, config, second(1'000), side), 1.6e6, 1.0)
        << "what happens at the moment is not known before it";
    EXPECT_NEAR(fuel_ahead_usd(tape, config, second(1'001), side), 0.6e6, 1.0);
    EXPECT_NEAR(fuel_ahead_usd(tape, config, second(50), side), 3e6, 1.0)
        << "nothing is gone yet, the near one included";
  }
}

TEST(ClaimFuel, CountsOpeningsSinceTheSnapshotByTheirLaws) {
  VenueTape tape = quiet_tape();
  add_position(tape, 0, Side::kLong, 0.005);
  // 10 coins at 100 000 with some 80x, isolated, held for days: .8 % away or so.
  tape.entries = {{.time = second(800),
                   .account = 9,
                   .side = Side::kLong,
                   .lots = Qty(10'000),
                   .mark = PriceTicks(200'000)}};
  MarketConfig config;
  config.holders.leverage_median = 80.0;
  config.holders.leverage_spread = 0.01;
  config.holders.isolated_share = 1.0;
  config.holders.stop_share = 0.0;
  config.holders.holding_share = {0.0, 0.0, 1.0};
  EXPECT_NEAR(fuel_ahead_usd(tape, config, second(700), Side::kLong), 1e6, 1.0);
  EXPECT_NEAR(fuel_ahead_usd(tape, config, second(900), Side::kLong), 2e6, 2e5);
  EXPECT_NEAR(fuel_ahead_usd(tape, config, second(900), Side::kShort), 0.0, 1.0);
  config.holders.leverage_median = 5.0;
  EXPECT_NEAR(fuel_ahead_usd(tape, config, second(900), Side::kLong), 1e6, 1.0) << "far away";
}

TEST(ClaimFuel, IsThereForEveryLargeEpisodeOfAMarket) {
  MarketConfig config = claim_market(ClaimArm::kCrowded, 9002);
  config.length = Nanos(3 * kHour.value);
  config.warm_up = Nanos(3 * kHour.value);
  config.holders.count = 1'000;
  const auto facts = run_claim_market(ClaimArm::kCrowded, config, {});
  ASSERT_TRUE(facts);
  const auto large = large_episodes_of(*facts);
  ASSERT_EQ(facts->fuel.size(), large.size());
  for (std::size_t i = 0; i < large.size(); ++i) {
    EXPECT_EQ(facts->fuel[i].time, large[i].from);
    EXPECT_EQ(facts->fuel[i].side, large[i].side);
    EXPECT_GE(facts->fuel[i].usd, 0.0);
  }
}

}  // namespace
}  // namespace faultline
