#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace faultline {

// How far long work has come. Printing it is the caller's business; only `apps` prints.
//
// Units: `done` and `total` in whatever the work counts (bytes, steps); `rows` for the rate that
// people read.
struct Progress {
  std::string_view what;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: not known
  std::uint64_t rows = 0;
};

// Called now and then from the thread that works. Returning false asks the work to stop with
// Errc::kCancelled.
using ProgressFn = std::function<bool(const Progress&)>;

// True when the work should go on. An empty callback never stops anything.
inline bool keep_going(const ProgressFn& report, const Progress& progress) {
  return !report || report(progress);
}

}  // namespace faultline
