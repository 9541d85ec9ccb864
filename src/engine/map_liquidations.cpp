#include "engine/map_liquidations.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "engine/step_sources.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

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
      const Outcome<LiquidationPrint> print = liquidation_print(record->specs, batch, row);
      if (!print) return print.error();
      map.liquidations.push_back(realised(*print));
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

bool is_recorded_in(const Store& store, const InstrumentId& id, TimeRange range) {
  const Outcome<InstrumentRecord> record = store.record(id);
  if (!record) return false;
  const auto overlaps = [&](TimeRange days) {
    return days.from < range.to && range.from < days.to;
  };
  for (const EventKind kind : {EventKind::kLiquidation, EventKind::kLiquidationTotal}) {
    const KindRecord* found = record->find(kind);
    if (found != nullptr && std::ranges::any_of(recorded_days(*found), overlaps)) return true;
  }
  return false;
}

}  // namespace

Outcome<void> load_liquidations(const Store& store, const InstrumentId& id, LiquidationMap& map) {
  FAULTLINE_CHECK(!map.spans.empty());
  const TimeRange range{map.spans.front().candle.begin, map.as_of};
  // Where the feed was not recorded in this range there is no source, which is not a zero.
  if (!is_recorded_in(store, id, range)) return {};
  map.liquidations_source += (map.liquidations_source.empty() ? "" : ", ") + to_text(id);
  if (Outcome<void> done = load_prints(store, id, range, map); !done) return done;
  return load_totals(store, id, range, map);
}

}  // namespace faultline
