// Claims about single events: touches of clusters, episodes of liquidations.

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "study/claims.hpp"
#include "study/claims_fuel.hpp"
#include "study/claims_measures.hpp"

namespace faultline {
namespace {

using Kind = Expectation::Kind;
constexpr std::array kEventArms{ClaimArm::kCrowded, ClaimArm::kBalanced};
constexpr double kSpikeRetraced = 0.5;
constexpr double kSpikeShareLeast = 0.1;
constexpr Nanos kStressTime{10 * kMinute.value};

struct TouchSums {
  double after = 0.0;
  double before = 0.0;
  double pairs = 0.0;
};

TouchSums touch_sums(const ClaimsData& data, std::size_t replica) {
  TouchSums sums;
  for (const ClaimArm arm : kEventArms) {
    const auto touches = touches_of(data.of(arm)[replica]);
    for (const MatchedTouches& pair : match_touches(touches)) {
      sums.after += touches[pair.cluster].log_after - touches[pair.control].log_after;
      sums.before += touches[pair.cluster].log_before - touches[pair.control].log_before;
      sums.pairs += 1.0;
    }
  }
  return sums;
}

double hourly_fuel_usd(const MarketFacts& facts, const Episode& episode) {
  const TrueProfile& snapshot = facts.snapshot_at(episode.from);
  const double gone = sign(episode.side) * (snapshot.log_mark - facts.log_mark_at(episode.from));
  const double nearest = std::max(0.0, gone);
  return snapshot.within(episode.side, nearest + kFuelReach) -
         snapshot.within(episode.side, nearest);
}

EpisodeStart start_of(const MarketFacts& facts, const Episode& episode) {
  const double usual = facts.daily_volatility * std::sqrt(static_cast<double>(kStressTime.value) /
                                                          static_cast<double>(kDay.value));
  const auto ahead = std::ranges::find_if(facts.fuel, [&](const FuelAhead& one) {
    return one.time == episode.from && one.side == episode.side;
  });
  FAULTLINE_CHECK(ahead != facts.fuel.end());
  return {.fuel = ahead->usd / facts.depth_usd_per_percent,
          .hourly = hourly_fuel_usd(facts, episode) / facts.depth_usd_per_percent,
          .first = episode.first_usd,
          .stress = facts.realised(episode.from - kStressTime, episode.from) / usual};
}

std::optional<BootstrapEstimate> separation(const std::vector<JudgedEpisode>& episodes,
                                            double EpisodeStart::*score, std::size_t replicas) {
  std::vector<ScoredCase> cases;
  for (const JudgedEpisode& one : episodes)
    cases.push_back({.score = one.start.*score,
                     .is_positive = one.is_cascade,
                     .replica = one.replica,
                     .group = one.arm});
  return auc_estimate(cases, replicas);
}

}  // namespace

std::vector<JudgedEpisode> judged_episodes(const ClaimsData& data) {
  std::vector<JudgedEpisode> judged;
  for (std::uint32_t arm = 0; arm < kEventArms.size(); ++arm) {
    const auto replicas = data.of(kEventArms[arm]);
    for (std::uint32_t replica = 0; replica < replicas.size(); ++replica) {
      const MarketFacts& facts = replicas[replica];
      for (const Episode& episode : large_episodes_of(facts)) {
        const auto move = move_of(facts, episode);
        if (!move) continue;
        judged.push_back({.start = start_of(facts, episode),
                          .is_cascade = move->retraced <= kSpikeRetraced,
                          .replica = replica,
                          .arm = arm});
      }
    }
  }
  return judged;
}

ClaimResult claim_touches(const ClaimsData& data) {
  std::vector<double> after;
  std::vector<double> before;
  std::vector<double> pairs;
  for (std::size_t replica = 0; replica < data.replica_count(); ++replica) {
    const TouchSums sums = touch_sums(data, replica);
    pairs.push_back(sums.pairs);
    if (sums.pairs == 0.0) continue;
    after.push_back(sums.after / sums.pairs);
    before.push_back(sums.before / sums.pairs);
  }
  ClaimResult claim;
  claim.name = "touches";
  claim.statement = "Triggered clusters raise realised volatility against matched levels.";
  claim.measure =
      "First touch within an hour of a bin of .5 % with 1.5 times the mean true mass or more, "
      "against touches in the same market of bins at the same distance with less than the mean, "
      "nearest in volatility before: difference in the logarithm of realised volatility of the 15 "
      "minutes after. Crowded and balanced markets with news of either sign. Replicas without a "
      "pair are left out.";
  claim.parts = {{.what = "clusters less controls: log volatility after",
                  .estimate = mean_estimate(after),
                  .expected = {Kind::kAbove, 0.0}},
                 {.what = "clusters less controls: log volatility before (balance of the match)",
                  .estimate = mean_estimate(before)},
                 {.what = "matched pairs a replica", .estimate = mean_estimate(pairs)}};
  claim.figure =
      estimates_chart("Volatility around touches of clusters, less that of their controls",
                      "difference of logarithms",
                      std::vector<LabelledEstimate>{{"15 minutes before", mean_estimate(before)},
                                                    {"15 minutes after", mean_estimate(after)}});
  return claim;
}

ClaimResult claim_spikes(const ClaimsData& data) {
  const std::vector<JudgedEpisode> episodes = judged_episodes(data);
  std::vector<double> spikes(data.replica_count());
  std::vector<double> all(data.replica_count());
  for (const JudgedEpisode& one : episodes) {
    all[one.replica] += 1.0;
    spikes[one.replica] += one.is_cascade ? 0.0 : 1.0;
  }
  const auto fuel = separation(episodes, &EpisodeStart::fuel, data.replica_count());
  const auto hourly = separation(episodes, &EpisodeStart::hourly, data.replica_count());
  const auto first = separation(episodes, &EpisodeStart::first, data.replica_count());
  const auto stress = separation(episodes, &EpisodeStart::stress, data.replica_count());
  ClaimResult claim;
  claim.name = "spikes";
  claim.statement =
      "Some liquidations are short spikes; cascades are those with more fuel ahead of them.";
  claim.measure =
      "Episodes: liquidations of one side without a pause of two minutes, of 1 % of the depth "
      "within a percent or more, that moved price by .1 % or more. Spike: more than half taken "
      "back 30 minutes after the extreme; cascade: the others. AUC of what is known at the begin: "
      "above .5, cascades have more of it. Fuel is the newest truth that the tape allows: the last "
      "hourly snapshot less what was liquidated or passed since, and openings since by their laws.";
  claim.parts = {{.what = "share of spikes",
                  .estimate = bootstrap_ratio({.numerator = spikes, .denominator = all}),
                  .expected = {Kind::kAbove, kSpikeShareLeast}},
                 {.what = "AUC of fuel within 1 % ahead over depth",
                  .estimate = fuel,
                  .expected = {Kind::kAbove, 0.5}},
                 {.what = "AUC of the same by the last hourly snapshot", .estimate = hourly},
                 {.what = "AUC of the first order's size", .estimate = first},
                 {.what = "AUC of stress (volatility of ten minutes before)", .estimate = stress},
                 {.what = "episodes a replica", .estimate = mean_estimate(all)}};
  claim.figure =
      estimates_chart("What is known at the begin of an episode: cascades against spikes", "AUC",
                      std::vector<LabelledEstimate>{
                          {"fuel over depth", fuel}, {"first order", first}, {"stress", stress}});
  return claim;
}

}  // namespace faultline
