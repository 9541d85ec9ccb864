#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "engine/map_builder.hpp"
#include "engine/map_series.hpp"
#include "lab/market_config.hpp"
#include "store/store.hpp"

namespace faultline {

// Where the columns of a served series come from: a market that is being simulated, or a store.
// Both hand out the same steps to the same MapSeries, so that a screen cannot tell them apart but
// by what `kind` says.

enum class SourceKind : std::uint8_t { kSimulation, kRecording };

// Who is behind a series; nothing of it changes.
struct SeriesIdentity {
  InstrumentId instrument;  // of the first venue: prices and mark
  std::vector<InstrumentId> venues;
  std::vector<InstrumentId> feeds;  // of each venue: whose liquidations are read
  std::string quote;
  SourceKind kind = SourceKind::kRecording;
  std::size_t members = 1;
  Nanos column_interval{};
};

// A liquidation as a feed printed it (a measurement).
struct SeriesPrint {
  RealisedLiquidation print;
  std::uint32_t venue = 0;  // of SeriesIdentity::venues
};

// What happened between two calls.
struct SourceNews {
  std::optional<MapMoment> moment;
  std::vector<SeriesPrint> prints;  // in order of time
};

// Clusters that have ended are remembered up to this number, and of each cluster up to twice so
// many moments (ClusterTracker).
inline constexpr std::size_t kEndedClustersKept = 100;
inline constexpr std::size_t kClusterMomentsKept = 100;

// Thread safety: none. Errors of all: those of the market, the store and the estimator.
class SeriesSource {
 public:
  virtual ~SeriesSource() = default;

  const SeriesIdentity& identity() const { return identity_; }
  // The end of the first column, and the time after which nothing comes.
  virtual UnixNanos begin() const = 0;
  virtual UnixNanos end() const = 0;
  // What the model learns from before the first column; empty where there is nothing.
  virtual TimeRange warm_up() const = 0;
  // Goes on to `until`, a whole second of it or its end. Requires: times in order. No column
  // depends on the pieces in which it is done.
  virtual Outcome<void> warm_up_to(UnixNanos until) = 0;
  // Goes on to `until`, the end of a column. Requires: all of the warm-up is done; the ends of
  // columns in order, none left out.
  virtual Outcome<SourceNews> advance_to(UnixNanos until) = 0;
  virtual const MapSeries& series() const = 0;

 protected:
  SeriesIdentity identity_;
};

struct SimulationOptions {
  MarketConfig market{};
  // Of the market's recorded time, before the first column: the model has learnt from it.
  Nanos burn_in{};
  Nanos column_interval = kMinute;
  std::size_t members = 64;
  std::uint64_t seed = 1;  // of the ensemble
};
// A market that is simulated as it is looked at. Errors: those of LabMarket::open().
Outcome<std::unique_ptr<SeriesSource>> simulate_series(const SimulationOptions& options);

// What a store holds, column by column. The request's `from` and `to` are what is shown; all before
// it warms the model up. Errors: those of build_map() that need no step.
Outcome<std::unique_ptr<SeriesSource>> replay_series(std::unique_ptr<Store> store,
                                                     const MapRequest& request);

struct ShownInstrument {
  InstrumentId instrument;
  std::size_t priced = 0;  // so many of the store have prices
};
// What of a store is shown where nobody says: the first instrument with prices, sooner one with an
// open interest too. Absent where none has prices.
std::optional<ShownInstrument> instrument_to_show(const Store& store);

// A number that differs where the columns of such a series would: by the store's place, however it
// is spelt, by what is asked for, and by the model. Errors: those of canonical_path().
Outcome<std::uint64_t> replay_digest(const std::string& store, const MapRequest& request);

// A number that differs where what the store holds of the asked instruments does: their contracts
// and every segment's checksum. Errors: those of Store::record() but kUnknownInstrument.
Outcome<std::uint64_t> recorded_digest(const Store& store, const MapRequest& request);

}  // namespace faultline
