#include "study/sweep_recorder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/rng.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kShuffleDays = 3;
constexpr std::int64_t kShiftDays = 7;

std::size_t steps_in(const SkillData& data, std::int64_t days) {
  return static_cast<std::size_t>(
      std::max<std::int64_t>(1, days * kDay.value / data.step_length.value));
}

std::vector<std::size_t> shuffled_entries(const SkillData& data, std::uint64_t seed) {
  std::vector<std::size_t> out(data.steps.size());
  Rng rng(seed);
  const std::size_t reach = steps_in(data, kShuffleDays);
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = k - std::min<std::size_t>(k, rng.below(reach));
  return out;
}

}  // namespace

SweepRecorder::SweepRecorder(const SkillData& data, std::string name, const SweepOptions& options)
    : data_(data), options_(options) {
  out_.name = std::move(name);
  out_.hours.resize(data.hours.size());
  if (options.placebo == MapPlacebo::kNone) return;
  out_.name += "_" + std::string(name_of(options.placebo));
  if (options.placebo == MapPlacebo::kShuffled) entries_ = shuffled_entries(data, options.seed);
  if (options.placebo == MapPlacebo::kShifted) earlier_.resize(steps_in(data, kShiftDays));
}

SweepRecorder::Need SweepRecorder::begin_step(std::size_t k) {
  step_ = k;
  const auto& hours = data_.hours;
  while (hour_ < hours.size() && hours[hour_].first_step + data_.steps_per_hour <= k) ++hour_;
  is_inside_ = hour_ < hours.size() && hours[hour_].first_step <= k;
  is_first_ = is_inside_ && hours[hour_].first_step == k;
  reading_ = {};
  if (is_first_) return Need::kAtHour;
  const bool is_read = reads_path() && (is_inside_ || !earlier_.empty());
  return is_read ? Need::kAtStep : Need::kNothing;
}

void SweepRecorder::take_profile(MapProfile profile) {
  if (!earlier_.empty()) std::swap(profile, earlier_[step_ % earlier_.size()]);
  if (options_.placebo == MapPlacebo::kMirrored) {
    std::swap(profile.within[0], profile.within[1]);
    std::swap(profile.stock[0], profile.stock[1]);
  }
  reading_ = std::move(profile);
  if (!is_first_) return;
  out_.hours[hour_].within = reading_.within;
  out_.hours[hour_].stock = reading_.stock;
}

void SweepRecorder::take_crossed(std::array<double, 2> amounts) {
  if (!is_inside_) return;
  const MarketStep& step = data_.steps[step_];
  if (reads_path()) {
    amounts = {mass_within(reading_.within[0], std::log(step.open / step.low)),
               mass_within(reading_.within[1], std::log(step.high / step.open))};
  }
  for (const std::size_t side : {0U, 1U}) {
    out_.hours[hour_].add(side, amounts[side] * step.open);
    out_.crossed_total[side] += amounts[side] * step.open;
  }
}

}  // namespace faultline
