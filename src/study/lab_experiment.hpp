#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/progress.hpp"
#include "lab/market_config.hpp"
#include "study/recovery_scores.hpp"

namespace faultline {

// Truth and estimate at the end of one hour of a simulated market. Money in USD, by Side.
struct ExperimentHour {
  UnixNanos time{};
  double mark = 0.0;
  double open_interest_usd = 0.0;
  RecoverySides truth{};  // the positions, by distance of their liquidation from the mark
  RecoverySides mean{};   // the estimate of them: density_interval
  RecoverySides p10{};
  RecoverySides p90{};
  // Within 5 %: Σ|mean − truth| / Σ truth; absent where nothing is there. 0: equal.
  std::optional<double> relative_l1{};
  // In the hour: what was liquidated, what feeds printed of it, and what was expected of them.
  std::array<double, 2> true_liquidated_usd{};
  std::array<double, 2> printed_usd{};
  std::array<double, 2> expected_liquidation_usd{};
};

// A simulated market with the estimator beside it, hour by hour: what a person watches while
// `study recovery` is what is published.
//
//   LabMarket ──┬─ public columns ──> VenueRun ──> estimate ─┬─> ExperimentHour
//               └─ positions, forced orders ─────────────────┘
//
// Deterministic. Thread safety: none. Cost: that of the market, and some 10 ms an hour of it with
// 64 members.
class LabExperiment {
 public:
  struct Options {
    MarketConfig market{};
    std::size_t members = 64;
    std::uint64_t seed = 1;  // of the ensemble
  };
  // Runs the warm-up. Errors: those of LabMarket::open() and advance_to(); kBadRequest for a market
  // shorter than an hour; kCancelled when `report` says so.
  static Outcome<LabExperiment> open(const Options& options, const ProgressFn& report);
  LabExperiment(LabExperiment&&) noexcept;
  LabExperiment& operator=(LabExperiment&&) noexcept;
  ~LabExperiment();

  std::size_t hour_count() const;
  std::size_t hours_done() const;
  // The next hour. Requires: hours_done() < hour_count() (checked). Errors: those of the market and
  // the estimator; kCancelled.
  Outcome<ExperimentHour> next(const ProgressFn& report);

 private:
  class State;
  explicit LabExperiment(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace faultline
