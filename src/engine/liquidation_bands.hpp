#pragma once

#include <array>
#include <cstdint>

#include "engine/column_span.hpp"
#include "stats/conformal.hpp"

namespace faultline {

// liquidation_interval: between which dollars a feed prints, given what the price crossed.
//
//   span: expected, printed, range ──add()──> interval from earlier spans' misses ──> span.feed
//
// How: adaptive conformal bands of ln(1 + printed) around ln(1 + expected), by side, in buckets of
// how far the span reached on the side's own side in units of the spans' trailing volatility: calm
// spans do not pay for wild ones. Conditional on the range, as the expectation is; no forecast.
//
// Point in time: the interval of a span depends on earlier spans only. Deterministic.
// Thread safety: none. Cost: a search a span.
class LiquidationBands {
 public:
  static constexpr double kCoverage = 0.8;

  LiquidationBands();

  // Gives the span's feed its intervals and learns from what was printed. A span without a feed
  // only moves the volatility.
  void add(ColumnSpan& span);

  // Of all intervals that had two ends: how many held what was printed.
  std::uint64_t interval_count() const { return interval_count_; }
  std::uint64_t inside_count() const { return inside_count_; }

 private:
  std::size_t bucket_of(double reach) const;

  AdaptiveConformal bands_;
  double variance_ = 0.0;  // of a span's log return, trailing
  std::uint64_t interval_count_ = 0;
  std::uint64_t inside_count_ = 0;
};

}  // namespace faultline
