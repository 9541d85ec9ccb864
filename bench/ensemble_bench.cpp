// Sixty-four members of a density: what a step costs against one decay pass over the same state,
// and a synthetic year of minutes.

#include <cmath>
#include <cstdio>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "harness.hpp"
#include "infer/position_density.hpp"

namespace faultline::bench {
namespace {

constexpr std::size_t kMembers = 64;
constexpr int kRounds = 7;
constexpr std::uint64_t kWarmSteps = 20'000;
constexpr std::uint64_t kStepsARound = 500;
constexpr std::uint64_t kMinutesAYear = 525'600;

// A market of minutes: returns with changing volatility, volume that follows it, open interest that
// wanders. Seeded.
class MinuteMarket {
 public:
  explicit MinuteMarket(std::uint64_t seed) : rng_(seed) {}

  MarketStep next() {
    log_volatility_ += -0.01 * log_volatility_ + 0.08 * rng_.normal();
    const double sigma = 5e-4 * std::exp(log_volatility_);
    MarketStep step;
    step.begin = UnixNanos(1'735'689'600'000'000'000 + minute_ * kMinute.value);
    step.end = step.begin + kMinute;
    ++minute_;
    step.open = price_;
    price_ *= std::exp(sigma * rng_.normal());
    step.close = price_;
    step.high = std::max(step.open, step.close) * std::exp(0.5 * sigma * std::abs(rng_.normal()));
    step.low = std::min(step.open, step.close) * std::exp(-0.5 * sigma * std::abs(rng_.normal()));
    step.volume = 150.0 * std::exp(log_volatility_ + 0.3 * rng_.normal());
    step.oi_begin = interest_;
    interest_ = std::max(interest_ * (1.0 + 2e-4 * rng_.normal()), 1e4);
    step.oi_end = interest_;
    step.has_open_interest = true;
    return step;
  }

 private:
  Rng rng_;
  std::int64_t minute_ = 0;
  double price_ = 90'000.0;
  double log_volatility_ = 0.0;
  double interest_ = 9e4;
};

std::vector<MemberParameters> make_members() {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  Rng rng(3);
  std::vector<MemberParameters> members(kMembers, central_member(config, grid));
  for (MemberParameters& member : members) {
    member.churn = 0.1 + 0.5 * rng.uniform();
    member.kernel = log_normal_kernel(grid, 0.12 * std::exp(0.3 * rng.normal()), 1.25);
  }
  return members;
}

// What a decay of every cell would cost: the floor that laziness avoids.
void decay_pass(std::vector<float>& cells) {
  for (float& cell : cells) cell *= 0.999F;
}

}  // namespace

bool run_ensemble() {
  PositionDensity density({}, make_members());
  MinuteMarket market(4);
  for (std::uint64_t i = 0; i < kWarmSteps; ++i) density.advance(market.next());
  std::vector<float> cells(density.memory_bytes() / sizeof(float), 1.0F);
  std::vector<Contestant> contestants{
      {"one decay pass over the state, 500 times",
       [&] {
         for (std::uint64_t i = 0; i < kStepsARound; ++i) decay_pass(cells);
       }},
      {"500 steps of 64 members",
       [&] {
         for (std::uint64_t i = 0; i < kStepsARound; ++i) density.advance(market.next());
       }},
  };
  take_turns(contestants, kRounds);
  std::printf("ensemble: %zu members, state %.1f MB after %llu minutes\n", kMembers,
              static_cast<double>(density.memory_bytes()) * 1e-6,
              static_cast<unsigned long long>(kWarmSteps));
  print_times(contestants, static_cast<double>(kStepsARound), "steps");
  return print_ratio("decay pass against a step", contestants[0], contestants[1], 10.0);
}

bool run_ensemble_year() {
  PositionDensity density({}, make_members());
  MinuteMarket market(5);
  const double begin = cpu_seconds();
  for (std::uint64_t i = 0; i < kMinutesAYear; ++i) density.advance(market.next());
  const double seconds = cpu_seconds() - begin;
  const double megabytes = static_cast<double>(density.memory_bytes()) * 1e-6;
  std::printf(
      "ensemble_year: %llu minutes, %zu members, one thread: %.0f s, %.2f ms a step, "
      "state %.1f MB, limit 150: %s; hash %016llx\n",
      static_cast<unsigned long long>(kMinutesAYear), kMembers, seconds,
      seconds / static_cast<double>(kMinutesAYear) * 1e3, megabytes,
      megabytes <= 150.0 ? "met" : "MISSED", static_cast<unsigned long long>(density.state_hash()));
  return megabytes <= 150.0;
}

}  // namespace faultline::bench
