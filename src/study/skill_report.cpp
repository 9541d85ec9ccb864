#include "study/skill_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/time_text.hpp"
#include "draw/axis_ticks.hpp"
#include "study/estimate_text.hpp"
#include "study/skill_published.hpp"

namespace faultline {
namespace {

constexpr double kNoise = 0.005;

std::string shown(double value) { return grouped_text(value, 3); }

std::string timing_words(MapTiming timing) {
  return timing == MapTiming::kInHour ? "in the hour" : "frozen";
}

std::string head_text(const MapSkill& study) {
  const MapSkillOptions& options = study.options;
  std::string out = "# How well maps explain recorded liquidations\n\n";
  out += "Prices, volume and open interest of `" + to_text(options.request.instrument) +
         "` in steps of " + to_text(study.step_length) + "; liquidation totals of `" +
         to_text(options.request.liquidations) + "` every " + to_text(study.hour_length) +
         " (called an hour below).\n";
  out += std::to_string(study.step_count) + " steps, " + std::to_string(study.usable_hour_count) +
         " usable hours, " + std::to_string(study.fold_count) + " weekly folds after " +
         std::to_string(options.burn_in_days) + " days of burn-in. Intervals: 95 %, " +
         std::to_string(options.bootstrap) + " draws of whole days, seed " +
         std::to_string(options.seed) + ".\n\n";
  out +=
      "Conditional skill: every contestant is told the price range of the hour and asked how much "
      "was liquidated on each side. It is a score of the map, **not a forecast**. Frozen "
      "contestants know the map at the hour's begin; contestants in the hour also know the hour's "
      "path, volume and open interest, and are compared with each other only.\n\n";
  return out + "Stock of our map against open interest, largest error at any hour: " +
         grouped_text(study.stock_error_max, 6) + ".\n";
}

std::string window_head(const SkillWindow& window) {
  return "\n## The " + window.name + " window: " + to_text(window.from) + " to " +
         to_text(window.to) + "\n\n" + std::to_string(window.hour_count) + " hours on " +
         std::to_string(window.day_count) + " days.\n" + few_days_text(window.day_count);
}

std::string score_table(const MapSkill& study, const SkillWindow& window, MapTiming timing) {
  std::string out = "\n### Contestants, " + timing_words(timing) + "\n\n";
  out += table_head({"contestant", "R2 of ln(1 + USD)", "Poisson deviance explained", "Spearman",
                     "top-tenth hits", "R2 in the widest 5 %", "what it knows"});
  for (std::size_t i = 0; i < study.contestants.size(); ++i) {
    const ContestantInfo& info = study.contestants[i];
    const SkillScore& score = window.scores[i];
    if (info.timing != timing) continue;
    out += table_row({info.name, estimate_text(score.r_squared), estimate_text(score.poisson),
                      estimate_text(score.spearman), estimate_text(score.top_hits),
                      estimate_text(score.wide_r_squared), info.about});
  }
  return out;
}

std::string increment_table(const SkillWindow& window) {
  std::string out = "\n### Increments\n\nDifferences below " + shown(kNoise) +
                    " in R2 are noise, whatever their interval says.\n\n";
  out += table_head({"contestant", "over", "R2", "Poisson deviance", "Spearman", "top-tenth hits",
                     "squared error, widest 5 %, ratio"});
  for (const SkillIncrement& one : window.increments) {
    out += table_row({one.name, one.reference, estimate_text(one.r_squared),
                      estimate_text(one.poisson), estimate_text(one.spearman),
                      estimate_text(one.top_hits), estimate_text(one.wide_mse_ratio)});
  }
  return out;
}

std::string bucket_words(std::size_t bucket) {
  if (bucket == 0) return "below " + grouped_text(kReachEdges.front(), 2);
  if (bucket == kReachEdges.size()) return "from " + grouped_text(kReachEdges.back(), 2);
  return grouped_text(kReachEdges[bucket - 1], 2) + " to " + grouped_text(kReachEdges[bucket], 2);
}

bool is_detailed(const BandScore& band) { return band.level == 0.5 || band.level == 0.8; }

std::string band_tables(const TimingBands& timing) {
  std::string out = "\n### liquidation_interval of " + timing.name +
                    "\n\nBands of ln(1 + USD), out of sample.\n\n";
  out += table_head({"level", "coverage", "mean width", "unbounded"});
  for (const BandScore& band : timing.bands) {
    out += table_row({grouped_text(band.level, 2), estimate_text(band.coverage),
                      estimate_text(band.width), std::to_string(band.unbounded_count)});
  }
  out += "\n";
  out += table_head({"part", "observations", "coverage of 50 %", "coverage of 80 %"});
  std::vector<const BandScore*> two;
  for (const BandScore& band : timing.bands) {
    if (is_detailed(band)) two.push_back(&band);
  }
  for (const Side side : {Side::kLong, Side::kShort}) {
    out += table_row({std::string(name_of(side)) + "s", "",
                      estimate_text(two[0]->by_side[index_of(side)]),
                      estimate_text(two[1]->by_side[index_of(side)])});
  }
  for (std::size_t b = 0; b < kReachBuckets; ++b) {
    out +=
        table_row({"reach " + bucket_words(b) + " sigma", std::to_string(two[0]->bucket_count[b]),
                   estimate_text(two[0]->by_bucket[b]), estimate_text(two[1]->by_bucket[b])});
  }
  return out;
}

std::string published_table(const MapSkill& study) {
  std::string out = "\n## Calculated against published\n\nR2 of ln(1 + USD).\n\n";
  out += table_head({"contestant", "window", "calculated", "expected", "error", "tolerance", ""});
  for (const SkillWindow& window : study.windows) {
    for (const PublishedScore& one : published_scores()) {
      const auto& expected = window.name == "primary" ? one.primary : one.whole;
      const SkillScore* score = window.find_score(one.name);
      if (!expected || score == nullptr || !score->r_squared) continue;
      const double error = score->r_squared->value - *expected;
      out += table_row({one.name, window.name, estimate_text(score->r_squared), shown(*expected),
                        shown(error), shown(one.tolerance),
                        std::abs(error) <= one.tolerance ? "within" : "**beyond**"});
    }
  }
  return out;
}

std::string target_table(const MapSkill& study) {
  std::string out = "\n## Targets\n\nIn the primary window unless a window is named.\n\n";
  out += table_head({"target", "value", "required", ""});
  for (const SkillTarget& one : skill_targets(study))
    out += table_row(
        {one.what, estimate_text(one.value), one.required, one.is_met ? "met" : "**missed**"});
  return out;
}

constexpr const char* kLimits =
    "\n## What this does not say\n\n"
    "* The hour's realised range is given to every contestant: nothing here forecasts a move.\n"
    "* Our specification was fixed on data before 15 January 2026, after about 110 specifications "
    "on six blocked weeks; about 200 more were tried by others on the days after it. Differences "
    "below .005 are noise.\n"
    "* Liquidation totals are what venues report, and some report one order a second: dollars are "
    "those of the feed, not of the market.\n"
    "* Bands are conditional on the hour's range too, and hold for the feed as it was reported.\n";

JsonValue json_of(const SkillIncrement& one) {
  JsonValue out = JsonValue::object();
  out.set("contestant", one.name).set("over", one.reference);
  out.set("r_squared", json_of_estimate(one.r_squared))
      .set("poisson", json_of_estimate(one.poisson));
  out.set("spearman", json_of_estimate(one.spearman))
      .set("top_hits", json_of_estimate(one.top_hits));
  return out.set("wide_mse_ratio", json_of_estimate(one.wide_mse_ratio));
}

JsonValue json_of(const SkillScore& score, const ContestantInfo& info) {
  JsonValue out = JsonValue::object();
  out.set("contestant", info.name).set("about", info.about);
  out.set("timing", info.timing == MapTiming::kInHour ? "in_hour" : "frozen");
  out.set("is_placebo", info.is_placebo);
  out.set("r_squared", json_of_estimate(score.r_squared))
      .set("poisson", json_of_estimate(score.poisson));
  out.set("spearman", json_of_estimate(score.spearman))
      .set("top_hits", json_of_estimate(score.top_hits));
  return out.set("wide_r_squared", json_of_estimate(score.wide_r_squared));
}

JsonValue json_of(const BandScore& band) {
  JsonValue out = JsonValue::object();
  out.set("level", band.level).set("coverage", json_of_estimate(band.coverage));
  out.set("width", json_of_estimate(band.width)).set("unbounded_count", band.unbounded_count);
  for (const Side side : {Side::kLong, Side::kShort})
    out.set("coverage_" + std::string(name_of(side)),
            json_of_estimate(band.by_side[index_of(side)]));
  JsonValue buckets = JsonValue::array();
  for (std::size_t b = 0; b < kReachBuckets; ++b) {
    JsonValue one = JsonValue::object();
    one.set("reach_from_sigma", b == 0 ? 0.0 : kReachEdges[b - 1]);
    one.set("reach_to_sigma", b < kReachEdges.size() ? JsonValue(kReachEdges[b]) : JsonValue());
    one.set("observations", band.bucket_count[b])
        .set("coverage", json_of_estimate(band.by_bucket[b]));
    buckets.push(std::move(one));
  }
  return out.set("buckets", std::move(buckets));
}

JsonValue json_of(const TimingBands& timing) {
  JsonValue bands = JsonValue::array();
  for (const BandScore& band : timing.bands) bands.push(json_of(band));
  JsonValue bins = JsonValue::array();
  for (const PredictedBin& bin : timing.bins) {
    JsonValue one = JsonValue::object();
    one.set("predicted", json_of_estimate(bin.predicted))
        .set("realised", json_of_estimate(bin.realised));
    bins.push(std::move(one));
  }
  JsonValue out = JsonValue::object();
  out.set("contestant", timing.name).set("bands", std::move(bands));
  return out.set("predicted_tenths", std::move(bins));
}

JsonValue json_of(const MapSkill& study, const SkillWindow& window) {
  JsonValue out = JsonValue::object();
  out.set("name", window.name).set("from", to_text(window.from)).set("to", to_text(window.to));
  out.set("hours", window.hour_count).set("days", window.day_count);
  JsonValue scores = JsonValue::array();
  for (std::size_t i = 0; i < window.scores.size(); ++i)
    scores.push(json_of(window.scores[i], study.contestants[i]));
  JsonValue increments = JsonValue::array();
  for (const SkillIncrement& one : window.increments) increments.push(json_of(one));
  JsonValue bands = JsonValue::array();
  for (const TimingBands& timing : window.bands) bands.push(json_of(timing));
  out.set("scores", std::move(scores)).set("increments", std::move(increments));
  return out.set("liquidation_interval", std::move(bands));
}

JsonValue json_of_published(const MapSkill& study) {
  JsonValue out = JsonValue::array();
  if (!study.is_published_world) return out;
  for (const PublishedScore& one : published_scores()) {
    JsonValue entry = JsonValue::object();
    entry.set("contestant", one.name).set("tolerance", one.tolerance);
    entry.set("primary", one.primary ? JsonValue(*one.primary) : JsonValue());
    entry.set("whole", one.whole ? JsonValue(*one.whole) : JsonValue());
    out.push(std::move(entry));
  }
  return out;
}

}  // namespace

JsonValue json_of_map_skill(const MapSkill& study) {
  const MapSkillOptions& options = study.options;
  JsonValue out = JsonValue::object();
  out.set("study", "map_skill").set("is_forecast", false);
  out.set("instrument", to_text(options.request.instrument));
  out.set("liquidations", to_text(options.request.liquidations));
  out.set("step", to_text(study.step_length)).set("hour", to_text(study.hour_length));
  out.set("steps", study.step_count).set("usable_hours", study.usable_hour_count);
  out.set("folds", study.fold_count).set("burn_in_days", options.burn_in_days);
  out.set("seed", std::to_string(options.seed)).set("bootstrap", options.bootstrap);
  out.set("interval_level", 0.95).set("stock_error_max", study.stock_error_max);
  JsonValue windows = JsonValue::array();
  for (const SkillWindow& window : study.windows) windows.push(json_of(study, window));
  JsonValue targets = JsonValue::array();
  for (const SkillTarget& one : skill_targets(study)) {
    JsonValue entry = JsonValue::object();
    entry.set("what", one.what).set("value", json_of_estimate(one.value));
    targets.push(entry.set("required", one.required).set("is_met", one.is_met));
  }
  out.set("windows", std::move(windows)).set("targets", std::move(targets));
  return out.set("published_r_squared", json_of_published(study));
}

std::string text_of_map_skill(const MapSkill& study, ReportFigures figures) {
  std::string out = head_text(study);
  if (figures == ReportFigures::kBeside) {
    out +=
        "\nPictures: `ladder_frozen.png`, `ladder_in_hour.png`, "
        "`increments.png`, `placebos.png`, `predicted.png`, `bands.png`.\n";
  }
  out += target_table(study);
  if (study.is_published_world) out += published_table(study);
  for (const SkillWindow& window : study.windows) {
    out += window_head(window) + score_table(study, window, MapTiming::kFrozen) +
           score_table(study, window, MapTiming::kInHour) + increment_table(window);
    for (const TimingBands& timing : window.bands) out += band_tables(timing);
  }
  return out + kLimits;
}

}  // namespace faultline
