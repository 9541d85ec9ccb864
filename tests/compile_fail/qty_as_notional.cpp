// error: could not convert
// Lots are no money, although both are whole numbers.
#include "core/units.hpp"

using namespace faultline;

double fee_of(Notional money);

#ifdef COMPILES
double test(Notional money) { return fee_of(money); }
#else
double test(Qty qty) { return fee_of(qty); }
#endif
