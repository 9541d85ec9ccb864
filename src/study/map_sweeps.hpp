#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infer/position_density.hpp"
#include "study/skill_data.hpp"

namespace faultline {

// What a map says about every hour of SkillData, in the form in which maps are compared.
//
//   frozen   the map at the hour's begin: mass within a distance of the price, on a grid
//   in-hour  the map updated with every step of the hour: mass that the price crossed
//
// Units: native units of the instrument by Side; `distance` in log price from the hour's open.

// Distances at which the frozen map is kept: 2 bp to 25 %, log-spaced from 10 bp.
std::span<const double> sweep_grid();

struct HourSweep {
  // Mass between the open and each distance of sweep_grid(), on the side's own side of the price.
  // Empty where the map did not exist yet.
  std::array<std::vector<double>, 2> within{};
  // Of the steps of the hour: the sum of what each crossed, of its root, and the largest. Money at
  // the step's open price, in units of kSweepUnitUsd.
  std::array<double, 2> crossed{};
  std::array<double, 2> crossed_root{};
  std::array<double, 2> crossed_max{};
  std::array<double, 2> stock{};  // of the whole map at the hour's begin

  // One step's crossed money.
  void add(std::size_t side, double usd);
};

struct MapSweeps {
  std::string name;
  std::vector<HourSweep> hours;           // one for each of SkillData::hours
  double stock_error_max = 0.0;           // |stock − open interest| / open interest, at hours
  std::array<double, 2> crossed_total{};  // USD over all hours, at unit observation factor
};

inline constexpr double kSweepUnitUsd = 1e4;

// Mass within `distance`: linear between the points of the grid, zero at zero, held beyond it; zero
// of an empty `within`.
double mass_within(std::span<const double> within, double distance);
double mass_within(const HourSweep& hour, Side side, double distance);

// The maps that were published or are in common use, and the reference that ours has to beat. Their
// definitions, numbers included, are those under which they were measured (docs/studies).
enum class BaselineMap : std::uint8_t {
  kOpenLiquidationMap,  // b3: half the volume at fixed 1, 2, 4, 10 %; never erased
  kFixedLeverage,       // b4: rises of open interest at 5..100x; erased when crossed
  kVolumeLeverage,      // b5: weighted volume at 10..100x with half-lives; erased
  kKernelInterest,      // b6: rises of open interest over a log-normal kernel, closing with falls
  kConstantOpenings,    // b7c: the same amount opened at every step: the price path alone
  kIdentityReference,   // p_w3: accounting identity, three patience classes, stock = interest
};
inline constexpr std::size_t kBaselineMapCount = 6;
std::string_view name_of(BaselineMap map);

// Maps that hold the same money in the wrong place. What a score gains from one of them it does not
// owe to the map. Each is read with the same updates inside the hour as the map itself.
enum class MapPlacebo : std::uint8_t {
  kNone,
  kMirrored,  // each side reads the other side's mass, mirrored at the step's open price
  kShifted,   // the map of seven days before, moved along with the price
  kShuffled,  // entries stand at the prices of an earlier step, drawn from the three days before
};
std::string_view name_of(MapPlacebo placebo);

struct SweepOptions {
  MapPlacebo placebo = MapPlacebo::kNone;
  std::uint64_t seed = 7;  // of the draws of kShuffled
};

// Cost: about 50 ns a step and component.
MapSweeps sweep_baseline(const SkillData& data, BaselineMap map, const SweepOptions& options = {});

// The map of this program, mean over `members` (none: the central one).
// Invariant: the stock equals the open interest at every step (checked by PositionDensity).
// Cost: that of the steps; mirrored and shifted placebos read a profile at every step, about 0.1
// ms.
MapSweeps sweep_density(const SkillData& data, const DensityConfig& config,
                        std::vector<MemberParameters> members = {},
                        const SweepOptions& options = {});

}  // namespace faultline
