#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/progress.hpp"
#include "engine/step_builder.hpp"

namespace faultline {

// The recorded world on which maps are scored: every step of an instrument, and one row for every
// interval of a liquidation feed that reports totals ("hour" below, whatever its length is).
//
//   store ──> steps ──> hours: prices, volume, open interest, path measures, what was liquidated
//
// Why a copy in memory: each map and each baseline runs over the same steps, many times.
// Units: prices in quote currency, amounts in native units of the instrument, money in USD.

struct SkillHour {
  UnixNanos begin{};
  std::size_t first_step = 0;  // of SkillData::steps
  double open = 0.0;
  double high = 0.0;
  double low = 0.0;
  double close = 0.0;
  double volume = 0.0;
  double oi_begin = 0.0;
  double oi_end = 0.0;
  double realised_volatility = 0.0;  // root of the sum of squared log returns of its steps
  double drawdown = 0.0;             // largest fall from an earlier high of the hour, log price
  double run_up = 0.0;               // largest rise from an earlier low of the hour, log price
  // By side, as the feed reported; absent where it was not recorded, which is not a zero.
  std::array<std::optional<double>, 2> liquidated_usd{};
};

struct SkillRequest {
  InstrumentId instrument;    // prices, volume and open interest
  InstrumentId liquidations;  // totals by side
};

struct SkillData {
  InstrumentSpec spec;
  Nanos step_length{};
  Nanos hour_length{};
  std::size_t steps_per_hour = 0;
  std::vector<MarketStep> steps;  // without a hole in time
  // Invariant: in order, each made of whole steps with recorded open interest; there may be holes.
  std::vector<SkillHour> hours;
};

// The steps from `first` on as one hour, without what was liquidated.
// Requires: steps_per_hour of them (checked).
SkillHour make_skill_hour(const SkillData& data, std::size_t first);

inline constexpr std::size_t kSkillStepsMax = 4'000'000;

// Reads everything that is recorded of the two. Where prices begin before open interest does, its
// first value is held back to them: that warms the maps up, and no hour there is scored.
//
// Errors: kNoData (no steps, no open interest, or no totals of one length), kBadRequest (the
// totals are no whole number of steps; an inverse contract, whose volume is not in coins),
// kLimit beyond kSkillStepsMax steps, kCancelled, and what the store returns.
Outcome<SkillData> load_skill_data(const Store& store, const SkillRequest& request,
                                   const ProgressFn& report);

}  // namespace faultline
