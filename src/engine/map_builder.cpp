#include "engine/map_builder.hpp"

#include <algorithm>
#include <cmath>

#include "core/time_text.hpp"
#include "engine/step_sources.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr std::uint64_t kReportEvery = 4'096;  // steps

Diagnostic bad_request(std::string field, std::string note) {
  return Diagnostic{.code = Errc::kBadRequest, .field = std::move(field), .note = std::move(note)};
}

// What prices cover, as far as columns are asked for: [first price, last price].
Outcome<TimeRange> price_range(const Store& store, const InstrumentId& id) {
  std::optional<TimeRange> range;
  for (const EventKind kind : {EventKind::kTrade, EventKind::kBar, EventKind::kMark}) {
    const std::optional<Coverage> coverage = store.coverage(id, kind);
    if (!coverage) continue;
    if (!range) range = TimeRange{coverage->time_first, coverage->time_last};
    range->from = std::min(range->from, coverage->time_first);
    range->to = std::max(range->to, coverage->time_last);
  }
  if (range) return *range;
  if (store.record(id)) {
    return Diagnostic{
        .code = Errc::kNoData, .field = to_text(id), .note = "no prices are recorded"};
  }
  std::string known;
  for (const InstrumentId& other : store.instruments()) {
    known += (known.empty() ? "it holds " : ", ") + to_text(other);
  }
  return Diagnostic{.code = Errc::kUnknownInstrument,
                    .field = to_text(id),
                    .note = known.empty() ? "the store is empty" : known};
}

// Everything that is decided before the first step.
struct Plan {
  InstrumentSpec spec;
  TimeRange shown;  // columns
  TimeRange read;   // rows
  Nanos step;
  std::optional<Nanos> bar;  // the length of bars of last prices that are used
  Nanos column;
};

Nanos automatic_column(TimeRange shown, Nanos step) {
  const std::int64_t span = (shown.to - shown.from).value;
  for (const std::int64_t minutes : {1, 5, 15, 30, 60, 120, 240, 480, 1440}) {
    const Nanos interval(minutes * kMinute.value);
    if (interval >= step && interval.value % step.value == 0 &&
        span / interval.value <= kColumnsAuto) {
      return interval;
    }
  }
  return Nanos(std::max<std::int64_t>(1, span / kColumnsAuto / step.value) * step.value);
}

Outcome<Plan> make_plan(const Store& store, const MapRequest& request) {
  const Outcome<TimeRange> prices = price_range(store, request.instrument);
  if (!prices) return prices.error();
  Plan plan;
  plan.shown =
      TimeRange{request.from.value_or(prices->from), request.to.value_or(prices->to + Nanos(1))};
  if (plan.shown.to <= prices->from || plan.shown.from > prices->to) {
    return Diagnostic{
        .code = Errc::kNoData,
        .field = to_text(request.instrument),
        .note = "prices are recorded from " + to_text(prices->from) + " to " + to_text(prices->to)};
  }
  if (plan.shown.to <= plan.shown.from) return bad_request("range", "it ends before it begins");
  const Outcome<InstrumentSpec> spec = store.spec_at(request.instrument, prices->to);
  if (!spec) return spec.error();
  plan.spec = *spec;
  const Outcome<StepChoice> choice =
      choose_step(store, request.instrument, {UnixNanos(0), plan.shown.to}, request.step);
  if (!choice) return choice.error();
  plan.step = choice->length;
  plan.bar = choice->bar;
  // A step that is not over by then would know what came after.
  if (request.to) plan.shown.to = UnixNanos(request.to->value / plan.step.value * plan.step.value);
  if (plan.shown.to <= plan.shown.from) return bad_request("range", "no whole step lies in it");
  plan.read = TimeRange{UnixNanos(0), plan.shown.to};
  const TimeRange within{std::max(plan.shown.from, prices->from),
                         std::min(plan.shown.to, prices->to)};
  plan.column = request.column_interval.value_or(automatic_column(within, plan.step));
  if (plan.column.value % plan.step.value != 0) {
    return bad_request(
        "column_interval",
        to_text(plan.column) + " is not a whole number of steps of " + to_text(plan.step));
  }
  if ((within.to - within.from).value / plan.column.value > kColumnsMax) {
    return bad_request("column_interval",
                       "over " + std::to_string(kColumnsMax) + " columns; choose longer ones");
  }
  return plan;
}

// Collects steps into the span of the next column.
class SpanCollector {
 public:
  explicit SpanCollector(double unit_quote) : unit_quote_(unit_quote) {}

  void add(const MarketStep& step, const StepReport& report) {
    Candle& candle = span_.candle;
    if (!is_open_) {
      candle = Candle{step.begin, step.end, step.open, step.high, step.low, step.close};
      is_open_ = true;
    }
    candle.end = step.end;
    candle.high = std::max(candle.high, step.high);
    candle.low = std::min(candle.low, step.low);
    candle.close = step.close;
    span_.funding_rate += step.funding_rate;
    for (const std::size_t side : {0U, 1U}) {
      if (report.swept[side] <= 0.0) continue;
      const double usd =
          unit_quote_ > 0.0 ? report.swept[side] * unit_quote_ : report.swept_quote[side];
      span_.crossed_usd[side] += usd;
      span_.returned_usd[side] += usd * report.returned[side] / report.swept[side];
    }
  }

  ColumnSpan take() {
    is_open_ = false;
    ColumnSpan out = span_;
    span_ = ColumnSpan{};
    return out;
  }

 private:
  double unit_quote_;  // quote value of a native unit of an inverse contract; 0 for linear ones
  ColumnSpan span_;
  bool is_open_ = false;
};

void append_column(const PositionDensity& density, const Plan& plan, const MapRequest& request,
                   const MarketStep& step, SpanCollector& collector, LiquidationMap& map) {
  map.columns.push_back(
      make_column(density, plan.spec, step.end, step.close, {.reach = request.reach}));
  ColumnSpan span = collector.take();
  span.open_interest_usd = map.columns.back().open_interest_usd;
  map.spans.push_back(span);
  for (const Side side : kSides) {
    const double stock = density.stock(side);
    if (stock <= 0.0) continue;
    const double error = std::abs(density.recounted_stock(side) - stock) / stock;
    FAULTLINE_CHECK(std::isfinite(error));
    map.identity_error_max = std::max(map.identity_error_max, error);
  }
}

Outcome<void> run_steps(const Plan& plan, const MapRequest& request, StepBuilder& steps,
                        PositionDensity& density, const ProgressFn& report, LiquidationMap& map) {
  const double multiplier = to_double_approx(plan.spec.contract_multiplier);
  SpanCollector collector(plan.spec.kind == ContractKind::kInverse ? multiplier : 0.0);
  MarketStep step;
  MarketStep last;
  bool is_pending = false;  // steps since the last column
  for (;;) {
    const Outcome<bool> more = steps.next(step);
    if (!more) return more.error();
    if (!*more) break;
    const StepReport done = density.advance(step);
    map.oi_exceeds_volume_steps += done.oi_exceeds_volume ? 1 : 0;
    last = step;
    is_pending = step.end > plan.shown.from;
    if (is_pending) collector.add(step, done);
    if (is_pending && step.end.value % plan.column.value == 0) {
      append_column(density, plan, request, step, collector, map);
      is_pending = false;
    }
    const bool is_time = steps.notes().steps % kReportEvery == 0;
    if (is_time && !keep_going(report, {"map", steps.notes().steps, 0, steps.notes().steps})) {
      return Diagnostic{.code = Errc::kCancelled};
    }
  }
  if (is_pending) append_column(density, plan, request, last, collector, map);
  map.as_of = last.end;
  return {};
}

double price_at(const LiquidationMap& map, UnixNanos time) {
  const auto after = std::ranges::lower_bound(
      map.spans, time, {}, [](const ColumnSpan& span) { return span.candle.end; });
  return after == map.spans.end() ? map.spans.back().candle.close : after->candle.close;
}

Outcome<void> load_prints(const Store& store, const InstrumentId& id, TimeRange range,
                          LiquidationMap& map) {
  Outcome<std::unique_ptr<ColumnReader>> reader =
      reader_if_recorded(store, id, EventKind::kLiquidation, range);
  if (!reader) return reader.error();
  if (!*reader) return {};
  const Outcome<InstrumentRecord> record = store.record(id);
  if (!record) return record.error();
  ColumnBatch batch(EventKind::kLiquidation);
  while (*reader) {
    const Outcome<bool> more = (*reader)->next(batch);
    if (!more) return more.error();
    if (!*more) break;
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
      RealisedLiquidation print;
      print.time = UnixNanos(value(0));
      print.side = static_cast<Side>(value(1));
      print.price = to_double_approx(PriceE9(value(2)));
      const InstrumentSpec* spec = spec_valid_at(record->specs, print.time);
      if (spec == nullptr) {
        return Diagnostic{.code = Errc::kNoData,
                          .field = to_text(id),
                          .note = "no specification is valid at " + to_text(print.time)};
      }
      print.usd = notional_approx(Qty(value(4)), print.price, *spec);
      print.completeness = static_cast<Completeness>(value(5));
      map.liquidations.push_back(print);
    }
  }
  return {};
}

Outcome<void> load_totals(const Store& store, const InstrumentId& id, TimeRange range,
                          LiquidationMap& map) {
  Outcome<std::unique_ptr<ColumnReader>> reader =
      reader_if_recorded(store, id, EventKind::kLiquidationTotal, range);
  if (!reader) return reader.error();
  ColumnBatch batch(EventKind::kLiquidationTotal);
  while (*reader) {
    const Outcome<bool> more = (*reader)->next(batch);
    if (!more) return more.error();
    if (!*more) break;
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      for (const Side side : kSides) {
        const Column& column = batch.columns[2 + index_of(side)];
        const std::int64_t end = batch.columns[0].values[row] + batch.columns[1].values[row];
        // A total that is not over tells the future.
        if (!column.has(row) || end > map.as_of.value) continue;
        RealisedLiquidation total;
        total.time = UnixNanos(batch.columns[0].values[row]);
        total.length = Nanos(batch.columns[1].values[row]);
        total.side = side;
        total.usd = to_double_approx(Notional(column.values[row]));
        total.price = price_at(map, total.time + total.length);
        total.completeness = static_cast<Completeness>(batch.columns[4].values[row]);
        map.liquidations.push_back(total);
      }
    }
  }
  return {};
}

Outcome<void> load_liquidations(const Store& store, const MapRequest& request,
                                LiquidationMap& map) {
  const InstrumentId id = request.liquidations_from.value_or(request.instrument);
  const TimeRange range{map.spans.front().candle.begin, map.as_of};
  const bool is_recorded = store.coverage(id, EventKind::kLiquidation).has_value() ||
                           store.coverage(id, EventKind::kLiquidationTotal).has_value();
  if (is_recorded) map.liquidations_source = to_text(id);
  if (Outcome<void> done = load_prints(store, id, range, map); !done) return done;
  return load_totals(store, id, range, map);
}

}  // namespace

Outcome<LiquidationMap> build_map(const Store& store, const MapRequest& request,
                                  const ProgressFn& report) {
  const Outcome<Plan> plan = make_plan(store, request);
  if (!plan) return plan.error();
  Outcome<StepSources> sources = open_step_sources(store, request.instrument, plan->read);
  if (!sources) return sources.error();
  StepBuilder steps(plan->spec, std::move(sources).value(),
                    StepOptions{.length = plan->step,
                                .price = request.price,
                                .assumed_open_interest = request.assumed_open_interest,
                                .bar_length = plan->bar});
  PositionDensity density(request.density, {});
  LiquidationMap map;
  map.spec = plan->spec;
  map.model_version = kModelVersion;
  map.step_length = plan->step;
  map.column_interval = plan->column;
  map.is_simulated = request.instrument.venue == Venue::kSimulated;
  if (const Outcome<void> done = run_steps(*plan, request, steps, density, report, map); !done)
    return done.error();
  if (map.columns.empty()) {
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(request.instrument),
                      .note = "no step in this range"};
  }
  map.notes = steps.notes();
  map.swept_on = map.notes.last_price_steps == 0 ? PriceKind::kMark : PriceKind::kLast;
  map.clusters = find_clusters(map.columns.back());
  map.state_hash = density.state_hash();
  map.state_bytes = density.memory_bytes();
  if (const Outcome<void> done = load_liquidations(store, request, map); !done) return done.error();
  return map;
}

}  // namespace faultline
