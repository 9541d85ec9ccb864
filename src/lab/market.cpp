#include "lab/market.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "core/time_text.hpp"
#include "lab/agenda.hpp"
#include "lab/arbitrage.hpp"
#include "lab/holders.hpp"
#include "lab/makers.hpp"
#include "lab/outside_value.hpp"
#include "lab/readers.hpp"
#include "lab/takers.hpp"
#include "lab/venue_market.hpp"

namespace faultline {
namespace {

constexpr double kPriceRangeMax = 20.0;

// A venue with those who trade on it.
struct Place {
  std::unique_ptr<VenueMarket> market;
  std::unique_ptr<Makers> makers;
  std::unique_ptr<Takers> takers;
  std::unique_ptr<TrendTraders> trend;
  std::unique_ptr<Holders> holders;
  std::unique_ptr<Readers> readers;
};

}  // namespace

class LabMarket::Loop {
 public:
  Loop(const MarketConfig& config, const MapSource& maps);
  Outcome<void> advance_to(UnixNanos until, const ProgressFn& report);
  UnixNanos now() const { return agenda_.now(); }
  UnixNanos end() const { return end_; }
  bool is_over() const { return is_over_; }
  std::vector<const VenueTape*> tapes() const;
  Outcome<MarketRun> finish();

 private:
  void open_venue(std::uint16_t venue, std::uint32_t holder_count);
  void on_second();
  double index() const;
  Outcome<void> on_map();
  Outcome<void> handle(const LabEvent& event);
  Outcome<void> check(const ProgressFn& report);

  MarketConfig config_;
  MapSource maps_;
  UnixNanos start_;
  UnixNanos end_;
  Agenda agenda_;
  OutsideValue value_;
  std::vector<Place> places_;
  std::unique_ptr<Arbitrage> arbitrage_;
  std::uint64_t event_count_ = 0;
  std::uint64_t map_count_ = 0;
  bool is_over_ = false;
};

LabMarket::Loop::Loop(const MarketConfig& config, const MapSource& maps)
    : config_(config),
      maps_(maps),
      start_(config.begin - config.warm_up),
      end_(config.begin + config.length),
      agenda_(start_),
      value_(config, Rng(config.seed)) {
  agenda_.at(start_, {LabEventKind::kClock, 0, 0, 0});
  if (has_readers(config_.readers))
    agenda_.at(config_.begin + config_.readers.map_interval, {LabEventKind::kMap, 0, 0, 0});
  double share_sum = 0.0;
  for (const VenueConfig& venue : config_.venues) share_sum += venue.share;
  // Whole holders, none lost: each venue gets what is due up to it.
  double due = 0.0;
  std::uint32_t given = 0;
  for (std::size_t venue = 0; venue < config_.venues.size(); ++venue) {
    due += config_.venues[venue].share / share_sum;
    const auto until =
        static_cast<std::uint32_t>(std::llround(due * static_cast<double>(config_.holders.count)));
    open_venue(static_cast<std::uint16_t>(venue), until - given);
    given = until;
  }
  std::vector<VenueMarket*> markets;
  for (const Place& place : places_) markets.push_back(place.market.get());
  if (markets.size() > 1)
    arbitrage_ = std::make_unique<Arbitrage>(config_, std::move(markets), agenda_);
}

void LabMarket::Loop::open_venue(std::uint16_t venue, std::uint32_t holder_count) {
  Place place;
  place.market = std::make_unique<VenueMarket>(config_, venue, holder_count, value_);
  VenueMarket& market = *place.market;
  place.makers = std::make_unique<Makers>(config_, venue, market, value_, agenda_);
  place.takers = std::make_unique<Takers>(config_, venue, market, agenda_);
  place.trend = std::make_unique<TrendTraders>(config_, venue, market, agenda_);
  place.holders = std::make_unique<Holders>(config_, venue, holder_count, market, agenda_);
  place.readers = std::make_unique<Readers>(config_, venue, market, agenda_);
  places_.push_back(std::move(place));
}

double LabMarket::Loop::index() const {
  double weight = config_.outside_weight;
  double sum = weight * value_.price();
  for (const Place& place : places_) {
    const double own = place.market->config().index_weight;
    weight += own;
    sum += own * place.market->mid();
  }
  return sum / weight;
}

void LabMarket::Loop::on_second() {
  const UnixNanos now = agenda_.now();
  value_.move_to(now);
  const double level = index();
  for (Place& place : places_) place.market->on_second(now, level);
  const bool is_hour = (now - config_.begin).value % kHour.value == 0;
  if (now >= config_.begin && (is_hour || now == end_)) {
    for (Place& place : places_) place.market->record_positions();
  }
  if (now < end_) agenda_.at(now + kSecond, {LabEventKind::kClock, 0, 0, 0});
}

std::vector<const VenueTape*> LabMarket::Loop::tapes() const {
  std::vector<const VenueTape*> tapes;
  for (const Place& place : places_) tapes.push_back(&place.market->tape());
  return tapes;
}

Outcome<void> LabMarket::Loop::on_map() {
  const auto view = maps_(agenda_.now(), tapes());
  if (!view) return view.error();
  if (*view) {
    ++map_count_;
    for (Place& place : places_) {
      place.readers->on_map(**view);
      place.holders->on_map(**view);
    }
  }
  const UnixNanos next = agenda_.now() + config_.readers.map_interval;
  if (next < end_) agenda_.at(next, {LabEventKind::kMap, 0, 0, 0});
  return {};
}

Outcome<void> LabMarket::Loop::handle(const LabEvent& event) {
  Place& place = places_[event.venue];
  switch (event.kind) {
    case LabEventKind::kClock:
      on_second();
      return {};
    case LabEventKind::kMakerLook:
      place.makers->look(event);
      return {};
    case LabEventKind::kTakerOrder:
      place.takers->candidate(event);
      return {};
    case LabEventKind::kTrendLook:
      place.trend->look(event);
      return {};
    case LabEventKind::kArbitrageLook:
    case LabEventKind::kArbitrageOrder:
      arbitrage_->handle(event);
      return {};
    case LabEventKind::kMap:
      return on_map();
    case LabEventKind::kReaderAct:
      place.readers->act(event);
      return {};
    case LabEventKind::kHolderWake:
      place.holders->wake(event);
      return {};
    case LabEventKind::kHolderOrder:
      place.holders->order(event);
      return {};
  }
  return {};
}

Outcome<void> LabMarket::Loop::check(const ProgressFn& report) {
  const UnixNanos now = agenda_.now();
  const Progress progress{.what = "simulating",
                          .done = static_cast<std::uint64_t>((now - start_).value),
                          .total = static_cast<std::uint64_t>((end_ - start_).value),
                          .rows = event_count_};
  if (!keep_going(report, progress)) return Diagnostic{.code = Errc::kCancelled};
  for (const Place& place : places_) {
    const double moved = std::abs(std::log(place.market->mid() / config_.value.start_price));
    if (!(moved < std::log(kPriceRangeMax)))
      return Diagnostic{.code = Errc::kOutOfRange,
                        .field = "price",
                        .note = "left the allowed range at " + to_text(now)};
  }
  return {};
}

// Every second has its event of the clock, so there is one at `until`.
Outcome<void> LabMarket::Loop::advance_to(UnixNanos until, const ProgressFn& report) {
  FAULTLINE_CHECK((until - start_).value % kSecond.value == 0 && until >= agenda_.now());
  until = std::min(until, end_);
  if (is_over_ || until == agenda_.now()) return {};
  while (true) {
    const LabEvent event = agenda_.next();
    ++event_count_;
    for (Place& place : places_) place.market->exchange().set_time(agenda_.now());
    const bool is_clock = event.kind == LabEventKind::kClock;
    if (is_clock && agenda_.now().value % kMinute.value == 0) {
      if (const Outcome<void> fine = check(report); !fine) return fine.error();
    }
    if (const Outcome<void> done = handle(event); !done) return done.error();
    if (!is_clock || agenda_.now() != until) continue;
    is_over_ = until == end_;
    return {};
  }
}

Outcome<MarketRun> LabMarket::Loop::finish() {
  FAULTLINE_CHECK(is_over_);
  for (const Place& place : places_) {
    if (place.market->tape().trades.row_count() > 0) continue;
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(place.market->config().exchange.instrument.id),
                      .note = "nothing was traded there: who quotes, and who takes?"};
  }
  MarketRun run;
  Hash64 digest;
  for (Place& place : places_) {
    digest.add_u64(place.market->trade_digest());
    run.trade_count += place.market->trade_count();
    run.venues.push_back(place.market->take_tape());
  }
  run.trade_digest = digest.value();
  run.event_count = event_count_;
  run.map_count = map_count_;
  return run;
}

LabMarket::LabMarket(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
LabMarket::LabMarket(LabMarket&&) noexcept = default;
LabMarket& LabMarket::operator=(LabMarket&&) noexcept = default;
LabMarket::~LabMarket() = default;

Outcome<LabMarket> LabMarket::open(const MarketConfig& config, const MapSource& maps) {
  if (const Outcome<void> valid = validate(config); !valid) return valid.error();
  if (has_readers(config.readers) && !maps)
    return Diagnostic{.code = Errc::kBadRequest,
                      .field = "readers",
                      .note = "somebody reads the map, and nobody makes one"};
  return LabMarket(std::make_unique<Loop>(config, maps));
}

Outcome<void> LabMarket::advance_to(UnixNanos until, const ProgressFn& report) {
  return loop_->advance_to(until, report);
}
UnixNanos LabMarket::now() const { return loop_->now(); }
UnixNanos LabMarket::end() const { return loop_->end(); }
bool LabMarket::is_over() const { return loop_->is_over(); }
std::vector<const VenueTape*> LabMarket::tapes() const { return loop_->tapes(); }
Outcome<MarketRun> LabMarket::finish() { return loop_->finish(); }

Outcome<MarketRun> simulate_market(const MarketConfig& config, const ProgressFn& report,
                                   const MapSource& maps) {
  Outcome<LabMarket> market = LabMarket::open(config, maps);
  if (!market) return market.error();
  if (const Outcome<void> done = market->advance_to(market->end(), report); !done)
    return done.error();
  return market->finish();
}

}  // namespace faultline
