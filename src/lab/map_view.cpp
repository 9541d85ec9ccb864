#include "lab/map_view.hpp"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

constexpr double kNear = 0.05;

double usd_of(const MapLevel& level, Side side) {
  return side == Side::kLong ? level.long_usd : level.short_usd;
}

// On the side where these positions are liquidated, and by how much away from the price.
std::optional<double> distance_of(const MapLevel& level, Side side, double price) {
  const double distance = -sign(side) * (level.price / price - 1.0);
  if (distance < 0.0) return std::nullopt;
  return distance;
}

double near_mean(const MapView& view, Side side, double price) {
  double sum = 0.0;
  double count = 0.0;
  for (const MapLevel& level : view.levels) {
    const auto distance = distance_of(level, side, price);
    if (!distance || *distance > kNear) continue;
    sum += usd_of(level, side);
    count += 1.0;
  }
  return count > 0.0 ? sum / count : 0.0;
}

}  // namespace

std::vector<ShownCluster> shown_clusters(const MapView& view, double price, double reach,
                                         double ratio) {
  std::vector<ShownCluster> clusters;
  for (const Side side : {Side::kLong, Side::kShort}) {
    const double least = ratio * near_mean(view, side, price);
    bool is_open = false;
    for (const MapLevel& level : view.levels) {
      const auto distance = distance_of(level, side, price);
      const double usd = usd_of(level, side);
      if (!distance || *distance > reach || usd <= least || usd <= 0.0) {
        is_open = false;
        continue;
      }
      const double half = 0.5 * view.level_log;
      if (!is_open)
        clusters.push_back({.side = side,
                            .price_low = level.price * std::exp(-half),
                            .price_high = level.price,
                            .usd = 0.0});
      clusters.back().price_high = level.price * std::exp(half);
      clusters.back().usd += usd;
      is_open = true;
    }
  }
  const auto gap = [price](const ShownCluster& one) {
    return one.side == Side::kLong ? price - one.price_high : one.price_low - price;
  };
  std::ranges::stable_sort(clusters, {}, gap);
  return clusters;
}

}  // namespace faultline
