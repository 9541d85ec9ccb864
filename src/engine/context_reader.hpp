#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/instrument.hpp"
#include "engine/column_span.hpp"
#include "engine/lane.hpp"

namespace faultline {

// What a venue's recording says beside prices and positions: measurements that the estimate does
// not use, for panes. Point in time: what is stamped up to a time, and no older than kAgeMax.
//
//   depth_band ─┐
//   mark       ─┴─> ContextReader ──> MarketContext at the end of a column
//
// Depth: the band of 1 % on each side, by its notional; where there is none, by its lots at the
// last mark before it. Other bands are skipped, and lots without a contract or a mark that is no
// older than kAgeMax. Basis: of rows that have mark and index.
// Errors: those of the store. Thread safety: none. Cost: one pass; memory of a batch a kind.
class ContextReader {
 public:
  static constexpr Nanos kAgeMax = kHour;

  // `id` need not be recorded: then nothing is known.
  static Outcome<ContextReader> open(const Store& store, const InstrumentId& id, TimeRange range);
  // `specs`: all versions of the contract. Either reader may be null.
  ContextReader(std::vector<InstrumentSpec> specs, std::unique_ptr<ColumnReader> depth,
                std::unique_ptr<ColumnReader> marks);

  // Requires: times in order.
  Outcome<MarketContext> at(UnixNanos time);

 private:
  struct Measured {
    UnixNanos time{};
    double value = 0.0;
  };
  static std::optional<double> fresh(const std::optional<Measured>& measured, UnixNanos time);
  Outcome<void> take_marks(UnixNanos until);
  void add_depth(const ColumnBatch& batch, std::size_t row);
  void add_mark(const ColumnBatch& batch, std::size_t row);

  std::vector<InstrumentSpec> specs_;
  Lane depth_;
  Lane marks_;
  std::array<std::optional<Measured>, 2> depth_usd_{};
  std::optional<Measured> basis_;
  std::optional<Measured> mark_;
};

}  // namespace faultline
