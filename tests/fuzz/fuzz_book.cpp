// Matching: any tape gives the same answers, events and state on the fast book and on its naive
// twin, and what the mirrored tape gives is the mirror image.
#include <span>
#include <vector>

#include "book/test_tape.hpp"
#include "fuzz_input.hpp"

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const Tape tape = tape_of(bytes);
  FAULTLINE_CHECK(twin_complaint(tape).empty());
  FAULTLINE_CHECK(mirror_complaint(tape).empty());
}
