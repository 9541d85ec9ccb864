// Cascades through the lab's own book and exchange, held against what can be worked out on paper.
//
// Each row is computed on three grids with the same lots per unit of price and ticks of 1, 1/2 and
// 1/4 of it. On each it has to be within two ticks and what one lot moves, and a quarter of the
// tick has to leave at most half of a family's worst error.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "lab/test_cascade.hpp"

namespace faultline {
namespace {

constexpr double kDepth = 400.0;  // lots per unit of price
constexpr std::array<std::int64_t, 3> kGrids{1, 2, 4};

// A unit of price in `ticks` parts, a power of two.
struct Grid {
  std::int64_t ticks = 1;

  StaticVenueSettings settings(double units, Side side = Side::kLong) const {
    constexpr std::array<Decimal, 3> kTickSizes{Decimal{1, 0}, Decimal{5, -1}, Decimal{25, -2}};
    return {.side = side,
            .tick_size = kTickSizes[static_cast<std::size_t>(ticks / 2)],
            .opening_tick = 100'000 * ticks,
            .positions_max = static_cast<std::uint32_t>(in_ticks(units))};
  }
  std::int64_t in_ticks(double units) const {
    return static_cast<std::int64_t>(std::ceil(units * static_cast<double>(ticks)));
  }
  double in_units(std::int64_t count) const {
    return static_cast<double>(count) / static_cast<double>(ticks);
  }
  // Two ticks, and what one lot moves.
  double tolerance(double lots_per_unit = kDepth) const {
    return 2.0 / static_cast<double>(ticks) + 1.0 / lots_per_unit;
  }
};

// Lots from the opening to `units` away.
template <class LotsUpTo>
void fill_book(StaticVenue& venue, const Grid& grid, double units, const LotsUpTo& lots_up_to) {
  const auto in_ticks = [&](double away) {
    return lots_up_to(away / static_cast<double>(grid.ticks));
  };
  for (std::int64_t away = 1; away <= grid.in_ticks(units); ++away) {
    const std::int64_t lots = lots_of_tick(in_ticks, away);
    if (lots > 0) venue.add_depth(away, lots);
  }
}
template <class LotsUpTo>
void open_positions(StaticVenue& venue, const Grid& grid, double units,
                    const LotsUpTo& lots_up_to) {
  const auto in_ticks = [&](double away) {
    return lots_up_to(away / static_cast<double>(grid.ticks));
  };
  for (std::int64_t away = 1; away <= grid.in_ticks(units); ++away) {
    const std::int64_t lots = lots_of_tick(in_ticks, away);
    if (lots > 0) venue.add_position(away, lots);
  }
}

// The worst error of a family on each grid, which has to fall as the tick does.
class Convergence {
 public:
  void add(const Grid& grid, double error) {
    double& worst = worst_[static_cast<std::size_t>(grid.ticks / 2)];
    worst = std::max(worst, std::abs(error));
  }
  void check(const char* name) const {
    std::printf("%-46s worst error with ticks of 1, 1/2, 1/4: %.3f %.3f %.3f\n", name, worst_[0],
                worst_[1], worst_[2]);
    EXPECT_LE(worst_[1], worst_[0]) << name;
    EXPECT_LE(worst_[2], 0.5 * worst_[0]) << name;
  }

 private:
  std::array<double, 3> worst_{};
};

std::string label(const char* text, double value) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), " %g", value);
  return text + std::string(digits.data());
}

// --- Uniform positions in front of a linear book -------------------------------------------------

struct Market {
  const char* name;
  ContractKind kind;
  Side side;
};

class LinearBook : public ::testing::TestWithParam<Market> {
 protected:
  StaticVenueSettings settings_of(const Grid& grid, double units, MarkKind mark) const {
    StaticVenueSettings settings = grid.settings(units, GetParam().side);
    settings.kind = GetParam().kind;
    settings.mark_kind = mark;
    return settings;
  }
  static void fill(StaticVenue& venue, const Grid& grid, double units, double ratio) {
    fill_book(venue, grid, units, [](double x) { return kDepth * x; });
    open_positions(venue, grid, units, [ratio](double x) { return ratio * kDepth * x; });
  }
};

TEST_P(LinearBook, AmplifiesAPushByOneOverOneMinusR) {
  constexpr std::array kPushes{37.3, 83.1, 61.77};
  Convergence distance;
  for (const std::int64_t ticks : kGrids) {
    const Grid grid{ticks};
    for (const double ratio : {0.3, 0.6, 0.9}) {
      for (const double push : kPushes) {
        const double expected = push / (1.0 - ratio);
        StaticVenue venue(settings_of(grid, expected + 10.0, MarkKind::kLast));
        fill(venue, grid, expected + 10.0, ratio);
        const std::int64_t lots = std::llround(kDepth * push);
        venue.push(lots);
        venue.judge_at_last();
        const FormRow far{.name = GetParam().name + label(" X at R =", ratio),
                          .calculated = grid.in_units(venue.away()),
                          .expected = expected,
                          .tolerance = grid.tolerance(),
                          .source = "X0/(1-R)"};
        const FormRow sold{.name = GetParam().name + label(" liquidated at R =", ratio),
                           .calculated = static_cast<double>(venue.liquidated_lots()),
                           .expected = static_cast<double>(lots) * ratio / (1.0 - ratio),
                           .tolerance = 2.0 * grid.in_units(1) * ratio * kDepth + 1.0,
                           .source = "Q0 R/(1-R)"};
        EXPECT_TRUE(far.agrees()) << describe(far);
        EXPECT_TRUE(sold.agrees()) << describe(sold);
        EXPECT_TRUE(venue.ledger().is_conserved());
        distance.add(grid, far.error());
        if (ticks != 4 || push != kPushes.back()) continue;
        std::printf("%s\n%s\n", describe(far).c_str(), describe(sold).c_str());
      }
    }
  }
  distance.check("X, three pushes at three R");
}

// The trigger is the first round, and each later one is judged at where the last one ended.
TEST_P(LinearBook, SumsAGeometricSeriesRoundByRound) {
  constexpr double kRatio = 0.5;
  constexpr double kPush = 83.1;
  Convergence distance;
  for (const std::int64_t ticks : kGrids) {
    const Grid grid{ticks};
    StaticVenue venue(settings_of(grid, 180.0, MarkKind::kIndex));
    fill(venue, grid, 180.0, kRatio);
    venue.push(std::llround(kDepth * kPush));
    for (int round = 1; round <= 8; ++round) {
      if (round > 1) venue.judge_at_last();
      const FormRow row{.name = GetParam().name + label(" X after round", round),
                        .calculated = grid.in_units(venue.away()),
                        .expected = kPush * (1.0 - std::pow(kRatio, round)) / (1.0 - kRatio),
                        .tolerance = grid.tolerance(),
                        .source = "X0(1-R^k)/(1-R)"};
      distance.add(grid, row.error());
      EXPECT_TRUE(row.agrees()) << describe(row);
      if (ticks == 4 && (round == 2 || round == 8)) std::printf("%s\n", describe(row).c_str());
    }
  }
  distance.check("X after each of eight rounds");
}

// An inverse contract amplifies alike: depth and forced orders are both counted in contracts. Its
// margin is in coins and moves the liquidation price, which is where the fixture puts it.
INSTANTIATE_TEST_SUITE_P(
    Markets, LinearBook,
    ::testing::Values(Market{"linear_longs", ContractKind::kLinear, Side::kLong},
                      Market{"linear_shorts", ContractKind::kLinear, Side::kShort},
                      Market{"inverse_longs", ContractKind::kInverse, Side::kLong},
                      Market{"inverse_shorts", ContractKind::kInverse, Side::kShort}),
    [](const auto& param) { return std::string(param.param.name); });

// --- A cluster behind a gap ----------------------------------------------------------------------

struct Cluster {
  double gap;
  double width;
  double ratio;
};

// Where a push of so many lots ends, in units.
double pushed_into(const Cluster& cluster, const Grid& grid, std::int64_t lots) {
  const double far = cluster.gap + cluster.width * std::max(1.0, cluster.ratio) + 20.0;
  StaticVenue venue(grid.settings(far));
  fill_book(venue, grid, far, [](double x) { return kDepth * x; });
  open_positions(venue, grid, far, [&](double x) {
    return cluster.ratio * kDepth * std::clamp(x - cluster.gap, 0.0, cluster.width);
  });
  venue.push(lots);
  venue.judge_at_last();
  return grid.in_units(venue.away());
}

TEST(CascadeCluster, FallsThroughWhenTheLastLotInFrontOfItIsGone) {
  constexpr double kGap = 40.0;
  constexpr auto kThreshold = static_cast<std::int64_t>(kDepth * kGap);
  Convergence distance;
  for (const std::int64_t ticks : kGrids) {
    const Grid grid{ticks};
    for (const double ratio : {1.3, 2.0, 3.7}) {
      for (const double width : {17.0, 25.0}) {
        const Cluster cluster{.gap = kGap, .width = width, .ratio = ratio};
        const double before = pushed_into(cluster, grid, kThreshold);
        const double after = pushed_into(cluster, grid, kThreshold + 1);
        EXPECT_EQ(before, kGap);
        const FormRow jump{.name = label("jump at R =", ratio),
                           .calculated = after - before,
                           .expected = ratio * width,
                           .tolerance = grid.tolerance(),
                           .source = "R w"};
        const FormRow beyond{.name = label("beyond the far edge at R =", ratio),
                             .calculated = after - kGap - width,
                             .expected = (ratio - 1.0) * width,
                             .tolerance = grid.tolerance(),
                             .source = "(R-1) w"};
        EXPECT_TRUE(jump.agrees()) << describe(jump);
        EXPECT_TRUE(beyond.agrees()) << describe(beyond);
        distance.add(grid, jump.error());
        if (ticks != 4 || width != 25.0) continue;
        std::printf("%s\n%s\n", describe(jump).c_str(), describe(beyond).c_str());
      }
    }
  }
  distance.check("jump, two widths at three R");
}

TEST(CascadeCluster, BelowOneNothingJumps) {
  const Cluster cluster{.gap = 40.0, .width = 25.0, .ratio = 0.8};
  for (const std::int64_t ticks : kGrids) {
    const Grid grid{ticks};
    const double before = pushed_into(cluster, grid, 16'000);
    EXPECT_LE(pushed_into(cluster, grid, 16'001) - before, grid.tolerance());
  }
}

// --- A square-root book --------------------------------------------------------------------------

constexpr double kCurve = 40.0;  // lots per squared unit of price

struct SquareRootBook {
  double gap;
  double density;  // of positions behind the gap, lots per unit
};

double pushed_into(const SquareRootBook& book, const Grid& grid, std::int64_t lots) {
  const double far = book.density / kCurve + 2.0 * book.gap + 60.0;
  StaticVenue venue(grid.settings(far));
  fill_book(venue, grid, far, [](double x) { return kCurve * x * x; });
  open_positions(venue, grid, far,
                 [&](double x) { return book.density * std::max(0.0, x - book.gap); });
  venue.push(lots);
  venue.judge_at_last();
  return grid.in_units(venue.away());
}

double square_root_form(const SquareRootBook& book, double lots) {
  const double inner =
      book.density * book.density + 4.0 * kCurve * (lots - book.density * book.gap);
  return (book.density + std::sqrt(inner)) / (2.0 * kCurve);
}

TEST(CascadeSquareRootBook, EndsAtTheGreaterRoot) {
  Convergence distance;
  for (const std::int64_t ticks : kGrids) {
    const Grid grid{ticks};
    for (const double density : {800.0, 1'280.0, 2'400.0, 3'300.0}) {
      for (const double share : {1.05, 1.3, 1.7}) {
        const SquareRootBook book{.gap = 20.0, .density = density};
        const std::int64_t lots = std::llround(share * kCurve * book.gap * book.gap);
        const FormRow row{.name = label("X at lambda =", density) + label(", Q0/ag^2 =", share),
                          .calculated = pushed_into(book, grid, lots),
                          .expected = square_root_form(book, static_cast<double>(lots)),
                          .tolerance = grid.tolerance(2.0 * kCurve * book.gap),
                          .source = "[l+sqrt(l^2+4a(Q0-l g))]/2a"};
        EXPECT_TRUE(row.agrees()) << describe(row);
        distance.add(grid, row.error());
        if (ticks == 4 && share == 1.3) std::printf("%s\n", describe(row).c_str());
      }
    }
  }
  distance.check("X, three pushes at four lambda");
}

TEST(CascadeSquareRootBook, FoldsIfAndOnlyIfLambdaIsAboveTwoAG) {
  constexpr double kGap = 20.0;
  constexpr auto kThreshold = static_cast<std::int64_t>(kCurve * kGap * kGap);
  for (const double fold : {0.5, 0.9, 1.1, 1.5, 2.0}) {
    const SquareRootBook book{.gap = kGap, .density = fold * 2.0 * kCurve * kGap};
    for (const std::int64_t ticks : kGrids) {
      const Grid grid{ticks};
      const double before = pushed_into(book, grid, kThreshold);
      EXPECT_EQ(before, kGap);
      const FormRow row{.name = label("jump at lambda/2ag =", fold),
                        .calculated = pushed_into(book, grid, kThreshold + 1) - before,
                        .expected = std::max(0.0, book.density / kCurve - 2.0 * kGap),
                        .tolerance = grid.tolerance(2.0 * kCurve * kGap),
                        .source = "l/a - 2g, none below 1"};
      EXPECT_TRUE(row.agrees()) << describe(row);
      if (ticks == 4) std::printf("%s\n", describe(row).c_str());
    }
  }
}

TEST(CascadeSquareRootBook, WithoutAGapOneLotIsEnough) {
  for (const double density : {300.0, 2'400.0}) {
    for (const std::int64_t ticks : kGrids) {
      const Grid grid{ticks};
      const FormRow row{.name = label("one lot, g = 0, lambda =", density),
                        .calculated = pushed_into(SquareRootBook{0.0, density}, grid, 1),
                        .expected = density / kCurve,
                        .tolerance = grid.tolerance(density),
                        .source = "l/a"};
      EXPECT_TRUE(row.agrees()) << describe(row);
      if (ticks == 4) std::printf("%s\n", describe(row).c_str());
    }
  }
}

// --- Several venues ------------------------------------------------------------------------------

using Vector = std::array<double, 3>;

constexpr Vector kVenueDepth{200.0, 160.0, 20.0};  // 50, 40, 5, times 4
constexpr Vector kVenueDensity{120.0, 40.0, 20.0};

// Of diag(λ/d)·W: what a displacement judged on all venues adds to each of them.
Vector next_displacement(double own_share, const Vector& displacement) {
  double index = 0.0;
  double depth = 0.0;
  for (std::size_t v = 0; v < 3; ++v) {
    index += kVenueDepth[v] * displacement[v];
    depth += kVenueDepth[v];
  }
  Vector next{};
  for (std::size_t v = 0; v < 3; ++v) {
    const double judged = (1.0 - own_share) * index / depth + own_share * displacement[v];
    next[v] = kVenueDensity[v] / kVenueDepth[v] * judged;
  }
  return next;
}

// A displacement that one round multiplies by the spectral radius. Its greatest part is 1.
struct Leading {
  Vector displacement{1.0, 1.0, 1.0};
  double radius = 0.0;
};
Leading leading_displacement(double own_share) {
  Leading leading;
  for (int i = 0; i < 200; ++i) {
    leading.displacement = next_displacement(own_share, leading.displacement);
    leading.radius = *std::ranges::max_element(leading.displacement);
    for (double& part : leading.displacement) part /= leading.radius;
  }
  return leading;
}

// Three books that share nothing but the index that their margins are judged by.
class VenueGroup {
 public:
  VenueGroup(const Grid& grid, double units, double own_share)
      : grid_(grid), own_share_(own_share) {
    for (std::size_t v = 0; v < 3; ++v) {
      StaticVenueSettings settings = grid.settings(units);
      settings.mark_kind = MarkKind::kIndex;
      StaticVenue& venue = venues_.emplace_back(settings);
      fill_book(venue, grid, 2.5 * units, [v](double x) { return kVenueDepth[v] * x; });
      open_positions(venue, grid, units, [v](double x) { return kVenueDensity[v] * x; });
    }
  }

  void push(const Vector& displacement) {
    for (std::size_t v = 0; v < 3; ++v) {
      const std::int64_t lots = std::llround(kVenueDepth[v] * displacement[v]);
      if (lots > 0) venues_[v].push(lots);
    }
  }
  // All venues are judged at the prices at which the last round left them.
  void judge() {
    const Vector before = displacement();
    double index = 0.0;
    double depth = 0.0;
    for (std::size_t v = 0; v < 3; ++v) {
      index += kVenueDepth[v] * before[v];
      depth += kVenueDepth[v];
    }
    for (std::size_t v = 0; v < 3; ++v) {
      const double judged = (1.0 - own_share_) * index / depth + own_share_ * before[v];
      venues_[v].judge_at(judged * static_cast<double>(grid_.ticks));
    }
  }
  Vector displacement() const {
    Vector units{};
    for (std::size_t v = 0; v < 3; ++v) units[v] = grid_.in_units(venues_[v].away());
    return units;
  }

 private:
  Grid grid_;
  double own_share_;
  std::deque<StaticVenue> venues_;
};

double sum(const Vector& vector) { return vector[0] + vector[1] + vector[2]; }

// Three rounds from the leading displacement; how much the last added, as a multiple of the second.
double growth_of_third_round(double own_share, const Grid& grid, Convergence& errors) {
  const Leading leading = leading_displacement(own_share);
  Vector start = leading.displacement;
  for (double& part : start) part *= 1'000.0;
  VenueGroup venues(grid, 3'100.0, own_share);
  venues.push(start);
  Vector before = venues.displacement();
  double factor = 1.0;
  double factors = 1.0;
  double added = 0.0;
  double growth = 0.0;
  for (int round = 1; round <= 3; ++round) {
    venues.judge();
    const Vector now = venues.displacement();
    growth = (sum(now) - sum(before)) / added;
    added = sum(now) - sum(before);
    before = now;
    factor *= leading.radius;
    factors += factor;
    for (std::size_t v = 0; v < 3; ++v) {
      const FormRow row{.name = label("venue", static_cast<double>(v)),
                        .calculated = now[v],
                        .expected = start[v] * factors,
                        .tolerance = grid.tolerance(kVenueDepth[v]),
                        .source = "p0 times the sum of rho^k"};
      EXPECT_TRUE(row.agrees()) << describe(row) << " round " << round;
      errors.add(grid, row.error());
    }
  }
  return growth;
}

TEST(CascadeVenues, EachRoundMultipliesByTheSpectralRadius) {
  Convergence errors;
  struct Case {
    double own_share;
    double radius;
  };
  for (const Case& one : {Case{0.0, 0.4737}, Case{0.5, 0.5814}, Case{1.0, 1.0}}) {
    EXPECT_NEAR(leading_displacement(one.own_share).radius, one.radius, 5e-5);
    for (const std::int64_t ticks : kGrids) {
      const Grid grid{ticks};
      // What two ticks on each venue are of some 200 units that the third round adds.
      const FormRow row{.name = label("growth of the third round, eta =", one.own_share),
                        .calculated = growth_of_third_round(one.own_share, grid, errors),
                        .expected = one.radius,
                        .tolerance = 3.0 * grid.tolerance(20.0) / 200.0,
                        .source = "spectral radius of diag(l/d) W"};
      EXPECT_TRUE(row.agrees()) << describe(row);
      if (ticks == 4) std::printf("%s\n", describe(row).c_str());
    }
  }
  errors.check("displacement of each venue, three rounds");
}

TEST(CascadeVenues, RoundsEndAtTheLimitOfTheSeries) {
  constexpr Vector kStart{150.0, 60.0, 210.0};
  Convergence distance;
  for (const double own_share : {0.0, 0.5}) {
    Vector limit = kStart;
    for (int i = 0; i < 200; ++i) {
      const Vector added = next_displacement(own_share, limit);
      for (std::size_t v = 0; v < 3; ++v) limit[v] = kStart[v] + added[v];
    }
    for (const std::int64_t ticks : kGrids) {
      const Grid grid{ticks};
      VenueGroup venues(grid, 700.0, own_share);
      venues.push(kStart);
      Vector before{};
      for (int round = 0; round < 40 && venues.displacement() != before; ++round) {
        before = venues.displacement();
        venues.judge();
      }
      EXPECT_EQ(venues.displacement(), before) << "the rounds have not ended";
      for (std::size_t v = 0; v < 3; ++v) {
        const FormRow row{
            .name = label("limit at eta =", own_share) + label(", venue", static_cast<double>(v)),
            .calculated = before[v],
            .expected = limit[v],
            .tolerance = grid.tolerance(kVenueDepth[v]),
            .source = "(I - A)^-1 p0"};
        distance.add(grid, row.error());
        EXPECT_TRUE(row.agrees()) << describe(row);
        if (ticks == 4) std::printf("%s\n", describe(row).c_str());
      }
    }
  }
  distance.check("limit of each venue, two eta");
}

}  // namespace
}  // namespace faultline
