#include "base/clock.hpp"

namespace faultline {

std::chrono::nanoseconds monotonic_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::chrono::nanoseconds unix_now() {
  return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace faultline
