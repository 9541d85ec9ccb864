// Claims about positions and depth: clusters, thin and deep books, balance.

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "study/claims.hpp"
#include "study/claims_measures.hpp"

namespace faultline {
namespace {

using Kind = Expectation::Kind;
constexpr Expectation kPositive{Kind::kAbove, 0.0};
constexpr std::size_t kConcentrationBins = 20;
constexpr double kKurtosisMost = 0.5;
constexpr Nanos kReturnStep{10 * kMinute.value};

// Mean over hours and sides. Requires: there was mass within reach once (checked).
double mean_concentration(const MarketFacts& facts) {
  double sum = 0.0;
  double count = 0.0;
  for (const TrueProfile& snapshot : facts.snapshots) {
    for (std::size_t side = 0; side < 2; ++side) {
      const auto bins = half_percent_bins(snapshot.usd[side], kConcentrationBins);
      const auto excess = concentration_excess(bins, snapshot.usd_squared[side]);
      if (!excess) continue;
      sum += *excess;
      count += 1.0;
    }
  }
  FAULTLINE_CHECK(count > 0.0);
  return sum / count;
}

double extra_fall_percent(const MarketFacts& facts) {
  return 100.0 * (shock_move(facts) - news_size(facts));
}

// What could be liquidated on the way of the news, of the open interest before it.
double fuel_percent(const MarketFacts& facts) {
  const TrueProfile& before = facts.snapshot_at(facts.news.front().begin);
  return 100.0 * before.within(Side::kLong, news_size(facts)) / before.open_interest_usd;
}

double shock_forced_percent(const MarketFacts& facts) { return 100.0 * shock_forced_share(facts); }

double forced_percent(const MarketFacts& facts) { return 100.0 * forced_share(facts); }

double log_record_volatility(const MarketFacts& facts) {
  return std::log(record_volatility(facts));
}

double log_shock_volatility(const MarketFacts& facts) {
  const UnixNanos from = facts.news.front().begin;
  return std::log(facts.realised(from, from + kHour));
}

// Hourly returns, one each ten minutes: draws of whole replicas know that they overlap.
std::vector<double> hourly_returns(const MarketFacts& facts) {
  std::vector<double> returns;
  const auto hour = static_cast<std::size_t>(kHour.value / kPathInterval.value);
  const auto step = static_cast<std::size_t>(kReturnStep.value / kPathInterval.value);
  for (std::size_t i = 0; i + hour < facts.path.size(); i += step)
    returns.push_back(facts.path[i + hour] - facts.path[i]);
  return returns;
}

std::optional<double> pooled_kurtosis(std::span<const std::vector<double>> returns,
                                      std::span<const std::uint32_t> times) {
  std::vector<double> drawn;
  for (std::size_t replica = 0; replica < returns.size(); ++replica)
    for (std::uint32_t i = 0; i < times[replica]; ++i)
      drawn.insert(drawn.end(), returns[replica].begin(), returns[replica].end());
  return excess_kurtosis(drawn);
}

void add_kurtosis(const ClaimsData& data, std::vector<ClaimPart>& parts) {
  std::array<std::vector<std::vector<double>>, 2> returns;
  constexpr std::array kArms{ClaimArm::kCapOne, ClaimArm::kCapHigh};
  for (std::size_t arm = 0; arm < kArms.size(); ++arm)
    for (const MarketFacts& facts : data.of(kArms[arm]))
      returns[arm].push_back(hourly_returns(facts));
  const auto of_arm = [&](std::size_t arm) {
    return bootstrap_statistic(data.replica_count(), [&, arm](auto times) {
      return pooled_kurtosis(returns[arm], times);
    });
  };
  const auto difference =
      bootstrap_statistic(data.replica_count(), [&](auto times) -> std::optional<double> {
        const auto low = pooled_kurtosis(returns[0], times);
        const auto high = pooled_kurtosis(returns[1], times);
        if (!low || !high) return std::nullopt;
        return *high - *low;
      });
  parts.push_back({.what = "leverage cap 1, thin-tailed takers: excess kurtosis of 1 h returns",
                   .estimate = of_arm(0),
                   .expected = {Kind::kBelow, kKurtosisMost}});
  parts.push_back({.what = "leverage cap 125, the same takers: excess kurtosis of 1 h returns",
                   .estimate = of_arm(1)});
  parts.push_back({.what = "cap 125 less cap 1: excess kurtosis of 1 h returns",
                   .estimate = difference,
                   .expected = kPositive});
}

}  // namespace

ClaimResult claim_clusters(const ClaimsData& data) {
  const auto similar = over_replicas(data, ClaimArm::kSimilar, mean_concentration);
  const auto wide = over_replicas(data, ClaimArm::kWide, mean_concentration);
  ClaimResult claim;
  claim.name = "clusters";
  claim.statement = "Similar entries and similar leverage make clusters.";
  claim.measure =
      "Herfindahl index of the true mass within 10 % in bins of .5 %, over what positions of the "
      "same sizes would have that are placed by chance after the smoothed profile, less one; mean "
      "of hourly snapshots and both sides.";
  claim.parts = {{.what = "similar less wide: excess concentration",
                  .estimate = paired_estimate(similar, wide),
                  .expected = kPositive},
                 {.what = "similar: excess concentration",
                  .estimate = mean_estimate(similar),
                  .expected = kPositive},
                 {.what = "wide: excess concentration", .estimate = mean_estimate(wide)}};
  claim.figure =
      estimates_chart("Concentration of liquidation levels beyond chance", "excess concentration",
                      std::vector<LabelledEstimate>{{"similar", mean_estimate(similar)},
                                                    {"wide", mean_estimate(wide)}});
  return claim;
}

ClaimResult claim_depth(const ClaimsData& data) {
  ClaimResult claim;
  claim.name = "depth";
  claim.statement = "Thin and fragmented books amplify, deep books absorb.";
  claim.measure =
      "The same traders and the same news of about −5 %: fall within 30 minutes beyond "
      "the news, and liquidated share of open interest. And hourly returns of markets without "
      "news, trend traders and heavy tails, with and without leverage.";
  std::vector<LabelledEstimate> points;
  const auto measure = [&](const std::string& what, double (*of)(const MarketFacts&)) {
    const auto base = over_replicas(data, ClaimArm::kCrowdedBad, of);
    const auto thin = over_replicas(data, ClaimArm::kThin, of);
    const auto deep = over_replicas(data, ClaimArm::kDeep, of);
    const auto split = over_replicas(data, ClaimArm::kFragmented, of);
    const auto judged = [&](const char* arms, const auto& more, const auto& less) {
      claim.parts.push_back({.what = std::string(arms) + ": " + what,
                             .estimate = paired_estimate(more, less),
                             .expected = kPositive});
    };
    judged("thin less usual", thin, base);
    judged("usual less deep", base, deep);
    judged("three venues less one", split, base);
    const std::array<std::pair<const char*, const std::vector<double>*>, 4> levels{
        {{"deep", &deep}, {"usual", &base}, {"thin", &thin}, {"three venues", &split}}};
    for (const auto& [label, values] : levels) {
      const auto level = mean_estimate(*values);
      claim.parts.push_back({.what = std::string(label) + ": " + what, .estimate = level});
      if (of == extra_fall_percent) points.push_back({label, level});
    }
  };
  measure("fall beyond the news, %", extra_fall_percent);
  measure("liquidated share of open interest, %", shock_forced_percent);
  for (const ClaimArm arm :
       {ClaimArm::kDeep, ClaimArm::kCrowdedBad, ClaimArm::kThin, ClaimArm::kFragmented})
    claim.parts.push_back(
        {.what = std::string(name_of(arm)) + ": fuel on the way of the news before it, %",
         .estimate = mean_estimate(over_replicas(data, arm, fuel_percent))});
  add_kurtosis(data, claim.parts);
  claim.figure = estimates_chart("Fall beyond the same news, by depth of the book",
                                 "fall beyond the news, %", points);
  return claim;
}

ClaimResult claim_balance(const ClaimsData& data) {
  ClaimResult claim;
  claim.name = "balance";
  claim.statement = "Balanced positioning fails to produce volatility.";
  claim.measure =
      "Crowded longs against as many longs as shorts without following the trend, same depth, "
      "same news of either sign: logarithm of realised volatility, and liquidated share.";
  std::vector<LabelledEstimate> points;
  const auto measure = [&](const std::string& what, double (*of)(const MarketFacts&)) {
    const auto crowded = over_replicas(data, ClaimArm::kCrowdedEither, of);
    const auto balanced = over_replicas(data, ClaimArm::kBalanced, of);
    const auto difference = paired_estimate(crowded, balanced);
    claim.parts.push_back(
        {.what = "crowded less balanced: " + what, .estimate = difference, .expected = kPositive});
    claim.parts.push_back({.what = "crowded: " + what, .estimate = mean_estimate(crowded)});
    claim.parts.push_back({.what = "balanced: " + what, .estimate = mean_estimate(balanced)});
    if (of != forced_percent) points.push_back({what, difference});
  };
  measure("log volatility, whole record", log_record_volatility);
  measure("log volatility, hour after the news", log_shock_volatility);
  measure("liquidated share of open interest, %", forced_percent);
  claim.figure = estimates_chart("Volatility of crowded less that of balanced markets",
                                 "difference of logarithms", points);
  return claim;
}

}  // namespace faultline
