#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/units.hpp"

namespace faultline {

// A price over time that can be asked when it first reached another one.
//
// Units: ticks. Cost: a few hundred comparisons a question, however long the path.
class MarkPath {
 public:
  // Requires: times do not go back (checked).
  void add(UnixNanos time, PriceTicks mark);
  // To be called once after the last add().
  void finish();

  // The last mark at or before `time`, or the first one. Requires: not empty (checked).
  PriceTicks at(UnixNanos time) const;

  // When the mark is first at or beyond `tick` after `from`: at or below it where it waits for a
  // fall (`is_below`), at or above it otherwise.
  enum class Towards : std::uint8_t { kBelow, kAbove };
  std::optional<UnixNanos> first_reach(PriceTicks tick, Towards towards, UnixNanos from) const;

 private:
  static constexpr std::size_t kBlock = 64;
  struct Range {
    PriceTicks low;
    PriceTicks high;
  };

  static bool reaches(const Range& range, PriceTicks tick, Towards towards) {
    return towards == Towards::kBelow ? range.low <= tick : range.high >= tick;
  }

  std::vector<UnixNanos> times_;
  std::vector<std::vector<Range>> levels_;  // of points, of blocks of points, of blocks of those
};

}  // namespace faultline
