#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draw/line_chart.hpp"
#include "stats/cluster_bootstrap.hpp"

namespace faultline {

// When a claim about simulated markets counts as supported. Fixed here, before any run.
//
//   a part      one number with a 95 % interval over replicas, and what the claim expects of it
//   a claim     supported if all its judged parts are, not supported if one of them is refuted,
//               undecided otherwise
//
// Parts without an expectation are reported and judge nothing. Between parts there is no correction
// for their number (of twenty true ones that are judged, one is expected to be missed), except:
//
// Direction. It is tried in every arm whose traders borrow, by the truth, and once more by the map
// that was shown in every arm that shows one. These are two families of many tests of one
// statement, so an arm is refuted only if its p against an AUC of .5 is below .05 after Holm's
// correction over the arms of its family. An arm that is not refuted supports the claim if its
// whole interval is within kCoverReach of .5, and is undecided otherwise. Beside them stand the two
// AUCs pooled over arms: one test each, no correction, and a reach of kPooledReach. In all of them
// p and interval come from leaving out one replica at a time (auc_test).

enum class Verdict : std::uint8_t { kSupported, kNotSupported, kUndecided };
std::string_view name_of(Verdict verdict);

// What a claim expects of a number.
//
//   kAbove, kBelow   supported if the whole interval lies on that side of the value, not supported
//                    if the whole interval lies on the other
//   kCovers          supported if the whole interval is within `reach` of the value, not supported
//                    if all of it is farther: a wide interval covers anything and says nothing, and
//                    a difference that can be told from the value is not yet one that matters. With
//                    a p that is corrected for a family of tests that p says whether the value is
//                    left out, and the interval only how far the number may be
inline constexpr double kCoverReach = 0.1;
inline constexpr double kPooledReach = 0.05;
struct Expectation {
  enum class Kind : std::uint8_t { kNone, kAbove, kBelow, kCovers };
  Kind kind = Kind::kNone;
  double value = 0.0;
  double reach = kCoverReach;  // of kCovers
};
inline constexpr double kFamilyLevel = 0.05;

// Absent with Kind::kNone. An absent estimate is undecided. `p_adjusted` is for kCovers alone.
std::optional<Verdict> judge(const std::optional<BootstrapEstimate>& estimate,
                             const Expectation& expected,
                             const std::optional<double>& p_adjusted = std::nullopt);

struct ClaimPart {
  std::string what;  // with the unit
  std::optional<BootstrapEstimate> estimate{};
  Expectation expected{};
  std::optional<double> p_adjusted{};  // by Holm, over the part's family
  std::optional<Verdict> verdict = judge(estimate, expected, p_adjusted);
};

struct ClaimResult {
  std::string name;  // of its figure's file
  std::string statement;
  std::string measure;
  std::vector<ClaimPart> parts;
  LineChart figure;
};
Verdict verdict_of(const ClaimResult& claim);

// The mean with Student's interval of 95 %. Absent with fewer than two values. Why not a bootstrap:
// of a few replicas its intervals are too narrow. Requires: finite values (checked).
std::optional<BootstrapEstimate> mean_estimate(std::span<const double> values);
// Of the differences a − b, replica by replica. Requires: equal lengths (checked).
std::optional<BootstrapEstimate> paired_estimate(std::span<const double> a,
                                                 std::span<const double> b);
// The 97.5 % quantile of Student's distribution, to .2 %. Requires: freedom > 0 (checked).
double student_975(std::size_t freedom);
// The chance that |t| is as large or larger. Requires: freedom > 0 (checked).
// Source: Abramowitz and Stegun, 26.7.3 and 26.7.4; exact.
double student_two_sided(double t, std::size_t freedom);
// Holm's step-down correction, in the order of `p`: an adjusted value below the level is one that
// may be rejected while the chance of any false rejection stays below it.
std::vector<double> holm_adjusted(std::span<const double> p);

// Scores of two classes, in groups that are not compared with each other.
struct ScoredCase {
  double score = 0.0;
  bool is_positive = false;
  std::uint32_t replica = 0;
  std::uint32_t group = 0;
};
// The chance that a positive case scores higher than a negative one of its group, ties counting
// half; pooled over the groups by numbers of pairs. `times` counts each replica's cases so often.
// Absent without pairs. Cost: O(n log n).
std::optional<double> pooled_auc(std::span<const ScoredCase> cases,
                                 std::span<const std::uint32_t> times);
// The same with an interval of draws of whole replicas.
std::optional<BootstrapEstimate> auc_estimate(std::span<const ScoredCase> cases,
                                              std::size_t replica_count);

// Against an AUC of .5: every replica is left out once, which gives the standard error of the whole
// (jackknife), and Student's distribution with one degree less than there are replicas with cases.
// Why not draws of replicas here: of a few they make intervals that are too narrow, and their p is
// no finer than one over their number. Absent unless all but one replica, whichever, have pairs.
struct AucTest {
  BootstrapEstimate estimate;
  double p = 1.0;
};
std::optional<AucTest> auc_test(std::span<const ScoredCase> cases, std::size_t replica_count);

}  // namespace faultline
