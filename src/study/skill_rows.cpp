#include "study/skill_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr std::size_t kHoursDay = 24;
constexpr std::size_t kHoursWeek = 168;
constexpr std::size_t kWeekMin = 72;         // of the week's hours, for its extremes
constexpr std::size_t kLiquidationMin = 12;  // of the day's hours

using Values = std::vector<double>;
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// f over the `window` entries before each one; absent with fewer than `least` present ones.
//
// Why entries and not hours: the published protocol drops the hours that are not whole and then
// counts rows, so that a window that holds a hole reaches back further than its name says. Windows
// in time would be cleaner and would no longer be those that its figures were made with.
template <class Fold>
Values trailing(const Values& values, std::size_t window, std::size_t least, const Fold& fold) {
  Values out(values.size(), kAbsent);
  for (std::size_t i = 1; i < values.size(); ++i) {
    Values seen;
    for (std::size_t j = i - std::min(i, window); j < i; ++j) {
      if (!std::isnan(values[j])) seen.push_back(values[j]);
    }
    if (seen.size() >= least) out[i] = fold(seen);
  }
  return out;
}

double sum_of(const Values& v) {
  double sum = 0.0;
  for (const double x : v) sum += x;
  return sum;
}
double mean_of(const Values& v) { return sum_of(v) / static_cast<double>(v.size()); }
double least_of(const Values& v) { return *std::ranges::min_element(v); }
double most_of(const Values& v) { return *std::ranges::max_element(v); }

// The last present value at or before each entry.
Values filled_forward(Values values) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (std::isnan(values[i])) values[i] = values[i - 1];
  }
  return values;
}

// Series over all hours.
struct Series {
  Values open, high, low, close, volume, interest, volatility;
  std::array<Values, 2> liquidated;  // ln(1 + USD)
  Values day_volatility, week_volatility, day_volume, interest_change;
  std::array<Values, 2> last_liquidated, day_liquidated;
};

Series series_of(const SkillData& data) {
  Series s;
  for (const SkillHour& hour : data.hours) {
    s.open.push_back(hour.open);
    s.high.push_back(hour.high);
    s.low.push_back(hour.low);
    s.close.push_back(hour.close);
    s.volume.push_back(hour.volume);
    s.interest.push_back(hour.oi_begin);
    s.volatility.push_back(hour.realised_volatility);
    for (const std::size_t side : {0U, 1U}) {
      const auto& usd = hour.liquidated_usd[side];
      s.liquidated[side].push_back(usd ? std::log1p(*usd) : kAbsent);
    }
  }
  Values squares = s.volatility;
  for (double& x : squares) x *= x;
  const auto root_sum = [](const Values& v) { return std::sqrt(sum_of(v)); };
  const auto root_day = [](const Values& v) { return std::sqrt(mean_of(v) * 24.0); };
  s.day_volatility = trailing(squares, kHoursDay, kHoursDay, root_sum);
  s.week_volatility = trailing(squares, kHoursWeek, kWeekMin, root_day);
  s.day_volume = trailing(s.volume, kHoursDay, kHoursDay, sum_of);
  s.interest_change.assign(s.open.size(), kAbsent);
  for (std::size_t i = kHoursDay; i < s.open.size(); ++i)
    s.interest_change[i] = s.interest[i] / s.interest[i - kHoursDay] - 1.0;
  for (const std::size_t side : {0U, 1U}) {
    s.last_liquidated[side] = filled_forward(trailing(s.liquidated[side], 1, 1, mean_of));
    s.day_liquidated[side] =
        filled_forward(trailing(s.liquidated[side], kHoursDay, kLiquidationMin, mean_of));
  }
  return s;
}

// Features are logarithms of these: an hour without volume or movement has none.
bool is_positive(const SkillData& data, const Series& s, std::size_t i) {
  const std::array needed{s.volume[i],         s.volume[i - 1],      s.day_volume[i],
                          s.day_volatility[i], s.week_volatility[i], data.hours[i].oi_begin,
                          data.hours[i].oi_end};
  return std::ranges::all_of(needed, [](double x) { return x > 0.0; });
}

bool is_usable(const Series& s, std::size_t i) {
  const std::array needed{s.liquidated[0][i],  s.liquidated[1][i],     s.week_volatility[i],
                          s.day_volatility[i], s.day_liquidated[0][i], s.day_liquidated[1][i],
                          s.day_volume[i],     s.interest_change[i]};
  return std::ranges::all_of(needed, [](double x) { return std::isfinite(x); });
}

double mark_of_weekday(std::int64_t day) { return (day + 4) % 7 >= 5 ? 1.0 : 0.0; }

Values picked(const Values& values, std::span<const std::size_t> hours) {
  Values out;
  for (const std::size_t hour : hours) out.push_back(values[hour]);
  return out;
}

template <class Map>
Values mapped(Values values, const Map& map) {
  for (double& x : values) x = map(x);
  return values;
}

// How far the hour went beyond the extreme of the hours before it.
Values fresh_ground(const Series& s, std::size_t side, std::size_t window, std::size_t least) {
  const Values earlier = side == 0 ? trailing(s.low, window, least, least_of)
                                   : trailing(s.high, window, least, most_of);
  Values out(earlier.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] =
        log_move(side == 0 ? std::log(earlier[i] / s.low[i]) : std::log(s.high[i] / earlier[i]));
  }
  return out;
}

void add_hinges(DesignMatrix& design, const std::string& name, const Values& values,
                std::span<const double> knots) {
  for (const double knot : knots) {
    design.add(name + "_above_" + std::to_string(static_cast<int>(knot)),
               mapped(values, [&](double x) { return std::max(0.0, x - std::log(knot)); }));
  }
}

const auto kLog = [](double x) { return std::log(x); };
const auto kSquare = [](double x) { return x * x; };

DesignMatrix frozen_design(const Series& s, const SkillRows& rows, std::size_t side) {
  const auto pick = [&](const Values& values) { return picked(values, rows.hours); };
  const Values own = mapped(rows.reach[side], log_move);
  Values money = pick(s.interest);
  for (std::size_t i = 0; i < money.size(); ++i) money[i] = std::log(money[i] * rows.open_price[i]);
  DesignMatrix out;
  out.add("reach", own);
  out.add("reach_squared", mapped(own, kSquare));
  out.add("reach_opposite", mapped(rows.reach[1 - side], log_move));
  out.add("volatility_day", mapped(pick(s.day_volatility), kLog));
  out.add("volatility_week", mapped(pick(s.week_volatility), kLog));
  out.add("open_interest_usd", money);
  for (const std::size_t window : {1U, 2U, 4U, 8U, 24U, 72U, 168U}) {
    const std::size_t least = window == kHoursWeek ? kWeekMin : window;
    out.add("fresh_" + std::to_string(window) + "h", pick(fresh_ground(s, side, window, least)));
  }
  for (const std::size_t of : {0U, 1U}) {
    out.add("liquidated_last_" + std::string(name_of(kSides[of])), pick(s.last_liquidated[of]));
    out.add("liquidated_day_" + std::string(name_of(kSides[of])), pick(s.day_liquidated[of]));
  }
  Values turnover = s.day_volume;
  for (std::size_t i = 0; i < turnover.size(); ++i)
    turnover[i] = std::log(turnover[i] / s.interest[i]);
  Values last_volume(s.volume.size(), kAbsent);
  for (std::size_t i = 1; i < last_volume.size(); ++i) last_volume[i] = std::log(s.volume[i - 1]);
  out.add("volume_last", pick(last_volume));
  out.add("turnover_day", pick(turnover));
  out.add("interest_change_day", pick(s.interest_change));
  return out;
}

DesignMatrix in_hour_design(const SkillData& data, const Series& s, const SkillRows& rows,
                            const Values& fall, const Values& rise) {
  const auto pick = [&](const Values& values) { return picked(values, rows.hours); };
  const Values volume = mapped(pick(s.volume), kLog);
  DesignMatrix out;
  out.add("drawdown", fall);
  out.add("drawdown_opposite", rise);
  out.add("drawdown_squared", mapped(fall, kSquare));
  out.add("volume", volume);
  out.add("volume_squared", mapped(volume, [](double x) { return x * x / 10.0; }));
  out.add("volatility", mapped(pick(s.volatility), log_move));
  Values down;
  Values up;
  for (const std::size_t hour : rows.hours) {
    const double change = std::log(data.hours[hour].oi_end / data.hours[hour].oi_begin);
    down.push_back(std::min(change, 0.0) * 100.0);
    up.push_back(std::max(change, 0.0) * 100.0);
  }
  out.add("interest_fall", down);
  out.add("interest_rise", up);
  return out;
}

}  // namespace

double log_move(double x) { return std::log(std::max(x, 0.0) * 1e4 + 1.0); }

SkillFeatures::SkillFeatures(const SkillData& data) {
  const Series s = series_of(data);
  for (std::size_t i = 0; i < data.hours.size(); ++i) {
    if (!is_usable(s, i) || !is_positive(data, s, i)) continue;
    const SkillHour& hour = data.hours[i];
    rows_.hours.push_back(i);
    rows_.days.push_back(hour.begin.value / kDay.value);
    rows_.open_price.push_back(hour.open);
    rows_.volatility.push_back(s.day_volatility[i] / std::sqrt(static_cast<double>(kHoursDay)));
    rows_.reach[0].push_back(std::max(0.0, std::log(hour.open / hour.low)));
    rows_.reach[1].push_back(std::max(0.0, std::log(hour.high / hour.open)));
    for (const std::size_t side : {0U, 1U}) {
      rows_.liquidated_usd[side].push_back(*hour.liquidated_usd[side]);
      rows_.target[side].push_back(s.liquidated[side][i]);
    }
  }
  std::array<Values, 5> season;
  for (const std::size_t i : rows_.hours) {
    const UnixNanos begin = data.hours[i].begin;
    const double turn = 2.0 * std::numbers::pi * static_cast<double>(begin.value % kDay.value) /
                        static_cast<double>(kDay.value);
    const std::array values{std::sin(turn), std::cos(turn), std::sin(2.0 * turn),
                            std::cos(2.0 * turn), mark_of_weekday(begin.value / kDay.value)};
    for (std::size_t c = 0; c < values.size(); ++c) season[c].push_back(values[c]);
  }
  const std::array names{"day_sin", "day_cos", "half_day_sin", "half_day_cos", "weekday_mark"};
  for (std::size_t c = 0; c < names.size(); ++c) season_.add(names[c], season[c]);
  std::array<Values, 2> falls;
  for (const std::size_t i : rows_.hours) {
    falls[0].push_back(log_move(data.hours[i].drawdown));
    falls[1].push_back(log_move(data.hours[i].run_up));
  }
  drawdown_ = falls;
  for (const std::size_t side : {0U, 1U}) {
    frozen_[side] = frozen_design(s, rows_, side);
    in_hour_[side] = in_hour_design(data, s, rows_, falls[side], falls[1 - side]);
  }
}

DesignMatrix SkillFeatures::geometry(Side side, Geometry kind) const {
  const std::size_t s = index_of(side);
  const Values own = mapped(rows_.reach[s], log_move);
  DesignMatrix out;
  if (kind == Geometry::kRange) {
    out.add("reach", own);
    return out;
  }
  out.append(frozen_[s]);
  if (kind == Geometry::kInHour || kind == Geometry::kInHourSpline) out.append(in_hour_[s]);
  constexpr std::array kReachKnots{5.0, 15.0, 40.0, 80.0, 160.0};
  constexpr std::array kDrawdownKnots{15.0, 40.0, 80.0, 160.0};
  if (kind == Geometry::kFrozenSpline || kind == Geometry::kInHourSpline)
    add_hinges(out, "reach", own, kReachKnots);
  if (kind == Geometry::kInHourSpline) add_hinges(out, "drawdown", drawdown_[s], kDrawdownKnots);
  return out;
}

std::array<std::vector<double>, 2> crossed_mass(const SkillRows& rows, const MapSweeps& sweeps,
                                                MapVariant variant) {
  std::array<Values, 2> out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const double price = rows.open_price[row] / kSweepUnitUsd;
    const std::size_t hour = rows.hours[row];
    for (const Side side : kSides) {
      const std::size_t s = index_of(side);
      const double value = variant == MapVariant::kInHour
                               ? sweeps.hours[hour].crossed[s]
                               : price * mass_within(sweeps.hours[hour], side, rows.reach[s][row]);
      out[s].push_back(std::max(value, 0.0));
    }
  }
  return out;
}

std::array<std::vector<double>, 2> near_mass(const SkillRows& rows, const MapSweeps& sweeps,
                                             double distance) {
  std::array<Values, 2> out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const HourSweep& hour = sweeps.hours[rows.hours[row]];
    for (const Side side : kSides) {
      out[index_of(side)].push_back(mass_within(hour, side, distance) * rows.open_price[row] /
                                    kSweepUnitUsd);
    }
  }
  return out;
}

}  // namespace faultline
