#include "infer/density_filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <tuple>

#include "base/hash.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kBegin = 1'764'547'200'000'000'000;
constexpr UnixNanos kLater(2'000'000'000'000'000'000);  // than every step here

// A seeded market, in hours where nothing else is said. `mirror` turns prices upside down around 1
// and swaps the sides.
class SeededMarket {
 public:
  explicit SeededMarket(std::uint64_t seed, bool mirror = false, Nanos length = kHour)
      : rng_(seed),
        mirror_(mirror),
        length_(length),
        hours_(static_cast<double>(length.value) / static_cast<double>(kHour.value)) {}

  MarketStep next() {
    MarketStep step;
    step.begin = UnixNanos(kBegin + step_ * length_.value);
    step.end = step.begin + length_;
    ++step_;
    const double root = std::sqrt(hours_);
    const double close = log_price_ + 0.008 * root * rng_.normal();
    const double high = std::max(log_price_, close) + 0.003 * root * std::abs(rng_.normal());
    const double low = std::min(log_price_, close) - 0.003 * root * std::abs(rng_.normal());
    step.open = price_of(log_price_);
    step.close = price_of(close);
    step.high = price_of(mirror_ ? low : high);
    step.low = price_of(mirror_ ? high : low);
    log_price_ = close;
    step.volume = 3e4 * hours_ * std::exp(0.3 * rng_.normal());
    step.oi_begin = interest_;
    interest_ *= std::exp(0.01 * root * rng_.normal());
    step.oi_end = interest_;
    step.has_open_interest = true;
    return step;
  }

 private:
  double price_of(double log_price) const {
    return 50'000.0 * std::exp(mirror_ ? -log_price : log_price);
  }

  Rng rng_;
  bool mirror_;
  Nanos length_;
  double hours_;
  std::int64_t step_ = 0;
  double log_price_ = 0.0;
  double interest_ = 8e4;
};

FeedReading total_of(const MarketStep& step, double long_usd, double short_usd) {
  FeedReading reading{.begin = step.begin, .end = step.end};
  reading.total_usd = {long_usd, short_usd};
  return reading;
}

DensityFilterConfig config_of(std::size_t members) {
  DensityFilterConfig config;
  config.total_power = 1.0;  // so that a few hundred hours are enough to resample
  config.members = members;
  return config;
}

// Prints a tenth of what the filter crossed, with noise of its own.
class Printer {
 public:
  FeedReading print(const MarketStep& step, const FilterStep& done) {
    const auto noisy = [&](double usd) { return 0.1 * usd * std::exp(0.5 * rng_.normal()); };
    const double longs = noisy(done.crossed_usd[0]);
    return total_of(step, longs, noisy(done.crossed_usd[1]));
  }

 private:
  Rng rng_{17};
};

// Prints every dollar that the filter crossed, as orders of random size and number.
FeedReading printed_whole(const MarketStep& step, const FilterStep& done, Rng& rng) {
  FeedReading reading{.begin = step.begin, .end = step.end, .completeness = Completeness::kAll};
  reading.has_prints = true;
  for (const std::size_t s : {0U, 1U}) {
    constexpr double kMeanUsd = 3e6;
    for (double at = rng.exponential(); at < done.crossed_usd[s] / kMeanUsd;
         at += rng.exponential()) {
      reading.shown_usd[s].push_back(kMeanUsd * rng.exponential());
    }
  }
  return reading;
}

double weight_sum(const DensityFilter& filter) {
  return std::accumulate(filter.weights().begin(), filter.weights().end(), 0.0);
}

TEST(DensityFilter, TwoRunsGiveOneHash) {
  std::array<std::uint64_t, 2> hashes{};
  for (std::uint64_t& hash : hashes) {
    DensityFilter filter({}, config_of(12), Rng(5));
    SeededMarket market(6);
    Printer printer;
    for (int i = 0; i < 200; ++i) {
      const MarketStep step = market.next();
      filter.observe(printer.print(step, filter.advance(step)));
    }
    EXPECT_GT(filter.resampling_count(), 0U);
    hash = filter.state_hash();
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST(DensityFilter, WeightsSumToOneAndStockIsOpenInterestThroughResampling) {
  DensityFilter filter({}, config_of(16), Rng(7));
  SeededMarket market(8);
  Printer printer;
  for (int i = 0; i < 200; ++i) {
    const MarketStep step = market.next();
    filter.observe(printer.print(step, filter.advance(step)));
    ASSERT_NEAR(weight_sum(filter), 1.0, 1e-12);
    for (const Side side : {Side::kLong, Side::kShort}) {
      ASSERT_NEAR(filter.density().stock(side) / step.oi_end, 1.0, 1e-3);
    }
  }
  for (const Side side : {Side::kLong, Side::kShort}) {
    const double stock = filter.density().stock(side);
    EXPECT_NEAR(filter.density().recounted_stock(side) / stock, 1.0, 1e-4);
  }
}

TEST(DensityFilter, AStepWithoutFeedChangesNoWeight) {
  DensityFilter filter({}, config_of(8), Rng(1));
  SeededMarket market(2);
  Printer printer;
  for (int i = 0; i < 30; ++i) {
    const MarketStep step = market.next();
    filter.observe(printer.print(step, filter.advance(step)));
  }
  const std::vector<double> before(filter.weights().begin(), filter.weights().end());
  const double pairs = filter.factor().pairs_learnt();
  for (int i = 0; i < 30; ++i) {
    filter.advance(market.next());
    if (i % 2 == 0) filter.discard();
  }
  EXPECT_TRUE(std::ranges::equal(filter.weights(), before));
  // A side that was not recorded is no zero either.
  const MarketStep step = market.next();
  filter.discard();
  filter.advance(step);
  const FilterReading reading = filter.observe({.begin = step.begin, .end = step.end});
  EXPECT_FALSE(reading.printed_usd[0].has_value());
  EXPECT_EQ(filter.factor().pairs_learnt(), pairs);
}

TEST(DensityFilter, AReadingOfAnotherStretchIsNotUsed) {
  DensityFilter filter({}, config_of(4), Rng(1));
  SeededMarket market(2);
  const MarketStep first = market.next();
  filter.advance(first);
  const MarketStep second = market.next();
  filter.advance(second);
  EXPECT_FALSE(filter.observe(total_of(second, 1e6, 1e6)).is_used);
  // The two together are one stretch.
  const MarketStep third = market.next();
  const MarketStep fourth = market.next();
  filter.advance(third);
  filter.advance(fourth);
  FeedReading both = total_of(fourth, 1e6, 1e6);
  both.begin = third.begin;
  EXPECT_TRUE(filter.observe(both).is_used);
  EXPECT_EQ(filter.reading_count(), 1U);
}

TEST(DensityFilter, ContinuesBitForBitFromACheckpoint) {
  DensityFilter one({}, config_of(8), Rng(3));
  SeededMarket market(4);
  Printer printer;
  std::vector<MarketStep> steps;
  for (int i = 0; i < 120; ++i) steps.push_back(market.next());
  const auto run = [&](DensityFilter& filter, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const FilterStep done = filter.advance(steps[i]);
      if (i % 7 == 3) continue;  // a stretch of two steps is open now and then
      FeedReading reading = total_of(steps[i], 1e5 + 0.2 * done.crossed_usd[0], 2e5);
      if (i % 7 == 4 && i > from) reading.begin = steps[i - 1].begin;
      filter.observe(reading);
    }
  };
  run(one, 0, 60);
  DensityFilter other({}, config_of(8), Rng(3));
  const std::vector<std::uint8_t> bytes = one.checkpoint();
  ASSERT_TRUE(other.restore(bytes, kLater));
  EXPECT_EQ(other.state_hash(), one.state_hash());
  run(one, 60, 120);
  run(other, 60, 120);
  EXPECT_EQ(other.state_hash(), one.state_hash());
  EXPECT_EQ(other.checkpoint(), one.checkpoint());
}

// The same where single prints teach sizes and kernels, and members are exchanged: all of it
// happens on both sides of the checkpoint.
TEST(DensityFilter, ContinuesBitForBitThroughKernelFitsAndResamplings) {
  DensityFilterConfig config = config_of(8);
  config.kernel.first_fit = 30;
  config.kernel.generation = 200;
  config.weights.resample_share = 0.9;
  SeededMarket market(4);
  std::vector<MarketStep> steps;
  std::vector<FeedReading> readings;
  Rng prints(21);
  for (int i = 0; i < 900; ++i) {
    const MarketStep& step = steps.emplace_back(market.next());
    FeedReading& reading = readings.emplace_back();
    reading = {.begin = step.begin, .end = step.end, .completeness = Completeness::kAll};
    reading.has_prints = true;
    for (std::vector<double>& shown : reading.shown_usd) {
      for (int k = 0; k < i % 4; ++k) shown.push_back(2e5 * std::exp(prints.normal()));
    }
  }
  const auto run = [&](DensityFilter& filter, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      filter.advance(steps[i]);
      filter.observe(readings[i]);
    }
  };
  DensityFilter one({}, config, Rng(3));
  std::size_t at = 0;
  for (; at < 600 && (one.kernel_fit_count() == 0 || one.resampling_count() == 0); ++at)
    run(one, at, at + 1);
  const std::size_t fits = one.kernel_fit_count();
  const std::uint64_t resamplings = one.resampling_count();
  EXPECT_GT(fits, 0U);
  EXPECT_GT(resamplings, 0U);
  DensityFilter other({}, config, Rng(3));
  ASSERT_TRUE(other.restore(one.checkpoint(), kLater));
  run(one, at, 900);
  run(other, at, 900);
  EXPECT_GT(one.kernel_fit_count(), fits);
  EXPECT_GT(one.resampling_count(), resamplings);
  EXPECT_EQ(other.state_hash(), one.state_hash());
  EXPECT_EQ(other.checkpoint(), one.checkpoint());
}

// Weights move with every reading, and the mean kernel with them: it must stay what was learnt.
TEST(DensityFilter, TheMeanKernelStaysTheLearntOne) {
  DensityFilterConfig config = config_of(16);
  config.kernel.first_fit = 30;
  config.weights.resample_share = 0.0;
  DensityFilter filter({}, config, Rng(3));
  SeededMarket market(4);
  Rng prints(21);
  double drift = 0.0;
  double moved = 0.0;
  for (int i = 0; i < 300; ++i) {
    const MarketStep step = market.next();
    const FilterStep done = filter.advance(step);
    const double before = filter.kernel_drift();
    filter.observe(printed_whole(step, done, prints));
    drift = std::max(drift, filter.kernel_drift());
    moved += std::abs(filter.kernel_drift() - before);
  }
  EXPECT_GT(filter.kernel_fit_count(), 0U);
  EXPECT_LE(drift, DensityFilter::kKernelDriftMax);
  EXPECT_GT(moved, 5.0 * DensityFilter::kKernelDriftMax);
}

// Everybody stands at one distance, at which the members' draws differ by orders of magnitude.
TEST(DensityFilter, TheMeanKernelIsTheLearntOneWhereAllStandAtOneDistance) {
  DensityFilterConfig config = config_of(16);
  config.kernel.first_fit = 30;
  DensityFilter filter({}, config, Rng(6));
  MemberParameters at_one = central_member(config.density, filter.density().grid());
  std::ranges::fill(at_one.kernel, 0.0);
  at_one.kernel[6] = 1.0;
  PositionDensity truth(config.density, {at_one});
  SeededMarket market(4);
  Rng prints(21);
  double drift = 0.0;
  for (int i = 0; i < 150; ++i) {
    const MarketStep step = market.next();
    const StepReport report = truth.advance(step);
    filter.advance(step);
    filter.observe(printed_whole(step, {.report = {}, .crossed_usd = report.swept_quote}, prints));
    drift = std::max(drift, filter.kernel_drift());
  }
  EXPECT_GT(filter.kernel_fit_count(), 1U);
  EXPECT_LE(drift, DensityFilter::kKernelDriftMax);
  double mean = 0.0;
  for (std::size_t m = 0; m < 16; ++m) {
    mean += filter.weights()[m] * filter.density().member(m).kernel[6];
    EXPECT_GT(filter.density().never(Side::kLong, m), 0.0) << m;
  }
  EXPECT_GT(mean, 0.5);
}

// What a feed of the largest order of each second shows of the orders that crossed `crossed_usd`.
FeedReading printed_largest(const MarketStep& step, std::array<double, 2> crossed_usd,
                            double median_usd, Rng& rng) {
  FeedReading reading{
      .begin = step.begin, .end = step.end, .completeness = Completeness::kLargestPerSecond};
  reading.has_prints = true;
  const SizeDistribution sizes(
      SizeParameters{.log_median = std::log(median_usd), .log_sigma = 1.0});
  for (const std::size_t s : {0U, 1U}) {
    const double per_second = crossed_usd[s] / sizes.mean() / reading.seconds();
    if (per_second <= 0.0) continue;
    reading.shown_usd[s] =
        simulate_shown(reading.completeness, per_second,
                       static_cast<std::uint64_t>(reading.seconds()), sizes, rng);
  }
  return reading;
}

// Where the truth's money is: the filter's own mean map over what the truth has within 10 %.
double money_near(const DensityFilter& filter, double of_truth) {
  double sum = 0.0;
  for (std::size_t m = 0; m < filter.weights().size(); ++m) {
    for (std::size_t j = 0; j < 12; ++j)
      sum += filter.weights()[m] * filter.density().member(m).kernel[j];
  }
  return sum / of_truth;
}

// The mean kernel's money near the entry over the truth's, and what was shown of what was crossed,
// for a market in steps of `step` whose feed shows the largest order of each second.
struct ThrottledRun {
  double shown = 0.0;
  double before = 0.0;
  double after = 0.0;
  double expected = 0.0;  // of the second half, over what was printed
  std::size_t fits = 0;
};
struct ThrottledCase {
  Nanos step;
  int steps = 0;
  double median_usd = 0.0;  // of an order
};
ThrottledRun learn_throttled(const ThrottledCase& of) {
  DensityFilterConfig config = config_of(4);
  config.kernel.first_fit = 100;
  DensityFilter filter({}, config, Rng(6));
  MemberParameters far = central_member(config.density, filter.density().grid());
  // A market with a third of the prior's money near the price.
  double near = 0.0;
  for (std::size_t j = 0; j < 12; ++j) near += std::exchange(far.kernel[j], far.kernel[j] / 3.0);
  far.kernel.back() += near * 2.0 / 3.0;
  PositionDensity truth(config.density, {far});
  ThrottledRun out{.before = money_near(filter, near / 3.0)};
  SeededMarket market(4, false, of.step);
  Rng prints(21);
  double shown = 0.0;
  double crossed = 0.0;
  std::array<double, 2> later{};  // expected, printed
  for (int i = 0; i < of.steps; ++i) {
    const MarketStep step = market.next();
    const StepReport report = truth.advance(step);
    filter.advance(step);
    const FeedReading reading = printed_largest(step, report.swept_quote, of.median_usd, prints);
    const FilterReading done = filter.observe(reading);
    EXPECT_TRUE(done.is_used);
    for (const Side side : {Side::kLong, Side::kShort}) {
      shown += *reading.printed_usd(side);
      crossed += report.swept_quote[index_of(side)];
      if (i < of.steps / 2) continue;
      later[0] += done.expected_liquidation_usd[index_of(side)];
      later[1] += *reading.printed_usd(side);
    }
  }
  out.fits = filter.kernel_fit_count();
  out.shown = shown / crossed;
  out.after = money_near(filter, near / 3.0);
  out.expected = later[0] / later[1];
  return out;
}

// What the rule hid is added before the kernel learns from it, whatever the length of a step: of a
// single second there is no empty one to tell the intensity by.
TEST(DensityFilter, LearnsTheKernelFromAThrottledFeedAsWell) {
  for (const ThrottledCase& of :
       {ThrottledCase{kHour, 500, 4e3}, ThrottledCase{kMinute, 6'000, 1e5},
        ThrottledCase{kSecond, 60'000, 1e6}}) {
    const ThrottledRun run = learn_throttled(of);
    std::printf(
        "steps of %.0f s: shown of crossed %.3f, near money over the truth's: before %.3f, after "
        "%.3f; expected over printed %.3f\n",
        1e-9 * static_cast<double>(of.step.value), run.shown, run.before, run.after, run.expected);
    EXPECT_GT(run.fits, 1U);
    EXPECT_GT(run.before, 2.0);
    EXPECT_NEAR(run.after, 1.0, 0.3);
    EXPECT_NEAR(run.expected, 1.0, 0.35);
  }
}

// Of a feed that hides most of it the sum that its rule gives is no longer to be relied on: the
// kernel stays the prior, which is wrong in a known way.
TEST(DensityFilter, AFeedThatHidesMostTeachesNoKernel) {
  const ThrottledRun run = learn_throttled({kHour, 300, 200.0});
  EXPECT_LT(run.shown, 0.5);
  EXPECT_EQ(run.fits, 0U);
}

// Values that no filter has, under a digest that is right. Each stands at a known place behind the
// density's own bytes, or before the end.
TEST(DensityFilter, RefusesCraftedValues) {
  DensityFilter filter({}, config_of(2), Rng(3));
  SeededMarket market(4);
  for (int i = 0; i < 5; ++i) filter.advance(market.next());
  const std::vector<std::uint8_t> good = filter.checkpoint();
  const std::uint64_t before = filter.state_hash();
  const std::size_t distances = filter.density().grid().size();
  // Behind these: book share, median, sigma, kernel and factor of both members, two counts.
  const std::size_t member = 8 * (3 + distances + 1 + std::tuple_size_v<ObservationFactor::State>);
  const std::size_t counts = good.size() - 8 - 2 * member - 16;
  const auto refusal = [&](std::size_t at, double value) {
    std::vector<std::uint8_t> bytes = good;
    std::memcpy(bytes.data() + at, &value, 8);
    const std::uint64_t digest =
        Hash64().add_bytes(std::span(bytes).first(bytes.size() - 8)).value();
    std::memcpy(bytes.data() + bytes.size() - 8, &digest, 8);
    const Result<void> done = filter.restore(bytes, kLater);
    return done ? Errc::kEmpty : done.error().code;
  };
  const double nan = std::nan("");
  EXPECT_EQ(refusal(counts - 8, 0.0), Errc::kEmpty);  // quiet seconds: may well be 0
  ASSERT_TRUE(filter.restore(good, kLater));
  for (std::size_t field = 1; field <= 5; ++field) {  // quiet, price, opened
    for (const double value : {nan, -1.0, HUGE_VAL})
      EXPECT_EQ(refusal(counts - 8 * field, value), Errc::kOutOfRange) << field;
  }
  EXPECT_EQ(refusal(counts - 8 * 6, nan), Errc::kOutOfRange);     // crossed
  EXPECT_EQ(refusal(counts + 16, nan), Errc::kOutOfRange);        // book share
  EXPECT_EQ(refusal(counts + 16 + 8, 0.0), Errc::kOutOfRange);    // median
  EXPECT_EQ(refusal(counts + 16 + 24, -1.0), Errc::kOutOfRange);  // kernel
  EXPECT_EQ(filter.state_hash(), before);
}

TEST(DensityFilter, RefusesWhatIsNoCheckpointOfIts) {
  DensityFilter filter({}, config_of(2), Rng(3));
  SeededMarket market(4);
  filter.advance(market.next());
  const std::vector<std::uint8_t> bytes = filter.checkpoint();
  const std::uint64_t before = filter.state_hash();
  for (const std::size_t size : {std::size_t{0}, std::size_t{15}, bytes.size() - 1}) {
    EXPECT_FALSE(filter.restore(std::span(bytes).first(size), kLater));
  }
  std::vector<std::uint8_t> changed = bytes;
  changed[changed.size() - 20] ^= 1;
  EXPECT_EQ(filter.restore(changed, kLater).error().code, Errc::kCorrupt);
  EXPECT_FALSE(DensityFilter({}, config_of(3), Rng(3)).restore(bytes, kLater));
  EXPECT_EQ(filter.state_hash(), before);
  EXPECT_TRUE(filter.restore(bytes, kLater));
}

// The member whose φ is the truth's gains weight: the feed tells members apart.
TEST(DensityFilter, WeightGoesToMembersThatExpectWhatIsPrinted) {
  DensityFilterConfig config = config_of(32);
  config.weights.resample_share = 0.0;
  DensityFilter filter({}, config, Rng(11));
  // The truth is a member of its own that the filter does not hold.
  DensityFilter truth({}, config_of(1), Rng(11));
  SeededMarket market(12);
  Rng noise(13);
  for (int i = 0; i < 600; ++i) {
    const MarketStep step = market.next();
    const FilterStep real = truth.advance(step);
    truth.discard();
    filter.advance(step);
    const auto print = [&](double usd) { return 0.1 * usd * std::exp(0.3 * noise.normal()); };
    const double longs = print(real.crossed_usd[0]);
    filter.observe(total_of(step, longs, print(real.crossed_usd[1])));
  }
  EXPECT_LT(filter.effective_count(), 20.0);
  // Member 0 is the central member, and so is the truth.
  EXPECT_GT(filter.weights()[0], 1.0 / 32.0);
}

// Compound Poisson prints of each rule move the weights, and silence does too where mass was swept.
TEST(DensityFilter, EveryRuleOfAFeedMovesWeights) {
  for (const Completeness rule :
       {Completeness::kAll, Completeness::kLatestPerSecond, Completeness::kLargestPerSecond,
        Completeness::kOnePerSecond, Completeness::kUnknown}) {
    DensityFilter filter({}, config_of(8), Rng(1));
    SeededMarket market(2);
    Rng prints(3);
    bool moved = false;
    for (int i = 0; i < 40; ++i) {
      const MarketStep step = market.next();
      filter.advance(step);
      FeedReading reading{.begin = step.begin, .end = step.end, .completeness = rule};
      reading.has_prints = true;
      for (int k = 0; k < 5; ++k) {
        reading.shown_usd[0].push_back(5e3 * std::exp(prints.normal()));
        reading.shown_usd[1].push_back(5e3 * std::exp(prints.normal()));
      }
      const FilterReading done = filter.observe(reading);
      EXPECT_TRUE(done.is_used);
      moved = moved || done.moved_weights;
    }
    EXPECT_TRUE(moved);
    EXPECT_LT(filter.effective_count(), 8.0) << name_of(rule);
    EXPECT_NEAR(weight_sum(filter), 1.0, 1e-12);
  }
}

TEST(DensityFilter, MorePrintsThanTheRuleAllowsAreNotUsed) {
  DensityFilter filter({}, config_of(4), Rng(1));
  MarketStep step = SeededMarket(2).next();
  step.end = step.begin + Nanos(2 * kSecond.value);
  filter.advance(step);
  FeedReading reading{.begin = step.begin, .end = step.end};
  reading.completeness = Completeness::kLatestPerSecond;
  reading.has_prints = true;
  reading.shown_usd[0] = {1e3, 1e3, 1e3};
  EXPECT_FALSE(filter.observe(reading).is_used);
  EXPECT_EQ(filter.reading_count(), 0U);
}

TEST(DensityFilter, ExpectedLiquidationsAreAbsentUntilAFeedTaughtThem) {
  DensityFilter filter({}, config_of(4), Rng(1));
  EXPECT_FALSE(filter.expected_liquidation_usd(1e6).has_value());
  SeededMarket market(2);
  Printer printer;
  for (int i = 0; i < 50; ++i) {
    const MarketStep step = market.next();
    filter.observe(printer.print(step, filter.advance(step)));
  }
  const double few = filter.expected_liquidation_usd(1e6).value();
  const double many = filter.expected_liquidation_usd(4e6).value();
  EXPECT_GT(few, 0.0);
  EXPECT_GT(many, few);
  EXPECT_LT(many, 4.0 * few);  // concave
}

// Expected over printed, in dollars, after a while.
double expected_over_printed(const DensityFilterConfig& config) {
  DensityFilter filter({}, config, Rng(1));
  SeededMarket market(2);
  Rng prints(3);
  double expected = 0.0;
  double printed = 0.0;
  for (int i = 0; i < 400; ++i) {
    const MarketStep step = market.next();
    const FilterReading done = filter.observe(printed_whole(step, filter.advance(step), prints));
    if (i < 100) continue;
    for (const std::size_t s : {0U, 1U}) {
      expected += done.expected_liquidation_usd[s];
      printed += *done.printed_usd[s];
    }
  }
  return expected / printed;
}

TEST(DensityFilter, AFineFeedIsExpectedToPrintWhatIsSwept) {
  DensityFilterConfig config = config_of(4);
  config.kernel.first_fit = 1'000'000;  // the factor alone
  EXPECT_NEAR(expected_over_printed(config), 1.0, 0.15);
  // The prior of other feeds expects a fraction, and keeps to it.
  config.fine_factor = config.factor;
  EXPECT_LT(expected_over_printed(config), 0.9);
}

TEST(DensityFilter, AFeedThatBecomesFineIsLearntAnew) {
  DensityFilter filter({}, config_of(4), Rng(1));
  SeededMarket market(2);
  Printer printer;
  const auto next = [&](bool is_fine) {
    const MarketStep step = market.next();
    const FilterStep done = filter.advance(step);
    Rng prints(3);
    filter.observe(is_fine ? printed_whole(step, done, prints) : printer.print(step, done));
  };
  for (int i = 0; i < 60; ++i) next(false);
  EXPECT_LT(filter.factor().exponent(), 1.2);
  EXPECT_GT(filter.factor().pairs_learnt(), 50.0);
  next(true);
  EXPECT_LE(filter.factor().pairs_learnt(), 2.0);
  EXPECT_NEAR(filter.factor().exponent(), 1.0, 0.1);
  next(false);
  EXPECT_LE(filter.factor().pairs_learnt(), 2.0);
  EXPECT_NEAR(filter.factor().exponent(), 0.6, 0.1);
}

// A reading that its own rule does not allow does not make the feed another one.
TEST(DensityFilter, ARefusedReadingLeavesTheFeedWhatItIs) {
  DensityFilter filter({}, config_of(4), Rng(1));
  SeededMarket market(2);
  Rng prints(3);
  for (int i = 0; i < 20; ++i) {
    const MarketStep step = market.next();
    filter.observe(printed_whole(step, filter.advance(step), prints));
  }
  const double pairs = filter.factor().pairs_learnt();
  const double exponent = filter.factor().exponent();
  EXPECT_GT(pairs, 20.0);
  const MarketStep step = market.next();
  filter.advance(step);
  FeedReading crowded{
      .begin = step.begin, .end = step.end, .completeness = Completeness::kLatestPerSecond};
  crowded.has_prints = true;
  crowded.shown_usd[0].assign(3601, 1e4);
  EXPECT_FALSE(filter.observe(crowded).is_used);
  EXPECT_EQ(filter.factor().pairs_learnt(), pairs);
  EXPECT_EQ(filter.factor().exponent(), exponent);
}

// Only a fine feed teaches the kernel, so only beside one is it kept what was crossed at which
// distance; where the numbers stand in a checkpoint is that of RefusesCraftedValues.
TEST(DensityFilter, CrossingsByDistanceAreCollectedForFineFeedsOnly) {
  for (const bool is_fine : {false, true}) {
    DensityFilter filter({}, config_of(2), Rng(3));
    SeededMarket market(4);
    Rng prints(3);
    for (int i = 0; i < 5; ++i) {
      const MarketStep step = market.next();
      const FilterStep done = filter.advance(step);
      filter.observe(is_fine ? printed_whole(step, done, prints) : total_of(step, 1e6, 1e6));
    }
    filter.advance(market.next());  // its stretch is open
    const std::vector<std::uint8_t> bytes = filter.checkpoint();
    const std::size_t distances = filter.density().grid().size();
    const std::size_t member =
        8 * (3 + distances + 1 + std::tuple_size_v<ObservationFactor::State>);
    const std::size_t end = bytes.size() - 8 - 2 * member - 16 - 8 * 5;
    std::vector<double> crossed(2 * distances);
    std::memcpy(crossed.data(), bytes.data() + end - 8 * crossed.size(), 8 * crossed.size());
    EXPECT_EQ(std::ranges::any_of(crossed, [](double x) { return x > 0.0; }), is_fine);
  }
}

TEST(DensityFilter, InverseContractsAreWorthTheirFace) {
  InstrumentSpec spec;
  spec.kind = ContractKind::kInverse;
  spec.contract_multiplier = Decimal{100, 0};
  DensityFilter filter(spec, config_of(2), Rng(1));
  SeededMarket market(2);
  double crossed = 0.0;
  double swept = 0.0;
  for (int i = 0; i < 50; ++i) {
    const FilterStep done = filter.advance(market.next());
    crossed += done.crossed_usd[0];
    swept += done.report.swept[0];
  }
  EXPECT_GT(swept, 0.0);
  EXPECT_NEAR(crossed / (100.0 * swept), 1.0, 1e-9);
}

// Turned upside down, with longs for shorts, the market gives the map upside down. A distance is
// not the same in log price for longs and shorts, −ln(1−d) and ln(1+d), so the test keeps to small
// distances, where the two agree.
TEST(DensityFilter, IsItsOwnMirrorImage) {
  DensityFilterConfig config = config_of(8);
  // χ is the share of longs: a mirrored member has the mirrored split, so it is held even here.
  config.prior.close_split.base_sigma = 0.0;
  config.density.entry_bin = 1e-4;
  config.density.distance_max = 0.05;
  config.density.kernel.cross.median = config.density.kernel.isolated.median = 0.02;
  // Resampling is a threshold, which two that are nearly alike may meet one step apart.
  config.weights.resample_share = 0.4;
  DensityFilter plain({}, config, Rng(9));
  DensityFilter mirrored({}, config, Rng(9));
  SeededMarket market(10);
  SeededMarket mirror(10, true);
  for (int i = 0; i < 150; ++i) {
    const MarketStep step = market.next();
    const MarketStep other = mirror.next();
    plain.advance(step);
    mirrored.advance(other);
    plain.observe(total_of(step, 1e6, 3e5));
    mirrored.observe(total_of(other, 3e5, 1e6));
  }
  ASSERT_EQ(plain.resampling_count(), mirrored.resampling_count());
  for (std::size_t m = 0; m < 8; ++m) EXPECT_NEAR(plain.weights()[m], mirrored.weights()[m], 0.02);
  for (const Side side : {Side::kLong, Side::kShort}) {
    const auto other = static_cast<Side>(1 - static_cast<int>(side));
    const std::vector<double> here = plain.density().mass_by_distance(side);
    const std::vector<double> there = mirrored.density().mass_by_distance(other);
    const double total = std::accumulate(here.begin(), here.end(), 0.0);
    double difference = 0.0;
    for (std::size_t j = 0; j < here.size(); ++j) difference += std::abs(here[j] - there[j]);
    EXPECT_LT(difference / total, 0.03);
  }
}

}  // namespace
}  // namespace faultline
