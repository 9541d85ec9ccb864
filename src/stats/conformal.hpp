#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace faultline {

// Adaptive conformal intervals: intervals that learn from their own misses how wide they must be.
//
// Why: a model's own spread is right only as far as the model is. Whatever the model, quantiles of
// its recent errors cover what they say while errors keep their distribution, and moving the level
// after each miss, alpha ← alpha + gamma · (target − missed), keeps the long-run share of misses at
// its target even when they do not. Source: Gibbs and Candès, "Adaptive conformal inference under
// distribution shift", 2021.
//
//   AdaptiveConformal widths({.buckets = 6, .coverage = 0.8});
//   const Forecast forecast{.center = expected, .scale = spread};
//   const Interval shown = interval_around(forecast, widths.interval(bucket));
//   ...                                                     // the outcome becomes known
//   widths.update(bucket, score_of(forecast, outcome));

// What a model says before the outcome: a value and by how much it expects to be off.
struct Forecast {
  double center = 0.0;
  double scale = 1.0;  // in the unit of the outcome, > 0
};

// Both ends belong to it. Infinite where nothing can be said yet.
struct Interval {
  double low = 0.0;
  double high = 0.0;

  bool contains(double value) const { return low <= value && value <= high; }
};

// (outcome − center) / scale. Requires: scale > 0, all finite (checked).
double score_of(const Forecast& forecast, double outcome);

// An interval of scores, put around a forecast. Requires: as score_of.
Interval interval_around(const Forecast& forecast, const Interval& scores);

enum class ConformalShape : std::uint8_t {
  kTwoSided,  // the lower and the upper end each learn from their own misses: for skewed errors
  kAbsolute,  // one width, the same below and above: learns twice as fast
};

struct ConformalOptions {
  std::size_t buckets = 1;
  double coverage = 0.8;  // the promised long-run share inside
  // How far one miss moves a level. Larger follows faster and wavers more; the share of misses is
  // within about 1 / (gamma · updates) of its target. Scores that are often exactly equal are the
  // exception: they are covered together or not at all, and more than promised.
  double gamma = 0.01;
  std::size_t window = 500;     // latest scores kept for each bucket
  std::size_t scores_min = 20;  // fewer than these: the interval is infinite
  ConformalShape shape = ConformalShape::kTwoSided;
};

// Intervals for scores of several kinds of observations, the buckets; each bucket has its own
// scores and levels, so that calm hours do not pay for wild ones.
//
// Point in time: interval() depends on earlier updates only. Thread safety: none.
// Memory: 16 bytes · buckets · window at most, whatever is fed to it.
class AdaptiveConformal {
 public:
  // Requires: buckets > 0, coverage in (0, 1), gamma in [0, 1), window >= scores_min > 0 (checked).
  explicit AdaptiveConformal(const ConformalOptions& options);

  // The interval of the bucket's next score. An end whose level has fallen to 0 is infinite: recent
  // scores have shown that their own extremes do not suffice. Ends that would cross (levels above
  // one half, after long over-coverage) meet in their middle. Requires: bucket < buckets (checked).
  // Cost: O(1).
  Interval interval(std::size_t bucket) const;

  // Tells the score that interval(bucket) was meant for: moves the levels by whether it was missed,
  // then remembers it in place of the oldest. The first scores_min scores are remembered only.
  // Requires: bucket < buckets, score finite (checked). Cost: O(window), a search and a shift.
  void update(std::size_t bucket, double score);

  // Share of misses that the bucket aims at now, both sides together. At most gamma below 0 after a
  // run of misses, and at most 1 a side where equal scores are covered whatever the level.
  double alpha(std::size_t bucket) const;
  std::size_t score_count(std::size_t bucket) const;  // at most the window
  const ConformalOptions& options() const { return options_; }

 private:
  struct Bucket {
    std::vector<double> latest;     // a ring; `oldest` is where the next one goes
    std::vector<double> ascending;  // the same scores
    std::size_t oldest = 0;
    double alpha_low = 0.0;   // of misses below; unused when absolute
    double alpha_high = 0.0;  // of misses above, or of all when absolute
  };

  const Bucket& at(std::size_t bucket) const;
  bool is_absolute() const { return options_.shape == ConformalShape::kAbsolute; }
  Interval ends(const Bucket& bucket) const;
  void remember(Bucket& bucket, double score) const;

  ConformalOptions options_;
  std::vector<Bucket> buckets_;
};

}  // namespace faultline
