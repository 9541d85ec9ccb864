#include "study/claims_rule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <tuple>

#include "base/check.hpp"
#include "base/distributions.hpp"

namespace faultline {
namespace {

constexpr double kUpper = 0.975;

Verdict judge_side(double nearest, double farthest) {
  if (nearest > 0.0) return Verdict::kSupported;
  return farthest < 0.0 ? Verdict::kNotSupported : Verdict::kUndecided;
}

// By group, then by score.
std::vector<ScoredCase> sorted_cases(std::span<const ScoredCase> cases) {
  std::vector<ScoredCase> sorted(cases.begin(), cases.end());
  std::ranges::sort(sorted, {},
                    [](const ScoredCase& one) { return std::tuple(one.group, one.score); });
  return sorted;
}

std::optional<double> auc_of_sorted(std::span<const ScoredCase> sorted,
                                    std::span<const std::uint32_t> times) {
  double pairs = 0.0;
  double won = 0.0;
  for (std::size_t begin = 0; begin < sorted.size();) {
    double positive = 0.0;
    double negative = 0.0;  // both: of the group, below the score that is looked at
    std::size_t at = begin;
    while (at < sorted.size() && sorted[at].group == sorted[begin].group) {
      std::array<double, 2> tied{};
      const double score = sorted[at].score;
      for (; at < sorted.size() && sorted[at].group == sorted[begin].group &&
             sorted[at].score == score;
           ++at)
        tied[sorted[at].is_positive ? 1 : 0] += times[sorted[at].replica];
      won += tied[1] * (negative + 0.5 * tied[0]);
      positive += tied[1];
      negative += tied[0];
    }
    pairs += positive * negative;
    begin = at;
  }
  if (pairs <= 0.0) return std::nullopt;
  return won / pairs;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  constexpr std::array<std::string_view, 3> kNames{"supported", "not supported", "undecided"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::optional<Verdict> judge(const std::optional<BootstrapEstimate>& estimate,
                             const Expectation& expected, const std::optional<double>& p_adjusted) {
  if (expected.kind == Expectation::Kind::kNone) return std::nullopt;
  if (!estimate) return Verdict::kUndecided;
  const double low = estimate->low - expected.value;
  const double high = estimate->high - expected.value;
  if (expected.kind == Expectation::Kind::kAbove) return judge_side(low, high);
  if (expected.kind == Expectation::Kind::kBelow) return judge_side(-high, -low);
  const bool is_left_out =
      p_adjusted ? *p_adjusted < kFamilyLevel : low > expected.reach || high < -expected.reach;
  if (is_left_out) return Verdict::kNotSupported;
  return std::max(-low, high) <= expected.reach ? Verdict::kSupported : Verdict::kUndecided;
}

Verdict verdict_of(const ClaimResult& claim) {
  bool is_decided = false;
  bool is_open = false;
  for (const ClaimPart& part : claim.parts) {
    if (!part.verdict) continue;
    if (*part.verdict == Verdict::kNotSupported) return Verdict::kNotSupported;
    is_decided = true;
    is_open = is_open || *part.verdict == Verdict::kUndecided;
  }
  return is_decided && !is_open ? Verdict::kSupported : Verdict::kUndecided;
}

double student_975(std::size_t freedom) {
  FAULTLINE_CHECK(freedom > 0);
  constexpr std::array kSmall{12.706, 4.303, 3.182, 2.776};
  if (freedom <= kSmall.size()) return kSmall[freedom - 1];
  // Source: Abramowitz and Stegun, 26.7.5.
  const double n = static_cast<double>(freedom);
  const double z = normal_quantile(kUpper);
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  return z + (z3 + z) / (4.0 * n) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n) +
         (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n * n * n);
}

double student_two_sided(double t, std::size_t freedom) {
  FAULTLINE_CHECK(freedom > 0);
  const double angle = std::atan(std::abs(t) / std::sqrt(static_cast<double>(freedom)));
  const double square = std::cos(angle) * std::cos(angle);
  const bool is_odd = freedom % 2 == 1;
  // The series in powers of the cosine, beginning with the angle's own term where it is odd.
  double term = is_odd ? std::cos(angle) : 1.0;
  double sum = freedom == 1 ? 0.0 : term;
  for (std::size_t k = is_odd ? 3 : 2; k + 1 < freedom; k += 2) {
    term *= square * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  const double inside = std::sin(angle) * sum;
  return std::max(0.0, 1.0 - (is_odd ? (angle + inside) * 2.0 / std::numbers::pi : inside));
}

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double largest = 0.0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, static_cast<double>(p.size() - rank) * p[order[rank]]);
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::optional<BootstrapEstimate> mean_estimate(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double n = static_cast<double>(values.size());
  double mean = 0.0;
  for (const double value : values) {
    FAULTLINE_CHECK(std::isfinite(value));
    mean += value / n;
  }
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double error = std::sqrt(squares / (n - 1.0) / n);
  const double reach = student_975(values.size() - 1) * error;
  return BootstrapEstimate{.value = mean,
                           .low = mean - reach,
                           .high = mean + reach,
                           .t = error > 0.0 ? std::optional(mean / error) : std::nullopt,
                           .cluster_count = values.size()};
}

std::optional<BootstrapEstimate> paired_estimate(std::span<const double> a,
                                                 std::span<const double> b) {
  FAULTLINE_CHECK(a.size() == b.size());
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  return mean_estimate(differences);
}

std::optional<double> pooled_auc(std::span<const ScoredCase> cases,
                                 std::span<const std::uint32_t> times) {
  return auc_of_sorted(sorted_cases(cases), times);
}

std::optional<BootstrapEstimate> auc_estimate(std::span<const ScoredCase> cases,
                                              std::size_t replica_count) {
  const std::vector<ScoredCase> sorted = sorted_cases(cases);
  return bootstrap_statistic(replica_count, [&](std::span<const std::uint32_t> times) {
    return auc_of_sorted(sorted, times);
  });
}

std::optional<AucTest> auc_test(std::span<const ScoredCase> cases, std::size_t replica_count) {
  const std::vector<ScoredCase> sorted = sorted_cases(cases);
  std::vector<bool> has_cases(replica_count);
  for (const ScoredCase& one : cases) has_cases[one.replica] = true;
  std::vector<std::uint32_t> times(replica_count, 1);
  const std::optional<double> whole = auc_of_sorted(sorted, times);
  if (!whole) return std::nullopt;
  std::vector<double> without;
  for (std::size_t replica = 0; replica < replica_count; ++replica) {
    if (!has_cases[replica]) continue;
    times[replica] = 0;
    const std::optional<double> one = auc_of_sorted(sorted, times);
    times[replica] = 1;
    if (!one) return std::nullopt;
    without.push_back(*one);
  }
  if (without.size() < 2) return std::nullopt;
  const double n = static_cast<double>(without.size());
  const double mean = std::accumulate(without.begin(), without.end(), 0.0) / n;
  double squares = 0.0;
  for (const double one : without) squares += (one - mean) * (one - mean);
  const double error = std::sqrt(squares * (n - 1.0) / n);
  const double reach = student_975(without.size() - 1) * error;
  AucTest test;
  test.estimate.value = *whole;
  test.estimate.low = *whole - reach;
  test.estimate.high = *whole + reach;
  test.estimate.cluster_count = without.size();
  // Without scatter between replicas, which planted cases have, any distance is beyond chance.
  if (error > 0.0)
    test.p = student_two_sided((*whole - 0.5) / error, without.size() - 1);
  else
    test.p = *whole == 0.5 ? 1.0 : 0.0;
  return test;
}

}  // namespace faultline
