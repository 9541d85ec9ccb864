// error: no match for 'operator+'
// Lots and money do not add up.
#include "core/units.hpp"

using namespace faultline;

#ifdef COMPILES
auto test(Qty a, Qty b) { return a + b; }
#else
auto test(Qty a, Notional b) { return a + b; }
#endif
