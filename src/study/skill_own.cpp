#include "study/skill_own.hpp"

#include <algorithm>
#include <utility>

namespace faultline {
namespace {

constexpr std::uint32_t kRounds = 120;
constexpr double kNear = 0.003;
constexpr double kAround = 0.01;
constexpr std::array kHinges{0, 2, 4, 6};  // of ln(crossed)

MapColumns::Sides logged(const std::array<std::vector<double>, 2>& mass) {
  return {log_mass(mass[0]), log_mass(mass[1])};
}

// The member of every hour that a row stands for.
MapColumns::Sides of_hours(const SkillRows& rows, const MapSweeps& sweeps,
                           std::array<double, 2> HourSweep::*member) {
  MapColumns::Sides out;
  for (const std::size_t hour : rows.hours) {
    for (const std::size_t side : {0U, 1U}) out[side].push_back((sweeps.hours[hour].*member)[side]);
  }
  return logged(out);
}

// The designs of one timing, with a map or without.
class OwnDesigns {
 public:
  OwnDesigns(const SkillFeatures& features, const MapColumns* map, MapTiming timing)
      : features_(features), map_(map), is_in_hour_(timing == MapTiming::kInHour) {}

  DesignMatrix trees(Side side) const {
    DesignMatrix out = with_geometry(side, is_in_hour_ ? Geometry::kInHour : Geometry::kFrozen);
    if (map_ == nullptr) return out;
    const std::size_t s = index_of(side);
    out.add("frozen", map_->frozen[s]);
    if (is_in_hour_) return add_path(std::move(out), s).add("largest", map_->largest[s]);
    return out.add("near", map_->near[s]).add("around", map_->around[s]);
  }

  DesignMatrix ridge(Side side) const {
    DesignMatrix out =
        with_geometry(side, is_in_hour_ ? Geometry::kInHourSpline : Geometry::kFrozenSpline);
    if (map_ == nullptr) return out;
    const std::size_t s = index_of(side);
    return is_in_hour_ ? add_path(std::move(out), s) : out.add("frozen", map_->frozen[s]);
  }

  // The map alone. Requires: a map that is updated in the hour.
  DesignMatrix map_alone(Side side) const {
    const std::size_t s = index_of(side);
    DesignMatrix out = add_path(features_.season(), s).add("largest", map_->largest[s]);
    for (const int knot : kHinges) {
      std::vector<double> hinge = map_->crossed[s];
      for (double& x : hinge) x = std::max(0.0, x - knot);
      out.add("crossed_above_" + std::to_string(knot), std::move(hinge));
    }
    return out;
  }

 private:
  DesignMatrix with_geometry(Side side, Geometry kind) const {
    return concatenate(features_.season(), features_.geometry(side, kind));
  }
  DesignMatrix add_path(DesignMatrix out, std::size_t s) const {
    out.add("crossed", map_->crossed[s]).add("root", map_->root[s]);
    return out;
  }

  const SkillFeatures& features_;
  const MapColumns* map_;
  bool is_in_hour_;
};

}  // namespace

MapColumns map_columns(const SkillRows& rows, const MapSweeps& sweeps) {
  return {.frozen = logged(crossed_mass(rows, sweeps, MapVariant::kFrozen)),
          .near = logged(near_mass(rows, sweeps, kNear)),
          .around = logged(near_mass(rows, sweeps, kAround)),
          .crossed = of_hours(rows, sweeps, &HourSweep::crossed),
          .root = of_hours(rows, sweeps, &HourSweep::crossed_root),
          .largest = of_hours(rows, sweeps, &HourSweep::crossed_max)};
}

Outcome<SkillPrediction> predict_own(const SkillWorld& world, const SkillFeatures& features,
                                     const MapColumns* map, MapTiming timing, std::string name) {
  const OwnDesigns designs(features, map, timing);
  const DesignFn ridge_design = [&](Side side, RowSpan) { return designs.ridge(side); };
  const Outcome<SkillPrediction> trees = predict_boosted(
      world, name + "_trees", [&](Side side, RowSpan) { return designs.trees(side); }, kRounds,
      &ridge_design);
  if (!trees) return trees.error();
  const SkillPrediction ridge = predict_precise(world, name + "_ridge", ridge_design);
  std::vector<const SkillPrediction*> parts{&*trees, &ridge};
  SkillPrediction alone;
  if (map != nullptr && timing == MapTiming::kInHour) {
    alone = predict_precise(world, name + "_alone",
                            [&](Side side, RowSpan) { return designs.map_alone(side); });
    parts.push_back(&alone);
  }
  return average(std::move(name), parts, ridge);
}

}  // namespace faultline
