#include "draw/axis_ticks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace faultline {
namespace {

constexpr double kDayS = 86400.0;
constexpr std::array<double, 19> kRoundDurationsS = {
    60,        120,       300,        600,        900,       1800,  3600,
    2 * 3600,  3 * 3600,  4 * 3600,   6 * 3600,   12 * 3600, kDayS, 2 * kDayS,
    4 * kDayS, 7 * kDayS, 14 * kDayS, 28 * kDayS, 91 * kDayS};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr int kTickCountHardMax = 200;

std::string fixed_text(double value, int decimals) {
  std::array<char, 400> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::fixed, decimals);
  std::string text(buffer.data(), written.ptr);
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  return is_zero && text.front() == '-' ? text.substr(1) : text;
}

double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1.0 - 1e-9)) return factor * power;
  }
  return 10.0 * power;
}

std::chrono::year_month_day date_of(double time_s) {
  const auto days = static_cast<int>(std::floor(time_s / kDayS));
  return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{days}}};
}

std::string two_digits(int value) { return (value < 10 ? "0" : "") + std::to_string(value); }

std::string day_label(std::chrono::year_month_day date) {
  return std::to_string(static_cast<unsigned>(date.day())) + " " +
         kMonths[static_cast<unsigned>(date.month()) - 1];
}

std::string year_label(std::chrono::year_month_day date) {
  return std::to_string(static_cast<int>(date.year()));
}

std::string hour_label(double time_s) {
  const auto minutes =
      static_cast<int>(std::lround((time_s - std::floor(time_s / kDayS) * kDayS) / 60.0));
  return two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}

std::vector<AxisTick> month_ticks(AxisRange range_s, int count_max) {
  const double months_at_least = (range_s.high - range_s.low) / (30.4 * kDayS) / count_max;
  int step = 1;
  for (const int candidate : {1, 2, 3, 6, 12, 24, 60, 120}) {
    step = candidate;
    if (candidate >= months_at_least) break;
  }
  const auto first = date_of(range_s.low);
  int month = static_cast<int>(first.year()) * 12 + static_cast<int>(unsigned{first.month()}) - 1;
  month = month / step * step;
  std::vector<AxisTick> ticks;
  int year_shown = -1;
  for (int i = 0; i < kTickCountHardMax; ++i, month += step) {
    const auto day = std::chrono::year{month / 12} /
                     std::chrono::month{static_cast<unsigned>(month % 12 + 1)} /
                     std::chrono::day{1};
    const double time_s =
        static_cast<double>(std::chrono::sys_days{day}.time_since_epoch().count()) * kDayS;
    if (time_s >= range_s.high) break;
    if (time_s < range_s.low) continue;
    ticks.push_back({time_s, kMonths[static_cast<std::size_t>(month % 12)], ""});
    if (month / 12 != year_shown) ticks.back().second_label = std::to_string(month / 12);
    year_shown = month / 12;
  }
  return ticks;
}

std::string scaled_text(double value, double unit, const char* suffix) {
  const double scaled = value / unit;
  int decimals = 0;
  if (scaled < 99.95) decimals = scaled < 9.995 ? 2 : 1;
  std::string text = fixed_text(scaled, decimals);
  if (decimals > 0) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text + suffix;
}

}  // namespace

std::string grouped_text(double value, int decimals) {
  std::string text = fixed_text(value, decimals);
  const std::size_t begin = text.front() == '-' ? 1 : 0;
  std::size_t end = text.find('.');
  if (end == std::string::npos) end = text.size();
  for (std::size_t at = end; at > begin + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::vector<AxisTick> linear_ticks(AxisRange range, int count_max) {
  const double step = round_step((range.high - range.low) / std::max(count_max, 1));
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 12);
  std::vector<AxisTick> ticks;
  const double first = std::ceil(range.low / step - 1e-9);
  for (int i = 0; i < kTickCountHardMax; ++i) {
    const double value = (first + i) * step;
    if (value > range.high + step * 1e-9) break;
    ticks.push_back({value, grouped_text(value, decimals), ""});
  }
  return ticks;
}

std::vector<AxisTick> log_ticks(AxisRange range, int count_max) {
  const double decades = std::log10(range.high / range.low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / std::max(count_max, 1))));
  std::vector<double> factors = {1.0};
  if (decades * 3.0 <= count_max) factors = {1.0, 2.0, 5.0};
  std::vector<AxisTick> ticks;
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::ceil(std::log10(range.high)));
  for (int power = first; power <= last; ++power) {
    if (power % stride != 0) continue;
    for (const double factor : factors) {
      const double value = factor * std::pow(10.0, power);
      if (value < range.low * (1 - 1e-9) || value > range.high * (1 + 1e-9)) continue;
      ticks.push_back({value, grouped_text(value, std::max(0, -power)), ""});
    }
  }
  if (ticks.size() >= 3 || (ticks.size() == 2 && decades > 1.0)) return ticks;
  return linear_ticks(range, count_max);
}

std::vector<AxisTick> time_ticks(AxisRange range_s, int count_max) {
  const double least_s = (range_s.high - range_s.low) / std::max(count_max, 1);
  const double step_s = round_duration_s(least_s);
  if (least_s > 14 * kDayS) return month_ticks(range_s, std::max(count_max, 1));
  std::vector<AxisTick> ticks;
  const bool is_intraday = step_s < kDayS;
  std::string shown;
  for (int i = 0; i < kTickCountHardMax; ++i) {
    // Weeks begin on Mondays: day 4 since 1970 was one.
    const double origin_s = step_s >= 7 * kDayS ? 4 * kDayS : 0.0;
    const double time_s =
        (std::ceil((range_s.low - origin_s) / step_s - 1e-9) + i) * step_s + origin_s;
    if (time_s >= range_s.high) break;
    const auto date = date_of(time_s);
    const std::string second = is_intraday ? day_label(date) : year_label(date);
    ticks.push_back({time_s, is_intraday ? hour_label(time_s) : day_label(date), ""});
    if (second != shown) ticks.back().second_label = second;
    if (second != shown && is_intraday && shown.empty()) {
      ticks.back().second_label += " " + year_label(date);
    }
    shown = second;
  }
  return ticks;
}

std::string short_text(double value) {
  const double size = std::abs(value);
  const std::string sign = value < 0.0 ? "-" : "";
  if (size >= 0.9995e12) return sign + scaled_text(size, 1e12, "T");
  if (size >= 0.9995e9) return sign + scaled_text(size, 1e9, "B");
  if (size >= 0.9995e6) return sign + scaled_text(size, 1e6, "M");
  if (size >= 0.9995e3) return sign + scaled_text(size, 1e3, "k");
  if (size >= 0.1 || size == 0.0) return sign + scaled_text(size, 1.0, "");
  std::array<char, 64> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::general, 3);
  return {buffer.data(), written.ptr};
}

std::string dollars_text(double usd) {
  return usd < 0.0 ? "-$" + short_text(-usd) : "$" + short_text(usd);
}

std::string duration_text(double seconds) {
  if (seconds >= kDayS) return short_text(seconds / kDayS) + " d";
  if (seconds >= 3600.0) return short_text(seconds / 3600.0) + " h";
  if (seconds >= 60.0) return short_text(seconds / 60.0) + " min";
  return short_text(seconds) + " s";
}

double round_duration_s(double seconds) {
  for (const double round_s : kRoundDurationsS) {
    if (round_s >= seconds * (1.0 - 1e-9)) return round_s;
  }
  return std::ceil(seconds / (91 * kDayS)) * 91 * kDayS;
}

}  // namespace faultline
