#include "study/recovery_report.hpp"

#include <algorithm>

#include "core/time_text.hpp"
#include "draw/axis_ticks.hpp"
#include "study/estimate_text.hpp"

namespace faultline {
namespace {

constexpr const char* kFooter =
    "Simulated markets: positions are known. Intervals: 95 % of draws of whole replicas.";
constexpr std::array kMaps{RecoveryMap::kFull, RecoveryMap::kThrottled, RecoveryMap::kFlat,
                           RecoveryMap::kB4,   RecoveryMap::kB6,        RecoveryMap::kB7c};
// What the floor is asked: the other scores of the intensity say nothing new.
constexpr std::array kFloorKeys{"relative_l1_5",  "relative_l1_10",   "wasserstein_5",
                                "wasserstein_10", "bias_5",           "bias_10",
                                "cluster_recall", "cluster_precision"};

// All scores of one scenario.
class ScenarioScores {
 public:
  ScenarioScores(const RecoveryScenario& scenario, const RecoveryRequest& request)
      : options_{.replicas = request.bootstrap, .seed = request.seed} {
    for (const RecoveryReplica& replica : scenario.replicas) hours_.push_back(replica.hours);
  }

  std::optional<BootstrapEstimate> of(const RecoveryMetric& metric,
                                      const std::optional<RecoveryMap>& map) const {
    return recovery_score(metric, hours_, map, options_);
  }

 private:
  BootstrapOptions options_;
  std::vector<std::vector<RecoveryHour>> hours_;
};

JsonValue json_of_bins(const RecoverySides& sides, double divisor) {
  JsonValue out = JsonValue::object();
  for (const Side side : {Side::kLong, Side::kShort}) {
    JsonValue bins = JsonValue::array();
    for (const double usd : sides[index_of(side)]) bins.push(usd / divisor);
    out.set(name_of(side), std::move(bins));
  }
  return out;
}

// Means over all hours of all replicas, USD by bin: where a map is too high or too low.
JsonValue json_of_means(const RecoveryScenario& scenario) {
  RecoverySides truth{};
  RecoverySides intensity{};
  std::array<RecoverySides, kRecoveryMapCount> maps{};
  double count = 0.0;
  for (const RecoveryReplica& replica : scenario.replicas) {
    for (const RecoveryHour& hour : replica.hours) {
      count += 1.0;
      for (const std::size_t s : {0U, 1U}) {
        for (std::size_t i = 0; i < kRecoveryBinCount; ++i) {
          truth[s][i] += hour.truth[s][i];
          intensity[s][i] += hour.intensity[s][i];
          for (std::size_t m = 0; m < maps.size(); ++m) maps[m][s][i] += hour.maps[m][s][i];
        }
      }
    }
  }
  JsonValue out = JsonValue::object();
  out.set("truth", json_of_bins(truth, count)).set("intensity", json_of_bins(intensity, count));
  for (const RecoveryMap map : kMaps)
    out.set(name_of(map), json_of_bins(maps[static_cast<std::size_t>(map)], count));
  return out;
}

JsonValue json_of_replica(const RecoveryReplica& replica) {
  JsonValue out = JsonValue::object();
  out.set("seed", replica.seed)
      .set("open_interest_usd", replica.open_interest_usd)
      .set("liquidatable_share_long", replica.liquidatable_share[0])
      .set("liquidatable_share_short", replica.liquidatable_share[1])
      .set("holders_share_long", replica.holders_share[0])
      .set("holders_share_short", replica.holders_share[1])
      .set("others_share_within", replica.others_share_within)
      .set("liquidated_usd", replica.liquidated_usd)
      .set("prints_full", replica.prints[0])
      .set("prints_throttled", replica.prints[1]);
  return out;
}

// The number judges; whether its interval agrees is said beside it.
std::string verdict_of(const std::optional<BootstrapEstimate>& excess, double most) {
  if (!excess) return "no number";
  const bool is_met = excess->value <= most;
  const bool is_clear = is_met ? excess->high <= most : excess->low > most;
  return std::string(is_met ? "met" : "missed") +
         (is_clear ? "" : ", though the interval reaches the other side");
}

JsonValue json_of_targets(const ScenarioScores& scores) {
  JsonValue out = JsonValue::array();
  for (const RecoveryTarget& target : kRecoveryTargets) {
    const auto excess = scores.of(recovery_metric("excess_l1_5"), target.map);
    JsonValue one = JsonValue::object();
    one.set("map", name_of(target.map))
        .set("excess_l1_5", json_of_estimate(excess))
        .set("most", target.excess_l1_most)
        .set("is_met", excess && excess->value <= target.excess_l1_most)
        .set("verdict", verdict_of(excess, target.excess_l1_most));
    out.push(std::move(one));
  }
  return out;
}

std::string targets_text(const ScenarioScores& scores) {
  std::string out;
  for (const RecoveryTarget& target : kRecoveryTargets) {
    const auto excess = scores.of(recovery_metric("excess_l1_5"), target.map);
    out += "* " + std::string(name_of(target.map)) + ": L1 beyond the floor within 5 % is " +
           estimate_text(excess) + "; " + grouped_text(target.excess_l1_most, 2) +
           " or less was asked for: " + verdict_of(excess, target.excess_l1_most) + ".\n";
  }
  return out;
}

JsonValue json_of_scenario(const RecoveryScenario& scenario, const ScenarioScores& scores) {
  JsonValue floor = JsonValue::object();
  for (const char* key : kFloorKeys)
    floor.set(key, json_of_estimate(scores.of(recovery_metric(key), std::nullopt)));
  JsonValue maps = JsonValue::object();
  for (const RecoveryMap map : kMaps) {
    JsonValue one = JsonValue::object();
    for (const RecoveryMetric& metric : recovery_metrics()) {
      if (metric.needs_band && static_cast<std::size_t>(map) >= kRecoveryFeedCount) continue;
      one.set(metric.key, json_of_estimate(scores.of(metric, map)));
    }
    maps.set(name_of(map), std::move(one));
  }
  JsonValue replicas = JsonValue::array();
  for (const RecoveryReplica& replica : scenario.replicas) replicas.push(json_of_replica(replica));
  JsonValue out = JsonValue::object();
  out.set("name", scenario.name)
      .set("about", scenario.about)
      .set("targets", json_of_targets(scores))
      .set("floor", std::move(floor))
      .set("maps", std::move(maps))
      .set("mean_usd_by_bin", json_of_means(scenario))
      .set("replicas", std::move(replicas));
  return out;
}

JsonValue json_of_request(const RecoveryRequest& request) {
  JsonValue out = JsonValue::object();
  out.set("replicas", request.replicas)
      .set("burn_in", to_text(request.burn_in))
      .set("scored", to_text(request.scored))
      .set("members", request.members)
      .set("seed", request.seed)
      .set("oracle_draws", request.oracle_draws)
      .set("bootstrap", request.bootstrap)
      .set("bin_log", kRecoveryBin)
      .set("bins", kRecoveryBinCount);
  return out;
}

// A scenario may be called anything; a file may not.
std::string file_name_of(const std::string& scenario) {
  std::string out = "profile_" + scenario;
  for (char& letter : out) {
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9') || letter == '-';
    if (!is_plain) letter = '_';
  }
  return out;
}

std::string line_of(std::string_view first, const std::vector<std::string>& cells) {
  std::string out = "| " + std::string(first) + " |";
  for (const std::string& cell : cells) out += " " + cell + " |";
  return out + "\n";
}

std::string table_of(const ScenarioScores& scores) {
  std::vector<std::string> heads{"oracle"};
  for (const RecoveryMap map : kMaps) heads.emplace_back(name_of(map));
  std::string out = line_of("score", heads) + "|---|";
  for (std::size_t i = 0; i < heads.size(); ++i) out += "---|";
  out += "\n";
  for (const RecoveryMetric& metric : recovery_metrics()) {
    const bool is_of_floor = std::ranges::find(kFloorKeys, metric.key) != kFloorKeys.end();
    std::vector<std::string> cells{is_of_floor ? estimate_text(scores.of(metric, std::nullopt))
                                               : ""};
    for (const RecoveryMap map : kMaps) {
      const bool has_none =
          metric.needs_band && static_cast<std::size_t>(map) >= kRecoveryFeedCount;
      cells.push_back(has_none ? "" : estimate_text(scores.of(metric, map)));
    }
    out += line_of(metric.label, cells);
  }
  return out;
}

// What the replicas were like, in the mean.
std::string market_text(const RecoveryScenario& scenario) {
  RecoveryReplica mean;
  const auto count = static_cast<double>(scenario.replicas.size());
  for (const RecoveryReplica& replica : scenario.replicas) {
    mean.open_interest_usd += replica.open_interest_usd / count;
    mean.others_share_within += replica.others_share_within / count;
    mean.liquidated_usd += replica.liquidated_usd / count;
    for (const std::size_t i : {0U, 1U}) {
      mean.liquidatable_share[i] += replica.liquidatable_share[i] / count;
      mean.holders_share[i] += replica.holders_share[i] / count;
      mean.prints[i] += replica.prints[i];
    }
  }
  const auto percent = [](double share) { return grouped_text(100.0 * share, 1) + " %"; };
  return "Each side holds $" + grouped_text(mean.open_interest_usd * 1e-6, 1) + "M; " +
         percent(mean.liquidatable_share[0]) + " of the longs and " +
         percent(mean.liquidatable_share[1]) + " of the shorts have a liquidation price, " +
         percent(mean.holders_share[0]) + " and " + percent(mean.holders_share[1]) +
         " are held by leveraged holders. Others hold " + percent(mean.others_share_within) +
         " of what is liquidated within 10 %. A replica liquidates $" +
         grouped_text(mean.liquidated_usd * 1e-6, 1) + "M; " +
         grouped_text(static_cast<double>(mean.prints[0]) / count, 0) +
         " prints in the full feed, " +
         grouped_text(static_cast<double>(mean.prints[1]) / count, 0) + " in the throttled one.\n";
}

// The last scored hour of the first replica: longs to the left of the mark, shorts to the right.
LineChart profile_chart(const RecoveryScenario& scenario) {
  const RecoveryHour& hour = scenario.replicas.front().hours.back();
  LineChart chart;
  chart.title = "What waits around the mark: " + scenario.name;
  chart.subtitle = "seed " + std::to_string(scenario.replicas.front().seed) + " · " +
                   to_text(hour.time) + " · estimate from the full feed";
  chart.footer = kFooter;
  chart.banner = "SIMULATED MARKET";
  chart.x_label = "distance from the mark, % of log price";
  chart.y_label = "million USD a bin of .5 %";
  LineSeries truth{.label = "positions that were drawn", .style = SeriesStyle::kPoints};
  LineSeries mean{.label = "their laws redrawn: the oracle"};
  LineSeries map{.label = "estimate, p10 .. p90 of its members"};
  constexpr double kMillion = 1e-6;
  for (std::size_t i = 0; i < 2 * kRecoveryBinCount; ++i) {
    const bool is_long = i < kRecoveryBinCount;
    const std::size_t s = is_long ? 0 : 1;
    const std::size_t bin = is_long ? kRecoveryBinCount - 1 - i : i - kRecoveryBinCount;
    const double x = 100.0 * kRecoveryBin *
                     (static_cast<double>(i) + 0.5 - static_cast<double>(kRecoveryBinCount));
    truth.x.push_back(x);
    truth.y.push_back(kMillion * hour.truth[s][bin]);
    mean.x.push_back(x);
    mean.y.push_back(kMillion * hour.intensity[s][bin]);
    map.x.push_back(x);
    map.y.push_back(kMillion * hour.maps[0][s][bin]);
    map.low.push_back(kMillion * hour.bands[0][1][s][bin]);
    map.high.push_back(kMillion * hour.bands[0][5][s][bin]);
  }
  chart.series = {std::move(map), std::move(mean), std::move(truth)};
  return chart;
}

LineChart excess_chart(const RecoveryStudy& study, const std::vector<ScenarioScores>& scores) {
  LineChart chart;
  chart.title = "How far maps are from the truth, beyond what no map could know";
  chart.subtitle = "relative L1 within 5 % less the oracle's, " +
                   std::to_string(study.request.replicas) + " replicas a scenario";
  chart.footer = kFooter;
  chart.banner = "SIMULATED MARKET";
  chart.y_label = "excess relative L1";
  for (const RecoveryScenario& scenario : study.scenarios)
    chart.x_categories.push_back(scenario.name);
  const RecoveryMetric& metric = recovery_metric("excess_l1_5");
  for (const RecoveryMap map : kMaps) {
    LineSeries series{.label = std::string(name_of(map)), .style = SeriesStyle::kPoints};
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto estimate = scores[i].of(metric, map);
      if (!estimate) continue;
      const double shift = 0.1 * (static_cast<double>(map) - 2.5);
      series.x.push_back(static_cast<double>(i) + shift);
      series.y.push_back(estimate->value);
      series.low.push_back(estimate->low);
      series.high.push_back(estimate->high);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

std::string head_text(const RecoveryRequest& request) {
  return "# Recovery of simulated positions\n\n" + std::to_string(request.replicas) +
         " replicas a scenario, seeds from " + std::to_string(request.seed) + "; " +
         to_text(request.burn_in) + " recorded before the first of " + to_text(request.scored) +
         " that are scored at every hour; " + std::to_string(request.members) +
         " members; bins of .5 % log price on each side's own side of the mark. Positions are "
         "those of the simulation; the oracle redraws every opening " +
         std::to_string(request.oracle_draws) +
         " times. docs/studies/recovery.md says how it is scored.\n\nIntervals: 95 % of draws of "
         "whole replicas; with so few they are too narrow.\n";
}

}  // namespace

StudyReport report_of_recovery(const RecoveryStudy& study) {
  StudyReport report;
  report.text = head_text(study.request);
  std::vector<ScenarioScores> scores;
  JsonValue scenarios = JsonValue::array();
  for (const RecoveryScenario& scenario : study.scenarios) {
    scores.emplace_back(scenario, study.request);
    scenarios.push(json_of_scenario(scenario, scores.back()));
    report.text += "\n## " + scenario.name + "\n\n" + scenario.about +
                   (scenario.about.empty() ? "" : ".\n") + market_text(scenario) + "\n" +
                   targets_text(scores.back()) + "\n" + table_of(scores.back());
    report.figures.push_back({file_name_of(scenario.name), profile_chart(scenario)});
  }
  report.figures.push_back({"excess", excess_chart(study, scores)});
  report.json = JsonValue::object();
  report.json.set("study", "recovery")
      .set("request", json_of_request(study.request))
      .set("scenarios", std::move(scenarios));
  return report;
}

}  // namespace faultline
