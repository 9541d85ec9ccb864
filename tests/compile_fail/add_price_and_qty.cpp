// error: no match for 'operator+'
// Only a distance in ticks moves a price.
#include "core/units.hpp"

using namespace faultline;

#ifdef COMPILES
auto test(PriceTicks price, TickDelta step) { return price + step; }
#else
auto test(PriceTicks price, Qty qty) { return price + qty; }
#endif
