#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stats/design.hpp"
#include "study/map_sweeps.hpp"
#include "study/skill_data.hpp"

namespace faultline {

// Hours on which everything is known, with the features of the baselines.
//
// Conditional skill: given the map before the hour and the price path inside it, how much is
// liquidated on each side? So features of the hour's own path are allowed in every contestant
// alike; it is a score of the map, not a forecast. Everything else is known before the hour.

// Features of price, volume and interest, without any map. Names of the published ladder.
enum class Geometry : std::uint8_t {
  kRange,         // b1: the range on the side's own side
  kFrozen,        // b1ga: + fresh ground beyond earlier extremes, volatility, past liquidations
  kFrozenSpline,  // b1gs: b1ga with hinges in the range
  kInHour,        // b1da: b1ga + drawdown, volume and interest of the hour itself
  kInHourSpline,  // b1ds: b1da with hinges in range and drawdown
};

struct SkillRows {
  std::vector<std::size_t> hours;  // of SkillData::hours, by row
  std::vector<std::int64_t> days;  // UTC day number, by row
  // Log range on each side's own side: from the open down to the low, up to the high.
  std::array<std::vector<double>, 2> reach{};
  std::array<std::vector<double>, 2> liquidated_usd{};
  std::array<std::vector<double>, 2> target{};  // ln(1 + liquidated_usd)
  std::vector<double> open_price;
  // Of one hour, log price: that of the day before, over the root of its hours.
  std::vector<double> volatility;

  std::size_t size() const { return hours.size(); }
};

class SkillFeatures {
 public:
  // Requires: data with hours in order. Cost: one pass, and 168 hours of memory a row.
  explicit SkillFeatures(const SkillData& data);

  const SkillRows& rows() const { return rows_; }
  // Time of day (two harmonics) and the day-of-week mark of the frozen protocol.
  const DesignMatrix& season() const { return season_; }
  DesignMatrix geometry(Side side, Geometry kind) const;

 private:
  std::array<DesignMatrix, 2> frozen_{};   // b1ga
  std::array<DesignMatrix, 2> in_hour_{};  // what b1da adds
  std::array<std::vector<double>, 2> drawdown_{};
  SkillRows rows_;
  DesignMatrix season_;
};

// ln(1e4·max(x, 0) + 1): a move in basis points on a log scale.
double log_move(double x);

// Mass that the hour's range reached, in kSweepUnitUsd: of the map at the hour's begin at the
// hour's open price, or of the map as it was updated with every step.
enum class MapVariant : std::uint8_t { kFrozen, kInHour };
std::array<std::vector<double>, 2> crossed_mass(const SkillRows& rows, const MapSweeps& sweeps,
                                                MapVariant variant);

// Mass of the frozen map within `distance` of the open, in kSweepUnitUsd.
std::array<std::vector<double>, 2> near_mass(const SkillRows& rows, const MapSweeps& sweeps,
                                             double distance);

}  // namespace faultline
