#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace faultline {

// A seeded stream of random numbers: xoshiro256**, seeded through splitmix64.
//
// Why our own distributions: those of the standard library differ between implementations, and the
// same seed must give the same bytes everywhere. Streams: `stream("makers", 3)` derives an
// independent stream from a name and a number, so that adding one consumer of randomness does not
// shift the numbers of another. Thread safety: none; give each thread its own stream. Source:
// Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  // An independent generator that depends only on this one's seed, the name and the index.
  Rng stream(std::string_view name, std::uint64_t index = 0) const;

  std::uint64_t next_u64();

  // Uniform in [0, 1), 53 bits.
  double uniform();

  // Uniform whole number in [0, bound). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound);

  // Standard normal, by the polar method.
  double normal();

  // Exponential with mean 1.
  double exponential();

  // Poisson with the given mean. Cost: O(min(mean, 60)); beyond a mean of 60 the normal
  // approximation is used.
  std::uint64_t poisson(double mean);

  // Pareto with minimum 1 and tail exponent alpha > 0.
  double pareto(double alpha);

 private:
  std::uint64_t seed_;
  std::array<std::uint64_t, 4> state_;
  double spare_normal_ = 0.0;
  bool has_spare_normal_ = false;
};

}  // namespace faultline
