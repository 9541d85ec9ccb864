// error: ignoring returned value
// What can fail must be looked at.
#include "base/result.hpp"

using namespace faultline;

Result<void> save();

void test() {
#ifdef COMPILES
  if (!save()) return;
#else
  save();
#endif
}
