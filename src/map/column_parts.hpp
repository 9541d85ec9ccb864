#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "infer/age_tracker.hpp"
#include "map/ensemble_column.hpp"

namespace faultline {

// The positions of a map taken apart: by how far from their entry they are liquidated, by how long
// they have been open at least, by venue.
enum class PartKind : std::uint8_t { kDistance, kAge, kVenue };
std::string_view name_of(PartKind kind);

struct MapPart {
  std::string id;  // "distance_2_5", "age_4h", "bybit_linear:BTCUSDT"
  PartKind kind = PartKind::kDistance;
  std::string about;  // in words
};

// The parts of a map of these venues, in the order in which columns have them: distances, ages, and
// the venues where there are several.
std::vector<MapPart> parts_of(std::span<const InstrumentId> venues);

inline constexpr std::array kAgeParts{kHour, Nanos(4 * kHour.value), kDay};

// What waits in each row, by part. The distances add up to the whole, up to rounding.
//
// Units: USD at the mark, means over members; seconds, NaN where nothing waits. Estimates.
struct ColumnParts {
  using Rows = std::array<std::vector<float>, 2>;  // by Side, one entry a row of the column
  // In the order of parts_of(); absent where it is not known yet: an age that nothing has been
  // watched for.
  std::vector<std::optional<Rows>> usd;
  Rows mean_age_s;  // at least
};

// The parts of one venue's positions, from column to column.
//
// Thread safety: none. Memory: some 4 MB. Cost of look(): about that of profile_of().
class VenueParts {
 public:
  // Both sides. Requires: in order of time (checked).
  void look(const VenueView& venue, const RowFrame& frame, UnixNanos now);

  // What is in the last look's rows is added up.
  struct Sum {
    std::vector<ColumnParts::Rows> usd;  // distances, then ages
    ColumnParts::Rows usd_seconds;       // USD times age
    Nanos watched = kDay;                // the least of the venues', up to a day
  };
  // Requires: looked at (checked).
  void add_to(Sum& sum) const;
  bool is_of(const MapColumn& column) const;

  std::size_t memory_bytes() const;

 private:
  std::array<AgeTracker, 2> ages_;
  std::array<ProfileParts, 2> parts_;
  RowFrame frame_;
  UnixNanos looked_at_{};
  double usd_per_unit_ = 0.0;
};

// Requires: all of the column's venues, looked at last with its frame and at its time (checked).
ColumnParts column_parts(const EnsembleColumn& column, std::span<const VenueParts* const> venues);

}  // namespace faultline
