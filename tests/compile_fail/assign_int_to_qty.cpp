// error: no match for 'operator='
// A bare number becomes a quantity only where somebody says so.
#include "core/units.hpp"

using namespace faultline;

void test(Qty& qty, std::int64_t lots) {
#ifdef COMPILES
  qty = Qty(lots);
#else
  qty = lots;
#endif
}
