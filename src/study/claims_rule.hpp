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
// Parts without an expectation are reported and judge nothing. There is no correction for the
// number of parts: of twenty true ones that are judged, one is expected to be missed.

enum class Verdict : std::uint8_t { kSupported, kNotSupported, kUndecided };
std::string_view name_of(Verdict verdict);

// What a claim expects of a number.
//
//   kAbove, kBelow   supported if the whole interval lies on that side of the value, not supported
//                    if the whole interval lies on the other
//   kCovers          not supported if the interval leaves the value out; supported if it has the
//                    value and nothing farther than kCoverReach from it: a wide interval covers
//                    anything and says nothing
struct Expectation {
  enum class Kind : std::uint8_t { kNone, kAbove, kBelow, kCovers };
  Kind kind = Kind::kNone;
  double value = 0.0;
};
inline constexpr double kCoverReach = 0.1;

// Absent with Kind::kNone. An absent estimate is undecided.
std::optional<Verdict> judge(const std::optional<BootstrapEstimate>& estimate,
                             const Expectation& expected);

struct ClaimPart {
  std::string what;  // with the unit
  std::optional<BootstrapEstimate> estimate{};
  Expectation expected{};
  std::optional<Verdict> verdict = judge(estimate, expected);
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

}  // namespace faultline
