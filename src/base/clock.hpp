#pragma once

#include <chrono>

namespace faultline {

// The machine's clocks, for time-outs and logs.
//
// Why here: everything else takes its times as arguments, so that runs can be repeated; only what
// talks to other machines needs to know how late it is. Never for anything that is computed from
// data. Thread safety: all. Cost: some 25 ns.

// Since an arbitrary beginning; never goes back.
std::chrono::nanoseconds monotonic_now();

// Since 1970 in UTC; may jump when the clock is set.
std::chrono::nanoseconds unix_now();

}  // namespace faultline
