#pragma once

#include <cstdint>
#include <string_view>

#include "base/check.hpp"

// One fuzz target: `FAULTLINE_FUZZ(text) { ... }` with the input as a text. It aborts
// (FAULTLINE_CHECK) when a promise is broken; returning is success.
#define FAULTLINE_FUZZ(text)                                                                \
  static void fuzz_one(std::string_view text);                                              \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {       \
    fuzz_one(std::string_view(reinterpret_cast<const char*>(data), size)); /* same bytes */ \
    return 0;                                                                               \
  }                                                                                         \
  static void fuzz_one(std::string_view text)
