#include "serve/series_source.hpp"

#include <algorithm>
#include <utility>

#include "engine/map_plan.hpp"
#include "engine/step_sources.hpp"
#include "lab/market.hpp"
#include "study/live_map.hpp"

namespace faultline {
namespace {

class Simulation final : public SeriesSource {
 public:
  Simulation(const SimulationOptions& options, LabMarket market)
      : options_(options), market_(std::move(market)) {
    identity_.kind = SourceKind::kSimulation;
    identity_.members = options.members;
    identity_.step = kMinute;
    identity_.column_interval = options.column_interval;
    for (const VenueTape* tape : market_.tapes()) identity_.venues.push_back(tape->instrument.id);
    identity_.instrument = identity_.venues.front();
    identity_.quote = market_.tapes().front()->instrument.quote;
  }

  // Runs the warm-up and the first steps: of an empty tape no step can be made.
  Outcome<void> warm_up() {
    const UnixNanos first = options_.market.begin + Nanos(2 * kMinute.value);
    if (const Outcome<void> done = market_.advance_to(first); !done) return done;
    MapRequest request;
    request.instrument = identity_.instrument;
    request.filter.members = options_.members;
    request.seed = options_.seed;
    for (const VenueTape* tape : market_.tapes())
      cursors_.push_back({.tape = tape, .specs = {tape->instrument}});
    series_.emplace(request, options_.column_interval,
                    live_runs(market_.tapes(), kMinute, request));
    begin_ = series_->column_end(first);
    return {};
  }

  UnixNanos begin() const override { return begin_; }
  UnixNanos end() const override { return market_.end(); }
  const MapSeries& series() const override { return *series_; }

  Outcome<SourceNews> advance_to(UnixNanos until) override {
    if (const Outcome<void> done = market_.advance_to(std::min(until, market_.end())); !done)
      return done.error();
    // What is stamped `until` may still be coming.
    Outcome<std::optional<MapMoment>> moment = series_->advance_to(until - Nanos(1));
    if (!moment) return moment.error();
    SourceNews news{.moment = std::move(moment).value(), .prints = {}};
    for (Cursor& cursor : cursors_) {
      if (const Outcome<void> done = take_prints(cursor, news.prints); !done) return done.error();
    }
    std::ranges::stable_sort(news.prints, {}, &RealisedLiquidation::time);
    return news;
  }

 private:
  struct Cursor {
    const VenueTape* tape;
    std::vector<InstrumentSpec> specs;
    std::size_t row = 0;
  };

  static Outcome<void> take_prints(Cursor& cursor, std::vector<RealisedLiquidation>& prints) {
    const ColumnBatch& rows = cursor.tape->liquidations;
    for (; cursor.row < rows.row_count(); ++cursor.row) {
      const Outcome<LiquidationPrint> print = liquidation_print(cursor.specs, rows, cursor.row);
      if (!print) return print.error();
      prints.push_back(realised(*print));
    }
    return {};
  }

  SimulationOptions options_;
  LabMarket market_;
  std::optional<MapSeries> series_;
  std::vector<Cursor> cursors_;
  UnixNanos begin_{};
};

class Recording final : public SeriesSource {
 public:
  Recording(std::unique_ptr<Store> store, const MapRequest& request, const MapPlan& plan)
      : store_(std::move(store)), request_(request), plan_(plan) {
    identity_.instrument = request.instrument;
    for (const VenuePlan& venue : plan.venues) identity_.venues.push_back(venue.spec.id);
    identity_.quote = plan.venues.front().spec.quote;
    identity_.kind = request.instrument.venue == Venue::kSimulated ? SourceKind::kSimulation
                                                                   : SourceKind::kRecording;
    identity_.members = request.filter.members;
    identity_.step = plan.venues.front().step;
    identity_.column_interval = plan.column;
  }

  Outcome<void> open() {
    Outcome<MapSeries> series = open_series(*store_, request_, plan_);
    if (!series) return series.error();
    series_.emplace(std::move(series).value());
    for (const VenuePlan& venue : plan_.venues) {
      const bool is_first = &venue == &plan_.venues.front();
      const InstrumentId feed =
          is_first ? request_.liquidations_from.value_or(venue.spec.id) : venue.spec.id;
      if (const Outcome<void> done = load_prints(feed); !done) return done;
    }
    std::ranges::stable_sort(prints_, {}, &RealisedLiquidation::time);
    return {};
  }

  UnixNanos begin() const override {
    return series_->column_end(std::max(plan_.first_price, plan_.shown.from));
  }
  UnixNanos end() const override { return plan_.shown.to; }
  const MapSeries& series() const override { return *series_; }

  Outcome<SourceNews> advance_to(UnixNanos until) override {
    Outcome<std::optional<MapMoment>> moment = series_->advance_to(until);
    if (!moment) return moment.error();
    SourceNews news{.moment = std::move(moment).value(), .prints = {}};
    for (; next_print_ < prints_.size() && prints_[next_print_].time < until; ++next_print_)
      news.prints.push_back(prints_[next_print_]);
    return news;
  }

 private:
  Outcome<void> load_prints(const InstrumentId& id) {
    const TimeRange range{plan_.shown.from, plan_.shown.to};
    auto reader = reader_if_recorded(*store_, id, EventKind::kLiquidation, range);
    if (!reader) return reader.error();
    if (!*reader) return {};
    const Outcome<InstrumentRecord> record = store_->record(id);
    if (!record) return record.error();
    ColumnBatch batch(EventKind::kLiquidation);
    for (;;) {
      const Outcome<bool> more = (*reader)->next(batch);
      if (!more) return more.error();
      if (!*more) return {};
      for (std::size_t row = 0; row < batch.row_count(); ++row) {
        const Outcome<LiquidationPrint> print = liquidation_print(record->specs, batch, row);
        if (!print) return print.error();
        prints_.push_back(realised(*print));
      }
    }
  }

  std::unique_ptr<Store> store_;
  MapRequest request_;
  MapPlan plan_;
  std::optional<MapSeries> series_;
  std::vector<RealisedLiquidation> prints_;
  std::size_t next_print_ = 0;
};

}  // namespace

std::string_view name_of(SourceKind kind) {
  return kind == SourceKind::kSimulation ? "simulation" : "recording";
}

Outcome<std::unique_ptr<SeriesSource>> simulate_series(const SimulationOptions& options) {
  Outcome<LabMarket> market = LabMarket::open(
      options.market, live_map_source({.members = kReaderMembers, .reach = kReaderReach}));
  if (!market) return market.error();
  auto source = std::make_unique<Simulation>(options, std::move(market).value());
  if (const Outcome<void> done = source->warm_up(); !done) return done.error();
  return std::unique_ptr<SeriesSource>(std::move(source));
}

Outcome<std::unique_ptr<SeriesSource>> replay_series(std::unique_ptr<Store> store,
                                                     const MapRequest& request) {
  const Outcome<MapPlan> plan = plan_map(*store, request);
  if (!plan) return plan.error();
  auto source = std::make_unique<Recording>(std::move(store), request, *plan);
  if (const Outcome<void> done = source->open(); !done) return done.error();
  return std::unique_ptr<SeriesSource>(std::move(source));
}

}  // namespace faultline
