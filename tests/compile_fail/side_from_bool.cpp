// error: cannot convert 'bool' to 'faultline::Side'
// True is neither long nor short.
#include "core/units.hpp"

using namespace faultline;

#ifdef COMPILES
int test() { return sign(Side::kLong); }
#else
int test() { return sign(true); }
#endif
