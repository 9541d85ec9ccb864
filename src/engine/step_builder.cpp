#include "engine/step_builder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <span>

#include "core/decimal.hpp"
#include "core/time_text.hpp"
#include "engine/lane.hpp"

namespace faultline {
namespace {

// Open, high, low and close of what a step has seen so far, in one price unit.
struct Range {
  double open = 0.0;
  double high = -std::numeric_limits<double>::infinity();
  double low = std::numeric_limits<double>::infinity();
  double close = 0.0;
  bool is_seen = false;

  void add(double first, double highest, double lowest, double last) {
    if (!is_seen) open = first;
    is_seen = true;
    high = std::max(high, highest);
    low = std::min(low, lowest);
    close = last;
  }
};

struct Extremes {
  std::int64_t high;
  std::int64_t low;
};

Extremes extremes_of(std::span<const std::int64_t> prices) {
  Extremes out{prices.front(), prices.front()};
  for (const std::int64_t price : prices) {
    out.high = price > out.high ? price : out.high;
    out.low = price < out.low ? price : out.low;
  }
  return out;
}

enum BarColumn : std::size_t {
  kTime,
  kLength,
  kKind,
  kOpen,
  kHigh,
  kLow,
  kClose,
  kVolume,
  kTakerBuy
};

}  // namespace

struct StepBuilder::State {
  InstrumentSpec spec;
  StepOptions options;
  StepNotes notes;
  Lane trades;
  Lane bars;
  Lane marks;
  Lane open_interest;
  Lane funding;
  Lane liquidations;
  Lane totals;
  double tick;
  double lot;
  bool has_liquidation_feed;
  bool is_started = false;
  UnixNanos begin{};
  double oi = 0.0;
  bool oi_is_known = false;
  double last_mark = 0.0;
  double last_close = 0.0;
  // Of the current step.
  Range last_range;
  Range mark_range;
  bool has_trades = false;
  std::int64_t traded_lots = 0;  // integers: however the rows are cut into batches, the sum is one
  std::int64_t bought_lots = 0;
  double bar_volume = 0.0;
  double bar_taker_buy = 0.0;
  bool bar_has_taker = false;

  State(InstrumentSpec spec_in, StepSources sources, StepOptions options_in)
      : spec(std::move(spec_in)),
        options(options_in),
        trades(std::move(sources.trades), EventKind::kTrade),
        bars(std::move(sources.bars), EventKind::kBar),
        marks(std::move(sources.marks), EventKind::kMark),
        open_interest(std::move(sources.open_interest), EventKind::kOpenInterest),
        funding(std::move(sources.funding), EventKind::kFunding),
        liquidations(nullptr, EventKind::kLiquidation),
        totals(nullptr, EventKind::kLiquidationTotal),
        tick(to_double_approx(spec.tick_size)),
        lot(to_double_approx(spec.lot_size)),
        has_liquidation_feed(sources.liquidations != nullptr ||
                             sources.liquidation_totals != nullptr) {
    liquidations = Lane(std::move(sources.liquidations), EventKind::kLiquidation);
    totals = Lane(std::move(sources.liquidation_totals), EventKind::kLiquidationTotal);
  }

  Outcome<bool> start();
  Outcome<void> start_interest();
  Outcome<void> read_prices(MarketStep& step);
  void add_trades(const ColumnBatch& batch, std::size_t first, std::size_t last, MarketStep& step);
  void add_bars(const ColumnBatch& batch, std::size_t first, std::size_t last);
  void add_marks(const ColumnBatch& batch, std::size_t first, std::size_t last);
  Outcome<void> read_interest(MarketStep& step);
  Outcome<void> read_liquidations(MarketStep& step);
  Outcome<void> settle_prices(MarketStep& step);
  Outcome<bool> next(MarketStep& step);
};

// Finds the first price and aligns the first step to a whole number of steps since 1970.
Outcome<bool> StepBuilder::State::start() {
  is_started = true;
  std::optional<UnixNanos> first;
  for (Lane* lane : {&trades, &bars, &marks}) {
    const auto time = lane->peek();
    if (!time) return time.error();
    if (*time && (!first || **time < *first)) first = **time;
  }
  if (!first)
    return Diagnostic{
        .code = Errc::kNoData, .field = to_text(spec.id), .note = "no prices in this range"};
  begin = UnixNanos(first->value / options.length.value * options.length.value);
  if (Outcome<void> known = start_interest(); !known) return known.error();
  return true;
}

// Before the first recorded value the stock is held at it: the warm-up of the model.
Outcome<void> StepBuilder::State::start_interest() {
  ColumnBatch first(EventKind::kOpenInterest);
  const auto time = open_interest.peek();
  if (!time) return time.error();
  if (!*time) {
    if (!options.assumed_open_interest) {
      return Diagnostic{
          .code = Errc::kNoData,
          .field = to_text(spec.id),
          .note = "no open interest is recorded, so dollars cannot be right; assume one to go on"};
    }
    oi = *options.assumed_open_interest;
    return {};
  }
  return open_interest.consume(UnixNanos((*time)->value + 1),
                               [&](const ColumnBatch& batch, std::size_t row, std::size_t) {
                                 oi = static_cast<double>(batch.columns[1].values[row]) * lot;
                               });
}

void StepBuilder::State::add_trades(const ColumnBatch& batch, std::size_t first, std::size_t last,
                                    MarketStep& step) {
  const auto rows = [&](std::size_t column) {
    return std::span(batch.columns[column].values).subspan(first, last - first);
  };
  const auto prices = rows(1);
  const auto quantities = rows(2);
  const auto sides = rows(3);
  const Extremes extremes = extremes_of(prices);
  std::int64_t volume = 0;
  std::int64_t bought = 0;
  std::int64_t known = 0;
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    volume += quantities[i];
    bought += sides[i] == static_cast<std::int64_t>(TakerSide::kBuy) ? quantities[i] : 0;
    known += sides[i] != static_cast<std::int64_t>(TakerSide::kUnknown) ? 1 : 0;
  }
  last_range.add(
      static_cast<double>(prices.front()) * tick, static_cast<double>(extremes.high) * tick,
      static_cast<double>(extremes.low) * tick, static_cast<double>(prices.back()) * tick);
  has_trades = true;
  traded_lots += volume;
  bought_lots += bought;
  step.has_taker_side = step.has_taker_side || known > 0;
}

void StepBuilder::State::add_bars(const ColumnBatch& batch, std::size_t first, std::size_t last) {
  for (std::size_t row = first; row < last; ++row) {
    const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
    const auto price = [&](std::size_t column) { return to_double_approx(PriceE9(value(column))); };
    const auto kind = static_cast<PriceKind>(value(kKind));
    const bool is_other = kind == PriceKind::kLast && options.bar_length &&
                          value(kLength) != options.bar_length->value;
    if (is_other || options.length.value % value(kLength) != 0) {
      ++notes.skipped_bars;
      continue;
    }
    if (kind == PriceKind::kMark) {
      mark_range.add(price(kOpen), price(kHigh), price(kLow), price(kClose));
      continue;
    }
    if (kind != PriceKind::kLast) continue;
    last_range.add(price(kOpen), price(kHigh), price(kLow), price(kClose));
    if (batch.columns[kVolume].has(row)) bar_volume += static_cast<double>(value(kVolume)) * lot;
    if (!batch.columns[kTakerBuy].has(row)) continue;
    bar_taker_buy += static_cast<double>(value(kTakerBuy)) * lot;
    bar_has_taker = true;
  }
}

void StepBuilder::State::add_marks(const ColumnBatch& batch, std::size_t first, std::size_t last) {
  for (std::size_t row = first; row < last; ++row) {
    if (!batch.columns[1].has(row)) continue;
    const double mark = to_double_approx(PriceE9(batch.columns[1].values[row]));
    // The mark in force when the step began counts for its range.
    const double before = mark_range.is_seen || last_mark == 0.0 ? mark : last_mark;
    mark_range.add(before, std::max(mark, before), std::min(mark, before), mark);
    last_mark = mark;
  }
}

Outcome<void> StepBuilder::State::read_prices(MarketStep& step) {
  last_range = Range{};
  mark_range = Range{};
  has_trades = false;
  traded_lots = bought_lots = 0;
  bar_volume = bar_taker_buy = 0.0;
  bar_has_taker = false;
  auto done =
      trades.consume(step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
        add_trades(batch, first, last, step);
      });
  if (!done) return done;
  done = bars.consume(step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
    add_bars(batch, first, last);
  });
  if (!done) return done;
  return marks.consume(step.end, [&](const ColumnBatch& batch, std::size_t first,
                                     std::size_t last) { add_marks(batch, first, last); });
}

Outcome<void> StepBuilder::State::settle_prices(MarketStep& step) {
  if (has_trades) {
    step.volume = static_cast<double>(traded_lots) * lot;
    step.taker_buy_volume = static_cast<double>(bought_lots) * lot;
  } else {
    step.volume = bar_volume;
    step.taker_buy_volume = std::min(bar_taker_buy, bar_volume);
    step.has_taker_side = bar_has_taker;
  }
  const bool use_mark = mark_range.is_seen && options.price != PriceChoice::kLast;
  if (options.price == PriceChoice::kMark && !use_mark && last_range.is_seen) {
    return Diagnostic{
        .code = Errc::kNoData,
        .field = to_text(spec.id),
        .note = "no mark price is recorded in the step that begins " + to_text(step.begin)};
  }
  const Range& range = use_mark ? mark_range : last_range;
  step.price_kind = use_mark ? PriceKind::kMark : PriceKind::kLast;
  step.is_gap = !range.is_seen;
  if (step.is_gap) {
    step.open = step.high = step.low = step.close = last_close;
    ++notes.gap_steps;
    return {};
  }
  ++(use_mark ? notes.mark_price_steps : notes.last_price_steps);
  step.open = range.open;
  step.high = range.high;
  step.low = range.low;
  step.close = range.close;
  last_close = range.close;
  return {};
}

Outcome<void> StepBuilder::State::read_interest(MarketStep& step) {
  step.oi_begin = oi;
  // A value stamped at the end of the step is the step's end value.
  auto done = open_interest.consume(
      step.end + Nanos(1), [&](const ColumnBatch& batch, std::size_t, std::size_t last) {
        oi = static_cast<double>(batch.columns[1].values[last - 1]) * lot;
        step.has_open_interest = true;
      });
  step.oi_end = oi;
  if (!step.has_open_interest) ++notes.held_interest_steps;
  if (!done) return done;
  return funding.consume(
      step.end + Nanos(1), [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
        for (std::size_t row = first; row < last; ++row) {
          if (batch.columns[0].values[row] <= step.begin.value) continue;  // before the first step
          step.funding_rate += static_cast<double>(batch.columns[1].values[row]) * 1e-9;
        }
      });
}

Outcome<void> StepBuilder::State::read_liquidations(MarketStep& step) {
  step.has_liquidations = has_liquidation_feed;
  auto done = liquidations.consume(step.end, [&](const ColumnBatch& batch, std::size_t first,
                                                 std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      if (batch.columns[0].values[row] < step.begin.value) continue;
      const double price = to_double_approx(PriceE9(batch.columns[2].values[row]));
      const auto side = static_cast<std::size_t>(batch.columns[1].values[row]);
      step.liquidated_usd[side] += notional_approx(Qty(batch.columns[4].values[row]), price, spec);
      step.completeness = static_cast<Completeness>(batch.columns[5].values[row]);
    }
  });
  if (!done) return done;
  return totals.consume(
      step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
        for (std::size_t row = first; row < last; ++row) {
          if (batch.columns[1].values[row] > options.length.value) {
            ++notes.skipped_totals;
            continue;
          }
          if (batch.columns[0].values[row] < step.begin.value) continue;
          for (const std::size_t side : {0U, 1U}) {
            if (!batch.columns[2 + side].has(row)) continue;
            step.liquidated_usd[side] +=
                to_double_approx(Notional(batch.columns[2 + side].values[row]));
          }
          step.completeness = static_cast<Completeness>(batch.columns[4].values[row]);
        }
      });
}

Outcome<bool> StepBuilder::State::next(MarketStep& step) {
  if (!is_started) {
    if (Outcome<bool> started = start(); !started) return started.error();
  }
  // The end of the prices ends the steps: open interest alone moves nothing.
  bool any_price = false;
  for (Lane* lane : {&trades, &bars, &marks}) {
    const auto time = lane->peek();
    if (!time) return time.error();
    any_price = any_price || time->has_value();
  }
  if (!any_price) return false;
  step = MarketStep{};
  step.begin = begin;
  step.end = begin + options.length;
  if (auto done = read_prices(step); !done) return done.error();
  if (auto done = settle_prices(step); !done) return done.error();
  if (auto done = read_interest(step); !done) return done.error();
  if (auto done = read_liquidations(step); !done) return done.error();
  begin = step.end;
  ++notes.steps;
  return true;
}

StepBuilder::StepBuilder(InstrumentSpec spec, StepSources sources, StepOptions options)
    : state_(std::make_unique<State>(std::move(spec), std::move(sources), options)) {
  FAULTLINE_CHECK(options.length.value > 0);
}
StepBuilder::~StepBuilder() = default;
StepBuilder::StepBuilder(StepBuilder&&) noexcept = default;

Outcome<bool> StepBuilder::next(MarketStep& step) {
  for (;;) {
    Outcome<bool> more = state_->next(step);
    // Bars that were all too long leave a step without any price yet: there is nothing to hold.
    if (!more || !*more || step.close > 0.0) return more;
    state_->notes.gap_steps -= 1;
    state_->notes.steps -= 1;
  }
}

const StepNotes& StepBuilder::notes() const { return state_->notes; }

namespace {

// The lengths of all bars of last prices.
Outcome<std::set<std::int64_t>> bar_lengths(const Store& store, const InstrumentId& id,
                                            TimeRange range) {
  std::set<std::int64_t> lengths;
  if (!store.coverage(id, EventKind::kBar)) return lengths;
  Outcome<std::unique_ptr<ColumnReader>> reader = store.read(id, EventKind::kBar, range);
  if (!reader && reader.error().code == Errc::kNoData) return lengths;
  if (!reader) return reader.error();
  ColumnBatch batch(EventKind::kBar);
  for (;;) {
    const Outcome<bool> more = (*reader)->next(batch);
    if (!more) return more.error();
    if (!*more) return lengths;
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      if (batch.columns[kKind].values[row] != static_cast<std::int64_t>(PriceKind::kLast)) continue;
      lengths.insert(batch.columns[kLength].values[row]);
    }
  }
}

}  // namespace

Outcome<StepChoice> choose_step(const Store& store, const InstrumentId& id, TimeRange range,
                                std::optional<Nanos> wanted) {
  const Outcome<std::set<std::int64_t>> lengths = bar_lengths(store, id, range);
  if (!lengths) return lengths.error();
  const bool has_ticks =
      store.coverage(id, EventKind::kTrade) || store.coverage(id, EventKind::kMark);
  if (lengths->empty() && !has_ticks) {
    const bool has_bars = store.coverage(id, EventKind::kBar).has_value();
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(id),
                      .note = has_bars ? "its bars are of mark or index prices only"
                                       : "no bars, trades or mark prices"};
  }
  if (lengths->empty()) return StepChoice{wanted.value_or(kMinute), std::nullopt};
  const Nanos step = wanted.value_or(Nanos(*lengths->begin()));
  for (const std::int64_t length : *lengths) {
    if (step.value % length == 0) return StepChoice{step, Nanos(length)};
  }
  if (has_ticks) return StepChoice{step, std::nullopt};
  return Diagnostic{.code = Errc::kBadRequest,
                    .field = "step",
                    .value = to_text(step),
                    .note = "not a whole number of bars of " + to_text(Nanos(*lengths->begin()))};
}

}  // namespace faultline
