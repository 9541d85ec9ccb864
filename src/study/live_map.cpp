#include "study/live_map.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline {
namespace {

// One public table of a tape as a stream that grows.
class TapeReader final : public ColumnReader {
 public:
  explicit TapeReader(const ColumnBatch& table) : table_(table) {}

  Outcome<bool> next(ColumnBatch& batch) override {
    batch.clear();
    const std::size_t end = table_.row_count();
    if (row_ == end) return false;
    for (; row_ < end; ++row_) batch.append_row(table_, row_);
    return true;
  }
  bool may_grow() const override { return true; }

 private:
  const ColumnBatch& table_;
  std::size_t row_ = 0;
};

std::unique_ptr<ColumnReader> reader_of(const ColumnBatch& table) {
  return std::make_unique<TapeReader>(table);
}

VenueRun::Streams streams_of(const VenueTape& tape) {
  StepSources sources;
  sources.trades = reader_of(tape.trades);
  sources.marks = reader_of(tape.marks);
  sources.open_interest = reader_of(tape.open_interest);
  sources.funding = reader_of(tape.funding);
  return {
      .sources = std::move(sources),
      .feed = FeedReader({tape.instrument}, reader_of(tape.liquidations), nullptr, {kAllTime}),
      .feed_name = to_text(tape.instrument.id),
      .context = ContextReader({tape.instrument}, reader_of(tape.depth), reader_of(tape.marks))};
}

}  // namespace

std::vector<VenueRun> live_runs(std::span<const VenueTape* const> tapes, Nanos step,
                                const MapRequest& request) {
  std::vector<VenueRun> runs;
  for (const VenueTape* tape : tapes) {
    const UnixNanos first(tape->marks.column("time").front());
    runs.push_back(VenueRun::over(streams_of(*tape), {.spec = tape->instrument, .step = step},
                                  request, first));
  }
  return runs;
}

void LiveMap::open(std::span<const VenueTape* const> tapes) {
  MapRequest request;
  request.filter.members = options_.members;
  request.seed = options_.seed;
  runs_ = live_runs(tapes, options_.step, request);
}

Outcome<std::optional<MapView>> LiveMap::at(UnixNanos now,
                                            std::span<const VenueTape* const> tapes) {
  if (runs_.empty()) {
    for (const VenueTape* tape : tapes) {
      // Two steps after the first open interest there is a whole step of everything.
      const auto times = tape->open_interest.column("time");
      if (times.empty() || now - UnixNanos(times.front()) < options_.step + options_.step)
        return std::optional<MapView>();
    }
    open(tapes);
  }
  for (VenueRun& run : runs_) {
    // What is stamped `now` may still be coming, and belongs to the step that ends then.
    if (const Outcome<void> done = run.advance_to(now - Nanos(1)); !done) return done.error();
    if (!run.reached()) return std::optional<MapView>();
  }
  return std::optional(view());
}

MapView LiveMap::view() const {
  const RowFrame frame = frame_around(runs_.front().mark(), {.reach = options_.reach});
  MapView out;
  out.as_of = *runs_.front().reached();
  out.level_log = kRowLog;
  out.levels.resize(frame.row_count);
  for (std::size_t row = 0; row < frame.row_count; ++row)
    out.levels[row].price = std::exp(kRowLog * (frame.first_row + static_cast<double>(row) + 0.5));
  for (const VenueRun& run : runs_) {
    const VenueProfile profile = run.profile(frame);
    const std::size_t members = profile.weights.size();
    for (std::size_t i = 0; i < frame.row_count * members; ++i) {
      const double weight = profile.weights[i % members];
      out.levels[i / members].long_usd += weight * profile.usd[index_of(Side::kLong)][i];
      out.levels[i / members].short_usd += weight * profile.usd[index_of(Side::kShort)][i];
    }
  }
  return out;
}

MapSource live_map_source(const LiveMap::Options& options) {
  auto map = std::make_shared<LiveMap>(options);
  return
      [map](UnixNanos now, std::span<const VenueTape* const> tapes) { return map->at(now, tapes); };
}

}  // namespace faultline
