// error: no match for 'operator+'
// A price is a point: two of them have a distance, and no sum.
#include "core/units.hpp"

using namespace faultline;

auto test(PriceTicks a, PriceTicks b) {
#ifdef COMPILES
  return a - b;
#else
  return a + b;
#endif
}
