#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "study/skill_rows.hpp"

namespace faultline {

// Walk-forward predictions of what is liquidated in an hour, for any set of features.
//
//   rows ──folds──> fit on everything before a week, predict the week ──> SkillPrediction
//
// Invariant: a prediction of a row uses rows before its fold's origin only, scales, floors and
// weights included.

struct Fold {
  std::vector<std::uint32_t> train;  // all rows before the origin
  std::vector<std::uint32_t> test;   // rows of [origin, origin + 7 days)
};

// Weekly origins from `burn_in` after the first row on; folds without test rows are left out.
std::vector<Fold> weekly_folds(const SkillRows& rows, const SkillData& data, Nanos burn_in);

// By side and row; NaN in rows that no fold predicts.
struct SkillPrediction {
  std::string name;
  std::array<std::vector<double>, 2> log_usd{};   // of ln(1 + USD)
  std::array<std::vector<double>, 2> mean_usd{};  // of the amount, in kSweepUnitUsd; may be empty
  std::array<std::vector<double>, 2> variance{};  // of log_usd's residual up to a factor, or empty
};

// The features of one side for one fold; `train` is for floors that have to be causal.
using DesignFn = std::function<DesignMatrix(Side side, RowSpan train)>;

struct SkillWorld {
  const SkillRows& rows;
  std::span<const Fold> folds;
};

// The training mean, of the logarithm and of the amount: what R² and deviance are measured against.
SkillPrediction predict_mean(const SkillWorld& world);

// Ridge regression of the logarithm and quasi-Poisson regression of the amount.
SkillPrediction predict_linear(const SkillWorld& world, std::string name, const DesignFn& design);

// As predict_linear, but rows weigh by their precision.
SkillPrediction predict_precise(const SkillWorld& world, std::string name, const DesignFn& design);

// Boosted trees on the logarithm. `weights_like`: null for equal weights, else the design whose
// precision-weighted fit says how much each training row scatters (weight = variance^-1/2).
// Errors: those of the boosting library.
Outcome<SkillPrediction> predict_boosted(const SkillWorld& world, std::string name,
                                         const DesignFn& design, std::uint32_t rounds,
                                         const DesignFn* weights_like = nullptr);

// The mean of the logarithms; amounts and variance are those of `second`.
SkillPrediction average(std::string name, std::span<const SkillPrediction* const> parts,
                        const SkillPrediction& second);

// ln(m + floor), with the .05 quantile of the training rows' positive values as floor.
std::vector<double> log_mass(const std::vector<double>& mass, RowSpan train);
// ln(m + .001): for trees, which are blind to monotone changes, and for the program's own models.
std::vector<double> log_mass(const std::vector<double>& mass);

}  // namespace faultline
