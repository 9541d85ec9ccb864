// error: cannot convert 'int' to 'faultline::Side'
// The numbers of an enumeration are its own business.
#include "core/units.hpp"

using namespace faultline;

Side test() {
#ifdef COMPILES
  return opposite(Side::kShort);
#else
  return opposite(1);
#endif
}
