#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.hpp"
#include "engine/step_builder.hpp"
#include "map/map_column.hpp"

namespace faultline {

// Store ──> steps ──> density ──> point-in-time columns: the whole map of an instrument over a
// range.

// Names the equations and defaults that made a map. Changes whenever the same data would give
// another map.
inline constexpr std::string_view kModelVersion = "density-1";

struct MapRequest {
  InstrumentId instrument;
  // Columns are kept for this range; everything recorded before it warms the model up. Absent: all
  // that is recorded.
  std::optional<UnixNanos> from{};
  std::optional<UnixNanos> to{};
  std::optional<Nanos> step{};             // absent: choose_step()
  std::optional<Nanos> column_interval{};  // absent: at most kColumnsAuto columns over the range
  PriceChoice price = PriceChoice::kAuto;
  std::optional<double> assumed_open_interest{};
  // Where the realised liquidations of the picture come from; absent: the instrument itself.
  std::optional<InstrumentId> liquidations_from{};
  double reach = 0.70;  // rows of a column, in log price on both sides
  DensityConfig density{};
};
inline constexpr std::int64_t kColumnsAuto = 2'000;
inline constexpr std::int64_t kColumnsMax = 50'000;

struct Candle {
  UnixNanos begin{};
  UnixNanos end{};
  double open = 0.0;
  double high = 0.0;
  double low = 0.0;
  double close = 0.0;
};

// What happened in the span of one column. Money by Side.
struct ColumnSpan {
  Candle candle;
  std::array<double, 2>
      crossed_usd{};  // mass that the price crossed, at its liquidation price (an estimate)
  std::array<double, 2>
      returned_usd{};              // of it, what the identity sent back: it had not been there
  double open_interest_usd = 0.0;  // at the end
  double funding_rate = 0.0;       // paid inside
};

// Liquidations as a feed printed them (a measurement, as complete as the feed).
struct RealisedLiquidation {
  UnixNanos time{};
  Nanos length{};  // 0: a single print; else a total over [time, time + length)
  Side side = Side::kLong;
  double usd = 0.0;
  double price = 0.0;  // of the print, or the close of the column that holds the total
  Completeness completeness = Completeness::kUnknown;
};

struct LiquidationMap {
  InstrumentSpec spec;
  std::string model_version;
  UnixNanos as_of{};  // the end of the last step used
  Nanos step_length{};
  Nanos column_interval{};
  PriceKind swept_on = PriceKind::kLast;  // kMark only when every step was swept on mark prices
  bool is_simulated = false;
  std::vector<MapColumn> columns;
  std::vector<ColumnSpan> spans;  // one a column: the time before it
  std::vector<RealisedLiquidation> liquidations;
  std::string liquidations_source;  // empty where none are recorded: that is not a zero
  std::vector<Cluster> clusters;    // of the last column
  StepNotes notes;
  std::uint64_t oi_exceeds_volume_steps = 0;
  double identity_error_max =
      0.0;  // |cells − open interest| / open interest, recounted at every column
  std::uint64_t state_hash = 0;
  std::size_t state_bytes = 0;
};

// Errors: kUnknownInstrument, kNoData, kBadRequest (an empty range, too many columns, steps that do
// not divide columns),
//         kCancelled, and what the store returns.
// Cost: see docs/performance.md; memory is that of the columns kept plus the state.
Outcome<LiquidationMap> build_map(const Store& store, const MapRequest& request,
                                  const ProgressFn& report);

}  // namespace faultline
