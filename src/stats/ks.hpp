#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stats/cluster_bootstrap.hpp"

namespace faultline {

// Whether values in [0, 1] are spread evenly: the one-sample Kolmogorov–Smirnov test against the
// uniform distribution. Ranks of what happened within what was expected are uniform when the
// expectation says nothing, and so are probability integral transforms when it is right.

// The largest distance between the share of values at or below x, and x.
// Requires: values not empty, all in [0, 1] (checked). Cost: O(n log n).
double ks_statistic(std::span<const double> values);

// P(K > x) of Kolmogorov's limit distribution. Exact to about 1e-15.
double kolmogorov_tail(double x);

// How likely `count` independent uniform values are to lie this far off or farther, as count grows
// without limit (no correction for small counts: it is about right from 35 on).
double ks_p_value(double statistic, std::size_t count);

struct KsTest {
  double statistic = 0.0;
  double p_if_independent = 1.0;  // too small when values come in clusters
  double p_clustered = 1.0;       // never below 1 / (replicas + 1)
};

// The test for values that come in clusters. Whole clusters are drawn anew, and p_clustered is the
// share of draws (the data counted as one) whose distribution lies as far from that of the data as
// the data lie from the uniform one.
//
// Why: twenty prints of one cascade are one piece of evidence. Taking them for twenty makes any map
// look far from chance. Requires: one value for each observation of `clusters`, values in [0, 1]
// (checked). Cost: O(replicas · n).
KsTest ks_test_clustered(std::span<const double> values, const Clusters& clusters,
                         const BootstrapOptions& options = {});

}  // namespace faultline
