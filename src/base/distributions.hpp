#pragma once

#include <span>

#include "base/rng.hpp"

namespace faultline {

// The distributions that more than one layer needs: the normal, and draws from gamma, beta and
// Dirichlet.
//
// Why free functions beside Rng: they need no state of their own, and Rng stays the few draws whose
// numbers are committed in tests.
// Errors: none; parameters are our own promise and checked.
// Thread safety: as the generator that is passed in.

double normal_pdf(double z);

// Accurate in relative terms in the lower tail; for an upper tail ask for normal_cdf(−z).
double normal_cdf(double z);

// z with normal_cdf(z) = probability, to 1e-12 in relative terms of the smaller tail.
// Requires: 0 < probability < 1 (checked).
// Source: P. Acklam's rational approximation, then one step of Halley.
double normal_quantile(double probability);

// Gamma with scale 1: mean = variance = shape. A shape far below 1 may give a draw of exactly zero.
// Requires: shape > 0 (checked).
// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
double gamma_draw(Rng& rng, double shape);

// The logarithm of such a draw, which does not underflow however small the shape.
double log_gamma_draw(Rng& rng, double shape);

// Beta(a, b): mean a / (a + b).
struct BetaShape {
  double a = 1.0;
  double b = 1.0;
};
double beta_draw(Rng& rng, BetaShape shape);

// Weights that sum to 1 with mean concentrations / sum(concentrations). A concentration of zero
// gives a weight of zero.
// Requires: equal sizes, no concentration negative, at least one positive (checked).
void dirichlet_draw(Rng& rng, std::span<const double> concentrations, std::span<double> weights);

}  // namespace faultline
