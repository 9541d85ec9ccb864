#include "engine/feed_reader.hpp"

#include "engine/step_sources.hpp"

namespace faultline {
namespace {

// A reading holds one kind of evidence only.
void join(Completeness one, bool is_first, Completeness& all) {
  if (is_first) {
    all = one;
  } else if (all != one) {
    all = Completeness::kUnknown;
  }
}

}  // namespace

Outcome<FeedReader> FeedReader::open(const Store& store, const InstrumentId& id, TimeRange range) {
  auto prints = reader_if_recorded(store, id, EventKind::kLiquidation, range);
  if (!prints) return prints.error();
  auto totals = reader_if_recorded(store, id, EventKind::kLiquidationTotal, range);
  if (!totals) return totals.error();
  Outcome<InstrumentRecord> record = store.record(id);
  if (!record && *prints == nullptr && *totals == nullptr) return FeedReader({}, nullptr, nullptr);
  if (!record) return record.error();
  const KindRecord* kind = record->find(EventKind::kLiquidation);
  std::vector<TimeRange> watched = kind == nullptr ? std::vector<TimeRange>() : kind->watched;
  return FeedReader(std::move(record->specs), std::move(prints).value(), std::move(totals).value(),
                    std::move(watched));
}

FeedReader::FeedReader(std::vector<InstrumentSpec> specs, std::unique_ptr<ColumnReader> prints,
                       std::unique_ptr<ColumnReader> totals, std::vector<TimeRange> watched)
    : specs_(std::move(specs)),
      watched_(std::move(watched)),
      is_recorded_(prints != nullptr || totals != nullptr || !watched_.empty()),
      has_prints_(prints != nullptr || !watched_.empty()),
      prints_(std::move(prints), EventKind::kLiquidation),
      totals_(std::move(totals), EventKind::kLiquidationTotal) {}

Outcome<FeedMoment> FeedReader::after(const MarketStep& step) {
  if (!is_recorded_) return FeedMoment{};
  return has_prints_ ? prints_after(step) : totals_after(step);
}

Outcome<void> FeedReader::add_prints(const ColumnBatch& batch, std::size_t first, std::size_t last,
                                     FeedReading& reading) {
  for (std::size_t row = first; row < last; ++row) {
    last_print_ = UnixNanos(batch.columns[0].values[row]);
    if (*last_print_ < reading.begin) continue;
    const bool is_first = reading.shown_usd[0].empty() && reading.shown_usd[1].empty();
    const Outcome<LiquidationPrint> print = liquidation_print(specs_, batch, row);
    if (!print) return print.error();
    reading.shown_usd[index_of(print->side)].push_back(print->usd);
    join(print->completeness, is_first, reading.completeness);
    completeness_ = reading.completeness;
  }
  return {};
}

Outcome<FeedMoment> FeedReader::prints_after(const MarketStep& step) {
  const bool is_up = is_watched(watched_, {step.begin, step.end}) ||
                     (last_print_ && step.begin - *last_print_ <= kSilenceMax);
  FeedMoment moment;
  FeedReading reading{.begin = step.begin, .end = step.end, .completeness = completeness_};
  reading.has_prints = true;
  const Outcome<void> done =
      prints_.consume(step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
        return add_prints(batch, first, last, reading);
      });
  if (!done) return done.error();
  if (is_up) moment.reading = std::move(reading);
  return moment;
}

void FeedReader::add_totals(const ColumnBatch& batch, std::size_t first, std::size_t last) {
  for (std::size_t row = first; row < last; ++row) {
    Total total;
    total.begin = UnixNanos(batch.columns[0].values[row]);
    total.end = total.begin + Nanos(batch.columns[1].values[row]);
    for (const std::size_t side : {0U, 1U}) {
      const Column& column = batch.columns[2 + side];
      if (column.has(row)) total.usd[side] = to_double_approx(Notional(column.values[row]));
    }
    total.completeness = static_cast<Completeness>(batch.columns[4].values[row]);
    open_totals_.push_back(total);
  }
}

Outcome<FeedMoment> FeedReader::totals_after(const MarketStep& step) {
  const Outcome<void> done =
      totals_.consume(step.end, [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
        add_totals(batch, first, last);
        return Outcome<void>();
      });
  if (!done) return done.error();
  FeedMoment moment;
  while (!open_totals_.empty() && open_totals_.front().end <= step.end) {
    const Total total = open_totals_.front();
    open_totals_.pop_front();
    // Totals that do not follow each other cover no stretch: the last run is kept, and the filter
    // refuses it if it is not what was swept.
    const bool follows = moment.reading && moment.reading->end == total.begin;
    if (!follows) {
      moment.reading.emplace();
      moment.reading->begin = total.begin;
      moment.reading->total_usd = total.usd;
    }
    join(total.completeness, !follows, moment.reading->completeness);
    moment.reading->end = total.end;
    for (const std::size_t side : {0U, 1U}) {
      std::optional<double>& sum = moment.reading->total_usd[side];
      if (follows)
        sum = sum && total.usd[side] ? std::optional(*sum + *total.usd[side]) : std::nullopt;
    }
  }
  moment.is_awaited = !open_totals_.empty();
  return moment;
}

}  // namespace faultline
