// What the rows of a profile are made of.

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "infer/position_density.hpp"

namespace faultline {
namespace {

// Which share of a box of distances, even in the logarithm, lies in each tier.
std::array<double, kDistanceTiers> tier_shares(double low, double high) {
  std::array<double, kDistanceTiers> out{};
  const double width = std::log(high / low);
  double from = low;
  for (std::size_t tier = 0; tier < kDistanceTierBounds.size(); ++tier) {
    const double to = std::clamp(kDistanceTierBounds[tier], from, high);
    out[tier] = std::log(to / from) / width;
    from = to;
  }
  out.back() = std::log(high / from) / width;
  return out;
}

}  // namespace

ProfileParts PositionDensity::parts(Side side, const ProfileGrid& target,
                                    std::span<const double> member_weights) const {
  FAULTLINE_CHECK(member_weights.size() == members_.size());
  const std::int64_t group = bins_in_row(target);
  const auto fine_count = static_cast<std::int64_t>(target.row_count) * group;
  ProfileParts out;
  out.by_tier.assign(target.row_count * kDistanceTiers, 0.0);
  out.by_class.assign(target.row_count * kPatienceClasses, 0.0);
  RowMass row;
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    const std::vector<double> waiting = waiting_sums(side, {c, c + 1});
    for (std::size_t j = 0; j < grid_.size(); ++j) {
      const auto tiers = tier_shares(grid_.edges()[j], grid_.edges()[j + 1]);
      read_mean(side, j, c, waiting, member_weights, row);
      const Place place = place_of(side, j, target);
      const auto add = [&](std::int64_t index, double mass) {
        if (index < 0 || index >= fine_count) return;
        const auto to = static_cast<std::size_t>(index / group);
        out.by_class[to * kPatienceClasses + c] += mass;
        for (std::size_t t = 0; t < kDistanceTiers; ++t)
          out.by_tier[to * kDistanceTiers + t] += mass * tiers[t];
      };
      for (std::size_t bin = row.low; bin < row.high; ++bin) {
        const double mass = row.mass[bin - row.low];
        const std::int64_t index = place.first + static_cast<std::int64_t>(bin);
        add(index, mass * (1.0 - place.into_next));
        add(index + 1, mass * place.into_next);
      }
    }
  }
  return out;
}

}  // namespace faultline
