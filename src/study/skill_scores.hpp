#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stats/cluster_bootstrap.hpp"
#include "study/skill_models.hpp"

namespace faultline {

// Scores of predictions over a window of hours, both sides together, each with the percentiles of a
// bootstrap that draws whole days. Every score of a window sees the same draws, so that differences
// are paired.

using Estimate = std::optional<BootstrapEstimate>;  // absent where the data do not determine it

struct SkillScore {
  std::string name;
  Estimate r_squared;       // of ln(1 + USD), against the training mean
  Estimate poisson;         // deviance explained of the amount, against the training mean
  Estimate spearman;        // mean of the sides
  Estimate top_hits;        // share of the largest tenth that is among the largest predictions
  Estimate wide_r_squared;  // in the widest hours, against their own mean
};

// One prediction against another: positive is better, but for the ratio, where below 1 is.
struct SkillIncrement {
  std::string name;
  std::string reference;
  Estimate r_squared;
  Estimate poisson;
  Estimate spearman;
  Estimate top_hits;
  Estimate wide_mse_ratio;
};

// Hours whose reach on the side's own side is in the largest twentieth of the window's.
inline constexpr double kWideShare = 0.05;

class WindowScorer {
 public:
  // `mean` is what R² and deviance are measured against. Requires: rows that it predicts, and
  // lifetimes of both beyond the scorer's.
  WindowScorer(const SkillRows& rows, const SkillPrediction& mean,
               std::vector<std::uint32_t> window, const BootstrapOptions& options);

  // Requires of both: predictions in all rows of the window (checked).
  SkillScore score(const SkillPrediction& prediction) const;
  SkillIncrement increment(const SkillPrediction& prediction,
                           const SkillPrediction& reference) const;

  std::size_t row_count() const { return window_.size(); }
  std::size_t day_count() const { return days_.count; }
  const std::vector<std::uint32_t>& rows() const { return window_; }

  // The mean of values[side][row] over the observations that are kept, with its interval. For
  // coverages and widths. A NaN is left out.
  Estimate mean_of(const std::array<std::vector<double>, 2>& values) const;

 private:
  using Sides = std::array<std::vector<double>, 2>;
  enum class Kept : std::uint8_t { kAll, kWide };

  std::vector<double> flat(const Sides& values, Kept kept = Kept::kAll) const;
  Clusters clusters(Kept kept) const;
  Estimate wide_r_squared(const SkillPrediction& prediction) const;
  // The mean over sides of a score of ranks, of `prediction` less of `reference` where there is
  // one.
  template <class Score>
  Estimate ranked(const SkillPrediction& prediction, const SkillPrediction* reference,
                  const Score& score) const;

  const SkillRows& rows_;
  const SkillPrediction& mean_;
  std::vector<std::uint32_t> window_;
  BootstrapOptions options_;
  Clusters days_;    // of the window's rows
  Sides is_wide_{};  // by row of the window: 1 or 0
  Sides amounts_{};  // by row, in kSweepUnitUsd
};

}  // namespace faultline
