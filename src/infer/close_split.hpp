#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/step.hpp"
#include "infer/state_bytes.hpp"

namespace faultline {

// The share of longs in all closes (chi), which the accounting identity leaves open, as it follows
// the market: a logit that returns to a base of the member's own.
//
//   logit chi = logit base + taker_imbalance · I + (step_return + interest_sign · S) · R
//
//   I  bought less sold by takers over all that was traded, in [−1, 1]
//   R  log return in standard deviations, in [−kReturnMax, kReturnMax]
//   S  sign of the change of open interest
//
// I, R and S are of what lies in the member's memory: bought less sold, traded, returns and changes
// are each an AR(1) in the time of the market, x ← x · 2^(−elapsed / half-life) + what the step
// adds, so that the logit is one too and no step's length enters. A step adds as if it had come
// evenly: halves of an even step add what the whole does.
//
// Why S stands beside R: exchanging longs and shorts leaves open interest as it is, so a mirrored
// market could not have the mirrored split if S stood alone. Falling prices with falling interest
// are longs that leave; with rising interest they are shorts that come.
//
// Units: coefficients are of the logit.
struct CloseSplitResponse {
  double half_life_hours = 1.0;
  double taker_imbalance = 0.0;
  double step_return = 0.0;
  double interest_sign = 0.0;
};

inline constexpr double kReturnMax = 4.0;  // a choice: a crash is no more than this
// What volatility is recent: a choice, long against a member's memory and a day's seasons.
inline constexpr double kVolatilityHalfLifeHours = 24.0;

// The response is finite and small enough for its exponential, and remembers something.
bool is_sound(const CloseSplitResponse& response);

// What members remember of the market, and the splits that follow from it.
//
// Layout: memory[what][member]. Invariant: a step in which nothing was traded and open interest did
// not change leaves everything as it is, and its return is the next step's.
// Thread safety: none. Cost: three exponentials a member and step.
class CloseSplitPath {
 public:
  explicit CloseSplitPath(std::size_t members);

  // What members have in common of the next step. Requires: positive prices, begin < end, steps in
  // order; `interest` is that before the step.
  void begin_step(const MarketStep& step, double interest);
  // The member's split in the step that has begun, before it is clamped to what is feasible
  // (step_flows()). Requires: a sound response, base in [0, 1]; once a member and step.
  double advance(std::size_t member, double base, const CloseSplitResponse& response);

  // Slot m goes on with the memory of parents[m].
  void resample(std::span<const std::size_t> parents);

  void save(StateWriter& out) const;
  // False for bytes that no path of as many members wrote, or one that went on after `last_end`; it
  // is then not to be used.
  bool load(StateReader& in, UnixNanos last_end);
  std::size_t state_doubles() const { return kShared + memory_.size(); }

 private:
  enum What : std::size_t { kVolume, kBought, kReturn, kInterest, kWhats };
  static constexpr std::size_t kShared = 4;
  double deviation(std::size_t member, const CloseSplitResponse& response) const;

  std::size_t members_;
  std::vector<double> memory_;  // [what][member]; kBought: less what was sold
  double close_ = 0.0;          // of the last step that was not empty; 0 before the first
  UnixNanos end_{};
  double square_ = 0.0;  // of returns, within the memory of volatility,
  double hours_ = 0.0;   // and the time in which they were made
  // Of the step that has begun.
  bool is_empty_ = true;
  double elapsed_hours_ = 0.0;
  double length_hours_ = 0.0;
  std::array<double, kWhats> added_{};
};

}  // namespace faultline
