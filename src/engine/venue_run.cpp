#include "engine/venue_run.hpp"

#include <algorithm>

#include "engine/step_sources.hpp"
#include "venue/rules.hpp"

namespace faultline {
namespace {

// The first rung's rate of the venue's own ladder, where one is known: the funding shift uses it.
double maintenance_rate_of(const InstrumentSpec& spec, UnixNanos time, double otherwise) {
  const Result<VenueDefaults> defaults =
      venue_defaults({.venue = spec.id.venue, .kind = spec.kind, .base = spec.base});
  if (!defaults) return otherwise;
  const TierHistory& ladders = defaults->tiers;
  const std::size_t in_force = ladders.table_index_at(time).value_or(0);
  return ladders.tables()[in_force].tiers().front().maintenance_rate;
}

}  // namespace

Outcome<VenueRun> VenueRun::open(const Store& store, const MapRequest& request, const MapPlan& plan,
                                 std::size_t venue) {
  const VenuePlan& own = plan.venues[venue];
  const InstrumentId& id = own.spec.id;
  Outcome<StepSources> sources = open_step_sources(store, id, plan.read);
  if (!sources) return sources.error();
  const InstrumentId feed_id = venue == 0 ? request.liquidations_from.value_or(id) : id;
  Outcome<FeedReader> feed = FeedReader::open(store, feed_id, plan.read);
  if (!feed) return feed.error();
  const std::string feed_name = feed->is_recorded() ? to_text(feed_id) : "";
  Outcome<ContextReader> context = request.extras.context
                                       ? ContextReader::open(store, id, plan.read)
                                       : ContextReader({}, nullptr, nullptr);
  if (!context) return context.error();
  VenueRun run = over({.sources = std::move(sources).value(),
                       .feed = std::move(feed).value(),
                       .feed_name = feed_name,
                       .context = std::move(context).value()},
                      own, request, plan.first_price);
  run.show_from(plan.shown.from);
  return run;
}

VenueRun VenueRun::over(Streams streams, const VenuePlan& plan, const MapRequest& request,
                        UnixNanos first_price) {
  StepBuilder steps(plan.spec, std::move(streams.sources),
                    StepOptions{.length = plan.step,
                                .price = request.price,
                                .assumed_open_interest = request.assumed_open_interest,
                                .bar_length = plan.bar});
  DensityFilterConfig config = request.filter;
  // What a venue is known for, whatever the request had.
  config.density.kernel = kernel_prior_of(plan.spec.id.venue);
  // By a time that does not depend on where the map ends.
  config.density.maintenance_rate =
      maintenance_rate_of(plan.spec, first_price, config.density.maintenance_rate);
  const Rng root = Rng(request.seed).stream("venue " + to_text(plan.spec.id));
  VenueRun run(plan, first_price, std::move(steps), std::move(streams.feed),
               std::move(streams.context), DensityFilter(plan.spec, config, root));
  run.feed_name_ = std::move(streams.feed_name);
  run.maintenance_rate_ = config.density.maintenance_rate;
  run.reach_ = request.reach;
  if (request.extras.parts) run.parts_.emplace();
  return run;
}

VenueRun::VenueRun(const VenuePlan& plan, UnixNanos shown_from, StepBuilder steps, FeedReader feed,
                   ContextReader context, DensityFilter filter)
    : plan_(plan),
      shown_from_(shown_from),
      steps_(std::move(steps)),
      feed_(std::move(feed)),
      context_(std::move(context)),
      filter_(std::move(filter)) {}

Outcome<void> VenueRun::advance_to(UnixNanos until) {
  while (!is_over_) {
    if (!has_next_) {
      // Of a growing source the step is made when it is over, not before.
      if (reached_ && *reached_ + plan_.step > until) return {};
      const Outcome<bool> more = steps_.next(next_);
      if (!more) return more.error();
      is_over_ = !*more;
      has_next_ = *more;
    }
    if (!has_next_ || next_.end > until) return {};
    has_next_ = false;
    if (Outcome<void> done = take(next_); !done) return done;
  }
  return {};
}

Outcome<void> VenueRun::take(const MarketStep& step) {
  const FilterStep done = filter_.advance(step);
  oi_exceeds_volume_steps_ += done.report.oi_exceeds_volume ? 1 : 0;
  last_ = step;
  reached_ = step.end;
  if (!step.is_gap) priced_until_ = step.end;
  const bool is_shown = step.end > shown_from_;
  if (is_shown) add_to_span(step, done);
  if (!is_shown && parts_) look_while_warming_up();
  const Outcome<MarketContext> context = context_.at(step.end);
  if (!context) return context.error();
  if (is_shown) span_.context = *context;
  const Outcome<FeedMoment> moment = feed_.after(step);
  if (!moment) return moment.error();
  if (moment->reading) {
    const FilterReading reading = filter_.observe(*moment->reading);
    if (is_shown && reading.is_used) add_reading(reading);
    refused_readings_ += reading.is_used ? 0 : 1;
  } else if (!moment->is_awaited) {
    filter_.discard();
  }
  return {};
}

void VenueRun::add_to_span(const MarketStep& step, const FilterStep& done) {
  Candle& candle = span_.candle;
  if (!has_span_) {
    candle = Candle{step.begin, step.end, step.open, step.high, step.low, step.close};
    has_span_ = true;
    is_taker_unknown_ = false;
  }
  // Where trades tell who took, a step without any is a zero; before the first nobody knows.
  tells_takers_ = tells_takers_ || step.has_taker_side;
  if (tells_takers_ && (step.has_taker_side || step.volume <= 0.0) && !step.is_gap) {
    if (!span_.taker) span_.taker.emplace();
    const double unit_usd = unit_notional_approx(step.close, plan_.spec);
    span_.taker->bought_usd += step.taker_buy_volume * unit_usd;
    span_.taker->sold_usd += (step.volume - step.taker_buy_volume) * unit_usd;
  } else {
    is_taker_unknown_ = true;
  }
  candle.end = step.end;
  candle.high = std::max(candle.high, step.high);
  candle.low = std::min(candle.low, step.low);
  candle.close = step.close;
  span_.funding_rate += step.funding_rate;
  for (const std::size_t side : {0U, 1U}) {
    span_.crossed_usd[side] += done.crossed_usd[side];
    span_.returned_usd[side] += done.returned_usd[side];
  }
}

void VenueRun::add_reading(const FilterReading& reading) {
  if (!span_.feed) span_.feed.emplace();
  ++span_.feed->readings;
  for (const std::size_t side : {0U, 1U}) {
    // A side that was not recorded is left out of both sums.
    if (!reading.printed_usd[side]) continue;
    span_.feed->has_side[side] = true;
    span_.feed->printed_usd[side] += *reading.printed_usd[side];
    span_.feed->expected_liquidation_usd[side] += reading.expected_liquidation_usd[side];
  }
}

ColumnSpan VenueRun::take_span() {
  has_span_ = false;
  // One step that does not tell who took leaves the whole span unknown.
  if (is_taker_unknown_) span_.taker.reset();
  return std::exchange(span_, ColumnSpan{});
}

VenueProfile VenueRun::profile(const RowFrame& frame) const {
  return profile_of(VenueView{filter_.density(), filter_.weights(), plan_.spec, mark()}, frame);
}

const VenueParts* VenueRun::look_at_parts(const RowFrame& frame) {
  if (!parts_) return nullptr;
  parts_->look(VenueView{filter_.density(), filter_.weights(), plan_.spec, mark()}, frame,
               *reached_);
  looked_ = reached_;
  return &*parts_;
}

// Ages are told up to a day: what is there then must have been seen to come. An hour between looks
// takes what was opened in it for half an hour younger or older at most.
void VenueRun::look_while_warming_up() {
  constexpr Nanos kWatched{2 * kDay.value};
  if (*reached_ + kWatched < shown_from_ || (looked_ && *reached_ - *looked_ < kHour)) return;
  look_at_parts(frame_around(mark(), {.reach = reach_}));
}

VenuePart VenueRun::part() const {
  VenuePart part;
  part.spec = plan_.spec;
  part.step_length = plan_.step;
  part.notes = notes();
  part.priced_until = priced_until_;
  part.maintenance_rate = maintenance_rate_;
  part.feed = feed_name_;
  part.readings = filter_.reading_count();
  part.refused_readings = refused_readings_;
  part.effective_members = filter_.effective_count();
  part.resamplings = filter_.resampling_count();
  if (filter_.factor().pairs_learnt() >= 1.0) {
    part.factor = filter_.factor().factor();
    part.exponent = filter_.factor().exponent();
  }
  part.state_bytes = filter_.memory_bytes() + (parts_ ? parts_->memory_bytes() : 0);
  return part;
}

}  // namespace faultline
