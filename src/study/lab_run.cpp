#include "study/lab_run.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "store/files.hpp"
#include "store/store.hpp"
#include "study/live_map.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kScenarioBytesMax = std::uint64_t{1} << 20;

// The truth of one venue within the reach of the comparison, at the end of the run.
void add_truth(const VenueTape& tape, double mark, NearComparison& out) {
  const ColumnBatch& truth = tape.positions;
  if (truth.row_count() == 0) return;
  const std::int64_t end = truth.columns[0].values.back();
  const std::size_t liquidation = column_index(EventKind::kPosition, "liquidation_price_e9");
  const auto usd = truth.column("position_usd_e6");
  for (std::size_t row = 0; row < truth.row_count(); ++row) {
    if (truth.columns[0].values[row] != end || !truth.columns[liquidation].has(row)) continue;
    const auto side = static_cast<Side>(truth.columns[2].values[row]);
    const double price = to_double_approx(PriceE9(truth.columns[liquidation].values[row]));
    const bool is_ahead = side == Side::kLong ? price <= mark : price >= mark;
    if (!is_ahead || std::abs(price / mark - 1.0) > out.reach) continue;
    out.true_usd[index_of(side)] += 1e-6 * static_cast<double>(usd[row]);
  }
}

MapRequest request_for(const LabRunOptions& options, std::span<const VenueTape> tapes) {
  MapRequest request;
  request.instrument = tapes[0].instrument.id;
  for (const VenueTape& tape : tapes.subspan(1)) request.also.push_back(tape.instrument.id);
  request.column_interval = Nanos(5 * kMinute.value);
  request.filter.members = options.members;
  request.to = options.config.begin + options.config.length;
  request.from = *request.to - std::min(options.shown, options.config.length);
  return request;
}

double sum_from(const std::map<std::int64_t, double>& by_minute, std::int64_t first) {
  double sum = 0.0;
  const auto end = by_minute.lower_bound(first + kWorstMinutes);
  for (auto at = by_minute.lower_bound(first); at != end; ++at) sum += at->second;
  return sum;
}

}  // namespace

Outcome<Scenario> read_scenario(const std::string& path) {
  const Outcome<std::string> text = read_whole_file(path, kScenarioBytesMax);
  if (!text) return text.error();
  return parse_scenario(*text, path);
}

ForcedTotals forced_totals(std::span<const VenueTape> tapes, UnixNanos from) {
  ForcedTotals totals;
  std::map<std::int64_t, double> by_minute;
  std::vector<const LiquidationRecord*> deleveraged;
  std::map<std::int64_t, double> deleveraged_by_minute;
  for (const VenueTape& tape : tapes) {
    const LabContract contract = LabContract::of(tape.instrument).value();
    for (const LiquidationRecord& record : tape.forced) {
      if (record.time < from) continue;
      const double usd = contract.usd_of_money(record.value, record.mark);
      totals.usd[index_of(record.side)] += usd;
      (record.kind == ForcedKind::kBook       ? totals.book_usd
       : record.kind == ForcedKind::kTakeover ? totals.takeover_usd
                                              : totals.deleveraged_usd) += usd;
      ++totals.steps;
      by_minute[record.time.value / kMinute.value] += usd;
      if (record.kind != ForcedKind::kDeleveraged) continue;
      deleveraged.push_back(&record);
      deleveraged_by_minute[record.time.value / kMinute.value] += usd;
    }
  }
  for (const auto& [minute, usd] : by_minute) {
    if (usd <= totals.busiest_minute_usd) continue;
    totals.busiest_minute_usd = usd;
    totals.busiest_minute = UnixNanos(minute * kMinute.value);
  }
  for (const auto& [minute, usd] : by_minute) {
    const double sum = sum_from(by_minute, minute);
    if (sum <= totals.worst_usd) continue;
    totals.worst_usd = sum;
    totals.worst_begin = UnixNanos(minute * kMinute.value);
    totals.worst_deleveraged_usd = sum_from(deleveraged_by_minute, minute);
  }
  const UnixNanos worst_end = totals.worst_begin + Nanos(kWorstMinutes * kMinute.value);
  for (const LiquidationRecord* record : deleveraged) {
    if (record->time < totals.worst_begin || record->time >= worst_end) continue;
    const Nanos after = record->time - totals.worst_begin;
    if (!totals.worst_first_deleveraging || after < *totals.worst_first_deleveraging)
      totals.worst_first_deleveraging = after;
  }
  return totals;
}

Outcome<LabRun> run_lab(const LabRunOptions& options, const ProgressFn& report) {
  const std::string store_folder = options.folder + "/store";
  if (Outcome<void> fine = check_lab_store(store_folder); !fine) return fine.error();
  const MapSource maps = live_map_source(kReaderMap);
  const Outcome<MarketRun> market = simulate_market(options.config, report, maps);
  if (!market) return market.error();
  if (Outcome<void> made = make_folders(options.folder); !made) return made.error();
  const std::string source = options.name + " seed " + std::to_string(options.config.seed);
  const auto rows = write_lab_store(store_folder, market->venues, source, report);
  if (!rows) return rows.error();
  const Outcome<std::unique_ptr<Store>> store = Store::open(store_folder, StoreMode::kRead);
  if (!store) return store.error();
  const MapRequest request = request_for(options, market->venues);
  Outcome<LiquidationMap> map = build_map(**store, request, report);
  if (!map) return map.error();
  LabRun run;
  run.map = std::move(map).value();
  run.rows_stored = rows->stored;
  run.trade_digest = market->trade_digest;
  run.events = market->event_count;
  run.maps_shown = market->map_count;
  for (const VenueTape& tape : market->venues) run.trades += tape.trades.row_count();
  for (std::size_t i = 0; i < run.near.size(); ++i) {
    const NearSum& estimate = run.map.columns.back().near[i];
    run.near[i] = {.reach = estimate.reach, .true_usd = {}, .estimated_usd = estimate.usd};
    for (const VenueTape& tape : market->venues)
      add_truth(tape, run.map.columns.back().mark, run.near[i]);
  }
  run.forced = forced_totals(market->venues, *request.from);
  return run;
}

}  // namespace faultline
