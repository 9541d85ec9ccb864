#include "infer/age_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr auto kClasses = static_cast<std::ptrdiff_t>(kPatienceClasses);

double seconds(Nanos nanos) { return static_cast<double>(nanos.value) / 1e9; }

// The same rows of another frame; those that are new hold nothing.
template <class Value>
std::vector<Value> moved(const std::vector<Value>& from, std::ptrdiff_t lines, std::int64_t shift,
                         std::size_t rows) {
  const auto old_rows = static_cast<std::int64_t>(from.size()) / lines;
  const auto new_rows = static_cast<std::int64_t>(rows);
  std::vector<Value> out(static_cast<std::size_t>(lines) * rows);
  const std::int64_t begin = std::clamp<std::int64_t>(-shift, 0, new_rows);
  const std::int64_t end = std::clamp<std::int64_t>(old_rows - shift, begin, new_rows);
  for (std::int64_t line = 0; line < lines; ++line) {
    std::copy(from.begin() + line * old_rows + begin + shift,
              from.begin() + line * old_rows + end + shift, out.begin() + line * new_rows + begin);
  }
  return out;
}

}  // namespace

void AgeTracker::reframe(std::int32_t first_row, std::size_t rows) {
  if (first_row == first_row_ && rows == row_count()) return;
  const std::int64_t shift = std::int64_t{first_row} - first_row_;
  held_ = moved(held_, kClasses, shift, rows);
  born_ = moved(born_, kClasses, shift, rows);
  unknown_ = moved(unknown_, kClasses, shift, rows);
  oldest_ = moved(oldest_, kClasses, shift, rows);
  in_sight_ = moved(in_sight_, 1, shift, rows);
  for (Cohort& cohort : cohorts_) {
    if (!cohort.empty()) cohort = moved(cohort, kClasses, shift, rows);
  }
  first_row_ = first_row;
}

// Cohorts that are older than a day become one with the oldest.
void AgeTracker::turn_to(std::int64_t quarter) {
  const auto turns = std::min<std::int64_t>(quarter - quarter_, kCohorts);
  for (std::int64_t i = 1; i <= turns; ++i) {
    Cohort& over = cohorts_[static_cast<std::size_t>(quarter - turns + i) % kCohorts];
    for (std::size_t at = 0; at < over.size(); ++at) oldest_[at] += over[at];
    over.clear();
  }
  quarter_ = quarter;
}

void AgeTracker::look(const Look& look) {
  FAULTLINE_CHECK(!has_looked_ || look.now >= last_);
  const std::size_t rows = look.by_class.size() / kPatienceClasses;
  if (!has_looked_) {
    first_ = last_ = look.now;
    first_row_ = look.first_row;
    kept_log_ = look.kept_log;
    quarter_ = look.now.value / kCohort.value;
    has_looked_ = true;
  }
  reframe(look.first_row, rows);
  // What is new was opened in the middle of the time since the last look.
  const UnixNanos middle = last_ + Nanos((look.now - last_).value / 2);
  turn_to(middle.value / kCohort.value);
  Cohort& newest = cohorts_[static_cast<std::size_t>(quarter_) % kCohorts];
  newest.resize(kPatienceClasses * rows, 0.0F);
  std::vector<float> left(kPatienceClasses * rows, 1.0F);
  std::vector<float> fresh(kPatienceClasses * rows, 0.0F);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!in_sight_[row]) {
      take_new_row(look, row);
      continue;
    }
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const std::size_t at = c * rows + row;
      const double now = look.by_class[row * kPatienceClasses + c];
      FAULTLINE_CHECK(now >= 0.0);
      const double kept = std::min(held_[at] * std::exp(look.kept_log[c] - kept_log_[c]), now);
      fresh[at] = static_cast<float>(now - kept);
      left[at] = held_[at] > 0.0 ? static_cast<float>(kept / held_[at]) : 0.0F;
      if (now > 0.0) born_[at] += (seconds(middle - first_) - born_[at]) * (1.0 - kept / now);
      held_[at] = now;
    }
  }
  const auto fade = [&](Cohort& cohort) {
    for (std::size_t at = 0; at < cohort.size(); ++at) cohort[at] *= left[at];
  };
  fade(unknown_);
  fade(oldest_);
  for (Cohort& cohort : cohorts_) fade(cohort);
  for (std::size_t at = 0; at < fresh.size(); ++at) newest[at] += fresh[at];
  kept_log_ = look.kept_log;
  last_ = look.now;
}

// As old as it can be said to be.
void AgeTracker::take_new_row(const Look& look, std::size_t row) {
  in_sight_[row] = look.now;
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    const std::size_t at = c * row_count() + row;
    held_[at] = look.by_class[row * kPatienceClasses + c];
    unknown_[at] = static_cast<float>(held_[at]);
    born_[at] = seconds(look.now - first_);
  }
}

std::vector<double> AgeTracker::older_than(Nanos age) const {
  FAULTLINE_CHECK(age.value >= 0 && age <= kDay);
  const std::size_t rows = row_count();
  std::vector<double> out(rows, 0.0);
  const auto add = [&](const Cohort& cohort) {
    for (std::size_t from = 0; from < cohort.size(); from += rows) {
      for (std::size_t row = 0; row < rows; ++row)
        out[row] += static_cast<double>(cohort[from + row]);
    }
  };
  add(oldest_);
  for (std::size_t at = 0; at < unknown_.size(); ++at) {
    if (last_ - *in_sight_[at % rows] >= age) out[at % rows] += static_cast<double>(unknown_[at]);
  }
  // The last quarter that was over so long ago.
  const std::int64_t last = (last_ - age).value / kCohort.value - 1;
  for (std::int64_t quarter = quarter_ - static_cast<std::int64_t>(kCohorts) + 1; quarter <= last;
       ++quarter) {
    if (quarter <= quarter_) add(cohorts_[static_cast<std::size_t>(quarter) % kCohorts]);
  }
  return out;
}

std::size_t AgeTracker::memory_bytes() const {
  std::size_t cells = oldest_.size() + unknown_.size();
  for (const Cohort& cohort : cohorts_) cells += cohort.size();
  return cells * sizeof(float) + (held_.size() + born_.size()) * sizeof(double);
}

std::vector<double> AgeTracker::mean_age_s() const {
  const std::size_t rows = row_count();
  std::vector<double> out(rows, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t row = 0; row < rows; ++row) {
    double held = 0.0;
    double age = 0.0;
    for (std::size_t c = 0; c < kPatienceClasses; ++c) {
      const std::size_t at = c * rows + row;
      held += held_[at];
      age += held_[at] * (seconds(last_ - first_) - born_[at]);
    }
    if (held > 0.0) out[row] = age / held;
  }
  return out;
}

}  // namespace faultline
