#include "base/memory.hpp"

#include <malloc.h>

namespace faultline {

void keep_memory_compact() {
  constexpr int kHeaps = 2;
  constexpr int kLargeBlock = 256 * 1024;
  mallopt(M_ARENA_MAX, kHeaps);
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
}

void return_freed_memory() { malloc_trim(0); }

}  // namespace faultline
