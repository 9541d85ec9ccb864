// error: ignoring returned value
// What can fail must be looked at, whatever its value is.
#include "core/decimal.hpp"

using namespace faultline;

bool test() {
#ifdef COMPILES
  return parse_decimal("1").has_value();
#else
  parse_decimal("1");
  return true;
#endif
}
