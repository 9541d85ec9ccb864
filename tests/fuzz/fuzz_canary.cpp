// A planted bug: the fuzzer must find it, else it is the fuzzer that is broken (no coverage, a
// corpus that is not read, a limit that ends it at once). One character at a time, so that only
// feedback from coverage leads there.
#include "fuzz_input.hpp"

FAULTLINE_FUZZ(text) {
  if (text.empty() || text[0] != 'F') return;
  if (text.size() < 2 || text[1] != 'A') return;
  if (text.size() < 3 || text[2] != 'U') return;
  if (text.size() < 4 || text[3] != 'L') return;
  FAULTLINE_CHECK(text.size() < 5 || text[4] != 'T');
}
