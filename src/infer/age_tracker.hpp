#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "infer/density_profile.hpp"

namespace faultline {

// How long what waits at each price of one side has been open.
//
//   what is there ──look()──┬─ less what closings by choice left of what was there: opened since
//                           └─ the rest: as old as before, and by as much older
//
// Why beside the density and not in it: a cell would have to hold its age as well, which is twice
// the memory and half the speed, for something that is only looked at.
// Assumptions: closings of a class take from old and new positions alike (that is what a class is);
// what the price took is gone from the oldest and the newest alike; what the learner moves to a
// price counts as opened there. What was there at the first look, or when the row came into sight,
// is of unknown age, and counts as opened then: ages are at least what is said.
// Accuracy: cohorts are quarters of an hour, so older_than() leaves out up to a quarter hour of
// what is old enough. Funding moves positions between rows slowly, which makes the edges of what is
// old look newer.
// Thread safety: none. Memory: 1.2 kB a row. Cost: of a look some hundred multiplications a row.
class AgeTracker {
 public:
  static constexpr Nanos kCohort{15 * kMinute.value};
  static constexpr std::size_t kCohorts = 97;  // a day and a quarter; what is older is one

  struct Look {
    UnixNanos now{};
    std::int32_t first_row = 0;
    std::span<const double> by_class{};  // [row * kPatienceClasses + class]
    // PositionDensity::kept_log() of each class.
    std::array<double, kPatienceClasses> kept_log{};
  };
  // Requires: in order of time, amounts of zero and more (checked).
  void look(const Look& look);

  // How long it has been looked at: of nothing more than that can be told. 0 before the first look.
  Nanos watched() const { return last_ - first_; }
  // Of the last look, by row, in its units: what is known to have been open for `age` or longer.
  // Requires: 0 <= age <= 24 h (checked).
  std::vector<double> older_than(Nanos age) const;
  // Seconds at least, the mean over what is there; NaN where nothing is.
  std::vector<double> mean_age_s() const;

  std::size_t memory_bytes() const;

 private:
  // [class][row] of one cohort.
  using Cohort = std::vector<float>;
  void take_new_row(const Look& look, std::size_t row);
  std::size_t row_count() const { return held_.size() / kPatienceClasses; }
  void reframe(std::int32_t first_row, std::size_t rows);
  void turn_to(std::int64_t quarter);

  UnixNanos first_{};
  UnixNanos last_{};
  bool has_looked_ = false;
  std::int32_t first_row_ = 0;
  std::array<double, kPatienceClasses> kept_log_{};
  std::vector<double> held_;  // [class][row]
  std::vector<double> born_;  // [class][row], mean, seconds after first_
  // By row: of what was there when it came into sight, how much is left, and when that was.
  Cohort unknown_;  // [class][row]
  std::vector<std::optional<UnixNanos>> in_sight_;
  std::vector<Cohort> cohorts_ = std::vector<Cohort>(kCohorts);  // by quarter modulo kCohorts
  Cohort oldest_;
  std::int64_t quarter_ = 0;  // of the newest cohort
};

}  // namespace faultline
