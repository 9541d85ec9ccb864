#include "base/hash.hpp"

#include <array>
#include <bit>
#include <cstdio>

namespace faultline {
namespace {

constexpr std::uint64_t kPrime = 0x100000001b3ULL;

}  // namespace

Hash64& Hash64::add_bytes(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) state_ = (state_ ^ byte) * kPrime;
  return *this;
}

Hash64& Hash64::add_text(std::string_view text) {
  for (const char c : text) state_ = (state_ ^ static_cast<unsigned char>(c)) * kPrime;
  return *this;
}

Hash64& Hash64::add_u64(std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8)
    state_ = (state_ ^ ((value >> shift) & 0xff)) * kPrime;
  return *this;
}

Hash64& Hash64::add_double(double value) { return add_u64(std::bit_cast<std::uint64_t>(value)); }

std::string hex_text(std::uint64_t value) {
  std::array<char, 17> out{};
  std::snprintf(out.data(), out.size(), "%016llx", static_cast<unsigned long long>(value));
  return out.data();
}

}  // namespace faultline
