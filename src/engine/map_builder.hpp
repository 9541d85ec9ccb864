#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "engine/column_span.hpp"
#include "engine/step_builder.hpp"
#include "infer/density_filter.hpp"
#include "map/cluster_tracker.hpp"
#include "map/map_column.hpp"

namespace faultline {

// Store ──> steps, feed ──> a filter a venue ──> point-in-time columns: the whole map of an
// instrument, or of a coin on several venues, over a range.

// What becomes of columns that were made.
enum class ColumnsKept : std::uint8_t {
  kWhole,    // all of them stay in memory, so that there cannot be too many
  kInTiles,  // as tiles, a twentieth of that; columns are as short as steps allow
};

// What a screen shows beside the map. It changes nothing of the map, and takes time.
struct MapExtras {
  bool context = false;  // depth and basis of a store: marks are read a second time
  bool parts =
      false;  // the positions by distance, age and venue: a column takes half as long again
};

struct MapRequest {
  // The first one's prices make the candles and the mark; `also` are other venues' instruments of
  // the same coin, each with its own estimator, which are summed with it.
  InstrumentId instrument;
  std::vector<InstrumentId> also{};
  // Columns are kept for this range; everything recorded before it warms the model up. Absent: all
  // that is recorded.
  std::optional<UnixNanos> from{};
  std::optional<UnixNanos> to{};
  std::optional<Nanos> step{};             // absent: choose_step()
  std::optional<Nanos> column_interval{};  // absent: at most kColumnsAuto columns over the range,
                                           // or kColumnsMaxTiles
  ColumnsKept columns_kept = ColumnsKept::kWhole;
  PriceChoice price = PriceChoice::kAuto;
  std::optional<double> assumed_open_interest{};
  // Where the first instrument's liquidations come from, for the weights, the observation factor
  // and the picture; absent: the instrument itself. The others use their own.
  std::optional<InstrumentId> liquidations_from{};
  double reach = 0.70;  // rows of a column, in log price on both sides
  MapExtras extras{};
  // Its members: 1 for a map without intervals. Kernel prior and maintenance rate are the venue's.
  DensityFilterConfig filter{};
  std::uint64_t seed = 1;   // of the ensemble
  std::size_t threads = 1;  // venues are run on so many; the map does not depend on it
};
inline constexpr std::int64_t kColumnsAuto = 2'000;
inline constexpr std::int64_t kColumnsMax = 50'000;
inline constexpr std::int64_t kColumnsMaxEnsemble = 12'500;  // they hold four times as much
inline constexpr std::int64_t kColumnsMaxTiles = 500'000;
inline constexpr std::size_t kVenuesMax = 16;

// Liquidations as a feed printed them (a measurement, as complete as the feed).
struct RealisedLiquidation {
  UnixNanos time{};
  Nanos length{};  // 0: a single print; else a total over [time, time + length)
  Side side = Side::kLong;
  double usd = 0.0;
  double price = 0.0;  // of the print, or the close of the column that holds the total
  Completeness completeness = Completeness::kUnknown;
};

// One venue's part of the map, at its end.
struct VenuePart {
  InstrumentSpec spec;
  Nanos step_length{};
  StepNotes notes;
  // The end of the last step in which a price was recorded; absent before the first.
  std::optional<UnixNanos> priced_until{};
  double maintenance_rate = 0.0;  // of the first rung, as the funding shift uses it
  double open_interest_usd = 0.0;
  double share = 0.0;          // of the open interest of all
  std::string feed;            // empty where none is recorded
  std::uint64_t readings = 0;  // of the feed that were used
  // Readings that were not learnt from: of another stretch than the steps', or not what the feed's
  // rule allows (more prints than seconds of a feed that shows one a second).
  std::uint64_t refused_readings = 0;
  double effective_members = 1.0;  // 1/Σw²
  std::uint64_t resamplings = 0;
  // expected_liquidation_usd = factor·crossed^exponent, a reading; absent where nothing was learnt.
  std::optional<double> factor{};
  std::optional<double> exponent{};
  std::uint64_t state_hash = 0;
  std::size_t state_bytes = 0;
};

// The prices whose ranges swept.
enum class SweptOn : std::uint8_t { kLast, kMark, kMixed };
std::string_view name_of(SweptOn swept_on);

struct LiquidationMap {
  InstrumentSpec spec;  // of the first venue
  std::string model_version;
  std::size_t members = 1;
  std::vector<VenuePart> venues;
  UnixNanos as_of{};  // the end of the last step used
  Nanos step_length{};
  Nanos column_interval{};
  SweptOn swept_on = SweptOn::kLast;
  bool is_simulated = false;
  std::vector<MapColumn> columns;
  std::vector<ColumnSpan> spans;  // one a column: the time before it
  std::vector<RealisedLiquidation> liquidations;
  std::string liquidations_source;  // empty where none are recorded: that is not a zero
  std::vector<Cluster> clusters;    // of the last column
  std::vector<ClusterHistory> cluster_histories;
  // Of the spans' liquidation_intervals: how many there were, and how many held what was printed.
  std::uint64_t liquidation_intervals = 0;
  std::uint64_t liquidation_intervals_right = 0;
  StepNotes notes;
  std::uint64_t oi_exceeds_volume_steps = 0;
  // |cells − open interest| / open interest, recounted at every column.
  double identity_error_max = 0.0;
  std::uint64_t state_hash = 0;
  std::size_t state_bytes = 0;
};

// Columns cover the time for which every venue has prices: a sum of three venues and then of two
// would show a fall that never was.
//
// Errors: kUnknownInstrument, kNoData, kBadRequest (an empty range, too many columns or venues, a
// venue named twice, steps that do not divide columns), kCancelled, and what the store returns.
// Cost: see docs/performance.md; memory is that of the columns kept plus the state.
Outcome<LiquidationMap> build_map(const Store& store, const MapRequest& request,
                                  const ProgressFn& report);

}  // namespace faultline
