#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/event.hpp"
#include "infer/size_distribution.hpp"
#include "infer/state_bytes.hpp"

namespace faultline {

// F, the sizes of single liquidations, learnt from what one feed shows, as it shows it.
//
// How: the last kSizesKept sizes are kept; F is fitted to them when their number has doubled since
// the last fit, and then after each kSizesKept. A feed that shows the largest of each second is
// fitted together with its intensity (feed_fit.hpp), because its sizes are maxima; all others are
// taken as they are. Until the first fit F is the prior.
//
// Units: USD. Invariant: sizes() depends on earlier learn() calls only. Deterministic.
// Thread safety: none. Cost: constant memory; a fit of some milliseconds now and then.
class SizeLearner {
 public:
  static constexpr std::size_t kFirstFit = 32;
  static constexpr std::size_t kSizesKept = 1024;

  explicit SizeLearner(const SizeParameters& prior);

  // What was shown in `seconds` of a feed that was up. Sizes that are not positive and finite are
  // passed over.
  void learn(std::span<const double> shown_usd, double seconds, Completeness completeness);

  const SizeDistribution& sizes() const { return sizes_; }
  // Changes whenever sizes() does.
  std::uint64_t fit_count() const { return fit_count_; }

  void save(StateWriter& out) const;
  // False for bytes that no learner wrote; the learner is then not to be used.
  bool load(StateReader& in);

 private:
  void fit(Completeness completeness);

  SizeDistribution sizes_;
  std::vector<double> kept_usd_;      // a ring of at most kSizesKept
  std::vector<double> kept_seconds_;  // observed since the size before
  std::uint64_t shown_count_ = 0;
  std::uint64_t next_fit_ = kFirstFit;
  std::uint64_t fit_count_ = 0;
  double seconds_ = 0.0;  // observed since the last size
};

}  // namespace faultline
