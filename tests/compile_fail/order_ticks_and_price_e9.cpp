// error: no match for 'operator<'
// Ticks of one instrument and a price in 1e-9 are different scales.
#include "core/units.hpp"

using namespace faultline;

#ifdef COMPILES
bool test(PriceE9 a, PriceE9 b) { return a < b; }
#else
bool test(PriceTicks a, PriceE9 b) { return a < b; }
#endif
