// Forced orders that take time against a book that comes back, held against their closed form.
//
// Not on the exchange, whose forced orders are immediate: a fluid on its order book and liquidation
// ladder. Whoever is reached joins the pending lots, which are sold at rate ν; what was sold comes
// back at the best bid at rate ρ. With x the displacement, m its maximum so far and y what is
// pending, in the depth of one displacement:
//
//   x' = ν y − ρ x,   y' = −ν y + R m',   x(0) = m(0) = 1,   y(0) = R
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>

#include "book/order_book.hpp"
#include "lab/liquidation_ladder.hpp"
#include "lab/test_cascade.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kOpening = 1'000'000;
constexpr std::int64_t kUnit = 400;       // ticks of the first displacement
constexpr std::int64_t kTickLots = 5000;  // that rest at a tick
constexpr std::int64_t kUnitsMax = 60;    // the book ends here

struct Rates {
  double ratio = 0.0;       // R
  double resilience = 0.0;  // ρ; ν is 1
};

// While x is at its maximum, x'' − (R − 1 − ρ) x' + ρ x = 0; its first maximum is the peak, for
// what is still pending then cannot lift x to it again. Where the roots are real and positive there
// is none. Requires: R > (1 − √ρ)², below which the roots are real and negative (checked).
double peak_of(const Rates& rates) {
  const double rise = rates.ratio - rates.resilience;
  if (rise <= 0.0) return 1.0;
  const double half = 0.5 * (rates.ratio - 1.0 - rates.resilience);
  const double square = rates.resilience - half * half;
  FAULTLINE_CHECK(square > 0.0 || half > 0.0);
  if (square <= 0.0) return std::numeric_limits<double>::infinity();
  const double omega = std::sqrt(square);
  const double sine = (rise - half) / omega;
  const double angle = std::atan2(rise, omega - half * sine);
  return std::exp(half * angle / omega) * (std::cos(angle) + sine * std::sin(angle));
}

class FluidMarket final : private BookListener {
 public:
  explicit FluidMarket(double ratio)
      : book_({}, *this), ladder_(static_cast<std::size_t>(kUnitsMax * kUnit)) {
    const std::int64_t lots = std::llround(ratio * static_cast<double>(kTickLots));
    for (std::int64_t away = 1; away <= kUnitsMax * kUnit; ++away) {
      bid(away, kTickLots);
      ladder_.place(static_cast<AccountIndex>(away - 1), Side::kLong, PriceTicks(kOpening - away),
                    Qty(lots));
    }
    sell(kUnit * kTickLots);
    join_pending();
  }

  // What is pending is sold and joined by whom that reaches, between two halves of the recovery.
  // The error of a step is of second order, that of a path of first: what joins waits a step.
  void step(const Rates& rates, double length) {
    const double recovered = -std::expm1(-0.5 * rates.resilience * length);
    recover(recovered);
    const std::int64_t lots =
        std::llround(-std::expm1(-length) * static_cast<double>(pending_lots_));
    pending_lots_ -= lots;
    sell(lots);
    join_pending();
    recover(recovered);
  }

  // From the opening, in first displacements: now, and the greatest so far.
  double displacement() const { return in_units(missing_lots()); }
  double peak() const { return in_units(most_missing_); }

 private:
  static constexpr OwnerId kMaker{0};
  static constexpr OwnerId kSeller{1};

  static double in_units(std::int64_t lots) {
    return static_cast<double>(lots) / static_cast<double>(kUnit * kTickLots);
  }

  // Between the opening and the best bid, and of the best bid itself.
  std::int64_t missing_lots() const {
    const auto best = book_.best_price(Side::kLong);
    if (!best) return kUnitsMax * kUnit * kTickLots;
    return (kOpening - best->value) * kTickLots - book_.lots_at(Side::kLong, *best).value;
  }

  void bid(std::int64_t away, std::int64_t lots) {
    const auto placed = book_.place({.owner = kMaker,
                                     .side = Side::kLong,
                                     .price = PriceTicks(kOpening - away),
                                     .quantity = Qty(lots)});
    FAULTLINE_CHECK(placed.has_value());
  }
  void sell(std::int64_t lots) {
    if (lots == 0) return;
    const auto placed = book_.place({.owner = kSeller,
                                     .side = Side::kShort,
                                     .kind = OrderKind::kMarket,
                                     .quantity = Qty(lots)});
    FAULTLINE_CHECK(placed.has_value());
    most_missing_ = std::max(most_missing_, missing_lots());
  }
  // A share of what is missing comes back where the price is.
  void recover(double share) {
    std::int64_t missing = missing_lots();
    std::int64_t left = std::llround(share * static_cast<double>(missing));
    while (left > 0) {
      const std::int64_t away = (missing + kTickLots - 1) / kTickLots;
      const std::int64_t lots = std::min(left, missing - (away - 1) * kTickLots);
      bid(away, lots);
      missing -= lots;
      left -= lots;
    }
  }
  // The positions of a tick are those between it and the tick before: on average they are reached
  // when half of it is gone.
  void join_pending() {
    const double away = static_cast<double>(missing_lots()) / static_cast<double>(kTickLots);
    const PriceTicks mark(kOpening - std::llround(away));
    ladder_.visit_levels(Side::kLong, [&](PriceTicks tick, Qty lots) {
      if (tick < mark) return false;
      pending_lots_ += lots.value;
      return true;
    });
    while (const auto account = ladder_.reached(Side::kLong, mark))
      ladder_.place(*account, Side::kLong, std::nullopt, Qty(0));
  }

  void on_trade(const BookTrade&) override {}
  void on_rested(const OrderView&) override {}
  void on_reduced(const OrderView&, Qty) override {}
  void on_removed(const OrderView&, RemovalReason) override {}
  void on_triggered(const OrderView&) override {}
  Qty position_lots(OwnerId) const override { return Qty(0); }

  OrderBook book_;
  LiquidationLadder ladder_;
  std::int64_t pending_lots_ = 0;
  std::int64_t most_missing_ = 0;
};

// Until the price turns, or the book is empty: then nothing. All that end do so within 40.
std::optional<double> peak_in_book(const Rates& rates, double length) {
  FluidMarket market(rates.ratio);
  for (double time = 0.0; time < 100.0; time += length) {
    market.step(rates, length);
    if (market.peak() >= static_cast<double>(kUnitsMax)) return std::nullopt;
    if (market.displacement() < 0.5 * market.peak()) break;
  }
  return market.peak();
}

struct Published {
  Rates rates;
  double peak;
};

// With the digits that the table of docs/models/lab.md has.
constexpr std::array kPublished{Published{{.ratio = 0.5, .resilience = 0.2}, 1.1299},
                                Published{{.ratio = 0.9, .resilience = 0.1}, 2.2023},
                                Published{{.ratio = 1.5, .resilience = 0.2}, 4.7753},
                                Published{{.ratio = 2.0, .resilience = 0.25}, 33.61}};

std::string name_of_rates(const Rates& rates) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "peak at R = %g, rho = %g", rates.ratio,
                rates.resilience);
  return text.data();
}

TEST(CascadeResilience, PeaksWhereTheClosedFormSays) {
  for (const Published& row : kPublished) {
    const double expected = peak_of(row.rates);
    EXPECT_NEAR(expected, row.peak, row.peak > 10.0 ? 5e-3 : 5e-5);
    std::array<double, 3> peaks{};
    double length = 0.016;
    for (double& peak : peaks) {
      peak = peak_in_book(row.rates, length).value();
      length *= 0.5;
    }
    std::printf("%-46s errors with steps of .016, .008, .004: %+.4f %+.4f %+.4f\n",
                name_of_rates(row.rates).c_str(), peaks[0] - expected, peaks[1] - expected,
                peaks[2] - expected);
    // An error of first order in the step halves with it, and is gone from twice the finer less
    // the coarser.
    constexpr double kTolerance =
        2.0 / static_cast<double>(kUnit) + 1.0 / static_cast<double>(kUnit * kTickLots);
    EXPECT_LE(std::abs(peaks[2] - expected), 0.5 * std::abs(peaks[0] - expected) + kTolerance);
    const FormRow limit{.name = name_of_rates(row.rates),
                        .calculated = 2.0 * peaks[2] - peaks[1],
                        .expected = expected,
                        .tolerance = kTolerance,
                        .source = "x'' - (R-1-rho) x' + rho x = 0"};
    EXPECT_TRUE(limit.agrees()) << describe(limit);
    std::printf("%s\n", describe(limit).c_str());
  }
}

TEST(CascadeResilience, WhatComesBackFasterThanItIsSoldDoesNotAmplify) {
  for (const double ratio : {0.1, 0.19, 0.2, 0.35}) {
    const Rates rates{.ratio = ratio, .resilience = 0.2};
    const FormRow row{.name = name_of_rates(rates),
                      .calculated = peak_in_book(rates, 0.004).value(),
                      .expected = ratio <= 0.2 ? 1.0 : peak_of(rates),
                      .tolerance = 1e-3,
                      .source = "1 if R <= rho/nu"};
    EXPECT_TRUE(row.agrees()) << describe(row);
    std::printf("%s\n", describe(row).c_str());
  }
}

TEST(CascadeResilience, GrowsWithoutBoundFromOnePlusRootSquaredOn) {
  for (const double ratio : {2.0, 2.25, 2.3}) {
    const Rates rates{.ratio = ratio, .resilience = 0.25};
    const auto peak = peak_in_book(rates, 0.008);
    EXPECT_EQ(peak.has_value(), ratio < 2.25) << ratio;
    EXPECT_EQ(std::isfinite(peak_of(rates)), ratio < 2.25) << ratio;
    std::printf("%-46s %s\n", name_of_rates(rates).c_str(),
                peak ? "ends" : "takes all 60 displacements of the book");
  }
}

}  // namespace
}  // namespace faultline
