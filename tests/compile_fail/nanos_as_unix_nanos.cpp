// error: could not convert
// A length of time is no point in time.
#include "core/units.hpp"

using namespace faultline;

UnixNanos test(UnixNanos begin, Nanos length) {
#ifdef COMPILES
  return begin + length;
#else
  static_cast<void>(begin);
  return length;
#endif
}
