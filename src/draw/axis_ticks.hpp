#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace faultline {

// Round places on axes and the texts that stand there.

struct AxisTick {
  double value = 0.0;
  std::string label = {};
  std::string second_label = {};  // the day below an hour, the year below a day; mostly empty
};

// Half-open. Requires of all below: low < high, both finite.
struct AxisRange {
  double low = 0.0;
  double high = 1.0;
};

// At most `count_max` multiples of 1, 2 or 5 times a power of ten: "95,000", "0.25".
std::vector<AxisTick> linear_ticks(AxisRange range, int count_max);

// Powers of ten, with 2 and 5 between them where there is room; linear_ticks when the range holds
// fewer than two. Requires: low > 0.
std::vector<AxisTick> log_ticks(AxisRange range, int count_max);

// Whole minutes, hours, days, months or years, UTC; the day stands below the first tick and where
// it changes.
std::vector<AxisTick> time_ticks(AxisRange range_s, int count_max);

// "95,000", "-0.25": with `decimals` digits after the point.
std::string grouped_text(double value, int decimals);

// "$100k", "$1M", "$2.5B": at most three significant digits.
std::string dollars_text(double usd);

// "100k", "2.5M", "0.31": at most three significant digits.
std::string short_text(double value);

// "5 min", "4 h", "1 d".
std::string duration_text(double seconds);

// The seconds of the shortest round duration (1 min ... 4 weeks) that is not below `seconds`.
double round_duration_s(double seconds);

}  // namespace faultline
