#include "map/leverage_heatmap.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "map/map_column.hpp"

namespace faultline {
namespace {

constexpr std::size_t kCellsMax = std::size_t{1} << 28;
// Columns that span more prices than this are summed trade by trade.
constexpr std::uint64_t kHistogramTicksMax = std::uint64_t{1} << 20;

// Where one leverage puts one side: so far from the entry in log price.
struct Target {
  Side side;
  double log_shift;
  double weight;
};

std::vector<Target> targets_of(const std::vector<LeverageWeight>& leverages) {
  std::vector<Target> targets;
  for (const Side side : {Side::kLong, Side::kShort}) {
    for (const auto& [leverage, weight] : leverages) {
      FAULTLINE_CHECK(leverage > 1.0 && std::isfinite(weight));
      targets.push_back({side, std::log(1.0 - sign(side) / leverage), weight});
    }
  }
  return targets;
}

struct TickRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

TickRange range_of(std::span<const std::int64_t> ticks) {
  TickRange range{ticks.front(), ticks.front()};
  for (const std::int64_t tick : ticks) {
    range.least = std::min(range.least, tick);
    range.most = std::max(range.most, tick);
  }
  return range;
}

bool never_falls(std::span<const std::int64_t> times) {
  bool falls = false;
  for (std::size_t i = 1; i < times.size(); ++i) falls = falls | (times[i] < times[i - 1]);
  return !falls;
}

std::int32_t row_of_log(double log_price) {
  return static_cast<std::int32_t>(std::floor(log_price / kRowLog));
}

// Puts entries into the cells of one column after the other.
class Painter {
 public:
  Painter(const InstrumentSpec& spec, std::vector<Target> targets, LeverageHeatmap& map)
      : spec_(spec),
        targets_(std::move(targets)),
        map_(map),
        tick_(to_double_approx(spec.tick_size)) {}

  // Sets the rows so that every entry in the range has its targets inside, with a row to spare:
  // neighbouring logarithms may be rounded the other way round.
  void set_rows(TickRange range) {
    const auto [nearest, farthest] =
        std::ranges::minmax(targets_, {}, [](const Target& target) { return target.log_shift; });
    map_.first_row = row_of_log(log_of(range.least) + nearest.log_shift) - 1;
    const std::int32_t last_row = row_of_log(log_of(range.most) + farthest.log_shift) + 1;
    map_.row_count = static_cast<std::size_t>(last_row - map_.first_row) + 1;
    FAULTLINE_CHECK(map_.row_count * map_.column_count <= kCellsMax);
    for (auto& cells : map_.naive_notional_usd) cells.assign(map_.row_count * map_.column_count, 0);
  }

  void add_trades(std::size_t column, std::span<const std::int64_t> ticks,
                  std::span<const std::int64_t> qty) {
    const TickRange range = range_of(ticks);
    const auto span = static_cast<std::uint64_t>(range.most - range.least);
    if (span >= kHistogramTicksMax) {
      for (std::size_t i = 0; i < ticks.size(); ++i) add_entry(column, ticks[i], qty[i]);
      return;
    }
    // Trades of one price come in rows: they take turns, so that an addition need not wait for the
    // one before it.
    histogram_.assign(2 * (span + 1), 0);
    std::uint64_t* sums = histogram_.data();
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      const auto at = static_cast<std::size_t>(ticks[i] - range.least);
      sums[2 * at + i % 2] += static_cast<std::uint64_t>(qty[i]);
    }
    for (std::size_t at = 0; at <= span; ++at) {
      const auto sum = static_cast<std::int64_t>(sums[2 * at] + sums[2 * at + 1]);
      if (sum != 0) add_entry(column, range.least + static_cast<std::int64_t>(at), sum);
    }
  }

 private:
  double log_of(std::int64_t ticks) const { return std::log(static_cast<double>(ticks) * tick_); }

  void add_entry(std::size_t column, std::int64_t ticks, std::int64_t qty) {
    const double log_entry = log_of(ticks);
    const double usd = notional_approx(Qty(qty), static_cast<double>(ticks) * tick_, spec_);
    const std::size_t first_cell = column * map_.row_count;
    for (const Target& target : targets_) {
      const std::int32_t row = row_of_log(log_entry + target.log_shift);
      map_.naive_notional_usd[index_of(target.side)]
                             [first_cell + static_cast<std::size_t>(row - map_.first_row)] +=
          usd * target.weight;
    }
  }

  const InstrumentSpec& spec_;
  std::vector<Target> targets_;
  LeverageHeatmap& map_;
  double tick_;
  std::vector<std::uint64_t> histogram_;
};

}  // namespace

std::span<const double> LeverageHeatmap::column(Side side, std::size_t column) const {
  FAULTLINE_CHECK(column < column_count);
  return std::span(naive_notional_usd[index_of(side)]).subspan(column * row_count, row_count);
}

LeverageHeatmap make_leverage_heatmap(const TradeColumns& trades, const InstrumentSpec& spec,
                                      const LeverageHeatmapOptions& options) {
  const std::span<const std::int64_t> times = trades.time;
  FAULTLINE_CHECK(times.size() == trades.price_ticks.size() && times.size() == trades.qty.size());
  FAULTLINE_CHECK(options.column_length.value > 0 && options.column_count > 0 &&
                  options.column_count <= kCellsMax && !options.leverages.empty());
  std::int64_t last_end = 0;
  FAULTLINE_CHECK(!__builtin_mul_overflow(options.column_length.value,
                                          static_cast<std::int64_t>(options.column_count),
                                          &last_end) &&
                  !__builtin_add_overflow(options.begin.value, last_end, &last_end));
  FAULTLINE_CHECK(never_falls(times));
  LeverageHeatmap map;
  map.column_count = options.column_count;
  // The trades are in the order of time, so a column is a run of them.
  const auto trade_at = [&](std::size_t column) {
    const std::int64_t begin =
        options.begin.value + static_cast<std::int64_t>(column) * options.column_length.value;
    return static_cast<std::size_t>(std::ranges::lower_bound(times, begin) - times.begin());
  };
  const std::size_t first = trade_at(0);
  const std::size_t end = trade_at(options.column_count);
  if (first == end) return map;
  const TickRange range = range_of(trades.price_ticks.subspan(first, end - first));
  FAULTLINE_CHECK(range.least >= 1);
  Painter painter(spec, targets_of(options.leverages), map);
  painter.set_rows(range);
  std::size_t begin = first;
  for (std::size_t column = 0; column < options.column_count; ++column) {
    const std::size_t next = trade_at(column + 1);
    if (next > begin) {
      painter.add_trades(column, trades.price_ticks.subspan(begin, next - begin),
                         trades.qty.subspan(begin, next - begin));
    }
    begin = next;
  }
  return map;
}

}  // namespace faultline
