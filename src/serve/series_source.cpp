#include "serve/series_source.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "core/time_text.hpp"
#include "engine/map_plan.hpp"
#include "engine/step_sources.hpp"
#include "lab/market.hpp"
#include "store/catalog.hpp"
#include "store/files.hpp"
#include "study/live_map.hpp"

namespace faultline {
namespace {

void sort_by_time(std::vector<SeriesPrint>& prints) {
  std::ranges::stable_sort(prints, {}, [](const SeriesPrint& one) { return one.print.time; });
}

bool has_prices(const Store& store, const InstrumentId& id) {
  static constexpr std::array kPrices = {EventKind::kTrade, EventKind::kBar, EventKind::kMark};
  return std::ranges::any_of(kPrices,
                             [&](EventKind kind) { return store.coverage(id, kind).has_value(); });
}

// A model that warms up shows nothing.
Outcome<void> warm_up_series(MapSeries& series, UnixNanos until) {
  const Outcome<std::optional<MapMoment>> moment = series.advance_to(until);
  if (!moment) return moment.error();
  FAULTLINE_CHECK(!moment->has_value());
  return {};
}

class Simulation final : public SeriesSource {
 public:
  Simulation(const SimulationOptions& options, LabMarket market)
      : options_(options), market_(std::move(market)) {
    identity_.kind = SourceKind::kSimulation;
    identity_.members = options.members;
    identity_.column_interval = options.column_interval;
    for (const VenueTape* tape : market_.tapes()) identity_.venues.push_back(tape->instrument.id);
    identity_.feeds = identity_.venues;
    identity_.instrument = identity_.venues.front();
    identity_.quote = market_.tapes().front()->instrument.quote;
    for (const VenueTape* tape : market_.tapes())
      cursors_.push_back({.tape = tape, .specs = {tape->instrument}, .row = 0});
    shown_from_ = options_.market.begin + std::max(options_.burn_in, kRecordedLeast);
  }

  UnixNanos begin() const override {
    return column_end(shown_from_ + kMinute, options_.column_interval);
  }
  UnixNanos end() const override { return market_.end(); }
  const MapSeries& series() const override { return *series_; }
  TimeRange warm_up() const override {
    return {options_.market.begin - options_.market.warm_up, shown_from_};
  }

  Outcome<void> warm_up_to(UnixNanos until) override {
    if (Outcome<void> done = market_.advance_to(until); !done) return done;
    if (until - options_.market.begin < kRecordedLeast) return {};
    if (!series_) open_series();
    return warm_up_series(*series_, until - kMinute);
  }

  Outcome<SourceNews> advance_to(UnixNanos until) override {
    // A second more: what is stamped `until` must all be there.
    const UnixNanos upto = std::min(until + Nanos(kSecond.value), market_.end());
    if (const Outcome<void> done = market_.advance_to(upto); !done) return done.error();
    Outcome<std::optional<MapMoment>> moment = series_->advance_to(until);
    if (!moment) return moment.error();
    series_->forget_clusters(kEndedClustersKept, kClusterMomentsKept);
    SourceNews news{.moment = std::move(moment).value(), .prints = {}};
    for (std::uint32_t venue = 0; venue < cursors_.size(); ++venue) {
      if (const Outcome<void> done = take_prints(until, venue, news.prints); !done)
        return done.error();
    }
    sort_by_time(news.prints);
    return news;
  }

 private:
  // Of the market's recorded time, before a first step can be made of it.
  static constexpr Nanos kRecordedLeast{2 * kMinute.value};

  void open_series() {
    MapRequest request;
    request.instrument = identity_.instrument;
    request.filter.members = options_.members;
    request.extras = {.context = true, .parts = true};
    request.seed = options_.seed;
    std::vector<VenueRun> runs = live_runs(market_.tapes(), kMinute, request);
    for (VenueRun& run : runs) run.show_from(shown_from_);
    series_.emplace(request, options_.column_interval, std::move(runs));
  }

  struct Cursor {
    const VenueTape* tape;
    std::vector<InstrumentSpec> specs;
    std::size_t row;
  };

  Outcome<void> take_prints(UnixNanos until, std::uint32_t venue,
                            std::vector<SeriesPrint>& prints) {
    Cursor& cursor = cursors_[venue];
    const ColumnBatch& rows = cursor.tape->liquidations;
    for (; cursor.row < rows.row_count(); ++cursor.row) {
      const Outcome<LiquidationPrint> print = liquidation_print(cursor.specs, rows, cursor.row);
      if (!print) return print.error();
      if (print->time >= until) return {};
      // What came before the first column is not shown.
      if (print->time >= shown_from_) prints.push_back({realised(*print), venue});
    }
    return {};
  }

  SimulationOptions options_;
  LabMarket market_;
  std::optional<MapSeries> series_;
  std::vector<Cursor> cursors_;
  UnixNanos shown_from_{};
};

// The prints of one instrument, read batch by batch as time goes on.
class PrintReader {
 public:
  static Outcome<PrintReader> open(const Store& store, const InstrumentId& id, TimeRange range) {
    PrintReader out;
    auto reader = reader_if_recorded(store, id, EventKind::kLiquidation, range);
    if (!reader) return reader.error();
    out.reader_ = std::move(reader).value();
    if (!out.reader_) return out;
    const Outcome<InstrumentRecord> record = store.record(id);
    if (!record) return record.error();
    out.specs_ = record->specs;
    return out;
  }

  // All before `until`.
  Outcome<void> take(UnixNanos until, std::uint32_t venue, std::vector<SeriesPrint>& prints) {
    while (reader_) {
      for (; row_ < batch_.row_count(); ++row_) {
        const Outcome<LiquidationPrint> print = liquidation_print(specs_, batch_, row_);
        if (!print) return print.error();
        if (print->time >= until) return {};
        prints.push_back({realised(*print), venue});
      }
      row_ = 0;
      const Outcome<bool> more = reader_->next(batch_);
      if (!more) return more.error();
      if (!*more) reader_.reset();
    }
    return {};
  }

 private:
  std::unique_ptr<ColumnReader> reader_;
  std::vector<InstrumentSpec> specs_;
  ColumnBatch batch_{EventKind::kLiquidation};
  std::size_t row_ = 0;
};

class Recording final : public SeriesSource {
 public:
  Recording(std::unique_ptr<Store> store, const MapRequest& request, const MapPlan& plan)
      : store_(std::move(store)), request_(request), plan_(plan) {
    request_.extras = {.context = true, .parts = true};
    identity_.instrument = request.instrument;
    for (const VenuePlan& venue : plan.venues) identity_.venues.push_back(venue.spec.id);
    identity_.feeds = identity_.venues;
    if (request.liquidations_from) identity_.feeds.front() = *request.liquidations_from;
    identity_.quote = plan.venues.front().spec.quote;
    identity_.kind = request.instrument.venue == Venue::kSimulated ? SourceKind::kSimulation
                                                                   : SourceKind::kRecording;
    identity_.members = request.filter.members;
    identity_.column_interval = plan.column;
  }

  Outcome<void> open() {
    Outcome<MapSeries> series = open_series(*store_, request_, plan_);
    if (!series) return series.error();
    series_.emplace(std::move(series).value());
    for (const InstrumentId& feed : identity_.feeds) {
      Outcome<PrintReader> prints = PrintReader::open(*store_, feed, plan_.shown);
      if (!prints) return prints.error();
      prints_.push_back(std::move(prints).value());
    }
    return {};
  }

  UnixNanos begin() const override {
    return column_end(std::max(plan_.first_price, plan_.shown.from), plan_.column);
  }
  UnixNanos end() const override { return plan_.shown.to; }
  const MapSeries& series() const override { return *series_; }
  TimeRange warm_up() const override { return {plan_.first_price, plan_.shown.from}; }
  Outcome<void> warm_up_to(UnixNanos until) override { return warm_up_series(*series_, until); }

  Outcome<SourceNews> advance_to(UnixNanos until) override {
    Outcome<std::optional<MapMoment>> moment = series_->advance_to(until);
    if (!moment) return moment.error();
    series_->forget_clusters(kEndedClustersKept, kClusterMomentsKept);
    SourceNews news{.moment = std::move(moment).value(), .prints = {}};
    for (std::uint32_t venue = 0; venue < prints_.size(); ++venue) {
      const Outcome<void> done = prints_[venue].take(until, venue, news.prints);
      if (!done) return done.error();
    }
    sort_by_time(news.prints);
    return news;
  }

 private:
  std::unique_ptr<Store> store_;
  MapRequest request_;
  MapPlan plan_;
  std::optional<MapSeries> series_;
  std::vector<PrintReader> prints_;
};

}  // namespace

Outcome<std::unique_ptr<SeriesSource>> simulate_series(const SimulationOptions& options) {
  Outcome<LabMarket> market = LabMarket::open(options.market, live_map_source(kReaderMap));
  if (!market) return market.error();
  return std::unique_ptr<SeriesSource>(
      std::make_unique<Simulation>(options, std::move(market).value()));
}

std::optional<ShownInstrument> instrument_to_show(const Store& store) {
  std::vector<InstrumentId> priced = store.instruments();
  std::erase_if(priced, [&](const InstrumentId& id) { return !has_prices(store, id); });
  if (priced.empty()) return std::nullopt;
  const auto whole = std::ranges::find_if(priced, [&](const InstrumentId& id) {
    return store.coverage(id, EventKind::kOpenInterest).has_value();
  });
  return ShownInstrument{whole == priced.end() ? priced.front() : *whole, priced.size()};
}

Outcome<std::unique_ptr<SeriesSource>> replay_series(std::unique_ptr<Store> store,
                                                     const MapRequest& request) {
  const Outcome<MapPlan> plan = plan_map(*store, request);
  if (!plan) return plan.error();
  auto source = std::make_unique<Recording>(std::move(store), request, *plan);
  if (const Outcome<void> done = source->open(); !done) return done.error();
  return std::unique_ptr<SeriesSource>(std::move(source));
}

Outcome<std::uint64_t> replay_digest(const std::string& store, const MapRequest& request) {
  const Outcome<std::string> place = canonical_path(store);
  if (!place) return place.error();
  Hash64 hash;
  // With lengths, so that a text that moves to the next field makes another number.
  const auto add = [&](std::string_view text) { hash.add_u64(text.size()).add_text(text); };
  add(*place);
  add(kModelVersion);
  hash.add_u64(request.filter.members);
  add(to_text(request.instrument));
  hash.add_u64(request.also.size());
  for (const InstrumentId& id : request.also) add(to_text(id));
  add(request.liquidations_from ? to_text(*request.liquidations_from) : "");
  add(request.from ? to_text(*request.from) : "");
  add(request.to ? to_text(*request.to) : "");
  add(request.column_interval ? to_text(*request.column_interval) : "");
  return hash.value();
}

Outcome<std::uint64_t> recorded_digest(const Store& store, const MapRequest& request) {
  std::vector<InstrumentId> all{request.instrument};
  all.insert(all.end(), request.also.begin(), request.also.end());
  if (request.liquidations_from) all.push_back(*request.liquidations_from);
  Hash64 hash;
  for (const InstrumentId& id : all) {
    const Outcome<InstrumentRecord> record = store.record(id);
    if (!record && record.error().code == Errc::kUnknownInstrument) continue;
    if (!record) return record.error();
    hash.add_text(write_manifest(*record));
  }
  return hash.value();
}

}  // namespace faultline
