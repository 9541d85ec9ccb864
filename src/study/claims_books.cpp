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

// Along the news' own sign, whichever that is.
double extra_move_percent(const MarketFacts& facts) {
  return 100.0 * (shock_move(facts) - news_size(facts));
}

// What could be liquidated on the way of the news, of the open interest before it.
double fuel_percent(const MarketFacts& facts) {
  const NewsJump& news = facts.news.front();
  const TrueProfile& before = facts.snapshot_at(news.begin);
  return 100.0 * before.within(news.size_log < 0.0 ? Side::kLong : Side::kShort, news_size(facts)) /
         before.open_interest_usd;
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
  parts.push_back({.what = "nobody above 1x, thin-tailed takers: excess kurtosis of 1 h returns",
                   .estimate = of_arm(0),
                   .expected = {Kind::kBelow, kKurtosisMost}});
  parts.push_back(
      {.what = "holders up to 125x, the same takers at 1x: excess kurtosis of 1 h returns",
       .estimate = of_arm(1)});
  parts.push_back({.what = "up to 125x less 1x: excess kurtosis of 1 h returns",
                   .estimate = difference,
                   .expected = kPositive});
}

// A book, as one can be liquidated in it and as nobody can.
struct Book {
  const char* label;
  ClaimArm levered;
  ClaimArm unlevered;
};
constexpr Book kUsual{"usual", ClaimArm::kCrowded, ClaimArm::kCrowdedUnlevered};
constexpr Book kThin{"thin", ClaimArm::kThin, ClaimArm::kThinUnlevered};
constexpr Book kDeep{"deep", ClaimArm::kDeep, ClaimArm::kDeepUnlevered};
constexpr Book kSplit{"three venues", ClaimArm::kFragmented, ClaimArm::kFragmentedUnlevered};
constexpr std::array kBooks{kDeep, kUsual, kThin, kSplit};

// What is expected to amplify more than the other.
struct BookPair {
  Book more;
  Book less;
};
constexpr std::array kBookPairs{BookPair{kThin, kUsual}, BookPair{kUsual, kDeep},
                                BookPair{kSplit, kUsual}};

// By replica: what leverage adds to the move beyond the news in this book.
std::vector<double> added_by_leverage(const ClaimsData& data, const Book& book) {
  std::vector<double> added = over_replicas(data, book.levered, extra_move_percent);
  const auto without = over_replicas(data, book.unlevered, extra_move_percent);
  FAULTLINE_CHECK(added.size() == without.size());
  for (std::size_t i = 0; i < added.size(); ++i) added[i] -= without[i];
  return added;
}

// The judged numbers of claim 3: a thinner book has a farther farthest point without liquidations
// too, so only what leverage adds to it is amplification.
void add_amplification(const ClaimsData& data, std::vector<ClaimPart>& parts) {
  for (const BookPair& pair : kBookPairs)
    parts.push_back({.what = std::string(pair.more.label) + " less " + pair.less.label +
                             ": what leverage adds to the move beyond the news, %",
                     .estimate = paired_estimate(added_by_leverage(data, pair.more),
                                                 added_by_leverage(data, pair.less)),
                     .expected = kPositive});
  for (const Book& book : kBooks)
    parts.push_back(
        {.what = std::string(book.label) + ": what leverage adds to the move beyond the news, %",
         .estimate = mean_estimate(added_by_leverage(data, book))});
}

// Told, not judged: the same without taking the unlevered book away.
void add_plain(const ClaimsData& data, const std::string& what, double (*of)(const MarketFacts&),
               std::vector<ClaimPart>& parts) {
  for (const BookPair& pair : kBookPairs)
    parts.push_back(
        {.what = std::string(pair.more.label) + " less " + pair.less.label + ": " + what,
         .estimate = paired_estimate(over_replicas(data, pair.more.levered, of),
                                     over_replicas(data, pair.less.levered, of))});
  for (const Book& book : kBooks) {
    for (const ClaimArm arm : {book.levered, book.unlevered})
      parts.push_back({.what = std::string(name_of(arm)) + ": " + what,
                       .estimate = mean_estimate(over_replicas(data, arm, of))});
  }
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
      "Crowded longs and one piece of news of about 5 %, its sign by a coin: farthest move along "
      "the news within 30 minutes, beyond the news. What leverage adds to it is the difference to "
      "the same book, news and seed with everybody at 1x; judged is the difference of that between "
      "books. Thin: a third of the depth and nothing else; deep: three times. Liquidated share of "
      "open interest and plain differences are told. And hourly returns over a third of the depth "
      "without news, trend traders and heavy tails, takers at 1x: holders capped at 1x and at "
      "125x.";
  add_amplification(data, claim.parts);
  add_plain(data, "move beyond the news, %", extra_move_percent, claim.parts);
  add_plain(data, "liquidated share of open interest, %", shock_forced_percent, claim.parts);
  std::vector<LabelledEstimate> points;
  for (const Book& book : kBooks) {
    claim.parts.push_back(
        {.what = std::string(name_of(book.levered)) + ": fuel on the way of the news before it, %",
         .estimate = mean_estimate(over_replicas(data, book.levered, fuel_percent))});
    points.push_back({book.label, mean_estimate(added_by_leverage(data, book))});
  }
  add_kurtosis(data, claim.parts);
  claim.figure = estimates_chart("What leverage adds to the move beyond the same news, by book",
                                 "% points", points);
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
    const auto crowded = over_replicas(data, ClaimArm::kCrowded, of);
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
