#include "study/map_sweeps.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"
#include "study/sweep_recorder.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr std::size_t kLogSpaced = 56;

std::vector<double> make_grid() {
  std::vector<double> grid{2e-4, 4e-4, 6e-4, 8e-4};
  const double step = std::log(0.25 / 1e-3) / static_cast<double>(kLogSpaced - 1);
  for (std::size_t i = 0; i < kLogSpaced; ++i)
    grid.push_back(1e-3 * std::exp(step * static_cast<double>(i)));
  return grid;
}

// Cumulates rows of equal width outward from the price and reads them off at the grid.
std::vector<double> cumulate(std::span<const double> outward, double first_width, double width) {
  std::vector<double> out;
  double sum = 0.0;
  double reached = 0.0;
  std::size_t i = 0;
  for (const double distance : sweep_grid()) {
    double next = i == 0 ? first_width : width;
    while (i < outward.size() && reached + next <= distance) {
      sum += outward[i];
      reached += next;
      ++i;
      next = width;
    }
    const double part =
        i < outward.size() && next > 0.0 ? outward[i] * (distance - reached) / next : 0.0;
    out.push_back(sum + part);
  }
  return out;
}

// Rows of the density between the price and the end of the grid, from the price outward.
std::vector<double> within_density(const PositionDensity& density, Side side, double log_price) {
  const double bin = density.config().entry_bin;
  const auto count = static_cast<std::size_t>(std::ceil(sweep_grid().back() / bin)) + 1;
  const double base = std::floor(log_price / bin) * bin;
  const double into = log_price - base;
  // Longs wait below: their rows end with the price's own bin, shorts' rows begin with it.
  const double begin = side == Side::kLong ? base - static_cast<double>(count - 1) * bin : base;
  Profile profile;
  for (std::size_t m = 0; m < density.member_count(); ++m)
    density.add_profile(side, m, {.log_begin = begin, .row_log = bin, .row_count = count}, profile);
  std::vector<double> rows = std::move(profile.rows);
  if (side == Side::kLong) std::ranges::reverse(rows);
  const double share = side == Side::kLong ? into / bin : 1.0 - into / bin;
  rows.front() *= share;
  for (double& row : rows) row /= static_cast<double>(density.member_count());
  return cumulate(rows, share * bin, bin);
}

}  // namespace

std::span<const double> sweep_grid() {
  static const std::vector<double> grid = make_grid();
  return grid;
}

void HourSweep::add(std::size_t side, double usd) {
  const double units = std::max(usd, 0.0) / kSweepUnitUsd;
  crossed[side] += units;
  crossed_root[side] += std::sqrt(units);
  crossed_max[side] = std::max(crossed_max[side], units);
}

double mass_within(std::span<const double> within, double distance) {
  const auto grid = sweep_grid();
  if (within.empty()) return 0.0;
  const auto above =
      static_cast<std::size_t>(std::ranges::upper_bound(grid, distance) - grid.begin());
  if (above == grid.size()) return within.back();
  const double x0 = above == 0 ? 0.0 : grid[above - 1];
  const double y0 = above == 0 ? 0.0 : within[above - 1];
  const double share = std::clamp((distance - x0) / (grid[above] - x0), 0.0, 1.0);
  return y0 + share * (within[above] - y0);
}

double mass_within(const HourSweep& hour, Side side, double distance) {
  return mass_within(hour.within[index_of(side)], distance);
}

std::string_view name_of(MapPlacebo placebo) {
  switch (placebo) {
    case MapPlacebo::kNone:
      return "none";
    case MapPlacebo::kMirrored:
      return "mirrored";
    case MapPlacebo::kShifted:
      return "shifted";
    case MapPlacebo::kShuffled:
      return "shuffled";
  }
  FAULTLINE_CHECK(false);
  return {};
}

MapSweeps sweep_density(const SkillData& data, const DensityConfig& config,
                        std::vector<MemberParameters> members, const SweepOptions& options) {
  SweepRecorder recorder(data, members.size() > 1 ? "faultline_ensemble" : "faultline", options);
  PositionDensity density(config, std::move(members));
  double stock_error_max = 0.0;
  for (std::size_t k = 0; k < data.steps.size(); ++k) {
    const MarketStep& step = data.steps[k];
    const SweepRecorder::Need need = recorder.begin_step(k);
    if (density.is_started() && need != SweepRecorder::Need::kNothing) {
      MapProfile profile;
      for (const Side side : kSides) {
        profile.within[index_of(side)] = within_density(density, side, std::log(step.open));
        profile.stock[index_of(side)] = density.stock(side);
        if (need == SweepRecorder::Need::kAtHour) {
          stock_error_max =
              std::max(stock_error_max, std::abs(density.stock(side) / step.oi_begin - 1.0));
        }
      }
      recorder.take_profile(std::move(profile));
    }
    const MarketStep& at = data.steps[recorder.entry_step()];
    const EntryPrices entries{.close = at.close, .high = at.high, .low = at.low};
    recorder.take_crossed(
        density.advance(step, recorder.moves_entries() ? &entries : nullptr).swept);
  }
  MapSweeps out = recorder.finish();
  out.stock_error_max = stock_error_max;
  return out;
}

}  // namespace faultline
