#include "study/skill_ladder.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::uint32_t kRoundsFrozen = 150;
constexpr std::uint32_t kRounds = 120;
constexpr std::size_t kStages = 53;  // of the progress: contestants and maps
constexpr std::array kPlacebos{MapPlacebo::kMirrored, MapPlacebo::kShifted, MapPlacebo::kShuffled};
constexpr const char* kInHourSuffix = "_in_hour";

std::string timed(const std::string& name, MapTiming timing) {
  return timing == MapTiming::kInHour ? name + kInHourSuffix : name;
}

Geometry spline_of(MapTiming timing) {
  return timing == MapTiming::kInHour ? Geometry::kInHourSpline : Geometry::kFrozenSpline;
}

using Mass = std::array<std::vector<double>, 2>;

class LadderBuilder {
 public:
  LadderBuilder(const SkillData& data, const SkillFeatures& features, const LadderOptions& options,
                const ProgressFn& report)
      : data_(data),
        features_(features),
        options_(options),
        report_(report),
        world_{features.rows(), options_.folds},
        warm_folds_(options.warm_folds) {
    warm_folds_.insert(warm_folds_.end(), options.folds.begin(), options.folds.end());
  }

  Outcome<SkillLadder> build() {
    using Stage = Outcome<void> (LadderBuilder::*)();
    for (const Stage stage : {&LadderBuilder::without_map, &LadderBuilder::boosting_without_map,
                              &LadderBuilder::published_maps, &LadderBuilder::reference_map,
                              &LadderBuilder::reference_placebos, &LadderBuilder::own_map,
                              &LadderBuilder::own_placebos}) {
      if (const Outcome<void> done = (this->*stage)(); !done) return done.error();
    }
    return std::move(ladder_);
  }

 private:
  Outcome<void> next(std::string_view what) {
    ++stage_;
    if (keep_going(report_, {what, stage_, kStages, stage_ * features_.rows().size()})) return {};
    return Diagnostic{.code = Errc::kCancelled};
  }

  Outcome<void> add(Outcome<SkillPrediction> prediction, MapTiming timing, std::string about,
                    bool is_placebo = false) {
    if (!prediction) return prediction.error();
    ladder_.contestants.push_back({.prediction = std::move(prediction).value(),
                                   .timing = timing,
                                   .about = std::move(about),
                                   .is_placebo = is_placebo});
    return next("contestants");
  }

  // Season and, where given, geometry and the logarithm of a map's mass.
  SkillPrediction linear(const std::string& name, const Geometry* geometry, const Mass* mass) {
    return predict_linear(world_, name, [&, geometry, mass](Side side, RowSpan train) {
      DesignMatrix design = features_.season();
      if (geometry != nullptr) design.append(features_.geometry(side, *geometry));
      if (mass != nullptr) design.add("map", log_mass((*mass)[index_of(side)], train));
      return design;
    });
  }

  Outcome<SkillPrediction> boosted(const std::string& name, Geometry geometry,
                                   std::span<const Mass* const> masses, std::uint32_t rounds) {
    const auto design = [&, geometry, masses](Side side, RowSpan) {
      DesignMatrix out = concatenate(features_.season(), features_.geometry(side, geometry));
      for (std::size_t i = 0; i < masses.size(); ++i)
        out.add("map_" + std::to_string(i), log_mass((*masses[i])[index_of(side)]));
      return out;
    };
    return predict_boosted(world_, name, design, rounds);
  }

  SkillPrediction stacked(std::string name, std::string_view trees, std::string_view line) {
    const SkillPrediction& second = ladder_.at(line).prediction;
    const std::array parts{&ladder_.at(trees).prediction, &second};
    return average(std::move(name), parts, second);
  }

  Mass mass_of(const MapSweeps& sweeps, MapTiming timing) const {
    return crossed_mass(features_.rows(), sweeps,
                        timing == MapTiming::kInHour ? MapVariant::kInHour : MapVariant::kFrozen);
  }

  Outcome<void> without_map();
  Outcome<void> boosting_without_map();
  Outcome<void> published_maps();
  Outcome<void> reference_map();
  Outcome<void> reference_placebos();
  Outcome<void> own_map();
  Outcome<void> own_placebos();
  Outcome<void> add_own(const std::string& name, const MapColumns* map, const std::string& about,
                        bool is_placebo);

  const SkillData& data_;
  const SkillFeatures& features_;
  const LadderOptions& options_;
  const ProgressFn& report_;
  SkillWorld world_;
  std::vector<Fold> warm_folds_;
  std::size_t stage_ = 0;
  std::map<BaselineMap, MapSweeps> published_;
  SkillLadder ladder_;
};

Outcome<void> LadderBuilder::without_map() {
  const auto frozen = MapTiming::kFrozen;
  if (auto done = add(predict_mean(world_), frozen, "mean of the training hours"); !done)
    return done;
  struct Rung {
    const char* name;
    Geometry kind;
    MapTiming timing;
    const char* about;
  };
  for (const Rung& rung :
       {Rung{"b1", Geometry::kRange, frozen, "range of the hour"},
        Rung{"b1ga", Geometry::kFrozen, frozen, "range, fresh ground, volatility, past"},
        Rung{"geometry", Geometry::kFrozenSpline, frozen, "b1ga with hinges in the range"},
        Rung{"geometry_in_hour", Geometry::kInHourSpline, MapTiming::kInHour,
             "geometry, drawdown, volume and interest of the hour"}}) {
    if (auto done = add(linear(rung.name, &rung.kind, nullptr), rung.timing, rung.about); !done)
      return done;
  }
  return {};
}

Outcome<void> LadderBuilder::boosting_without_map() {
  if (auto done = add(boosted("boosting", Geometry::kFrozen, {}, kRoundsFrozen), MapTiming::kFrozen,
                      "trees on b1ga, no map");
      !done)
    return done;
  if (auto done = add(boosted("boosting_in_hour", Geometry::kInHour, {}, kRounds),
                      MapTiming::kInHour, "trees on in-hour geometry, no map");
      !done)
    return done;
  return add(stacked("stack_in_hour", "boosting_in_hour", "geometry_in_hour"), MapTiming::kInHour,
             "mean of boosting_in_hour and geometry_in_hour");
}

Outcome<void> LadderBuilder::published_maps() {
  for (std::size_t i = 0; i < kBaselineMapCount; ++i) {
    const auto map = static_cast<BaselineMap>(i);
    const MapSweeps& sweeps = published_[map] = sweep_baseline(data_, map);
    if (auto done = next("published maps"); !done) return done;
    for (const MapTiming timing : {MapTiming::kFrozen, MapTiming::kInHour}) {
      const bool is_asked =
          timing == MapTiming::kFrozen ||
          (map != BaselineMap::kOpenLiquidationMap && map != BaselineMap::kVolumeLeverage);
      if (!is_asked) continue;
      const Mass mass = mass_of(sweeps, timing);
      if (auto done = add(linear(timed(sweeps.name, timing), nullptr, &mass), timing,
                          "season and map " + sweeps.name);
          !done)
        return done;
    }
  }
  return {};
}

Outcome<void> LadderBuilder::reference_map() {
  const MapSweeps& constant = published_.at(BaselineMap::kConstantOpenings);
  const MapSweeps& identity = published_.at(BaselineMap::kIdentityReference);
  for (const MapTiming timing : {MapTiming::kFrozen, MapTiming::kInHour}) {
    const Geometry kind = spline_of(timing);
    for (const MapSweeps* sweeps : {&constant, &identity}) {
      const Mass mass = mass_of(*sweeps, timing);
      if (auto done = add(linear(timed("geometry_" + sweeps->name, timing), &kind, &mass), timing,
                          "geometry and map " + sweeps->name);
          !done)
        return done;
    }
  }
  const Mass frozen = mass_of(identity, MapTiming::kFrozen);
  const Mass in_hour = mass_of(identity, MapTiming::kInHour);
  const std::array one{&frozen};
  const std::array both{&frozen, &in_hour};
  if (auto done = add(boosted("boosting_p_w3", Geometry::kFrozen, one, kRounds), MapTiming::kFrozen,
                      "trees on b1ga and map p_w3");
      !done)
    return done;
  if (auto done = add(boosted("boosting_p_w3_in_hour", Geometry::kInHour, both, kRounds),
                      MapTiming::kInHour, "trees on in-hour geometry and map p_w3");
      !done)
    return done;
  return add(stacked("stack_p_w3_in_hour", "boosting_p_w3_in_hour", "geometry_p_w3_in_hour"),
             MapTiming::kInHour, "mean of boosting_p_w3_in_hour and geometry_p_w3_in_hour");
}

Outcome<void> LadderBuilder::reference_placebos() {
  for (const MapPlacebo placebo : kPlacebos) {
    const MapSweeps sweeps = sweep_baseline(data_, BaselineMap::kIdentityReference,
                                            {.placebo = placebo, .seed = options_.seed});
    if (auto done = next("placebos"); !done) return done;
    const Geometry kind = Geometry::kFrozenSpline;
    const Mass mass = mass_of(sweeps, MapTiming::kFrozen);
    if (auto done = add(linear("geometry_" + sweeps.name, &kind, &mass), MapTiming::kFrozen,
                        "geometry and map p_w3, " + std::string(name_of(placebo)), true);
        !done)
      return done;
  }
  return {};
}

Outcome<void> LadderBuilder::add_own(const std::string& name, const MapColumns* map,
                                     const std::string& about, bool is_placebo) {
  // Only the map itself gets predictive bands, which have to be warmed up by earlier folds.
  const bool is_warmed = map != nullptr && !is_placebo;
  const SkillWorld warm{features_.rows(), warm_folds_};
  for (const MapTiming timing : {MapTiming::kFrozen, MapTiming::kInHour}) {
    if (auto done =
            add(predict_own(is_warmed ? warm : world_, features_, map, timing, timed(name, timing)),
                timing, about, is_placebo);
        !done)
      return done;
  }
  return {};
}

Outcome<void> LadderBuilder::own_map() {
  const MapSweeps sweeps = sweep_density(data_, {});
  ladder_.stock_error_max = sweeps.stock_error_max;
  ladder_.crossed_usd = sweeps.crossed_total[0] + sweeps.crossed_total[1];
  if (auto done = next("our map"); !done) return done;
  const MapColumns columns = map_columns(features_.rows(), sweeps);
  if (auto done = add_own("learners", nullptr, "our learners without any map", false); !done)
    return done;
  return add_own("faultline", &columns, "our learners with our map", false);
}

Outcome<void> LadderBuilder::own_placebos() {
  for (const MapPlacebo placebo : kPlacebos) {
    const MapSweeps sweeps =
        sweep_density(data_, {}, {}, {.placebo = placebo, .seed = options_.seed});
    if (auto done = next("placebos"); !done) return done;
    const MapColumns columns = map_columns(features_.rows(), sweeps);
    if (auto done = add_own(sweeps.name, &columns,
                            "our learners with our map, " + std::string(name_of(placebo)), true);
        !done)
      return done;
  }
  const MapColumns columns =
      map_columns(features_.rows(), published_.at(BaselineMap::kConstantOpenings));
  return add_own("faultline_constant", &columns, "our learners with constant openings (b7c)", true);
}

}  // namespace

const Contestant& SkillLadder::at(std::string_view name) const {
  const auto found = std::ranges::find(contestants, name, &Contestant::name);
  FAULTLINE_CHECK(found != contestants.end());
  return *found;
}

Outcome<SkillLadder> build_ladder(const SkillData& data, const SkillFeatures& features,
                                  const LadderOptions& options, const ProgressFn& report) {
  return LadderBuilder(data, features, options, report).build();
}

}  // namespace faultline
