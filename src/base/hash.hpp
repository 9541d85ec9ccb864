#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace faultline {

// A running 64-bit FNV-1a digest: for state hashes in determinism tests and for deriving streams,
// not for security.
class Hash64 {
 public:
  Hash64& add_bytes(std::span<const std::uint8_t> bytes);
  Hash64& add_text(std::string_view text);
  Hash64& add_u64(std::uint64_t value);
  // Hashes the bit pattern: +0.0 and -0.0 differ.
  Hash64& add_double(double value);

  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

// Sixteen hexadecimal digits, as hashes are told to people and programs.
std::string hex_text(std::uint64_t value);

}  // namespace faultline
