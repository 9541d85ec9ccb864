// Claims about those who look at the map, about news, and about direction.

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "study/claims.hpp"
#include "study/claims_measures.hpp"

namespace faultline {
namespace {

using Kind = Expectation::Kind;
constexpr Expectation kPositive{Kind::kAbove, 0.0};
constexpr Expectation kNegative{Kind::kBelow, 0.0};

double forced_percent(const MarketFacts& facts) { return 100.0 * forced_share(facts); }
double worst_hour_percent(const MarketFacts& facts) { return 100.0 * worst_hour(facts); }

// Logarithm of what was shown within 5 % over what was there, hours summed. Requires: a map was
// shown, and something was there (checked: in a day of these arms both are).
double shown_ratio_log(const MarketFacts& facts) {
  double shown = 0.0;
  double there = 0.0;
  for (const ShownMass& mass : facts.shown) {
    const TrueProfile& truth = facts.snapshot_at(mass.time);
    if (truth.time != mass.time) continue;
    for (const Side side : {Side::kLong, Side::kShort}) {
      shown += mass.usd[index_of(side)];
      there += truth.within(side, kShownReach);
    }
  }
  FAULTLINE_CHECK(shown > 0.0 && there > 0.0);
  return std::log(shown / there);
}

// Of the true mass between the price and where the news takes it, over the depth on that path.
double fuel_on_path(const MarketFacts& shock, const MarketFacts& facts, bool is_hit_side) {
  const NewsJump& news = shock.news.front();
  const bool hits_longs = (news.size_log < 0.0) == is_hit_side;
  const TrueProfile& before = facts.snapshot_at(news.begin);
  const double reach = std::abs(news.size_log);
  return before.within(hits_longs ? Side::kLong : Side::kShort, reach) /
         (100.0 * reach * facts.depth_usd_per_percent);
}

double log_hour_after(const MarketFacts& shock, const MarketFacts& facts) {
  const UnixNanos from = shock.news.front().begin;
  return std::log(facts.realised(from, from + kHour));
}

using Drawn = std::span<const std::uint32_t>;

// A correlation over replicas, `power` 2: the share that a straight line explains.
std::optional<BootstrapEstimate> correlation_estimate(const std::vector<double>& x,
                                                      const std::vector<double>& y, int power) {
  return bootstrap_statistic(x.size(), [&](Drawn times) -> std::optional<double> {
    std::vector<double> drawn_x;
    std::vector<double> drawn_y;
    for (std::size_t i = 0; i < x.size(); ++i) {
      drawn_x.insert(drawn_x.end(), times[i], x[i]);
      drawn_y.insert(drawn_y.end(), times[i], y[i]);
    }
    const auto found = correlation(drawn_x, drawn_y);
    if (!found) return std::nullopt;
    return power == 2 ? *found * *found : *found;
  });
}

struct DirectionCases {
  std::vector<ScoredCase> all;

  void add(std::span<const MarketFacts> replicas, MassSource source, std::uint32_t group) {
    for (std::uint32_t replica = 0; replica < replicas.size(); ++replica) {
      for (ScoredCase one : direction_cases(replicas[replica], source)) {
        one.replica = replica;
        one.group = group;
        all.push_back(one);
      }
    }
  }
};

}  // namespace

ClaimResult claim_readers(const ClaimsData& data) {
  constexpr std::array kReaders{ClaimArm::kHunters, ClaimArm::kAvoiders, ClaimArm::kProviders};
  ClaimResult claim;
  claim.name = "readers";
  claim.statement =
      "Visible maps change behaviour: hunters liquidate more, avoiders less and leave the map "
      "too full, providers calm the worst hour.";
  claim.measure =
      "Crowded longs with news of either sign of about 3 %, and a map that readers inside the "
      "market see; against the same market with a map that nobody reads.";
  std::vector<LabelledEstimate> points;
  const auto measure = [&](const std::string& what, double (*of)(const MarketFacts&),
                           const std::array<Expectation, 3>& expected) {
    const auto nobody = over_replicas(data, ClaimArm::kNobody, of);
    claim.parts.push_back({.what = "nobody: " + what, .estimate = mean_estimate(nobody)});
    for (std::size_t i = 0; i < kReaders.size(); ++i) {
      const std::string reader(name_of(kReaders[i]));
      const auto values = over_replicas(data, kReaders[i], of);
      const auto difference = paired_estimate(values, nobody);
      claim.parts.push_back({.what = reader + " less nobody: " + what,
                             .estimate = difference,
                             .expected = expected[i]});
      if (of == forced_percent) points.push_back({reader, difference});
    }
  };
  measure("liquidated share of open interest, %", forced_percent, {kPositive, kNegative, {}});
  measure("volatility of the worst hour, %", worst_hour_percent, {{{}, {}, kNegative}});
  measure("log of shown over true mass within 5 %", shown_ratio_log, {{{}, kPositive, {}}});
  claim.figure = estimates_chart("Liquidated with readers of the map, less without",
                                 "share of open interest, % points", points);
  return claim;
}

ClaimResult claim_news(const ClaimsData& data) {
  const auto shocks = data.of(ClaimArm::kShock);
  const auto calm = data.of(ClaimArm::kCalm);
  std::vector<double> news_share;
  std::vector<double> beyond;
  std::vector<double> fuel;
  std::vector<double> lean;
  std::vector<double> with;
  std::vector<double> without;
  for (std::size_t i = 0; i < shocks.size(); ++i) {
    const double moved = std::max(shock_move(shocks[i]), news_size(shocks[i]));
    news_share.push_back(news_size(shocks[i]) / moved);
    beyond.push_back(100.0 * (shock_move(shocks[i]) - news_size(shocks[i])));
    fuel.push_back(fuel_on_path(shocks[i], shocks[i], true));
    lean.push_back(fuel.back() - fuel_on_path(shocks[i], shocks[i], false));
    with.push_back(log_hour_after(shocks[i], shocks[i]));
    without.push_back(log_hour_after(shocks[i], calm[i]));
  }
  const auto difference = paired_estimate(with, without);
  ClaimResult claim;
  claim.name = "news";
  claim.statement = "News shocks override the map.";
  claim.measure =
      "Crowded longs with and without a jump of about 12 % of either sign at the same time. Fuel: "
      "true mass on the path of the news over the depth on it, at the last hourly snapshot.";
  claim.parts = {
      {.what = "with less without: log volatility of the shock hour",
       .estimate = difference,
       .expected = kPositive},
      {.what = "news as a share of the farthest move in 30 minutes",
       .estimate = mean_estimate(news_share),
       .expected = {Kind::kAbove, 0.5}},
      {.what = "share of the shock hour's log volatility that the map's side explains (R²)",
       .estimate = correlation_estimate(lean, with, 2),
       .expected = {Kind::kBelow, 0.5}},
      {.what = "move beyond the news, %", .estimate = mean_estimate(beyond)},
      {.what = "correlation of fuel on the path with the move beyond the news",
       .estimate = correlation_estimate(fuel, beyond, 1)},
      {.what = "fuel on the path over depth", .estimate = mean_estimate(fuel)},
  };
  claim.figure = estimates_chart("Volatility of the shock hour", "log of realised volatility",
                                 std::vector<LabelledEstimate>{{"no news", mean_estimate(without)},
                                                               {"12 % news", mean_estimate(with)}});
  return claim;
}

ClaimResult claim_direction(const ClaimsData& data) {
  ClaimResult claim;
  claim.name = "direction";
  claim.statement = "Direction is not predictable from the map.";
  claim.measure =
      "AUC of (longs − shorts) / (longs + shorts) of the mass within 5 % against the sign of the "
      "next hour's return, hours on the clock, pairs within an arm. Arms whose news all goes one "
      "way are excluded; news of the others is of either sign, by the seed.";
  DirectionCases truth;
  DirectionCases shown;
  std::vector<ClaimPart> by_arm;
  std::vector<LabelledEstimate> points;
  for (std::uint32_t i = 0; i < kClaimArmCount; ++i) {
    const auto arm = static_cast<ClaimArm>(i);
    if (!data.has(arm) || has_signed_news(arm)) continue;
    DirectionCases own;
    own.add(data.of(arm), MassSource::kTruth, i);
    truth.add(data.of(arm), MassSource::kTruth, i);
    shown.add(data.of(arm), MassSource::kShownMap, i);
    const auto estimate = auc_estimate(own.all, data.replica_count());
    by_arm.push_back(
        {.what = std::string(name_of(arm)) + ": AUC of the truth", .estimate = estimate});
    points.push_back({std::string(name_of(arm)), estimate});
  }
  const auto pooled = auc_estimate(truth.all, data.replica_count());
  claim.parts.push_back(
      {.what = "all arms: AUC of the truth", .estimate = pooled, .expected = {Kind::kCovers, 0.5}});
  if (!shown.all.empty())
    claim.parts.push_back({.what = "arms with a map: AUC of the map that was shown",
                           .estimate = auc_estimate(shown.all, data.replica_count()),
                           .expected = {Kind::kCovers, 0.5}});
  claim.parts.insert(claim.parts.end(), by_arm.begin(), by_arm.end());
  points.insert(points.begin(), {"all", pooled});
  claim.figure = estimates_chart("Does the imbalance of the map foretell the next hour's sign?",
                                 "AUC", points);
  return claim;
}

}  // namespace faultline
