#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline {

// Archives made by hand, with nothing packed: what is inside lies open, so that a test can damage a
// chosen byte. Only tests and fuzzers include this.

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
  return out;
}

inline std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

// One gzip member that stores the bytes as they are. Requires: fewer than 65,536 bytes.
inline std::string gzip_of(std::string_view bytes) {
  const auto size = static_cast<std::uint16_t>(bytes.size());
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
  out += little_endian(size, 2) + little_endian(static_cast<std::uint16_t>(~size), 2);
  out += bytes;
  return out + little_endian(crc32_of(bytes), 4) + little_endian(bytes.size(), 4);
}

// A zip whose entries are stored as they are.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out;
  std::string directory;
  for (const auto& [name, bytes] : entries) {
    const std::string shape = little_endian(20, 2) + little_endian(0, 2) + little_endian(0, 2) +
                              little_endian(0, 4) + little_endian(crc32_of(bytes), 4) +
                              little_endian(bytes.size(), 4) + little_endian(bytes.size(), 4) +
                              little_endian(name.size(), 2) + little_endian(0, 2);
    directory.append("PK\x01\x02").append(little_endian(20, 2)).append(shape);
    directory.append(10, '\0').append(little_endian(out.size(), 4)).append(name);
    out.append("PK\x03\x04").append(shape).append(name).append(bytes);
  }
  const std::size_t begin = out.size();
  out += directory + "PK\x05\x06" + little_endian(0, 4) + little_endian(entries.size(), 2) +
         little_endian(entries.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(begin, 4) + little_endian(0, 2);
  return out;
}

}  // namespace faultline
