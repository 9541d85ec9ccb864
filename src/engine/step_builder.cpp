#include "engine/step_builder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
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

Extremes extremes_of(std::span<const std::int64_t> values) {
  Extremes out{values.front(), values.front()};
  for (const std::int64_t value : values) {
    out.high = value > out.high ? value : out.high;
    out.low = value < out.low ? value : out.low;
  }
  return out;
}

// What one tick and one lot of rows in [from, to) are, in the units of the steps.
struct Version {
  std::int64_t from;
  std::int64_t to;
  double tick;
  double lot;
  InstrumentSpec spec;
};

std::vector<Version> versions_of(std::vector<InstrumentSpec> specs, const InstrumentSpec& unit) {
  if (specs.empty()) {
    specs.push_back(unit);
    specs.back().valid_from = kAllTime.from;
    specs.back().valid_to.reset();
  }
  std::vector<Version> out;
  for (InstrumentSpec& spec : specs) {
    const double ratio =
        to_double_approx(spec.contract_multiplier) / to_double_approx(unit.contract_multiplier);
    out.push_back(Version{spec.valid_from.value, spec.valid_to.value_or(kAllTime.to).value,
                          to_double_approx(spec.tick_size), to_double_approx(spec.lot_size) * ratio,
                          std::move(spec)});
  }
  return out;
}

// A sum of lots. Integers, so that it is one however the rows are cut into batches; they are turned
// into native units where the lot changes.
class LotSum {
 public:
  // False when it does not fit.
  bool add(std::int64_t lots, double lot) {
    if (lot != lot_) {
      native_ = value();
      lots_ = 0;
      lot_ = lot;
    }
    return !__builtin_add_overflow(lots_, lots, &lots_);
  }
  double value() const { return native_ + static_cast<double>(lots_) * lot_; }

 private:
  double native_ = 0.0;
  std::int64_t lots_ = 0;
  double lot_ = 0.0;
};

// Whether a row of this time and these further keys came before. Memory: the rows of one time.
class SeenKeys {
 public:
  bool insert(std::int64_t time, std::int64_t first, std::int64_t second) {
    if (time != time_) keys_.clear();
    time_ = time;
    return keys_.emplace(first, second).second;
  }

 private:
  std::int64_t time_ = 0;
  std::set<std::pair<std::int64_t, std::int64_t>> keys_;
};

// The steepest cap of any venue, 4 % an hour, is just below it.
constexpr double kFundingOfDayMax = 1.0 + 1e-9;

// Prices that differ by more within a step, or from the step before, are a fault of the data.
constexpr double kJumpMax = 20.0;

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
  std::vector<Version> versions;
  std::size_t version = 0;  // the last one used
  std::vector<TimeRange> recorded;
  std::size_t recorded_at = 0;
  Lane trades;
  Lane bars;
  Lane marks;
  Lane open_interest;
  Lane funding;
  Lane liquidations;
  Lane totals;
  bool is_started = false;
  UnixNanos begin{};
  double oi = 0.0;
  double last_mark = 0.0;
  double last_close = 0.0;
  SeenKeys seen_bars;
  SeenKeys seen_totals;
  std::optional<std::int64_t> last_funding;
  std::int64_t funding_day = 0;
  double funding_of_day = 0.0;
  // Of the current step.
  Range last_range;
  Range mark_range;
  bool has_trades = false;
  LotSum traded;
  LotSum bought;
  double bar_volume = 0.0;
  double bar_taker_buy = 0.0;
  bool bar_has_taker = false;

  State(InstrumentSpec spec_in, StepSources sources, StepOptions options_in)
      : spec(std::move(spec_in)),
        options(options_in),
        versions(versions_of(std::move(sources.specs), spec)),
        recorded(std::move(sources.liquidations_recorded)),
        trades(std::move(sources.trades), EventKind::kTrade),
        bars(std::move(sources.bars), EventKind::kBar),
        marks(std::move(sources.marks), EventKind::kMark),
        open_interest(std::move(sources.open_interest), EventKind::kOpenInterest),
        funding(std::move(sources.funding), EventKind::kFunding),
        liquidations(std::move(sources.liquidations), EventKind::kLiquidation),
        totals(std::move(sources.liquidation_totals), EventKind::kLiquidationTotal) {}

  Diagnostic problem(Errc code, std::string note) const;
  Outcome<const Version*> version_at(std::int64_t time);
  Outcome<bool> has_prices();
  Outcome<void> start();
  Outcome<void> start_interest();
  Outcome<void> skip_prices(UnixNanos known);
  Outcome<void> read_prices(MarketStep& step);
  Outcome<void> add_trades(const ColumnBatch& batch, std::size_t first, std::size_t last,
                           MarketStep& step);
  Outcome<void> add_trade_run(const ColumnBatch& batch, std::size_t first, std::size_t last,
                              const Version& rows, MarketStep& step);
  Outcome<void> add_bars(const ColumnBatch& batch, std::size_t first, std::size_t last,
                         const MarketStep& step);
  Outcome<void> add_bar(const ColumnBatch& batch, std::size_t row);
  void add_marks(const ColumnBatch& batch, std::size_t first, std::size_t last);
  const Range& swept_range() const;
  Outcome<void> settle_prices(MarketStep& step);
  Outcome<void> read_interest(MarketStep& step);
  Outcome<void> take_interest(UnixNanos end, bool& is_seen);
  Outcome<void> read_funding(MarketStep& step);
  Outcome<void> read_prints(MarketStep& step);
  Outcome<void> read_totals(MarketStep& step);
  bool is_recorded(const MarketStep& step);
  Outcome<bool> next(MarketStep& step);
};

Diagnostic StepBuilder::State::problem(Errc code, std::string note) const {
  return Diagnostic{.code = code, .field = to_text(spec.id), .note = std::move(note)};
}

Outcome<const Version*> StepBuilder::State::version_at(std::int64_t time) {
  const auto holds = [&](const Version& one) { return one.from <= time && time < one.to; };
  if (holds(versions[version])) return &versions[version];
  const auto found = std::ranges::find_if(versions, holds);
  if (found != versions.end()) {
    version = static_cast<std::size_t>(found - versions.begin());
    return &*found;
  }
  return problem(Errc::kNoData, "rows of " + to_text(UnixNanos(time)) +
                                    " are stored, but no specification of the instrument is "
                                    "valid then, so they mean nothing");
}

Outcome<bool> StepBuilder::State::has_prices() {
  for (Lane* lane : {&trades, &bars, &marks}) {
    const auto time = lane->peek();
    if (!time) return time.error();
    if (*time) return true;
  }
  return false;
}

// Finds the first price and aligns the first step to a whole number of steps since 1970.
Outcome<void> StepBuilder::State::start() {
  is_started = true;
  for (const Version& one : versions) {
    if (one.spec.kind != spec.kind)
      return problem(Errc::kBadRequest, "it was linear and inverse; its amounts have no one unit");
  }
  std::optional<UnixNanos> first;
  for (Lane* lane : {&trades, &bars, &marks}) {
    const auto time = lane->peek();
    if (!time) return time.error();
    if (*time && (!first || **time < *first)) first = **time;
  }
  if (!first) return problem(Errc::kNoData, "no prices in this range");
  begin = UnixNanos(first->value / options.length.value * options.length.value);
  return start_interest();
}

// Why later than the prices: a value from after a step would tell it the future, and an invented
// one would look like a measurement.
Outcome<void> StepBuilder::State::start_interest() {
  if (options.assumed_open_interest) {
    oi = *options.assumed_open_interest;
    return {};
  }
  const auto time = open_interest.peek();
  if (!time) return time.error();
  if (!*time) {
    return problem(Errc::kNoData,
                   "no open interest is recorded in this range, so dollars cannot be right; assume "
                   "one to go on");
  }
  const std::int64_t length = options.length.value;
  const UnixNanos known(((*time)->value + length - 1) / length * length);
  if (known > begin) {
    if (auto skipped = skip_prices(known); !skipped) return skipped;
  }
  bool is_seen = false;
  return take_interest(begin + Nanos(1), is_seen);
}

// Reads what lies before the first step, for the prices in force when it begins.
Outcome<void> StepBuilder::State::skip_prices(UnixNanos known) {
  MarketStep before;
  before.begin = begin;
  before.end = known;
  if (auto done = read_prices(before); !done) return done;
  if (swept_range().is_seen) last_close = swept_range().close;
  notes.steps_without_interest =
      static_cast<std::uint64_t>((known - begin).value / options.length.value);
  begin = known;
  const Outcome<bool> more = has_prices();
  if (!more) return more.error();
  if (*more) return {};
  return problem(Errc::kNoData, "open interest is recorded from " + to_text(known) +
                                    " on, after the last price; assume one to go on");
}

Outcome<void> StepBuilder::State::add_trades(const ColumnBatch& batch, std::size_t first,
                                             std::size_t last, MarketStep& step) {
  const std::vector<std::int64_t>& times = batch.columns[0].values;
  while (first < last) {
    const Outcome<const Version*> rows = version_at(times[first]);
    if (!rows) return rows.error();
    std::size_t end = last;
    while (times[end - 1] >= (*rows)->to) --end;  // rarely any: specs change about never
    if (auto done = add_trade_run(batch, first, end, **rows, step); !done) return done;
    first = end;
  }
  return {};
}

Outcome<void> StepBuilder::State::add_trade_run(const ColumnBatch& batch, std::size_t first,
                                                std::size_t last, const Version& rows,
                                                MarketStep& step) {
  const auto column = [&](std::size_t index) {
    return std::span(batch.columns[index].values).subspan(first, last - first);
  };
  const auto prices = column(1);
  const auto quantities = column(2);
  const auto sides = column(3);
  const auto too_much = [&] {
    return problem(Errc::kOutOfRange, "the volume of " + to_text(step.begin) + " cannot be");
  };
  // Unsigned, so that a sum that does not fit is seen afterwards and breaks nothing before.
  std::uint64_t volume = 0;
  std::uint64_t taken = 0;
  std::int64_t largest = 0;
  std::int64_t known = 0;
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    const auto lots = static_cast<std::uint64_t>(quantities[i]);
    volume += lots;
    taken += sides[i] == static_cast<std::int64_t>(TakerSide::kBuy) ? lots : 0;
    known += sides[i] != static_cast<std::int64_t>(TakerSide::kUnknown) ? 1 : 0;
    largest = quantities[i] > largest ? quantities[i] : largest;
  }
  const auto count = static_cast<std::int64_t>(quantities.size());
  if (largest > std::numeric_limits<std::int64_t>::max() / count) return too_much();
  const Extremes extremes = extremes_of(prices);
  const auto price = [&](std::int64_t ticks) { return static_cast<double>(ticks) * rows.tick; };
  last_range.add(price(prices.front()), price(extremes.high), price(extremes.low),
                 price(prices.back()));
  has_trades = true;
  if (!traded.add(static_cast<std::int64_t>(volume), rows.lot) ||
      !bought.add(static_cast<std::int64_t>(taken), rows.lot)) {
    return too_much();
  }
  step.has_taker_side = step.has_taker_side || known > 0;
  return {};
}

Outcome<void> StepBuilder::State::add_bars(const ColumnBatch& batch, std::size_t first,
                                           std::size_t last, const MarketStep& step) {
  for (std::size_t row = first; row < last; ++row) {
    const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
    const bool is_last = value(kKind) == static_cast<std::int64_t>(PriceKind::kLast);
    const bool is_other =
        is_last && options.bar_length && value(kLength) != options.bar_length->value;
    if (is_other || options.length.value % value(kLength) != 0) {
      ++notes.skipped_bars;
    } else if ((value(kTime) - step.begin.value) % value(kLength) != 0) {
      ++notes.misaligned_bars;
    } else if (!seen_bars.insert(value(kTime), value(kLength), value(kKind))) {
      ++notes.repeated_rows;
    } else if (auto done = add_bar(batch, row); !done) {
      return done;
    }
  }
  return {};
}

Outcome<void> StepBuilder::State::add_bar(const ColumnBatch& batch, std::size_t row) {
  const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
  const auto price = [&](std::size_t column) { return to_double_approx(PriceE9(value(column))); };
  const bool is_whole = value(kLow) <= std::min(value(kOpen), value(kClose)) &&
                        value(kHigh) >= std::max(value(kOpen), value(kClose));
  if (!is_whole) {
    return problem(Errc::kCorrupt, "the bar of " + to_text(UnixNanos(value(kTime))) +
                                       " opens or closes outside of its low and high");
  }
  const auto kind = static_cast<PriceKind>(value(kKind));
  if (kind == PriceKind::kMark)
    mark_range.add(price(kOpen), price(kHigh), price(kLow), price(kClose));
  if (kind != PriceKind::kLast) return {};
  const Outcome<const Version*> rows = version_at(value(kTime));
  if (!rows) return rows.error();
  last_range.add(price(kOpen), price(kHigh), price(kLow), price(kClose));
  if (batch.columns[kVolume].has(row))
    bar_volume += static_cast<double>(value(kVolume)) * (*rows)->lot;
  if (!batch.columns[kTakerBuy].has(row)) return {};
  bar_taker_buy += static_cast<double>(value(kTakerBuy)) * (*rows)->lot;
  bar_has_taker = true;
  return {};
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
  traded = LotSum{};
  bought = LotSum{};
  bar_volume = bar_taker_buy = 0.0;
  bar_has_taker = false;
  auto done =
      trades.consume(step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
        return add_trades(batch, first, last, step);
      });
  if (!done) return done;
  done = bars.consume(step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
    return add_bars(batch, first, last, step);
  });
  if (!done) return done;
  return marks.consume(step.end,
                       [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
                         add_marks(batch, first, last);
                         return Outcome<void>();
                       });
}

const Range& StepBuilder::State::swept_range() const {
  const bool use_mark = mark_range.is_seen && options.price != PriceChoice::kLast;
  return use_mark ? mark_range : last_range;
}

Outcome<void> StepBuilder::State::settle_prices(MarketStep& step) {
  if (has_trades) {
    step.volume = traded.value();
    step.taker_buy_volume = std::min(bought.value(), step.volume);
  } else {
    step.volume = bar_volume;
    step.taker_buy_volume = std::min(bar_taker_buy, bar_volume);
    step.has_taker_side = bar_has_taker;
  }
  const Range& range = swept_range();
  const bool use_mark = &range == &mark_range;
  if (options.price == PriceChoice::kMark && !use_mark && last_range.is_seen)
    return problem(Errc::kNoData,
                   "no mark price is recorded in the step that begins " + to_text(step.begin));
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
  const double before = last_close > 0.0 ? last_close : range.open;
  if (std::min(range.low, before) * kJumpMax < std::max(range.high, before))
    return problem(Errc::kOutOfRange, "prices between " + std::to_string(range.low) + " and " +
                                          std::to_string(range.high) + " after " +
                                          std::to_string(before) + " in the step that begins " +
                                          to_text(step.begin));
  last_close = range.close;
  return {};
}

Outcome<void> StepBuilder::State::take_interest(UnixNanos end, bool& is_seen) {
  return open_interest.consume(
      end, [&](const ColumnBatch& batch, std::size_t, std::size_t last) -> Outcome<void> {
        const Outcome<const Version*> row = version_at(batch.columns[0].values[last - 1]);
        if (!row) return row.error();
        oi = static_cast<double>(batch.columns[1].values[last - 1]) * (*row)->lot;
        is_seen = true;
        if (oi <= kInterestMax) return {};
        return problem(Errc::kOutOfRange, "an open interest of " + std::to_string(oi));
      });
}

Outcome<void> StepBuilder::State::read_interest(MarketStep& step) {
  step.oi_begin = oi;
  // A value stamped at the end of the step is the step's end value.
  auto done = take_interest(step.end + Nanos(1), step.has_open_interest);
  step.oi_end = oi;
  if (!step.has_open_interest) ++notes.held_interest_steps;
  return done;
}

// Why a limit: funding moves every liquidation price, and the density keeps a place for each.
Outcome<void> StepBuilder::State::read_funding(MarketStep& step) {
  return funding.consume(
      step.end + Nanos(1),
      [&](const ColumnBatch& batch, std::size_t first, std::size_t last) -> Outcome<void> {
        for (std::size_t row = first; row < last; ++row) {
          const std::int64_t time = batch.columns[0].values[row];
          const bool is_repeated = last_funding == time;
          notes.repeated_rows += is_repeated ? 1 : 0;
          last_funding = time;
          if (is_repeated || time <= step.begin.value) continue;  // before the first step
          const double rate = static_cast<double>(batch.columns[1].values[row]) * 1e-9;
          const std::int64_t day = time / kDay.value;
          if (day != funding_day) funding_of_day = 0.0;
          funding_day = day;
          funding_of_day += std::abs(rate);
          if (funding_of_day > kFundingOfDayMax) {
            return problem(Errc::kOutOfRange, "the funding paid on " +
                                                  day_text(UnixNanos(day * kDay.value)) +
                                                  " is more than the whole position");
          }
          step.funding_rate += rate;
        }
        return {};
      });
}

// Whether single liquidations were recorded in the step, or in a part of it at either end.
bool StepBuilder::State::is_recorded(const MarketStep& step) {
  while (recorded_at < recorded.size() && recorded[recorded_at].to <= step.begin) ++recorded_at;
  return recorded_at < recorded.size() && recorded[recorded_at].from < step.end;
}

Outcome<void> StepBuilder::State::read_prints(MarketStep& step) {
  step.has_liquidations = is_recorded(step);
  return liquidations.consume(
      step.end,
      [&](const ColumnBatch& batch, std::size_t first, std::size_t last) -> Outcome<void> {
        for (std::size_t row = first; row < last; ++row) {
          const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
          if (value(0) < step.begin.value) continue;
          const Outcome<const Version*> rows = version_at(value(0));
          if (!rows) return rows.error();
          const double price = to_double_approx(PriceE9(value(2)));
          step.liquidated_usd[static_cast<std::size_t>(value(1))] +=
              notional_approx(Qty(value(4)), price, (*rows)->spec);
          step.completeness = static_cast<Completeness>(value(5));
        }
        return {};
      });
}

// Totals tell about a step when they fill it: half of them would pass for all.
Outcome<void> StepBuilder::State::read_totals(MarketStep& step) {
  std::int64_t filled = 0;
  auto done =
      totals.consume(step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
        for (std::size_t row = first; row < last; ++row) {
          const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
          if (value(1) > options.length.value) {
            ++notes.skipped_totals;
            continue;
          }
          if (value(0) < step.begin.value) continue;
          if (!seen_totals.insert(value(0), value(1), 0)) {
            ++notes.repeated_rows;
            continue;
          }
          filled += value(1);
          for (const std::size_t side : {0U, 1U}) {
            if (batch.columns[2 + side].has(row))
              step.liquidated_usd[side] += to_double_approx(Notional(value(2 + side)));
          }
          step.completeness = static_cast<Completeness>(value(4));
        }
        return Outcome<void>();
      });
  step.has_liquidations = step.has_liquidations || filled >= options.length.value;
  return done;
}

Outcome<bool> StepBuilder::State::next(MarketStep& step) {
  if (!is_started) {
    if (Outcome<void> started = start(); !started) return started.error();
  }
  // The end of the prices ends the steps: open interest alone moves nothing.
  Outcome<bool> more = has_prices();
  if (!more || !*more) return more;
  step = MarketStep{};
  step.begin = begin;
  step.end = begin + options.length;
  if (auto done = read_prices(step); !done) return done.error();
  if (auto done = settle_prices(step); !done) return done.error();
  if (auto done = read_interest(step); !done) return done.error();
  if (auto done = read_funding(step); !done) return done.error();
  if (auto done = read_prints(step); !done) return done.error();
  if (auto done = read_totals(step); !done) return done.error();
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

// By length, the end of the last of all bars of last prices.
using BarEnds = std::map<std::int64_t, UnixNanos>;

Outcome<BarEnds> bar_ends(const Store& store, const InstrumentId& id, TimeRange range) {
  BarEnds ends;
  if (!store.coverage(id, EventKind::kBar)) return ends;
  Outcome<std::unique_ptr<ColumnReader>> reader = store.read(id, EventKind::kBar, range);
  if (!reader && reader.error().code == Errc::kNoData) return ends;
  if (!reader) return reader.error();
  ColumnBatch batch(EventKind::kBar);
  for (;;) {
    const Outcome<bool> more = (*reader)->next(batch);
    if (!more) return more.error();
    if (!*more) return ends;
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      if (batch.columns[kKind].values[row] != static_cast<std::int64_t>(PriceKind::kLast)) continue;
      const std::int64_t length = batch.columns[kLength].values[row];
      UnixNanos& end = ends[length];
      end = std::max(end, UnixNanos(batch.columns[0].values[row] + length));
    }
  }
}

// The end of the last step whose greater part has single prices; zero without any.
UnixNanos ticks_end(const Store& store, const InstrumentId& id, Nanos step) {
  std::int64_t end = 0;
  for (const EventKind kind : {EventKind::kTrade, EventKind::kMark}) {
    const std::optional<Coverage> coverage = store.coverage(id, kind);
    if (!coverage) continue;
    end = std::max(end, (coverage->time_last.value + step.value / 2) / step.value * step.value);
  }
  return UnixNanos(end);
}

}  // namespace

Outcome<StepChoice> choose_step(const Store& store, const InstrumentId& id, TimeRange range,
                                std::optional<Nanos> wanted) {
  const Outcome<BarEnds> bars = bar_ends(store, id, range);
  if (!bars) return bars.error();
  const bool has_ticks =
      store.coverage(id, EventKind::kTrade) || store.coverage(id, EventKind::kMark);
  if (bars->empty() && !has_ticks) {
    const bool has_bars = store.coverage(id, EventKind::kBar).has_value();
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(id),
                      .note = has_bars ? "its bars are of mark or index prices only"
                                       : "no bars, trades or mark prices"};
  }
  const Nanos step = wanted.value_or(bars->empty() ? kMinute : Nanos(bars->begin()->first));
  const UnixNanos ticks = ticks_end(store, id, step);
  for (const auto& [length, end] : *bars) {
    if (step.value % length != 0) continue;
    const UnixNanos whole(end.value / step.value * step.value);
    return StepChoice{step, Nanos(length), std::max(whole, ticks)};
  }
  if (has_ticks) return StepChoice{step, std::nullopt, ticks};
  return Diagnostic{
      .code = Errc::kBadRequest,
      .field = "step",
      .value = to_text(step),
      .note = "not a whole number of bars of " + to_text(Nanos(bars->begin()->first))};
}

}  // namespace faultline
