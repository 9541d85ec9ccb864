#include "map/cluster_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

double usd_in(const MapColumn& column, const ClusterHistory& cluster) {
  const RowBand band = band_of_prices(cluster.price_low, cluster.price_high);
  double usd = 0.0;
  for (std::int32_t row = band.first; row < band.last; ++row) {
    usd += column.at(cluster.side, row);
  }
  return usd;
}

std::vector<double> venue_usd_in(std::span<const VenueRows> venues, const ClusterHistory& cluster) {
  const RowBand band = band_of_prices(cluster.price_low, cluster.price_high);
  std::vector<double> usd;
  for (const VenueRows& venue : venues) usd.push_back(venue.sum_of(cluster.side, band));
  return usd;
}

void thin(std::vector<ClusterMoment>& moments, std::size_t kept) {
  std::uint64_t stride = 1;
  while (moments.back().column / stride >= 2 * kept) stride *= 2;
  double fed_usd = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    fed_usd += moments[i].fed_usd;
    if (moments[i].column % stride != 0 && i + 1 != moments.size()) continue;
    moments[count] = moments[i];
    moments[count].fed_usd = std::exchange(fed_usd, 0.0);
    ++count;
  }
  moments.resize(count);
}

}  // namespace

std::string_view name_of(ClusterFate fate) {
  switch (fate) {
    case ClusterFate::kAlive:
      return "alive";
    case ClusterFate::kEaten:
      return "eaten";
    case ClusterFate::kDecayed:
      return "decayed";
    case ClusterFate::kLeft:
      break;
  }
  return "left";
}

void ClusterTracker::add(const MapColumn& column, std::span<const VenueRows> venues, double low,
                         double high) {
  FAULTLINE_CHECK(!last_as_of_ || *last_as_of_ < column.as_of);
  FAULTLINE_CHECK(!last_as_of_ || last_usd_per_unit_.size() == venues.size());
  FAULTLINE_CHECK(low > 0.0 && low <= high);
  for (Alive& alive : alive_) follow(alive, column, venues, low, high);
  std::erase_if(alive_, [&](const Alive& alive) {
    return histories_[alive.index].fate != ClusterFate::kAlive;
  });
  give_birth(column, venues);
  last_as_of_ = column.as_of;
  last_usd_per_unit_.clear();
  for (const VenueRows& venue : venues) last_usd_per_unit_.push_back(venue.usd_per_unit);
}

void ClusterTracker::follow(Alive& alive, const MapColumn& column,
                            std::span<const VenueRows> venues, double low, double high) {
  ClusterHistory& cluster = histories_[alive.index];
  const ClusterMoment before = cluster.moments.back();
  const double most = cluster.most_usd;
  const double usd = usd_in(column, cluster);
  const double hours =
      static_cast<double>((column.as_of - before.as_of).value) / static_cast<double>(kHour.value);
  double revalued = 0.0;
  for (std::size_t v = 0; v < venues.size(); ++v)
    revalued += alive.venue_usd[v] * (venues[v].usd_per_unit / last_usd_per_unit_[v]);
  alive.venue_usd = venue_usd_in(venues, cluster);
  const double fed = std::max(usd - revalued, 0.0);
  cluster.moments.push_back(ClusterMoment{column.as_of, usd, fed, fed / hours, before.column + 1});
  cluster.most_usd = std::max(most, usd);
  const bool is_long = cluster.side == Side::kLong;
  const bool is_peak_reached = is_long ? low <= cluster.price_peak : high >= cluster.price_peak;
  const bool is_touched = is_long ? low < cluster.price_high : high > cluster.price_low;
  const bool is_halved = usd < 0.5 * before.notional_at_risk_usd;
  if (is_peak_reached || (is_touched && is_halved)) {
    cluster.fate = ClusterFate::kEaten;
  } else if (!is_touched && usd < options_.kept_share * most) {
    cluster.fate = ClusterFate::kDecayed;
  } else if (std::abs(cluster.price_peak / column.mark - 1.0) > options_.left_distance) {
    cluster.fate = ClusterFate::kLeft;
  }
  if (cluster.fate != ClusterFate::kAlive) cluster.ended = column.as_of;
}

void ClusterTracker::give_birth(const MapColumn& column, std::span<const VenueRows> venues) {
  for (const Cluster& found : find_clusters(column, options_.find)) {
    if (alive_.size() >= options_.alive_max) return;
    if (std::abs(found.distance) > options_.left_distance) continue;
    const bool is_known = std::ranges::any_of(alive_, [&](const Alive& alive) {
      const ClusterHistory& other = histories_[alive.index];
      return other.side == found.side && found.price_low < other.price_high &&
             other.price_low < found.price_high;
    });
    if (is_known) continue;
    ClusterHistory born{.id = ++born_count_,
                        .side = found.side,
                        .price_low = found.price_low,
                        .price_high = found.price_high,
                        .price_peak = found.price_peak,
                        .born = column.as_of,
                        .moments = {},
                        .most_usd = found.notional_at_risk_usd};
    born.moments.push_back(ClusterMoment{column.as_of, found.notional_at_risk_usd});
    alive_.push_back({histories_.size(), venue_usd_in(venues, born)});
    histories_.push_back(std::move(born));
  }
}

void ClusterTracker::thin_moments(std::size_t kept) {
  FAULTLINE_CHECK(kept >= 1);
  for (ClusterHistory& one : histories_) thin(one.moments, kept);
}

void ClusterTracker::forget_ended(std::size_t kept) {
  const auto ended = static_cast<std::size_t>(std::ranges::count_if(
      histories_, [](const ClusterHistory& one) { return one.ended.has_value(); }));
  if (ended <= kept) return;
  std::size_t too_many = ended - kept;
  std::vector<ClusterHistory> left;
  left.reserve(histories_.size() - too_many);
  std::vector<std::size_t> place(histories_.size(), 0);
  for (std::size_t i = 0; i < histories_.size(); ++i) {
    if (histories_[i].ended && too_many > 0) {
      --too_many;
      continue;
    }
    place[i] = left.size();
    left.push_back(std::move(histories_[i]));
  }
  histories_ = std::move(left);
  for (Alive& one : alive_) one.index = place[one.index];
}

}  // namespace faultline
