// Sixty-four members: what a step of the density, and one of the whole filter, cost against one
// decay pass over the same state, and a synthetic year of minutes.

#include <cmath>
#include <cstdio>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "harness.hpp"
#include "infer/density_filter.hpp"

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

// What the program runs of a venue that prints every liquidation: the step, the reading of its
// feed, the weights, and every fit of the kernel and resampling that falls due. The prints are what
// a density of another kernel crossed, as orders of random size, drawn before anything is measured.
class FullFeed {
 public:
  explicit FullFeed(std::uint64_t count) : filter_(InstrumentSpec{}, config(), Rng(6)) {
    DensityConfig other;
    other.kernel.cross.median = 0.2;
    DensityFilter truth(InstrumentSpec{}, {.density = other}, Rng(6));
    MinuteMarket market(7);
    Rng rng(8);
    for (std::uint64_t i = 0; i < count; ++i) {
      const MarketStep& step = steps_.emplace_back(market.next());
      const FilterStep done = truth.advance(step);
      truth.discard();
      FeedReading& reading = readings_.emplace_back();
      reading = {.begin = step.begin, .end = step.end, .completeness = Completeness::kAll};
      reading.has_prints = true;
      for (const std::size_t s : {0U, 1U}) {
        for (double at = rng.exponential(); at < done.crossed_usd[s] / kOrderUsd;
             at += rng.exponential()) {
          reading.shown_usd[s].push_back(kOrderUsd * rng.exponential());
        }
      }
    }
  }

  // Requires: not more often than there are steps.
  void take() {
    filter_.advance(steps_[next_]);
    filter_.observe(readings_[next_]);
    ++next_;
  }

  const DensityFilter& filter() const { return filter_; }

 private:
  static constexpr double kOrderUsd = 1e6;
  static DensityFilterConfig config() {
    DensityFilterConfig config;
    config.members = kMembers;
    return config;
  }

  DensityFilter filter_;
  std::vector<MarketStep> steps_;
  std::vector<FeedReading> readings_;
  std::size_t next_ = 0;
};

// What a decay of every cell would cost: the floor that laziness avoids.
void decay_pass(std::vector<float>& cells) {
  for (float& cell : cells) cell *= 0.999F;
}

}  // namespace

bool run_ensemble() {
  PositionDensity density({}, make_members());
  MinuteMarket market(4);
  FullFeed full_feed(kWarmSteps + (kRounds + 1) * kStepsARound);
  for (std::uint64_t i = 0; i < kWarmSteps; ++i) {
    density.advance(market.next());
    full_feed.take();
  }
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
      {"500 steps of a filter that learns its kernel",
       [&] {
         for (std::uint64_t i = 0; i < kStepsARound; ++i) full_feed.take();
       }},
  };
  take_turns(contestants, kRounds);
  std::printf("ensemble: %zu members, state %.1f MB after %llu minutes\n", kMembers,
              static_cast<double>(density.memory_bytes()) * 1e-6,
              static_cast<unsigned long long>(kWarmSteps));
  print_times(contestants, static_cast<double>(kStepsARound), "steps");
  std::printf("  the filter: %llu readings, %zu fits, %llu resamplings\n",
              static_cast<unsigned long long>(full_feed.filter().reading_count()),
              full_feed.filter().kernel_fit_count(),
              static_cast<unsigned long long>(full_feed.filter().resampling_count()));
  const bool is_filter_good =
      print_ratio("decay pass against a filter's step", contestants[0], contestants[2], 10.0);
  return print_ratio("decay pass against a step", contestants[0], contestants[1], 10.0) &&
         is_filter_good;
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
