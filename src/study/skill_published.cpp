#include "study/skill_published.hpp"

#include <array>
#include <functional>
#include <utility>

#include "base/check.hpp"
#include "draw/axis_ticks.hpp"

namespace faultline {
namespace {

constexpr double kLinear = 0.01;
constexpr double kTrees = 0.02;  // another library grows the trees

constexpr std::array<PublishedScore, 15> kScores{{
    {"b1", 0.503, std::nullopt, kLinear},
    {"b1ga", 0.594, 0.559, kLinear},
    {"boosting", 0.673, 0.625, kTrees},
    {"b3", 0.060, std::nullopt, kLinear},
    {"b4", 0.359, std::nullopt, kLinear},
    {"b5", 0.431, std::nullopt, kLinear},
    {"b6", 0.524, std::nullopt, kLinear},
    {"b7c", 0.573, 0.528, kLinear},
    {"p_w3", 0.591, 0.538, kLinear},
    {"boosting_p_w3", 0.682, 0.631, kTrees},
    {"boosting_in_hour", 0.709, 0.662, kTrees},
    {"b7c_in_hour", 0.718, std::nullopt, kLinear},
    {"p_w3_in_hour", 0.726, std::nullopt, kLinear},
    {"stack_in_hour", 0.711, 0.663, kTrees},
    {"stack_p_w3_in_hour", 0.732, 0.674, kTrees},
}};

// 2026-02-19T17:00Z: the last five minutes before it are the last recorded bar.
constexpr UnixNanos kPrimaryEnd(1'771'520'400'000'000'000);
constexpr std::int64_t kBurnInDays = 42;
constexpr double kFrozenLeast = 0.690;
constexpr double kFrozenGain = 0.012;
constexpr double kInHourLeast = 0.740;
constexpr double kInHourGain = 0.025;

class Targets {
 public:
  explicit Targets(const MapSkill& study) : study_(study), window_(study.windows.front()) {}

  std::vector<SkillTarget> take() { return std::move(targets_); }

  void level(const std::string& name, double least) {
    if (!study_.is_published_world) return;
    add("R2 of " + name, score(name).r_squared, "at least " + grouped_text(least, 3),
        [least](const BootstrapEstimate& e) { return e.value >= least; });
  }

  // R² over a reference: its interval above 0, and on the published world a least gain.
  void gain(const std::string& name, const std::string& reference, double least) {
    const std::string what = "R2 of " + name + " over " + reference;
    const Estimate value = increment(name, reference).r_squared;
    if (study_.is_published_world && least > 0.0) {
      add(what, value, "at least +" + grouped_text(least, 3),
          [least](const BootstrapEstimate& e) { return e.value >= least; });
    }
    above_zero(what, value);
  }

  // More Poisson deviance and more hits of the top tenth than the reference map alone.
  void beats_reference(const std::string& name, const std::string& reference) {
    const SkillIncrement& one = increment(name, reference);
    const auto is_more = [](const BootstrapEstimate& e) { return e.value > 0.0; };
    add("Poisson deviance of " + name + " over " + reference, one.poisson, "above 0", is_more);
    add("top-tenth hits of " + name + " over " + reference, one.top_hits, "above 0", is_more);
  }

  void poisson_gain(const std::string& name, const std::string& reference) {
    above_zero("Poisson deviance of " + name + " over " + reference,
               increment(name, reference).poisson);
  }

  void wide_ratio(const std::string& name, const std::string& reference) {
    add("squared error in the widest hours, " + name + " over " + reference,
        increment(name, reference).wide_mse_ratio, "interval below 1",
        [](const BootstrapEstimate& e) { return e.high < 1.0; });
  }

  void coverage(double level, double low, double high) {
    for (const SkillWindow& window : study_.windows) {
      for (const TimingBands& timing : window.bands) {
        for (const BandScore& band : timing.bands) {
          if (band.level != level) continue;
          add("coverage of the " + grouped_text(level * 100.0, 0) + " % band of " + timing.name +
                  ", " + window.name + " window",
              band.coverage, grouped_text(low, 2) + " to " + grouped_text(high, 2),
              [=](const BootstrapEstimate& e) { return e.value >= low && e.value <= high; });
        }
      }
    }
  }

 private:
  using Met = std::function<bool(const BootstrapEstimate&)>;

  void add(std::string what, const Estimate& value, std::string required, const Met& is_met) {
    targets_.push_back({.what = std::move(what),
                        .value = value,
                        .required = std::move(required),
                        .is_met = value && is_met(*value)});
  }
  void above_zero(std::string what, const Estimate& value) {
    add(std::move(what), value, "interval above 0",
        [](const BootstrapEstimate& e) { return e.low > 0.0; });
  }
  const SkillScore& score(std::string_view name) const {
    const SkillScore* found = window_.find_score(name);
    FAULTLINE_CHECK(found != nullptr);
    return *found;
  }
  const SkillIncrement& increment(std::string_view name, std::string_view reference) const {
    const SkillIncrement* found = window_.find_increment(name, reference);
    FAULTLINE_CHECK(found != nullptr);
    return *found;
  }

  const MapSkill& study_;
  const SkillWindow& window_;
  std::vector<SkillTarget> targets_;
};

}  // namespace

std::span<const PublishedScore> published_scores() { return kScores; }

bool is_published_world(const MapSkillOptions& options) {
  return to_text(options.request.instrument) == "aggregate:BTCUSDT_GRID" &&
         to_text(options.request.liquidations) == "aggregate:BTC" &&
         options.burn_in_days == kBurnInDays && !options.primary_from &&
         options.primary_to == kPrimaryEnd;
}

std::vector<SkillTarget> skill_targets(const MapSkill& study) {
  Targets targets(study);
  targets.level("faultline", kFrozenLeast);
  targets.gain("faultline", "boosting", kFrozenGain);
  targets.level("faultline_in_hour", kInHourLeast);
  targets.gain("faultline_in_hour", "stack_in_hour", kInHourGain);
  targets.gain("faultline", "learners", 0.0);
  targets.gain("faultline_in_hour", "learners_in_hour", 0.0);
  targets.gain("faultline", "geometry_b7c", 0.0);
  targets.gain("faultline_in_hour", "geometry_b7c_in_hour", 0.0);
  targets.gain("faultline", "faultline_constant", 0.0);
  targets.gain("faultline_in_hour", "faultline_constant_in_hour", 0.0);
  targets.poisson_gain("faultline_in_hour", "geometry_b7c_in_hour");
  targets.wide_ratio("faultline", "boosting");
  targets.wide_ratio("faultline_in_hour", "stack_in_hour");
  targets.beats_reference("faultline", "p_w3");
  targets.beats_reference("faultline_in_hour", "p_w3_in_hour");
  targets.coverage(0.8, 0.78, 0.82);
  targets.coverage(0.5, 0.47, 0.53);
  return targets.take();
}

}  // namespace faultline
