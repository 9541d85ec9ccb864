#pragma once

namespace faultline {

// Prints what was promised and where, then aborts. Never returns.
[[noreturn]] void broken_promise(const char* promise, const char* file, int line);

}  // namespace faultline

// Our own broken promise: stays on in release builds. Outside faults are never checked with this;
// they are a Result.
#define FAULTLINE_CHECK(promise)                                 \
  do {                                                           \
    if (!(promise)) [[unlikely]] {                               \
      ::faultline::broken_promise(#promise, __FILE__, __LINE__); \
    }                                                            \
  } while (false)
