#include "engine/step_sources.hpp"

#include <array>
#include <utility>

#include "core/time_text.hpp"

namespace faultline {

Outcome<std::unique_ptr<ColumnReader>> reader_if_recorded(const Store& store,
                                                          const InstrumentId& id, EventKind kind,
                                                          TimeRange range) {
  if (!store.coverage(id, kind)) return std::unique_ptr<ColumnReader>();
  Outcome<std::unique_ptr<ColumnReader>> reader = store.read(id, kind, range);
  if (!reader && reader.error().code == Errc::kNoData) return std::unique_ptr<ColumnReader>();
  return reader;
}

namespace {

// The last version that began before `to`: a contract may be over by then.
Outcome<InstrumentSpec> newest_spec(const Store& store, const InstrumentId& id, UnixNanos to) {
  const Outcome<InstrumentRecord> record = store.record(id);
  if (!record) return record.error();
  for (auto spec = record->specs.rbegin(); spec != record->specs.rend(); ++spec) {
    if (spec->valid_from < to) return *spec;
  }
  return Diagnostic{.code = Errc::kNoData,
                    .field = to_text(id),
                    .note = "no specification is valid before " + to_text(to)};
}

}  // namespace

Outcome<InstrumentSpec> spec_of_row(std::span<const InstrumentSpec> versions, UnixNanos time) {
  if (const InstrumentSpec* spec = spec_valid_at(versions, time)) return *spec;
  return Diagnostic{.code = Errc::kNoData,
                    .field = versions.empty() ? "" : to_text(versions.front().id),
                    .note = "no specification is valid at " + to_text(time)};
}

RealisedLiquidation realised(const LiquidationPrint& print) {
  return {.time = print.time,
          .side = print.side,
          .usd = print.usd,
          .price = print.price,
          .completeness = print.completeness};
}

Outcome<LiquidationPrint> liquidation_print(std::span<const InstrumentSpec> versions,
                                            const ColumnBatch& batch, std::size_t row) {
  const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
  LiquidationPrint print;
  print.time = UnixNanos(value(0));
  const Outcome<InstrumentSpec> spec = spec_of_row(versions, print.time);
  if (!spec) return spec.error();
  print.side = static_cast<Side>(value(1));
  print.price = to_double_approx(PriceE9(value(2)));
  print.usd = notional_approx(Qty(value(4)), print.price, *spec);
  print.completeness = static_cast<Completeness>(value(5));
  return print;
}

Outcome<StepSources> open_step_sources(const Store& store, const InstrumentId& id,
                                       TimeRange range) {
  const Outcome<InstrumentRecord> record = store.record(id);
  if (!record) return record.error();
  StepSources sources;
  sources.specs = record->specs;
  if (const KindRecord* prints = record->find(EventKind::kLiquidation); prints != nullptr)
    sources.liquidations_recorded = recorded_days(*prints);
  const std::array<std::pair<EventKind, std::unique_ptr<ColumnReader>*>, 7> lanes{{
      {EventKind::kTrade, &sources.trades},
      {EventKind::kBar, &sources.bars},
      {EventKind::kMark, &sources.marks},
      {EventKind::kOpenInterest, &sources.open_interest},
      {EventKind::kFunding, &sources.funding},
      {EventKind::kLiquidation, &sources.liquidations},
      {EventKind::kLiquidationTotal, &sources.liquidation_totals},
  }};
  for (const auto& [kind, slot] : lanes) {
    // What is stamped at the very end of the last step belongs to it: open interest and funding.
    const bool is_state = kind == EventKind::kOpenInterest || kind == EventKind::kFunding;
    const TimeRange wanted{range.from, is_state ? range.to + Nanos(1) : range.to};
    Outcome<std::unique_ptr<ColumnReader>> reader = reader_if_recorded(store, id, kind, wanted);
    if (!reader) return reader.error();
    *slot = std::move(reader).value();
  }
  return sources;
}

Outcome<OpenedSteps> open_steps(const Store& store, const InstrumentId& id,
                                const StepRequest& request) {
  const Outcome<InstrumentSpec> spec = newest_spec(store, id, request.range.to);
  if (!spec) return spec.error();
  const Outcome<StepChoice> choice = choose_step(store, id, request.range, request.length);
  if (!choice) return choice.error();
  Outcome<StepSources> sources = open_step_sources(store, id, request.range);
  if (!sources) return sources.error();
  StepBuilder steps(*spec, std::move(sources).value(),
                    StepOptions{.length = choice->length,
                                .price = request.price,
                                .assumed_open_interest = request.assumed_open_interest,
                                .bar_length = choice->bar});
  return OpenedSteps{*spec, choice->length, std::move(steps)};
}

}  // namespace faultline
