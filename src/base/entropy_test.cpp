#include "base/entropy.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <vector>

namespace faultline {
namespace {

TEST(Entropy, FillsAllOfIt) {
  // More than the system gives at once. Half of the bits are set, within eight deviations.
  std::vector<std::uint8_t> bytes(10'000);
  fill_with_entropy(bytes);
  int set = 0;
  for (const std::uint8_t byte : bytes) set += std::popcount(byte);
  EXPECT_NEAR(set, 40'000, 8 * 141);
  for (std::size_t begin = 0; begin < bytes.size(); begin += 100) {
    const std::set<std::uint8_t> values(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(begin) + 100);
    EXPECT_GT(values.size(), 50U) << begin;
  }
}

TEST(Entropy, GivesOtherBytesEachTime) {
  std::set<std::vector<std::uint8_t>> seen;
  for (int index = 0; index < 100; ++index) {
    std::vector<std::uint8_t> bytes(16);
    fill_with_entropy(bytes);
    EXPECT_TRUE(seen.insert(bytes).second);
  }
}

}  // namespace
}  // namespace faultline
