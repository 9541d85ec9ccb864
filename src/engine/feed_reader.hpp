#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/step.hpp"
#include "engine/lane.hpp"
#include "infer/feed_likelihood.hpp"

namespace faultline {

// What a recorded liquidation feed says after a step.
struct FeedMoment {
  std::optional<FeedReading> reading{};
  bool is_awaited = false;  // a total that covers this step is not over yet
};

// The recorded liquidations of one instrument as readings, one a step or one a total.
//
// When a feed is up: where the store says that its source watched all the time
// (KindRecord::watched). Elsewhere nothing says so, and a feed of prints counts as up in a step if
// one came within kSilenceMax before it; a longer silence is taken for a feed that is down, and so
// is the time before the first print. This knows nothing that was not known at the step's end.
// Totals say themselves what time they cover; those that are shorter than a step and cover all of
// it are added up.
//
// Where both are recorded the prints are read. Prints of several completenesses in one step make a
// reading of unknown completeness.
// Errors: those of the store; kNoData for a print without a valid specification. Thread safety:
// none. Cost: one pass; memory of a batch.
class FeedReader {
 public:
  static constexpr Nanos kSilenceMax = kHour;

  // `id` need not be recorded: then there are no readings.
  static Outcome<FeedReader> open(const Store& store, const InstrumentId& id, TimeRange range);
  // `specs`: all versions of the contract; a print is read by the one valid at its time.
  FeedReader(std::vector<InstrumentSpec> specs, std::unique_ptr<ColumnReader> prints,
             std::unique_ptr<ColumnReader> totals, std::vector<TimeRange> watched = {});

  bool is_recorded() const { return is_recorded_; }

  // Requires: steps in order.
  Outcome<FeedMoment> after(const MarketStep& step);

 private:
  struct Total {
    UnixNanos begin{};
    UnixNanos end{};
    std::array<std::optional<double>, 2> usd{};
    Completeness completeness = Completeness::kUnknown;
  };

  Outcome<FeedMoment> prints_after(const MarketStep& step);
  Outcome<FeedMoment> totals_after(const MarketStep& step);
  Outcome<void> add_prints(const ColumnBatch& batch, std::size_t first, std::size_t last,
                           FeedReading& reading);
  void add_totals(const ColumnBatch& batch, std::size_t first, std::size_t last);

  std::vector<InstrumentSpec> specs_;
  std::vector<TimeRange> watched_;
  bool is_recorded_ = false;
  bool has_prints_ = false;
  Lane prints_;
  Lane totals_;
  std::optional<UnixNanos> last_print_;
  Completeness completeness_ = Completeness::kUnknown;  // of the last prints
  std::deque<Total> open_totals_;
};

}  // namespace faultline
