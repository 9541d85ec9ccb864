// error: narrowing conversion
// Prices never come out of a double.
#include "core/units.hpp"

using namespace faultline;

#ifdef COMPILES
PriceTicks test(std::int64_t ticks) { return PriceTicks{ticks}; }
#else
PriceTicks test(double price) { return PriceTicks{price}; }
#endif
