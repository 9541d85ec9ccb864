// The latent map of ten million trades in memory: path-dependent, over a hundred distances, 288
// columns; against the time that merely reading the trades' columns takes.

#include <cmath>
#include <cstdio>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "engine/map_builder.hpp"
#include "harness.hpp"
#include "map/ensemble_column.hpp"

namespace faultline::bench {
namespace {

constexpr std::size_t kTrades = 10'000'000;
constexpr std::size_t kBatchRows = 65'536;
constexpr int kRounds = 7;
constexpr std::size_t kDistances = 104;

// A day of trades and an open interest every five minutes, in batches as the store would deliver
// them.
struct Day {
  std::vector<ColumnBatch> trades;
  ColumnBatch interest{EventKind::kOpenInterest};
};

Day make_day(std::size_t trade_count) {
  Day day;
  Rng rng(2);
  const std::int64_t begin = 1'764'547'200'000'000'000;
  double price = 900'000.0;  // ticks
  for (std::size_t first = 0; first < trade_count; first += kBatchRows) {
    ColumnBatch& batch = day.trades.emplace_back(EventKind::kTrade);
    const std::size_t count = std::min(kBatchRows, trade_count - first);
    for (Column& column : batch.columns) column.values.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      price *=
          1.0 + 8e-6 * (rng.uniform() - 0.5) * std::sqrt(1e7 / static_cast<double>(trade_count));
      const double share = static_cast<double>(first + i) / static_cast<double>(trade_count);
      batch.columns[0].values[i] =
          begin + static_cast<std::int64_t>(share * static_cast<double>(kDay.value));
      batch.columns[1].values[i] = std::llround(price);
      batch.columns[2].values[i] = 1 + static_cast<std::int64_t>(rng.below(40));
      batch.columns[3].values[i] = static_cast<std::int64_t>(rng.below(2));
      batch.columns[4].values[i] = static_cast<std::int64_t>(first + i);
    }
  }
  std::int64_t oi = 80'000'000;
  for (std::int64_t step = 0; step <= 288; ++step) {
    oi += static_cast<std::int64_t>(rng.below(200'001)) - 100'000;
    day.interest.columns[0].values.push_back(begin + step * 5 * kMinute.value);
    day.interest.columns[1].values.push_back(oi);
  }
  return day;
}

// Lends batches without copying them, and takes them back.
class LendingReader final : public ColumnReader {
 public:
  explicit LendingReader(std::vector<ColumnBatch>& batches) : batches_(batches) {}
  ~LendingReader() override = default;

  Outcome<bool> next(ColumnBatch& batch) override {
    if (lent_ > 0) std::swap(batch, batches_[lent_ - 1]);
    if (lent_ == batches_.size()) {
      batch.clear();
      return false;
    }
    std::swap(batch, batches_[lent_]);
    ++lent_;
    return true;
  }

 private:
  std::vector<ColumnBatch>& batches_;
  std::size_t lent_ = 0;
};

class OneBatchReader final : public ColumnReader {
 public:
  explicit OneBatchReader(const ColumnBatch& batch) : batch_(batch) {}

  Outcome<bool> next(ColumnBatch& batch) override {
    batch.clear();
    if (is_done_) return false;
    batch = batch_;
    is_done_ = true;
    return true;
  }

 private:
  const ColumnBatch& batch_;
  bool is_done_ = false;
};

// Reads the four columns that the map needs: the floor.
std::int64_t read_columns(const Day& day) {
  std::int64_t sum = 0;
  for (const ColumnBatch& batch : day.trades) {
    for (std::size_t column = 0; column < 4; ++column) {
      for (const std::int64_t value : batch.columns[column].values) sum += value;
    }
  }
  return sum;
}

struct MapResult {
  double total_usd = 0.0;
  std::size_t columns = 0;
  std::size_t state_bytes = 0;
};

MapResult make_map(Day& day) {
  StepSources sources;
  sources.trades = std::make_unique<LendingReader>(day.trades);
  sources.open_interest = std::make_unique<OneBatchReader>(day.interest);
  const InstrumentSpec spec;
  StepBuilder steps(spec, std::move(sources), StepOptions{.length = Nanos(5 * kMinute.value)});
  DensityConfig config;
  config.distance_bins = kDistances;
  PositionDensity density(config, {});
  MarketStep step;
  MapResult result;
  while (*steps.next(step)) {
    density.advance(step);
    const MapColumn column = make_column(density, spec, step.end, step.close);
    result.total_usd += column.total_usd(Side::kLong);
    ++result.columns;
  }
  result.state_bytes = density.memory_bytes();
  return result;
}

}  // namespace

bool run_latent_map() {
  Day day = make_day(kTrades);
  Day small = make_day(kTrades / 10);
  MapResult result;
  volatile std::int64_t sink = 0;
  std::vector<Contestant> contestants{
      {"read 4 columns (floor)", [&] { sink = sink + read_columns(day); }},
      {"latent map, 104 distances, 288 columns", [&] { result = make_map(day); }},
      {"the same from a tenth of the trades", [&] { make_map(small); }},
  };
  take_turns(contestants, kRounds);
  std::printf("latent_map: %zu trades in memory, one thread\n", kTrades);
  print_times(contestants, static_cast<double>(kTrades), "trades");
  const double bytes = static_cast<double>(kTrades) * 32.0;
  std::printf("  floor %.1f GB/s, map %.1f GB/s of columns; %zu columns\n",
              bytes / contestants[0].median() * 1e-9, bytes / contestants[1].median() * 1e-9,
              result.columns);
  std::printf("  state: %.2f MB after 1e7 trades, %.2f MB after 1e6\n",
              static_cast<double>(result.state_bytes) * 1e-6,
              static_cast<double>(make_map(small).state_bytes) * 1e-6);
  return print_ratio("share of the column-read bandwidth", contestants[0], contestants[1], 0.20);
}

}  // namespace faultline::bench
