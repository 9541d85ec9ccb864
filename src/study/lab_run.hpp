#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.hpp"
#include "engine/map_builder.hpp"
#include "lab/market.hpp"
#include "lab/scenario.hpp"
#include "study/lab_store.hpp"

namespace faultline {

// A simulated market taken through the whole product: lab ──> recorded form ──> store ──> map, and
// the truth beside it. The one place where the two meet.

struct LabRunOptions {
  std::string folder;  // gets store/ and what the caller writes
  std::string name = "lab";
  std::string about{};
  MarketConfig config{};
  Nanos shown = kDay;  // the last part of the run; what comes before it warms the map up
  std::size_t members = 1;
};

// How much waits near the price: what the lab knows and what the map says. USD at the mark, by
// Side.
struct NearComparison {
  double reach = 0.0;  // of the mark, on the side's own side
  std::array<double, 2> true_usd{};
  std::array<SumInterval, 2> estimated_usd{};  // density_interval; with one member all are one
};

// What was liquidated in the shown part, by Side, as the lab knows it: not as a feed prints it.
struct ForcedTotals {
  std::array<double, 2> usd{};
  double book_usd = 0.0;
  double takeover_usd = 0.0;
  double deleveraged_usd = 0.0;
  std::uint64_t steps = 0;
  UnixNanos busiest_minute{};
  double busiest_minute_usd = 0.0;
  // The worst stretch of so many whole minutes, and when in it the first account was deleveraged.
  UnixNanos worst_begin{};
  double worst_usd = 0.0;
  double worst_deleveraged_usd = 0.0;
  std::optional<Nanos> worst_first_deleveraging{};
};
inline constexpr std::int64_t kWorstMinutes = 12;

struct LabRun {
  LiquidationMap map;
  std::array<NearComparison, kNearReaches.size()> near;
  ForcedTotals forced;
  std::uint64_t trades = 0;  // recorded ones
  std::uint64_t rows_stored = 0;
  std::uint64_t trade_digest = 0;
  std::uint64_t events = 0;
  std::uint64_t maps_shown = 0;  // to readers inside the market
};

// Simulates, stores what the venues published, and builds the map of all of them from that alone.
//
// Errors: those of simulate_market(), write_lab_store() and build_map().
// Invariant: the same options give the same map (its state_hash), on one binary.
Outcome<LabRun> run_lab(const LabRunOptions& options, const ProgressFn& report);

// Errors: those of the file and of parse_scenario(), with the file's name; kLimit beyond 1 MB.
Outcome<Scenario> read_scenario(const std::string& path);

// Sums what the tapes know from `from` on.
ForcedTotals forced_totals(std::span<const VenueTape> tapes, UnixNanos from);

}  // namespace faultline
