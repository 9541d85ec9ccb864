#include "margin/shortfall.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Surplus of equity over maintenance on one piece: c0 + c1·x + c2·x², with c2 ≤ 0.
struct Surplus {
  double c0 = 0.0;
  double c1 = 0.0;
  double c2 = 0.0;

  double at(double x) const { return c0 + (c1 + c2 * x) * x; }
};

class Walk {
 public:
  Walk(EquityLine equity, std::span<const MaintenanceLeg> legs, Direction direction)
      : equity_(equity), legs_(legs), direction_(direction) {
    FAULTLINE_CHECK(legs.size() <= kMaintenanceLegsMax);
  }

  Result<void> start_at(double x) {
    for (std::size_t i = 0; i < legs_.size(); ++i) {
      const MaintenanceLeg& leg = legs_[i];
      FAULTLINE_CHECK(leg.tiers != nullptr && leg.quantity > 0.0);
      if (leg.fixed_tier) {
        FAULTLINE_CHECK(*leg.fixed_tier < leg.tiers->tiers().size());
        tier_indices_[i] = *leg.fixed_tier;
        continue;
      }
      const auto index = leg.tiers->tier_index_at(leg.quantity * x);
      if (!index) return index.error();
      tier_indices_[i] = *index;
    }
    return {};
  }

  Surplus surplus() const {
    Surplus piece{.c0 = equity_.constant, .c1 = equity_.slope};
    for (std::size_t i = 0; i < legs_.size(); ++i) {
      const MaintenanceTier& tier = tier_of(i);
      const double quantity = legs_[i].quantity;
      piece.c0 += tier.deduction;
      piece.c1 -= quantity * (tier.maintenance_rate + legs_[i].fee_rate);
      piece.c2 -= quantity * quantity * tier.rate_slope;
    }
    return piece;
  }

  // Where the present piece ends in the walking direction: 0 and infinity mean that none follows.
  double edge() const {
    double nearest = direction_ == Direction::kDown ? 0.0 : kInfinity;
    for (std::size_t i = 0; i < legs_.size(); ++i) nearest = nearer(nearest, edge_of(i));
    return nearest;
  }

  // Moves every leg whose rung ends at `edge` to its next one. Errors: kNoTier beyond the last.
  Result<void> step_over(double edge) {
    for (std::size_t i = 0; i < legs_.size(); ++i) {
      if (edge_of(i) != edge) continue;
      if (direction_ == Direction::kDown) {
        --tier_indices_[i];
      } else if (++tier_indices_[i] == legs_[i].tiers->tiers().size()) {
        return Error{Errc::kNoTier};
      }
    }
    return {};
  }

  std::size_t first_tier_index() const { return tier_indices_[0]; }

 private:
  const MaintenanceTier& tier_of(std::size_t i) const {
    return legs_[i].tiers->tiers()[tier_indices_[i]];
  }

  double nearer(double a, double b) const {
    return direction_ == Direction::kDown ? std::max(a, b) : std::min(a, b);
  }

  double edge_of(std::size_t i) const {
    const bool down = direction_ == Direction::kDown;
    if (legs_[i].fixed_tier) return down ? 0.0 : kInfinity;
    const MaintenanceTier& tier = tier_of(i);
    return (down ? tier.notional_floor : tier.notional_cap) / legs_[i].quantity;
  }

  EquityLine equity_;
  std::span<const MaintenanceLeg> legs_;
  Direction direction_;
  std::array<std::size_t, kMaintenanceLegsMax> tier_indices_{};
};

// The root of a piece that is positive at `from`, in the walking direction, at or before `edge`.
//
// A line has one only if it falls that way; a concave parabola that is positive at `from` has
// exactly one root on either side. The stable form avoids subtracting nearly equal numbers.
std::optional<double> root_until(const Surplus& piece, SearchFrom from, double edge) {
  const auto sign = static_cast<double>(from.direction);
  double root = 0.0;
  if (piece.c2 == 0.0) {
    if (!(piece.c1 * sign < 0.0)) return std::nullopt;
    root = -piece.c0 / piece.c1;
  } else {
    const double discriminant = std::max(0.0, piece.c1 * piece.c1 - 4.0 * piece.c0 * piece.c2);
    const double half = -0.5 * (piece.c1 + std::copysign(std::sqrt(discriminant), piece.c1));
    if (half == 0.0) return std::nullopt;
    const double one = half / piece.c2;
    const double other = piece.c0 / half;
    root = from.direction == Direction::kDown ? std::min(one, other) : std::max(one, other);
  }
  // Rounding may put a root a hair behind the start; the start is then the answer.
  if (root * sign < from.x * sign) root = from.x;
  if (root * sign > edge * sign || !(root > 0.0) || !std::isfinite(root)) return std::nullopt;
  return root;
}

}  // namespace

Result<Shortfall> first_shortfall(EquityLine equity, std::span<const MaintenanceLeg> legs,
                                  SearchFrom from) {
  FAULTLINE_CHECK(from.x > 0.0 && std::isfinite(from.x));
  Walk walk(equity, legs, from.direction);
  if (const auto started = walk.start_at(from.x); !started) return started.error();
  if (walk.surplus().at(from.x) <= 0.0) return Shortfall{from.x, walk.first_tier_index()};
  while (true) {
    const double edge = walk.edge();
    const Surplus piece = walk.surplus();
    if (const auto root = root_until(piece, from, edge)) {
      return Shortfall{*root, walk.first_tier_index()};
    }
    if (edge == 0.0 || edge == kInfinity) return Error{Errc::kNotLiquidatable};
    if (const auto stepped = walk.step_over(edge); !stepped) return stepped.error();
    if (walk.surplus().at(edge) <= 0.0) return Shortfall{edge, walk.first_tier_index()};
    from.x = edge;
  }
}

}  // namespace faultline
