#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/instrument.hpp"
#include "core/step.hpp"
#include "store/store.hpp"

namespace faultline {

// Recorded columns ──> steps. One code path for bars, trades and live events.
//
//   trade ─┐                    price range    mark where it is recorded finely enough, else last
//   bar   ─┤                    volume         trades, else bars
//   mark  ─┼─> StepBuilder ──>  open interest  last value known at the step's begin and end; never
//   oi    ─┤   one step a call                 interpolated, and never from later: a step must not
//   funding┤                                   know the future
//   liq.  ─┘                    funding        payments inside the step
//
// The first step is the first that begins with a known open interest. What is stamped at one time
// twice, a bar of one length and price kind or a funding payment, counts once: the row that was
// stored first.
// Cost: one pass over each column; memory of one batch a kind, whatever the number of rows.

// More open interest than any contract has, in native units: beyond it nothing can be estimated.
inline constexpr double kInterestMax = 1e15;

enum class PriceChoice : std::uint8_t { kAuto, kMark, kLast };

// The streams of one instrument; any may be missing. Each is sorted by time.
struct StepSources {
  // What one lot and one tick of a row meant when it was stamped; empty: what the builder's spec
  // says, at all times. Invariant: ascending, no two overlap.
  std::vector<InstrumentSpec> specs{};
  // When single liquidations were recorded at all; ascending.
  std::vector<TimeRange> liquidations_recorded{};
  std::unique_ptr<ColumnReader> trades;
  std::unique_ptr<ColumnReader> bars;  // price_kind last, mark and index mixed
  std::unique_ptr<ColumnReader> marks;
  std::unique_ptr<ColumnReader> open_interest;
  std::unique_ptr<ColumnReader> funding;
  std::unique_ptr<ColumnReader> liquidations;
  std::unique_ptr<ColumnReader> liquidation_totals;
};

struct StepOptions {
  Nanos length = kMinute;
  PriceChoice price = PriceChoice::kAuto;
  std::optional<double> assumed_open_interest{};  // native units, before the first recorded value
  std::optional<Nanos> bar_length{};  // of last prices: bars of another length are skipped
};

// What the builder noticed. Nothing here is repaired in silence.
struct StepNotes {
  std::uint64_t steps = 0;
  std::uint64_t steps_without_interest = 0;  // left out: before the first known open interest
  std::uint64_t gap_steps = 0;               // no price in the step: held
  std::uint64_t held_interest_steps = 0;     // no open interest in the step: held at the last value
  std::uint64_t last_price_steps = 0;        // swept on last prices
  std::uint64_t mark_price_steps = 0;        // swept on mark prices
  std::uint64_t skipped_totals = 0;          // liquidation totals longer than a step
  std::uint64_t skipped_bars = 0;            // bars longer than a step, or of another length
  std::uint64_t misaligned_bars = 0;  // left out: they reach into the next step, or lie across bars
  std::uint64_t repeated_rows = 0;    // left out: bars, funding and totals that are there already
};

class StepBuilder {
 public:
  // `spec` is the contract whose native units the steps are in; StepSources::specs says what the
  // rows are in.
  //
  // Errors of next(): kNoData (no price; no open interest and none assumed; no spec at the time of
  // a row), kBadRequest (a contract that became inverse), kCorrupt (a bar whose high is below its
  // close, and the like), kOutOfRange (the volume or the price range of a step, the open interest,
  // or the funding of a day beyond all reason), and whatever the readers return.
  StepBuilder(InstrumentSpec spec, StepSources sources, StepOptions options);
  ~StepBuilder();
  StepBuilder(StepBuilder&&) noexcept;

  // The next step in time; false after the last price.
  Outcome<bool> next(MarketStep& step);

  const StepNotes& notes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct StepChoice {
  Nanos length;              // of a step
  std::optional<Nanos> bar;  // of the bars of last prices that make it; absent without such bars
  // The end of the last step that prices fill: bars to its end, single prices more than half of it.
  UnixNanos prices_until{};
};

// The steps that suit what is recorded: `wanted`, or the shortest bar, or a minute where there are
// trades only; and the shortest bar that divides them. Cost: one pass over the bars.
// Errors: kNoData; kBadRequest when no bar divides the wanted step and there are no trades.
Outcome<StepChoice> choose_step(const Store& store, const InstrumentId& id, TimeRange range,
                                std::optional<Nanos> wanted);

}  // namespace faultline
