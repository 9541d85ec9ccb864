#include "margin/tiers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace faultline {
namespace {

using Tiers = std::vector<MaintenanceTier>;

Error error_of(Tiers tiers) { return TierTable::make(std::move(tiers)).error(); }

Tiers two_tiers() {
  return {{.notional_cap = 100, .maintenance_rate = .01, .leverage_max = 50},
          {.notional_floor = 100,
           .notional_cap = 500,
           .maintenance_rate = .02,
           .deduction = 1,
           .leverage_max = 25}};
}

TEST(TierTable, KeepsAValidLadder) {
  const auto table = TierTable::make(two_tiers());
  ASSERT_TRUE(table);
  EXPECT_EQ(table->tiers().size(), 2U);
  EXPECT_EQ(table->tiers()[1].deduction, 1.0);
}

TEST(TierTable, FindsTheRungAndKeepsFloorsInclusive) {
  const TierTable table = TierTable::make(two_tiers()).value();
  EXPECT_EQ(*table.tier_index_at(0), 0U);
  EXPECT_EQ(*table.tier_index_at(std::nextafter(100.0, 0.0)), 0U);
  EXPECT_EQ(*table.tier_index_at(100), 1U);
  EXPECT_EQ(*table.tier_index_at(std::nextafter(500.0, 0.0)), 1U);
  EXPECT_EQ(table.tier_index_at(500).error().code, Errc::kNoTier);
  EXPECT_EQ(table.tier_index_at(-1).error().code, Errc::kNoTier);
  EXPECT_EQ(table.tier_index_at(std::nan("")).error().code, Errc::kNoTier);
}

TEST(TierTable, RefusesEveryBrokenLadder) {
  EXPECT_EQ(error_of({}), Error{Errc::kEmpty});

  Tiers tiers = two_tiers();
  tiers[1].notional_floor = 101;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kBadFormat, 1}));  // gap
  tiers[1].notional_floor = 99;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kBadFormat, 1}));  // overlap
  tiers = two_tiers();
  tiers[1].notional_cap = 100;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kBadFormat, 1}));  // empty rung
  tiers = two_tiers();
  tiers[0].notional_floor = 1;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kBadFormat, 0}));  // does not start at 0

  tiers = two_tiers();
  tiers[1].maintenance_rate = .01;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kOutOfRange, 1}));  // rates must rise
  tiers = two_tiers();
  tiers[1].leverage_max = 50;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kOutOfRange, 1}));  // leverage must fall
  tiers = two_tiers();
  tiers[0].deduction = 1;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kOutOfRange, 0}));  // negative requirement at 0
  tiers = two_tiers();
  tiers[1].deduction = 1.01;
  EXPECT_EQ(error_of(tiers), (Error{Errc::kOutOfRange, 1}));  // requirement falls at the edge
  tiers[1].deduction = 1.0005;                                // the rounding that venues show
  EXPECT_TRUE(TierTable::make(tiers));
}

TEST(TierTable, RefusesRatesOutsideTheirRange) {
  for (const double rate : {0.0, -.01, 1.0001, std::nan("")}) {
    EXPECT_EQ(error_of({{.maintenance_rate = rate}}), Error{Errc::kOutOfRange}) << rate;
  }
  EXPECT_TRUE(TierTable::make({{.maintenance_rate = 1.0}}));
  EXPECT_EQ(error_of({{.maintenance_rate = .01, .rate_slope = -1e-9}}), Error{Errc::kOutOfRange});
  EXPECT_EQ(error_of({{.maintenance_rate = .01, .leverage_max = 0.0}}), Error{Errc::kOutOfRange});
  const auto backwards = TierTable::make({{.maintenance_rate = .01}}, {UnixNanos(5), UnixNanos(5)});
  EXPECT_EQ(backwards.error(), Error{Errc::kBadTime});
}

TEST(TierHistory, LooksUpByTimeHalfOpen) {
  const auto table = [](TierValidity validity) {
    return TierTable::make({{.maintenance_rate = .01}}, validity).value();
  };
  const auto history =
      TierHistory::make({table({UnixNanos(10), UnixNanos(20)}),
                         table({UnixNanos(20), UnixNanos(30)}), table({UnixNanos(40), {}})});
  ASSERT_TRUE(history);
  EXPECT_FALSE(history->table_index_at(UnixNanos(9)));
  EXPECT_EQ(history->table_index_at(UnixNanos(10)), 0U);
  EXPECT_EQ(history->table_index_at(UnixNanos(19)), 0U);
  EXPECT_EQ(history->table_index_at(UnixNanos(20)), 1U);
  EXPECT_FALSE(history->table_index_at(UnixNanos(30)));  // the gap
  EXPECT_EQ(history->table_index_at(UnixNanos(1'000)), 2U);

  EXPECT_EQ(TierHistory::make({}).error(), Error{Errc::kEmpty});
  EXPECT_EQ(TierHistory::make({table({UnixNanos(10), {}}), table({UnixNanos(20), {}})}).error(),
            (Error{Errc::kBadTime, 1}));
  EXPECT_EQ(TierHistory::make({table({UnixNanos(10), UnixNanos(21)}), table({UnixNanos(20), {}})})
                .error(),
            (Error{Errc::kBadTime, 1}));
}

TEST(TierLadders, DeductionsOfThe2021BinanceLadderComeFromItsRates) {
  // Caps, rates and maintenance amounts as Binance printed them in 2021.
  struct Row {
    double cap, rate, deduction;
  };
  constexpr std::array kRows{Row{50e3, .004, 0},          Row{250e3, .005, 50},
                             Row{1e6, .01, 1'300},        Row{10e6, .025, 16'300},
                             Row{20e6, .05, 266'300},     Row{50e6, .1, 1'266'300},
                             Row{100e6, .125, 2'516'300}, Row{200e6, .15, 5'016'300},
                             Row{300e6, .25, 25'016'300}, Row{500e6, .5, 100'016'300}};
  Tiers tiers;
  for (const Row& row : kRows) {
    tiers.push_back({.notional_floor = tiers.empty() ? 0.0 : tiers.back().notional_cap,
                     .notional_cap = row.cap,
                     .maintenance_rate = row.rate});
  }
  tiers = with_continuous_deductions(std::move(tiers));
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    EXPECT_NEAR(tiers[i].deduction, kRows[i].deduction, 1e-6) << i;
  }
  EXPECT_TRUE(TierTable::make(tiers));
}

TEST(TierLadders, LeverageStepsHalveTheInitialMargin) {
  const std::array steps{LeverageStep{0, 40}, LeverageStep{150e6, 20}};
  const auto table = tiers_of_leverage_steps(steps);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->tiers()[0].maintenance_rate, .0125);
  EXPECT_EQ(table->tiers()[0].notional_cap, 150e6);
  EXPECT_EQ(table->tiers()[1].maintenance_rate, .025);
  EXPECT_EQ(table->tiers()[1].deduction, 150e6 * .0125);
  EXPECT_TRUE(std::isinf(table->tiers()[1].notional_cap));
  EXPECT_EQ(tiers_of_leverage_steps({}).error(), Error{Errc::kEmpty});
}

TEST(TierLadders, RiskStepsJumpAndEnd) {
  const RiskStepLadder ladder{
      .base_limit = 200, .base_rate = .005, .step_limit = 100, .step_rate = .005, .step_count = 8};
  const auto table = tiers_of_risk_steps(ladder);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->tiers().size(), 9U);
  EXPECT_EQ(table->tiers()[8].notional_cap, 1'000);
  EXPECT_NEAR(table->tiers()[8].maintenance_rate, .045, 1e-15);
  EXPECT_NEAR(maintenance_at(table->tiers()[1], 200), 2.0, 1e-12);  // twice the 1.0 just below
  EXPECT_EQ(tiers_of_risk_steps({.base_limit = 1, .step_count = 1001}).error().code, Errc::kLimit);
}

TEST(TierLadders, SlopeMakesTheRequirementQuadratic) {
  const MaintenanceTier deribit{.maintenance_rate = .01, .rate_slope = .00005};
  EXPECT_NEAR(maintenance_at(deribit, 10), .105, 1e-15);
}

}  // namespace
}  // namespace faultline
