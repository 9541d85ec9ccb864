#include "base/entropy.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/check.hpp"

namespace faultline {

void fill_with_entropy(std::span<std::uint8_t> bytes) {
  constexpr std::size_t kBytesAtOnceMax = 256;  // more are refused by the system
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kBytesAtOnceMax);
    FAULTLINE_CHECK(::getentropy(bytes.data(), size) == 0);
    bytes = bytes.subspan(size);
  }
}

}  // namespace faultline
