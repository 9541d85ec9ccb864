#include "margin/shortfall.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "base/rng.hpp"
#include "margin/liquidation_price.hpp"

// The walk over rungs against a naive twin: scan the price on a fine grid, away from the mark, and
// look everything up from scratch at each point.
namespace faultline {
namespace {

constexpr double kGridStep = 2e-4;
constexpr int kGridPoints = 15'000;  // e^3: from the mark to a twentieth or twenty times
constexpr double kFee = 7e-4;

struct Account {
  ContractKind kind;
  std::vector<MaintenanceTier> tiers;
  double long_quantity;
  double short_quantity;
  double long_entry;
  double short_entry;
  double wallet;
  double mark;
};

// Equity less requirement at a price, or nothing where the ladder ends.
std::optional<double> naive_surplus(const Account& account, double price) {
  double surplus = account.wallet;
  for (const Side side : {Side::kLong, Side::kShort}) {
    const bool is_long = side == Side::kLong;
    const double quantity = is_long ? account.long_quantity : account.short_quantity;
    const double entry = is_long ? account.long_entry : account.short_entry;
    if (quantity == 0.0) continue;
    const bool linear = account.kind == ContractKind::kLinear;
    const double notional = linear ? quantity * price : quantity / price;
    const double per_unit = linear ? price - entry : 1.0 / entry - 1.0 / price;
    surplus += sign(side) * quantity * per_unit;
    const auto tier = std::ranges::find_if(account.tiers, [&](const MaintenanceTier& rung) {
      return rung.notional_floor <= notional && notional < rung.notional_cap;
    });
    if (tier == account.tiers.end()) return std::nullopt;
    const double rate = tier->maintenance_rate + tier->rate_slope * notional + kFee;
    surplus -= rate * notional - tier->deduction;
  }
  return surplus;
}

std::vector<MaintenanceTier> random_ladder(Rng& rng, double unit) {
  std::vector<MaintenanceTier> tiers;
  double rate = .002 + .02 * rng.uniform();
  double floor = 0.0;
  const std::uint64_t count = 1 + rng.below(6);
  const double slope = rng.below(4) == 0 ? .05 * rng.uniform() / unit : 0.0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double cap = (floor == 0.0 ? .3 * unit : floor) * (1.05 + 1.5 * rng.uniform());
    tiers.push_back({.notional_floor = floor,
                     .notional_cap = cap,
                     .maintenance_rate = rate,
                     .rate_slope = slope});
    floor = cap;
    rate *= 1.1 + .8 * rng.uniform();  // at most .55 after six
  }
  if (rng.below(2) == 0) tiers.back().notional_cap = std::numeric_limits<double>::infinity();
  return rng.below(2) == 0 ? with_continuous_deductions(tiers) : tiers;
}

Account random_account(Rng& rng) {
  Account account{};
  account.kind = rng.below(2) == 0 ? ContractKind::kLinear : ContractKind::kInverse;
  account.mark = 100.0 * std::exp(rng.normal());
  account.long_entry = account.mark * std::exp(.05 * rng.normal());
  account.short_entry = account.mark * std::exp(.05 * rng.normal());
  const double quantity = std::exp(rng.normal());
  const bool linear = account.kind == ContractKind::kLinear;
  const double notional = linear ? quantity * account.mark : quantity / account.mark;
  account.tiers = random_ladder(rng, notional);
  account.wallet = notional * (rng.uniform() < .8 ? .3 : 1.5) * rng.uniform();
  switch (rng.below(3)) {
    case 0:
      account.long_quantity = quantity;
      break;
    case 1:
      account.short_quantity = quantity;
      break;
    default:
      account.long_quantity = quantity;
      account.short_quantity = quantity * 1.5 * rng.uniform();
  }
  return account;
}

struct Tally {
  int prices = 0;
  int none = 0;
  int off_ladder = 0;
  int at_mark = 0;
};

// Checks one answer against the grid of one direction. `sign` is +1 upwards.
void compare(const Account& account, double sign, const Result<LiquidationPrice>& found,
             Tally& tally) {
  bool grid_hit = false;
  bool left_ladder = false;
  for (int i = 0; i <= kGridPoints && !grid_hit && !left_ladder; ++i) {
    const double price = account.mark * std::exp(sign * kGridStep * i);
    const auto surplus = naive_surplus(account, price);
    left_ladder = !surplus;
    grid_hit = surplus && *surplus <= 0.0;
    if (!grid_hit) continue;
    // Nothing may be under water before the solver's price.
    ASSERT_TRUE(found) << "grid hit at " << price;
    ASSERT_GE(sign * (price - found->price), -1e-9 * price);
  }
  if (!found) {
    const bool no_tier = found.error().code == Errc::kNoTier;
    ASSERT_TRUE(no_tier || found.error().code == Errc::kNotLiquidatable);
    ++(no_tier ? tally.off_ladder : tally.none);
    return;
  }
  // And at the solver's price it is, on one side of it at least (the price may be an edge).
  double least = std::numeric_limits<double>::infinity();
  for (const double nudge : {-1e-12, 0.0, 1e-12}) {
    const auto surplus = naive_surplus(account, found->price * (1.0 + nudge));
    if (surplus) least = std::min(least, *surplus);
  }
  const double scale = account.wallet + account.tiers.front().notional_cap;
  ASSERT_LE(least, 1e-9 * scale) << "solver's price " << found->price;
  ASSERT_GE(sign * (found->price - account.mark), -1e-9 * account.mark);
  ++(found->price == account.mark ? tally.at_mark : tally.prices);
}

TEST(Shortfall, NeedsNoLegs) {
  const auto found = first_shortfall({.constant = -90.0, .slope = 1.0}, {}, {.x = 100.0});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->x, 90.0);
  const auto none = first_shortfall({.constant = 1.0, .slope = 1.0}, {}, {.x = 100.0});
  EXPECT_EQ(none.error().code, Errc::kNotLiquidatable);
}

TEST(Shortfall, SolvesTheSlopeInBothDirections) {
  // 10 − x·x = 0: a claim that grows with the square and an equity that does not move.
  const TierTable tiers = TierTable::make({{.maintenance_rate = 1e-9, .rate_slope = 1.0}}).value();
  const MaintenanceLeg leg{.tiers = &tiers, .quantity = 1.0};
  const auto up = first_shortfall({.constant = 10.0}, {&leg, 1}, {1.0, Direction::kUp});
  ASSERT_TRUE(up);
  EXPECT_NEAR(up->x, std::sqrt(10.0), 1e-8);
  const auto down = first_shortfall({.constant = 10.0}, {&leg, 1}, {1.0, Direction::kDown});
  EXPECT_EQ(down.error().code, Errc::kNotLiquidatable);
}

TEST(ShortfallTwin, WalkAgreesWithTheGrid) {
  Rng rng(20240811);
  Tally tally;
  for (int trial = 0; trial < 1'500 && !HasFatalFailure(); ++trial) {
    const Account account = random_account(rng);
    SCOPED_TRACE(trial);
    const auto table = TierTable::make(account.tiers);
    ASSERT_TRUE(table) << table.error().offset;
    const MarginRules rules{.kind = account.kind, .maintenance_fee_rate = kFee};
    const Collateral collateral{.wallet = account.wallet};
    if (account.long_quantity > 0.0 && account.short_quantity > 0.0) {
      const HedgedPosition hedge{account.long_quantity, account.long_entry, account.short_quantity,
                                 account.short_entry, account.mark};
      const auto found = hedge_liquidation_prices(rules, *table, hedge, collateral);
      ASSERT_TRUE(found);
      compare(account, -1.0, found->below, tally);
      compare(account, +1.0, found->above, tally);
      continue;
    }
    const bool is_long = account.long_quantity > 0.0;
    const Position position{is_long ? Side::kLong : Side::kShort,
                            is_long ? account.long_quantity : account.short_quantity,
                            is_long ? account.long_entry : account.short_entry, account.mark};
    compare(account, is_long ? -1.0 : 1.0, liquidation_price(rules, *table, position, collateral),
            tally);
  }
  std::printf("twin: %d prices, %d at the mark, %d not liquidatable, %d off the ladder\n",
              tally.prices, tally.at_mark, tally.none, tally.off_ladder);
  EXPECT_GT(tally.prices, 400);
  EXPECT_GT(tally.at_mark, 20);
  EXPECT_GT(tally.none, 20);
  EXPECT_GT(tally.off_ladder, 20);
}

}  // namespace
}  // namespace faultline
