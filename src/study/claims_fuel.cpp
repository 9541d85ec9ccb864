#include "study/claims_fuel.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.hpp"
#include "study/claims_measures.hpp"
#include "study/recovery_oracle.hpp"

namespace faultline {
namespace {

constexpr std::size_t kDraws = 8;
constexpr auto kFuelBins = static_cast<std::size_t>(kFuelReach / kRecoveryBin + 0.5);

std::size_t rows_before(std::span<const std::int64_t> times, UnixNanos time) {
  return static_cast<std::size_t>(std::ranges::upper_bound(times, time.value) - times.begin());
}

// Marks from the snapshot to the moment, both included.
struct MarkRange {
  double low = 0.0;
  double high = 0.0;
  double last = 0.0;
};

MarkRange marks_between(const VenueTape& tape, UnixNanos from, UnixNanos to) {
  const auto times = tape.marks.column("time");
  const auto marks = tape.marks.column("mark_e9");
  const std::size_t end = rows_before(times, to);
  FAULTLINE_CHECK(end > 0);
  MarkRange range;
  range.last = to_double_approx(PriceE9(marks[end - 1]));
  range.low = range.high = range.last;
  for (std::size_t row = end; row-- > 0 && times[row] >= from.value;) {
    const double mark = to_double_approx(PriceE9(marks[row]));
    range.low = std::min(range.low, mark);
    range.high = std::max(range.high, mark);
  }
  return range;
}

// Lots that were taken from accounts of a side in [from, to).
std::map<AccountIndex, std::int64_t> taken_between(const VenueTape& tape, UnixNanos from,
                                                   UnixNanos to, Side side) {
  std::map<AccountIndex, std::int64_t> taken;
  for (const LiquidationRecord& one : tape.forced)
    if (one.time >= from && one.time < to && one.side == side) taken[one.account] += one.lots.value;
  for (const DeleverageRecord& one : tape.deleveraged)
    if (one.time >= from && one.time < to && one.side == side) taken[one.account] += one.lots.value;
  return taken;
}

double left_of_snapshot(const VenueTape& tape, UnixNanos snapshot, UnixNanos time, Side side) {
  static const std::size_t kLiquidation =
      column_index(EventKind::kPosition, "liquidation_price_e9");
  const ColumnBatch& truth = tape.positions;
  const auto times = truth.column("time");
  const MarkRange range = marks_between(tape, snapshot, time);
  auto taken = taken_between(tape, snapshot, time, side);
  double sum = 0.0;
  for (std::size_t row = rows_before(times, snapshot); row-- > 0 && times[row] == snapshot.value;) {
    if (static_cast<Side>(truth.column("side")[row]) != side) continue;
    if (!truth.columns[kLiquidation].has(row)) continue;
    const double price = to_double_approx(PriceE9(truth.columns[kLiquidation].values[row]));
    const bool is_passed = side == Side::kLong ? range.low <= price : range.high >= price;
    const double distance = sign(side) * std::log(range.last / price);
    if (is_passed || distance >= kFuelReach) continue;
    const std::int64_t lots = truth.column("qty")[row];
    const auto account = static_cast<AccountIndex>(truth.column("account_id")[row] - 1);
    const std::int64_t left = std::max<std::int64_t>(0, lots - taken[account]);
    const double usd = 1e-6 * static_cast<double>(truth.column("position_usd_e6")[row]);
    sum += usd * static_cast<double>(left) / static_cast<double>(lots);
  }
  return sum;
}

// In the mean over what the holders' laws may have drawn.
double opened_since(const VenueTape& tape, const MarketConfig& config, UnixNanos snapshot,
                    UnixNanos time, Side side) {
  VenueTape recent;
  recent.instrument = tape.instrument;
  for (const EntryRecord& entry : tape.entries)
    if (entry.time >= snapshot && entry.time < time && entry.side == side)
      recent.entries.push_back(entry);
  if (recent.entries.empty()) return 0.0;
  const auto times = tape.marks.column("time");
  const auto copy = [](const ColumnBatch& from, std::size_t row, ColumnBatch& to) {
    std::vector<std::optional<std::int64_t>> cells;
    for (const Column& column : from.columns)
      cells.push_back(column.has(row) ? std::optional(column.values[row]) : std::nullopt);
    to.append(cells);
  };
  for (std::size_t row = 0; row < times.size() && times[row] <= time.value; ++row)
    if (times[row] >= snapshot.value) copy(tape.marks, row, recent.marks);
  // The oracle asks for known positions at its times and finds one that nobody can liquidate.
  std::vector<std::optional<std::int64_t>> nobody(recent.positions.columns.size());
  for (const Column& column : tape.positions.columns) {
    const auto index = static_cast<std::size_t>(&column - tape.positions.columns.data());
    if (column.has(0)) nobody[index] = column.values[0];
  }
  nobody[column_index(EventKind::kPosition, "time")] = time.value;
  nobody[column_index(EventKind::kPosition, "liquidation_price_e9")] = std::nullopt;
  recent.positions.append(nobody);
  const double mark = marks_between(tape, snapshot, time).last;
  const auto sides = redrawn_intensity(recent, config, 0, {.times = {time}, .marks = {mark}},
                                       {.draws = kDraws, .seed = config.seed});
  double sum = 0.0;
  for (std::size_t bin = 0; bin < kFuelBins; ++bin) sum += sides[0][index_of(side)][bin];
  return sum;
}

}  // namespace

double fuel_ahead_usd(const VenueTape& tape, const MarketConfig& config, UnixNanos time,
                      Side side) {
  const auto times = tape.positions.column("time");
  const std::size_t end = rows_before(times, time);
  FAULTLINE_CHECK(end > 0);
  const UnixNanos snapshot(times[end - 1]);
  return left_of_snapshot(tape, snapshot, time, side) +
         opened_since(tape, config, snapshot, time, side);
}

std::vector<FuelAhead> fuel_of_episodes(const MarketConfig& config, const VenueTape& tape,
                                        const MarketFacts& facts) {
  std::vector<FuelAhead> out;
  for (const Episode& episode : large_episodes_of(facts))
    out.push_back({.time = episode.from,
                   .side = episode.side,
                   .usd = fuel_ahead_usd(tape, config, episode.from, episode.side)});
  return out;
}

}  // namespace faultline
