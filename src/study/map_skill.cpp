#include "study/map_skill.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/time_text.hpp"
#include "stats/scores.hpp"
#include "study/skill_published.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kBurnInMin = 14;
constexpr std::int64_t kBurnInMax = 3'650;
constexpr std::int64_t kWarmDays = 28;
constexpr std::size_t kReplicasMin = 20;
constexpr std::size_t kReplicasMax = 100'000;
constexpr std::size_t kBins = 10;

// What is compared with what; a name is compared at its own timing only.
constexpr std::array<std::pair<const char*, const char*>, 22> kCompared{{
    {"faultline", "boosting"},
    {"faultline", "learners"},
    {"faultline", "geometry_b7c"},
    {"faultline", "p_w3"},
    {"boosting_p_w3", "boosting"},
    {"learners", "boosting"},
    {"faultline_in_hour", "stack_in_hour"},
    {"faultline_in_hour", "learners_in_hour"},
    {"faultline_in_hour", "geometry_b7c_in_hour"},
    {"faultline_in_hour", "p_w3_in_hour"},
    {"stack_p_w3_in_hour", "stack_in_hour"},
    {"learners_in_hour", "stack_in_hour"},
    {"faultline", "faultline_constant"},
    {"faultline_in_hour", "faultline_constant_in_hour"},
    {"faultline_mirrored", "learners"},
    {"faultline_shifted", "learners"},
    {"faultline_shuffled", "learners"},
    {"faultline_constant", "learners"},
    {"faultline_mirrored_in_hour", "learners_in_hour"},
    {"faultline_shifted_in_hour", "learners_in_hour"},
    {"faultline_shuffled_in_hour", "learners_in_hour"},
    {"faultline_constant_in_hour", "learners_in_hour"},
}};
// Of the reference map, as they were published.
constexpr std::array kReferencePlacebos{"geometry_p_w3", "geometry_p_w3_mirrored",
                                        "geometry_p_w3_shifted", "geometry_p_w3_shuffled"};

Diagnostic bad_option(const char* field, std::string value, std::string note) {
  return Diagnostic{.code = Errc::kBadRequest,
                    .field = field,
                    .value = std::move(value),
                    .note = std::move(note)};
}

Outcome<void> check_options(const MapSkillOptions& options) {
  if (options.burn_in_days < kBurnInMin || options.burn_in_days > kBurnInMax) {
    return bad_option("burn-in-days", std::to_string(options.burn_in_days),
                      "from " + std::to_string(kBurnInMin) + " to " + std::to_string(kBurnInMax));
  }
  if (options.bootstrap < kReplicasMin || options.bootstrap > kReplicasMax) {
    return bad_option(
        "bootstrap", std::to_string(options.bootstrap),
        "from " + std::to_string(kReplicasMin) + " to " + std::to_string(kReplicasMax));
  }
  if (options.primary_from && options.primary_to && *options.primary_to <= *options.primary_from)
    return bad_option("primary-to", to_text(*options.primary_to), "must be after primary-from");
  return {};
}

Diagnostic too_little(std::string note) {
  return Diagnostic{.code = Errc::kNoData, .field = "map-skill", .note = std::move(note)};
}

// The study over one world.
class MapSkillRun {
 public:
  MapSkillRun(const SkillData& data, const MapSkillOptions& options)
      : data_(data), options_(options), features_(data) {}

  Outcome<MapSkill> run(const ProgressFn& report) {
    if (const Outcome<void> enough = choose_folds(); !enough) return enough.error();
    const Outcome<std::vector<SkillWindow>> windows = choose_windows();
    if (!windows) return windows.error();
    const Outcome<SkillLadder> ladder = build_ladder(data_, features_, ladder_options_, report);
    if (!ladder) return ladder.error();
    MapSkill out;
    out.options = options_;
    out.step_length = data_.step_length;
    out.hour_length = data_.hour_length;
    out.step_count = data_.steps.size();
    out.usable_hour_count = features_.rows().size();
    out.fold_count = ladder_options_.folds.size();
    out.stock_error_max = ladder->stock_error_max;
    out.is_published_world = is_published_world(options_);
    for (const Contestant& one : ladder->contestants)
      out.contestants.push_back({one.name(), one.about, one.timing, one.is_placebo});
    for (SkillWindow window : *windows) {
      if (!keep_going(report, {"scores", out.windows.size(), windows->size(), 0}))
        return Diagnostic{.code = Errc::kCancelled};
      score(*ladder, window);
      out.windows.push_back(std::move(window));
    }
    return out;
  }

 private:
  Outcome<void> choose_folds();
  Outcome<std::vector<SkillWindow>> choose_windows() const;
  std::vector<std::uint32_t> rows_of(const SkillWindow& window) const;
  void score(const SkillLadder& ladder, SkillWindow& window) const;
  std::vector<PredictedBin> predicted_bins(const WindowScorer& scorer,
                                           const SkillPrediction& prediction) const;
  UnixNanos begin_of(std::uint32_t row) const {
    return data_.hours[features_.rows().hours[row]].begin;
  }

  const SkillData& data_;
  const MapSkillOptions& options_;
  SkillFeatures features_;
  LadderOptions ladder_options_;
};

Outcome<void> MapSkillRun::choose_folds() {
  const SkillRows& rows = features_.rows();
  if (rows.size() == 0) {
    return too_little(
        "no hour has prices, volume, open interest and liquidation totals after 72 hours of all");
  }
  ladder_options_.seed = options_.seed;
  ladder_options_.folds = weekly_folds(rows, data_, Nanos(options_.burn_in_days * kDay.value));
  if (ladder_options_.folds.empty()) {
    const auto last = static_cast<std::uint32_t>(rows.size() - 1);
    return too_little("usable hours from " + to_text(begin_of(0)) + " to " +
                      to_text(begin_of(last)) + " leave nothing after a burn-in of " +
                      std::to_string(options_.burn_in_days) + " days");
  }
  const std::int64_t warm = std::min(kWarmDays, (options_.burn_in_days - kBurnInMin) / 7 * 7);
  const UnixNanos origin = begin_of(ladder_options_.folds.front().test.front());
  for (Fold& fold : weekly_folds(rows, data_, Nanos((options_.burn_in_days - warm) * kDay.value))) {
    if (begin_of(fold.test.front()) < origin) ladder_options_.warm_folds.push_back(std::move(fold));
  }
  return {};
}

std::vector<std::uint32_t> MapSkillRun::rows_of(const SkillWindow& window) const {
  std::vector<std::uint32_t> rows;
  for (const Fold& fold : ladder_options_.folds) {
    for (const std::uint32_t row : fold.test) {
      if (begin_of(row) >= window.from && begin_of(row) < window.to) rows.push_back(row);
    }
  }
  return rows;
}

Outcome<std::vector<SkillWindow>> MapSkillRun::choose_windows() const {
  SkillWindow whole{.name = "whole",
                    .from = begin_of(ladder_options_.folds.front().test.front()),
                    .to = begin_of(ladder_options_.folds.back().test.back()) + data_.hour_length};
  SkillWindow primary = whole;
  primary.name = "primary";
  if (options_.primary_from) primary.from = *options_.primary_from;
  if (options_.primary_to) primary.to = *options_.primary_to;
  std::vector<SkillWindow> windows{primary};
  if (rows_of(primary) != rows_of(whole)) windows.push_back(whole);
  for (SkillWindow& window : windows) {
    const std::vector<std::uint32_t> rows = rows_of(window);
    std::vector<std::int64_t> days;
    days.reserve(rows.size());
    for (const std::uint32_t row : rows) days.push_back(features_.rows().days[row]);
    window.hour_count = rows.size();
    window.day_count = find_clusters(days).count;
    if (window.day_count < 2) {
      return too_little("the " + window.name + " window from " + to_text(window.from) + " to " +
                        to_text(window.to) + " holds fewer than two days of predicted hours, " +
                        "which are from " + to_text(whole.from) + " to " + to_text(whole.to));
    }
  }
  return windows;
}

std::vector<PredictedBin> MapSkillRun::predicted_bins(const WindowScorer& scorer,
                                                      const SkillPrediction& prediction) const {
  std::vector<double> all;
  for (const auto& side : prediction.log_usd) {
    for (const std::uint32_t row : scorer.rows()) all.push_back(side[row]);
  }
  std::vector<PredictedBin> bins;
  for (std::size_t b = 0; b < kBins; ++b) {
    const double low = quantile(all, static_cast<double>(b) / kBins);
    const double high = quantile(all, static_cast<double>(b + 1) / kBins);
    std::array<std::vector<double>, 2> predicted;
    std::array<std::vector<double>, 2> realised;
    for (const std::size_t side : {0U, 1U}) {
      for (std::size_t row = 0; row < prediction.log_usd[side].size(); ++row) {
        const double value = prediction.log_usd[side][row];
        const bool is_in = value >= low && (value < high || (b + 1 == kBins && value == high));
        predicted[side].push_back(is_in ? value : std::nan(""));
        realised[side].push_back(is_in ? features_.rows().target[side][row] : std::nan(""));
      }
    }
    bins.push_back({scorer.mean_of(predicted), scorer.mean_of(realised)});
  }
  return bins;
}

void MapSkillRun::score(const SkillLadder& ladder, SkillWindow& window) const {
  const SkillRows& rows = features_.rows();
  const WindowScorer scorer(rows, ladder.at("b0").prediction, rows_of(window),
                            {.replicas = options_.bootstrap, .seed = options_.seed});
  for (const Contestant& one : ladder.contestants)
    window.scores.push_back(scorer.score(one.prediction));
  const auto compare = [&](std::string_view name, std::string_view reference) {
    window.increments.push_back(
        scorer.increment(ladder.at(name).prediction, ladder.at(reference).prediction));
  };
  for (const auto& [name, reference] : kCompared) compare(name, reference);
  for (const char* name : kReferencePlacebos) compare(name, "geometry");
  for (const MapTiming timing : {MapTiming::kFrozen, MapTiming::kInHour}) {
    const SkillPrediction& ours =
        ladder.at(timing == MapTiming::kFrozen ? "faultline" : "faultline_in_hour").prediction;
    TimingBands bands{.name = ours.name, .bands = {}, .bins = predicted_bins(scorer, ours)};
    for (const LiquidationBand& band : liquidation_intervals(rows, ours))
      bands.bands.push_back(score_band(rows, scorer, band));
    window.bands.push_back(std::move(bands));
  }
}

bool has_kind(const Store& store, const InstrumentId& id, EventKind kind) {
  return store.coverage(id, kind).has_value();
}

}  // namespace

const SkillScore* SkillWindow::find_score(std::string_view contestant) const {
  const auto found = std::ranges::find(scores, contestant, &SkillScore::name);
  return found == scores.end() ? nullptr : &*found;
}

const SkillIncrement* SkillWindow::find_increment(std::string_view contestant,
                                                  std::string_view reference) const {
  const auto found = std::ranges::find_if(increments, [&](const SkillIncrement& one) {
    return one.name == contestant && one.reference == reference;
  });
  return found == increments.end() ? nullptr : &*found;
}

SkillCandidates skill_candidates(const Store& store) {
  SkillCandidates out;
  for (const InstrumentId& id : store.instruments()) {
    const bool has_prices =
        has_kind(store, id, EventKind::kBar) || has_kind(store, id, EventKind::kTrade);
    if (has_prices && has_kind(store, id, EventKind::kOpenInterest)) out.instruments.push_back(id);
    if (has_kind(store, id, EventKind::kLiquidationTotal)) out.liquidations.push_back(id);
  }
  return out;
}

Outcome<MapSkill> run_map_skill(const SkillData& data, const MapSkillOptions& options,
                                const ProgressFn& report) {
  if (const Outcome<void> good = check_options(options); !good) return good.error();
  return MapSkillRun(data, options).run(report);
}

}  // namespace faultline
