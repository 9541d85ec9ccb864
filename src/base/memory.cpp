#include "base/memory.hpp"

#include <malloc.h>

namespace faultline {

void return_freed_memory() { malloc_trim(0); }

}  // namespace faultline
