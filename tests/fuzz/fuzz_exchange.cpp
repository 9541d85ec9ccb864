// A venue: whatever is asked of it, money and contracts are conserved after every call.
#include <span>

#include "fuzz_input.hpp"
#include "lab/test_exchange.hpp"

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  FAULTLINE_CHECK(play_exchange(bytes).complaint.empty());
}
