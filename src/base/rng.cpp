#include "base/rng.hpp"

#include <bit>
#include <cmath>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace faultline {
namespace {

constexpr double kPoissonNormalMean = 60.0;

std::uint64_t splitmix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Rng::Rng(std::uint64_t seed) : seed_(seed), state_() {
  std::uint64_t mixer = seed;
  for (std::uint64_t& word : state_) word = splitmix(mixer);
}

Rng Rng::stream(std::string_view name, std::uint64_t index) const {
  return Rng(Hash64().add_u64(seed_).add_text(name).add_u64(index).value());
}

std::uint64_t Rng::next_u64() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Rng::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

std::uint64_t Rng::below(std::uint64_t bound) {
  FAULTLINE_CHECK(bound > 0);
  // Rejection keeps it exactly uniform; the loop ends after two rounds on average at worst.
  const std::uint64_t limit = ~std::uint64_t{0} - (~std::uint64_t{0} % bound + 1) % bound;
  std::uint64_t draw = next_u64();
  while (draw > limit) draw = next_u64();
  return draw % bound;
}

double Rng::normal() {
  if (has_spare_normal_) {
    has_spare_normal_ = false;
    return spare_normal_;
  }
  double u = 0.0;
  double v = 0.0;
  double square = 0.0;
  do {
    u = 2.0 * uniform() - 1.0;
    v = 2.0 * uniform() - 1.0;
    square = u * u + v * v;
  } while (square >= 1.0 || square == 0.0);
  const double factor = std::sqrt(-2.0 * std::log(square) / square);
  spare_normal_ = v * factor;
  has_spare_normal_ = true;
  return u * factor;
}

double Rng::exponential() { return -std::log1p(-uniform()); }

std::uint64_t Rng::poisson(double mean) {
  FAULTLINE_CHECK(mean >= 0.0);
  if (mean > kPoissonNormalMean) {
    const double draw = mean + std::sqrt(mean) * normal();
    return draw <= 0.0 ? 0 : static_cast<std::uint64_t>(draw + 0.5);
  }
  const double floor = std::exp(-mean);
  double product = uniform();
  std::uint64_t count = 0;
  while (product > floor) {
    product *= uniform();
    ++count;
  }
  return count;
}

double Rng::pareto(double alpha) {
  FAULTLINE_CHECK(alpha > 0.0);
  return std::exp(exponential() / alpha);
}

}  // namespace faultline
