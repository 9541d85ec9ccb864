#include "study/skill_models.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "stats/boosting.hpp"
#include "stats/linear.hpp"
#include "stats/poisson.hpp"
#include "stats/scores.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr double kFloorQuantile = 0.05;
constexpr double kMassFloor = 1e-3;
constexpr double kPreciseRidge = 1.0;
constexpr double kBoostWeightPower = 0.5;

std::vector<double> absent(const SkillRows& rows) {
  return std::vector<double>(rows.size(), std::numeric_limits<double>::quiet_NaN());
}

void put(std::vector<double>& into, RowSpan rows, std::span<const double> values) {
  for (std::size_t i = 0; i < rows.size(); ++i) into[rows[i]] = values[i];
}

std::vector<double> amounts_of(const SkillRows& rows, std::size_t side) {
  std::vector<double> out = rows.liquidated_usd[side];
  for (double& usd : out) usd /= kSweepUnitUsd;
  return out;
}

double mean_over(std::span<const double> values, RowSpan rows) {
  double sum = 0.0;
  for (const std::uint32_t row : rows) sum += values[row];
  return sum / static_cast<double>(rows.size());
}

PrecisionWeightedFit precise_fit(const DesignMatrix& design, std::span<const double> target,
                                 RowSpan train) {
  return fit_precision_weighted(design, {.value = target}, train, {.ridge = kPreciseRidge});
}

// A curve laid through the training rows is only known between their predictions.
double variance_at(const VarianceCurve& curve, double prediction) {
  return curve.at(std::clamp(prediction, curve.lowest, curve.highest));
}

void predict_amounts(const DesignMatrix& design, const Fold& fold, std::span<const double> amounts,
                     std::vector<double>& out) {
  const PoissonFit fit = fit_poisson(design, amounts, fold.train);
  put(out, fold.test, fit.predict(design, fold.test));
}

// How much each training row counts for trees: variance^-1/2, with mean 1.
std::vector<double> training_weights(const DesignMatrix& columns, std::span<const double> target,
                                     RowSpan train) {
  const PrecisionWeightedFit fit = precise_fit(columns, target, train);
  const std::vector<double> fitted = fit.mean.predict(columns, train);
  std::vector<double> weight(target.size(), 0.0);
  for (std::size_t i = 0; i < fitted.size(); ++i)
    weight[train[i]] = std::pow(variance_at(fit.variance, fitted[i]), -kBoostWeightPower);
  const double mean = mean_over(weight, train);
  for (double& w : weight) w /= mean;
  return weight;
}

}  // namespace

std::vector<Fold> weekly_folds(const SkillRows& rows, const SkillData& data, Nanos burn_in) {
  std::vector<Fold> folds;
  const auto begin_of = [&](std::size_t row) { return data.hours[rows.hours[row]].begin; };
  if (rows.size() == 0) return folds;
  constexpr Nanos kWeek(7 * kDay.value);
  const UnixNanos last = begin_of(rows.size() - 1);
  for (UnixNanos origin = begin_of(0) + burn_in; origin <= last; origin = origin + kWeek) {
    Fold fold;
    for (std::uint32_t row = 0; row < rows.size(); ++row) {
      const UnixNanos begin = begin_of(row);
      if (begin < origin) fold.train.push_back(row);
      if (begin >= origin && begin < origin + kWeek) fold.test.push_back(row);
    }
    if (!fold.test.empty()) folds.push_back(std::move(fold));
  }
  return folds;
}

SkillPrediction predict_mean(const SkillWorld& world) {
  SkillPrediction out;
  out.name = "b0";
  for (const std::size_t side : {0U, 1U}) {
    out.log_usd[side] = absent(world.rows);
    out.mean_usd[side] = absent(world.rows);
    const std::vector<double> amounts = amounts_of(world.rows, side);
    for (const Fold& fold : world.folds) {
      const double log_mean = mean_over(world.rows.target[side], fold.train);
      const double amount = std::max(mean_over(amounts, fold.train), std::exp(kPoissonLogMin));
      for (const std::uint32_t row : fold.test) {
        out.log_usd[side][row] = log_mean;
        out.mean_usd[side][row] = amount;
      }
    }
  }
  return out;
}

SkillPrediction predict_linear(const SkillWorld& world, std::string name, const DesignFn& design) {
  SkillPrediction out;
  out.name = std::move(name);
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    out.log_usd[s] = absent(world.rows);
    out.mean_usd[s] = absent(world.rows);
    const std::vector<double> amounts = amounts_of(world.rows, s);
    for (const Fold& fold : world.folds) {
      const DesignMatrix columns = design(side, fold.train);
      const LinearFit fit = fit_ridge(columns, {.value = world.rows.target[s]}, fold.train);
      put(out.log_usd[s], fold.test, fit.predict(columns, fold.test));
      predict_amounts(columns, fold, amounts, out.mean_usd[s]);
    }
  }
  return out;
}

SkillPrediction predict_precise(const SkillWorld& world, std::string name, const DesignFn& design) {
  SkillPrediction out;
  out.name = std::move(name);
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    out.log_usd[s] = absent(world.rows);
    out.mean_usd[s] = absent(world.rows);
    out.variance[s] = absent(world.rows);
    const std::vector<double> amounts = amounts_of(world.rows, s);
    for (const Fold& fold : world.folds) {
      const DesignMatrix columns = design(side, fold.train);
      const PrecisionWeightedFit fit = precise_fit(columns, world.rows.target[s], fold.train);
      const std::vector<double> values = fit.mean.predict(columns, fold.test);
      put(out.log_usd[s], fold.test, values);
      for (std::size_t i = 0; i < values.size(); ++i)
        out.variance[s][fold.test[i]] = variance_at(fit.variance, values[i]);
      predict_amounts(columns, fold, amounts, out.mean_usd[s]);
    }
  }
  return out;
}

Outcome<SkillPrediction> predict_boosted(const SkillWorld& world, std::string name,
                                         const DesignFn& design, std::uint32_t rounds,
                                         const DesignFn* weights_like) {
  SkillPrediction out;
  out.name = std::move(name);
  for (const Side side : kSides) {
    const std::size_t s = index_of(side);
    out.log_usd[s] = absent(world.rows);
    for (const Fold& fold : world.folds) {
      const std::vector<double>& target = world.rows.target[s];
      std::vector<double> weight;
      if (weights_like != nullptr)
        weight = training_weights((*weights_like)(side, fold.train), target, fold.train);
      const DesignMatrix columns = design(side, fold.train);
      const Outcome<BoostedTrees> trees = fit_boosted_trees(
          columns, {.value = target, .weight = weight}, fold.train, {.rounds = rounds});
      if (!trees) return trees.error();
      const Outcome<std::vector<double>> values = trees->predict(columns, fold.test);
      if (!values) return values.error();
      put(out.log_usd[s], fold.test, *values);
    }
  }
  return out;
}

SkillPrediction average(std::string name, std::span<const SkillPrediction* const> parts,
                        const SkillPrediction& second) {
  SkillPrediction out = second;
  out.name = std::move(name);
  for (const std::size_t side : {0U, 1U}) {
    for (std::size_t row = 0; row < out.log_usd[side].size(); ++row) {
      double sum = 0.0;
      for (const SkillPrediction* part : parts) sum += part->log_usd[side][row];
      out.log_usd[side][row] = sum / static_cast<double>(parts.size());
    }
  }
  return out;
}

std::vector<double> log_mass(const std::vector<double>& mass, RowSpan train) {
  std::vector<double> positive;
  for (const std::uint32_t row : train) {
    if (mass[row] > 0.0) positive.push_back(mass[row]);
  }
  const double floor = positive.empty() ? 1.0 : quantile(positive, kFloorQuantile);
  std::vector<double> out = mass;
  for (double& m : out) m = std::log(m + floor);
  return out;
}

std::vector<double> log_mass(const std::vector<double>& mass) {
  std::vector<double> out = mass;
  for (double& m : out) m = std::log(m + kMassFloor);
  return out;
}

}  // namespace faultline
