#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace faultline {

void broken_promise(const char* promise, const char* file, int line) {
  std::fprintf(stderr, "faultline: broken promise at %s:%d: %s\n", file, line, promise);
  std::abort();
}

}  // namespace faultline
