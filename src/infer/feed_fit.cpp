#include "infer/feed_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "base/check.hpp"
#include "base/distributions.hpp"

namespace faultline {
namespace {

constexpr int kSearchMax = 400;
constexpr double kSearchTolerance = 1e-9;  // of the log-likelihood per size shown
constexpr double kLogSigmaLow = 0.02;      // edges of the search for the width of the body
constexpr double kLogSigmaHigh = 6.0;
constexpr double kLogIntensityHigh = 12.0;
constexpr double kDerivativeStep = 1e-3;

using Point = std::array<double, 2>;  // log_median, ln log_sigma

// A window as the joint likelihood sees it: of the densities only two moments matter.
struct Maxima {
  std::vector<double> log_usd;
  double empty_seconds = 0.0;
  double mean = 0.0;
  double variance = 0.0;

  double count() const { return static_cast<double>(log_usd.size()); }
};

Maxima maxima_of(const ObservedWindow& window) {
  Maxima maxima;
  for (const double usd : window.shown_usd) maxima.log_usd.push_back(std::log(usd));
  maxima.empty_seconds = static_cast<double>(window.observed_seconds) - maxima.count();
  for (const double x : maxima.log_usd) maxima.mean += x / maxima.count();
  for (const double x : maxima.log_usd) {
    maxima.variance += (x - maxima.mean) * (x - maxima.mean) / maxima.count();
  }
  return maxima;
}

// n₀ + Σ(1−F(q)): the seconds' worth of exposure to orders that would have been seen.
double exposure_of(const Maxima& maxima, const Point& at) {
  const double sigma = std::exp(at[1]);
  double sum = 0.0;
  for (const double x : maxima.log_usd) sum += normal_cdf((at[0] - x) / sigma);
  return maxima.empty_seconds + sum;
}

// Σ ln f(q), from the moments.
double log_density_of(const Maxima& maxima, const Point& at) {
  const double sigma = std::exp(at[1]);
  const double away = maxima.mean - at[0];
  const double square = (maxima.variance + away * away) / (sigma * sigma);
  return -maxima.count() *
         (0.5 * square + at[1] + maxima.mean + 0.5 * std::log(2.0 * std::numbers::pi));
}

bool is_inside(const Point& at) {
  return at[1] > std::log(kLogSigmaLow) && at[1] < std::log(kLogSigmaHigh);
}

// Less the log-likelihood at the best intensity for this F.
double profile_loss(const Maxima& maxima, const Point& at) {
  if (!is_inside(at)) return std::numeric_limits<double>::infinity();
  const double log_intensity = std::log(maxima.count() / exposure_of(maxima, at));
  if (!(log_intensity < kLogIntensityHigh)) return std::numeric_limits<double>::infinity();
  return -(log_density_of(maxima, at) + maxima.count() * (log_intensity - 1.0));
}

struct Vertex {
  Point at{};
  double loss = 0.0;
};

Point along(const Point& from, const Point& to, double part) {
  return Point{from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])};
}

// One move of the simplex of Nelder and Mead. Requires: vertices sorted by loss.
void move_simplex(const Maxima& maxima, std::array<Vertex, 3>& simplex) {
  const auto vertex = [&](const Point& at) { return Vertex{at, profile_loss(maxima, at)}; };
  const Point middle = along(simplex[0].at, simplex[1].at, 0.5);
  const Vertex reflected = vertex(along(simplex[2].at, middle, 2.0));
  if (reflected.loss < simplex[0].loss) {
    const Vertex farther = vertex(along(simplex[2].at, middle, 3.0));
    simplex[2] = farther.loss < reflected.loss ? farther : reflected;
    return;
  }
  if (reflected.loss < simplex[1].loss) {
    simplex[2] = reflected;
    return;
  }
  const bool is_outside = reflected.loss < simplex[2].loss;
  const Vertex nearer = vertex(along(simplex[2].at, middle, is_outside ? 1.5 : 0.5));
  if (nearer.loss < std::min(reflected.loss, simplex[2].loss)) {
    simplex[2] = nearer;
    return;
  }
  for (std::size_t i = 1; i < 3; ++i) {
    simplex[i] = vertex(along(simplex[0].at, simplex[i].at, 0.5));
  }
}

Vertex search(const Maxima& maxima, const Point& start, const Point& reach) {
  std::array<Vertex, 3> simplex;
  simplex[0].at = start;
  simplex[1].at = Point{start[0] + reach[0], start[1]};
  simplex[2].at = Point{start[0], start[1] + reach[1]};
  for (Vertex& one : simplex) one.loss = profile_loss(maxima, one.at);
  const auto by_loss = [](const Vertex& a, const Vertex& b) { return a.loss < b.loss; };
  for (int i = 0; i < kSearchMax; ++i) {
    std::ranges::sort(simplex, by_loss);
    if (simplex[2].loss - simplex[0].loss < kSearchTolerance * maxima.count()) break;
    move_simplex(maxima, simplex);
  }
  return *std::ranges::min_element(simplex, by_loss);
}

// The standard error of ln Λ from the curvature of the whole likelihood in (ln Λ, median, width):
// the Schur complement of the information of the two others.
double log_intensity_error(const Maxima& maxima, const Point& best, double log_intensity) {
  using Triple = std::array<double, 3>;
  const auto loss = [&](const Triple& d) {
    const Point at{best[0] + d[1] * std::exp(best[1]), best[1] + d[2]};
    return std::exp(log_intensity + d[0]) * exposure_of(maxima, at) - log_density_of(maxima, at) -
           maxima.count() * (log_intensity + d[0]);
  };
  std::array<Triple, 3> information{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0.0;
      for (const int a : {-1, 1}) {
        for (const int b : {-1, 1}) {
          Triple d{};
          d[i] += a * kDerivativeStep;
          d[j] += b * kDerivativeStep;
          sum += a * b * loss(d);
        }
      }
      information[i][j] = sum / (4.0 * kDerivativeStep * kDerivativeStep);
      information[j][i] = information[i][j];
    }
  }
  const auto& m = information;
  const double minor = m[1][1] * m[2][2] - m[1][2] * m[1][2];
  const double explained = (m[0][1] * m[0][1] * m[2][2] - 2.0 * m[0][1] * m[0][2] * m[1][2] +
                            m[0][2] * m[0][2] * m[1][1]) /
                           minor;
  const double left = m[0][0] - explained;
  if (!(minor > 0.0) || !(left > 0.0)) return std::numeric_limits<double>::infinity();
  return 1.0 / std::sqrt(left);
}

}  // namespace

Result<JointFeedFit> fit_largest_per_second(const ObservedWindow& window) {
  const SizeDistribution any({.log_median = 0.0, .log_sigma = 1.0});
  const auto checked = evidence_of(window, Completeness::kLargestPerSecond, any);
  if (!checked) return checked.error();
  if (window.shown_usd.size() < kJointFitMin) return Error{Errc::kNoData};
  const Maxima maxima = maxima_of(window);
  const double width = std::clamp(std::sqrt(maxima.variance), 2.0 * kLogSigmaLow, 5.0);
  const Point naive{maxima.mean, std::log(width)};
  // Maxima are larger and closer together than orders. The second search, from where the first
  // ended, frees a simplex that collapsed too early.
  Vertex best = search(maxima, naive, Point{-width, 0.4});
  best = search(maxima, best.at, Point{0.3 * width, -0.2});
  JointFeedFit fit;
  fit.per_second = maxima.count() / exposure_of(maxima, best.at);
  fit.log_median = best.at[0];
  fit.log_sigma = std::exp(best.at[1]);
  fit.log_likelihood = -best.loss;
  fit.observed_seconds = window.observed_seconds;
  fit.shown_count = window.shown_usd.size();
  fit.naive_per_second = maxima.count() / exposure_of(maxima, naive);
  fit.log_size_bias = maxima.mean - fit.log_median;
  const double log_intensity = std::log(fit.per_second);
  fit.log_intensity_se = log_intensity_error(maxima, best.at, log_intensity);
  fit.is_weak = !(fit.log_intensity_se < kWeakLogIntensity) ||
                log_intensity > kLogIntensityHigh - 1.0 || fit.log_sigma > 0.95 * kLogSigmaHigh;
  return fit;
}

JointFitBias replay_bias(const JointFeedFit& fit, std::uint32_t replicas, Rng& rng) {
  FAULTLINE_CHECK(replicas >= 2);
  const SizeDistribution sizes = fit.sizes();
  JointFitBias bias;
  double square = 0.0;
  for (std::uint32_t i = 0; i < replicas; ++i) {
    const std::vector<double> shown = simulate_shown(
        Completeness::kLargestPerSecond, fit.per_second, fit.observed_seconds, sizes, rng);
    const auto again = fit_largest_per_second(ObservedWindow{fit.observed_seconds, shown});
    // A replica with too little to fit says nothing about the bias of one that had enough.
    if (!again) continue;
    const double miss = std::log(again->per_second / fit.per_second);
    bias.log_intensity += miss;
    square += miss * miss;
    bias.log_median += again->log_median - fit.log_median;
    bias.log_sigma += again->log_sigma - fit.log_sigma;
    ++bias.replicas;
  }
  if (bias.replicas == 0) return bias;
  const double count = bias.replicas;
  bias.log_intensity /= count;
  bias.log_median /= count;
  bias.log_sigma /= count;
  const double variance = std::max(square / count - bias.log_intensity * bias.log_intensity, 0.0);
  bias.log_intensity_error = std::sqrt(variance / count);
  return bias;
}

}  // namespace faultline
