#pragma once

#include <memory>
#include <span>

#include "engine/map_builder.hpp"
#include "engine/step_builder.hpp"

namespace faultline {

// What the store holds of an instrument, opened for reading as steps.
//
//   store ──> StepSources ──> StepBuilder ──> steps

// A reader of one kind; null where it is not recorded, or not in that range.
// Errors: those of Store::read() but kNoData.
Outcome<std::unique_ptr<ColumnReader>> reader_if_recorded(const Store& store,
                                                          const InstrumentId& id, EventKind kind,
                                                          TimeRange range);

// The version of a contract that is valid at the time of a row. Errors: kNoData.
Outcome<InstrumentSpec> spec_of_row(std::span<const InstrumentSpec> versions, UnixNanos time);

// A row of EventKind::kLiquidation as what it says.
struct LiquidationPrint {
  UnixNanos time{};
  Side side = Side::kLong;
  double price = 0.0;
  double usd = 0.0;
  Completeness completeness = Completeness::kUnknown;
};
RealisedLiquidation realised(const LiquidationPrint& print);
// By the version of the contract that is valid at its time. Errors: kNoData.
Outcome<LiquidationPrint> liquidation_print(std::span<const InstrumentSpec> versions,
                                            const ColumnBatch& batch, std::size_t row);

// Everything that makes steps inside `range`. Open interest and funding that are stamped at its
// very end are included: they belong to the last step.
// Errors: kUnknownInstrument, and those of Store::read() but kNoData.
Outcome<StepSources> open_step_sources(const Store& store, const InstrumentId& id, TimeRange range);

// The steps of `range`, of the length that suits what is recorded (choose_step()).
struct StepRequest {
  TimeRange range = kAllTime;
  std::optional<Nanos> length{};
  PriceChoice price = PriceChoice::kAuto;
  std::optional<double> assumed_open_interest{};
};

struct OpenedSteps {
  InstrumentSpec spec;  // the newest in the range; the steps are in its native units
  Nanos length{};
  StepBuilder steps;
};

// Errors: kUnknownInstrument, kNoData, kBadRequest, and what the store returns.
Outcome<OpenedSteps> open_steps(const Store& store, const InstrumentId& id,
                                const StepRequest& request);

}  // namespace faultline
