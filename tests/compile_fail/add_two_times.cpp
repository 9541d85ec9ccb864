// error: no match for 'operator+'
// Two points in time have a distance, and no sum.
#include "core/units.hpp"

using namespace faultline;

auto test(UnixNanos a, UnixNanos b) {
#ifdef COMPILES
  return a - b;
#else
  return a + b;
#endif
}
