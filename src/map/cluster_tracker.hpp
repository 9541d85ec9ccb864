#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "map/map_column.hpp"

namespace faultline {

// How a cluster ended.
//
//   kAlive    it has not
//   kEaten    the price reached its peak, or its edge and more than half of it was gone
//   kDecayed  the price did not touch it, and less than half of the most it held is left: its
//             positions were closed
//   kLeft     the price moved away: its peak lies farther than left_distance from the mark
enum class ClusterFate : std::uint8_t { kAlive, kEaten, kDecayed, kLeft };
std::string_view name_of(ClusterFate fate);

// What a cluster held when a column was made.
struct ClusterMoment {
  UnixNanos as_of{};
  double notional_at_risk_usd = 0.0;
  // What came in since the moment before: the growth of what its rows hold, with the change of
  // every venue's mark taken out. Closings are inside, so it is less than what was opened; never
  // negative.
  double fed_usd = 0.0;
  double fed_usd_per_hour = 0.0;
  std::uint64_t column = 0;  // since birth
};

// One cluster from its birth on. Its rows are those at birth and stay the same.
struct ClusterHistory {
  std::uint64_t id = 0;  // by order of birth, 1 is the first
  Side side = Side::kLong;
  double price_low = 0.0;
  double price_high = 0.0;
  double price_peak = 0.0;
  UnixNanos born{};
  // One a column while it was alive, or fewer (thin_moments()); the last one is that of its end.
  std::vector<ClusterMoment> moments;
  double most_usd = 0.0;  // of the moments'
  ClusterFate fate = ClusterFate::kAlive;
  std::optional<UnixNanos> ended{};

  Nanos age() const { return moments.back().as_of - born; }
};

struct ClusterTrackerOptions {
  ClusterOptions find{};
  double kept_share = 0.5;      // below this share of the most it held a cluster has decayed
  double left_distance = 0.25;  // of the mark
  std::size_t alive_max = 40;   // no cluster is born beyond it
};

// Follows clusters from column to column.
//
// Why its rows are fixed: a cluster that moved, split or merged with its neighbours could only be
// followed by rewriting what was said about it before.
// Invariant: a record only grows. What was written at a column is the same whether later columns
// are known or not; only fate and ended are set, once. Deterministic.
// Thread safety: none. Cost: that of find_clusters() a column; memory of a moment a column and
// alive cluster.
class ClusterTracker {
 public:
  explicit ClusterTracker(const ClusterTrackerOptions& options = {}) : options_(options) {}

  // `venues` are the parts of the column; `low` and `high` the prices since the column before.
  // Requires: columns in order, the same venues in each (checked).
  void add(const MapColumn& column, std::span<const VenueRows> venues, double low, double high);

  // In order of birth, ended ones included.
  std::span<const ClusterHistory> histories() const { return histories_; }

  // Keeps the last `kept` of those that have ended, in the order of birth: a map that is never over
  // must not remember all.
  void forget_ended(std::size_t kept);
  // Leaves each cluster its last moment and at most twice `kept` before it, evenly over its life
  // and the first among them: those whose column is a multiple of a power of two. What came in by
  // those that go counts with the next. Requires: kept >= 1 (checked).
  void thin_moments(std::size_t kept);

 private:
  struct Alive {
    std::size_t index;              // of histories_
    std::vector<double> venue_usd;  // what its rows held in the last column, by venue
  };

  void follow(Alive& alive, const MapColumn& column, std::span<const VenueRows> venues, double low,
              double high);
  void give_birth(const MapColumn& column, std::span<const VenueRows> venues);

  ClusterTrackerOptions options_;
  std::vector<ClusterHistory> histories_;
  std::uint64_t born_count_ = 0;
  std::vector<Alive> alive_;
  std::optional<UnixNanos> last_as_of_;
  std::vector<double> last_usd_per_unit_;  // by venue
};

}  // namespace faultline
