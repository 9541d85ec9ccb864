#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "base/result.hpp"
#include "base/rng.hpp"

namespace faultline {

// The largest single liquidation that the tail can draw. Why it is needed: with a tail exponent of
// one or less the mean of an untruncated Pareto does not exist. It lies far above what feeds print,
// so that for exponents clearly above one it changes nothing.
inline constexpr double kSizeMaxUsd = 1e9;

// Units: USD and logarithms of USD.
struct SizeParameters {
  double log_median = 0.0;  // of the body
  double log_sigma = 1.0;
  // Where the tail begins; infinity means that there is none and the body goes on.
  double threshold_usd = std::numeric_limits<double>::infinity();
  double tail_exponent = 2.0;
  double max_usd = kSizeMaxUsd;  // of the tail; not used without one
};

// F, the distribution of the sizes of single liquidations: a log-normal body, and above a threshold
// T a Pareto tail truncated at a named maximum M.
//
//   F(q)     = Phi((ln q − log_median)/log_sigma)                              q <= T
//   1 − F(q) = (1 − F(T)) · ((q/T)^−a − (M/T)^−a) / (1 − (M/T)^−a)         T < q <= M
//
// The two are joined so that F is continuous; the density may jump at T, because body and tail
// exponent are fitted to different parts of the data. All amounts above are closed forms.
//
// Thread safety: immutable. Cost: one erfc or one power a call.
class SizeDistribution {
 public:
  // Requires: finite log_median, log_sigma > 0, threshold_usd > 0, tail_exponent > 0 and, where
  // there is a tail, threshold_usd < max_usd < infinity (checked).
  explicit SizeDistribution(const SizeParameters& parameters);

  const SizeParameters& parameters() const { return parameters_; }
  bool has_tail() const;

  // The largest size of positive density: infinity without a tail.
  double largest_usd() const;

  double pdf(double usd) const;
  // Minus infinity where the density is zero.
  double log_pdf(double usd) const;
  // 1 − F: accurate in relative terms however small.
  double survival(double usd) const;
  // The size that a share `survival` of all exceeds. Requires: 0 < survival < 1 (checked).
  double upper_quantile(double survival) const;
  // Requires: 0 < probability < 1 (checked).
  double quantile(double probability) const { return upper_quantile(1.0 - probability); }
  double mean() const { return mean_; }
  // The integral of u dF(u) from 0 to usd: mean() at infinity.
  double partial_mean(double usd) const;
  double draw(Rng& rng) const;

 private:
  double body_z(double usd) const;
  double tail_partial_mean(double usd) const;
  double tail_draw_of(double share) const;

  SizeParameters parameters_;
  double tail_share_ = 0.0;  // 1 − F(T)
  double tail_norm_ = 1.0;   // 1 − (M/T)^−a
  double mean_ = 0.0;
};

struct SizeFitConfig {
  // The largest share of the sample that makes the tail.
  double tail_share = 0.05;
  double max_usd = kSizeMaxUsd;
};

struct SizeFit {
  SizeParameters parameters;
  std::size_t sample_count = 0;
  std::size_t tail_count = 0;     // 0: too few for a tail, the body goes on
  double tail_exponent_se = 0.0;  // Hill's: exponent / sqrt(tail_count)
  // The exponent is one or less: the mean exists only because of max_usd and moves with it.
  bool mean_rests_on_max = false;
};

// Fits body and tail: the threshold is the (1 − tail_share) quantile of the sample; the exponent
// above is Hill's; the body is the maximum likelihood of a log-normal of which the sizes above the
// threshold are known only to be larger, so that the tail does not widen the body.
//
// Requires: 0 < tail_share < 1 (checked).
// Errors: kNoData for fewer than kSizeFitMin sizes; kOutOfRange with the offset of the first size
// that is not a positive finite number.
// Cost: a sort and some hundred cheap iterations.
// Source: Hill, "A simple general approach to inference about the tail of a distribution", 1975.
inline constexpr std::size_t kSizeFitMin = 20;
Result<SizeFit> fit_size_distribution(std::span<const double> sizes_usd,
                                      const SizeFitConfig& config = {});

}  // namespace faultline
