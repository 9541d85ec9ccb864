#include "stats/boosting.hpp"

#include <xgboost/c_api.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

// A matrix of the library; freed with its owner.
struct Matrix {
  DMatrixHandle handle = nullptr;

  Matrix() = default;
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  // What freeing answers does not matter: there is nobody left who could do something about it.
  ~Matrix() {
    if (handle != nullptr) (void)XGDMatrixFree(handle);
  }
};

Diagnostic library_error(std::string_view during) {
  // The library appends its stack, which is of no use to a reader: the first line says it all.
  std::string words = XGBGetLastError();
  if (const std::size_t end = words.find('\n'); end != std::string::npos) words.resize(end);
  return {.code = Errc::kBadRequest, .field = std::string(during), .note = "XGBoost: " + words};
}

// The library keeps its verbosity for each thread, so it is set on every way in.
void silence_library() { (void)XGBSetGlobalConfig(R"({"verbosity": 0})"); }

// Copies the rows, row after row, in single precision.
Outcome<void> load_rows(const DesignMatrix& design, RowSpan rows, Matrix& out) {
  const std::size_t width = design.column_count();
  std::vector<float> values(rows.size() * width);
  for (std::size_t c = 0; c < width; ++c) {
    const std::span<const double> column = design.column(c);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      FAULTLINE_CHECK(rows[r] < column.size());
      values[r * width + c] = static_cast<float>(column[rows[r]]);
    }
  }
  if (XGDMatrixCreateFromMat(values.data(), rows.size(), width,
                             std::numeric_limits<float>::quiet_NaN(), &out.handle) != 0) {
    return library_error("columns");
  }
  return {};
}

// Target and weights of the training rows, the weighted mean taken off the target.
struct TrainingLabels {
  std::vector<float> centred;
  std::vector<float> weight;
  double mean = 0.0;
};

Outcome<TrainingLabels> training_labels(const Target& target, RowSpan rows) {
  double sum = 0.0;
  double weight_sum = 0.0;
  for (const std::uint32_t row : rows) {
    FAULTLINE_CHECK(row < target.value.size());
    const double weight = target.weight.empty() ? 1.0 : target.weight[row];
    if (!std::isfinite(target.value[row])) {
      return Diagnostic{.code = Errc::kOutOfRange, .field = "target", .note = "not finite"};
    }
    if (!std::isfinite(weight) || weight < 0.0) {
      return Diagnostic{.code = Errc::kOutOfRange, .field = "weight", .note = "not finite or < 0"};
    }
    sum += weight * target.value[row];
    weight_sum += weight;
  }
  if (!(weight_sum > 0.0)) {
    return Diagnostic{.code = Errc::kOutOfRange, .field = "weight", .note = "all are 0"};
  }
  TrainingLabels labels;
  labels.mean = sum / weight_sum;
  for (const std::uint32_t row : rows) {
    labels.centred.push_back(static_cast<float>(target.value[row] - labels.mean));
    if (!target.weight.empty()) labels.weight.push_back(static_cast<float>(target.weight[row]));
  }
  return labels;
}

Outcome<void> set_labels(const Matrix& matrix, const TrainingLabels& labels) {
  if (XGDMatrixSetFloatInfo(matrix.handle, "label", labels.centred.data(), labels.centred.size()) !=
      0) {
    return library_error("target");
  }
  if (!labels.weight.empty() && XGDMatrixSetFloatInfo(matrix.handle, "weight", labels.weight.data(),
                                                      labels.weight.size()) != 0) {
    return library_error("weight");
  }
  return {};
}

Outcome<void> set_options(BoosterHandle booster, const BoostingOptions& options) {
  const std::array<std::pair<const char*, std::string>, 14> settings{{
      {"nthread", "1"},
      {"verbosity", "0"},
      {"seed", std::to_string(options.seed)},
      {"objective", "reg:squarederror"},
      // The mean is taken off the target and added to predictions here, in double precision; to the
      // library that is a base score of the mean.
      {"base_score", "0"},
      {"booster", "gbtree"},
      {"tree_method", "hist"},
      {"grow_policy", "lossguide"},
      {"max_depth", "0"},
      {"max_leaves", std::to_string(options.leaves_max)},
      {"max_bin", std::to_string(options.bins_max)},
      {"eta", std::to_string(options.learning_rate)},
      {"min_child_weight", std::to_string(options.leaf_weight_min)},
      {"lambda", std::to_string(options.leaf_ridge)},
  }};
  for (const auto& [name, value] : settings) {
    if (XGBoosterSetParam(booster, name, value.c_str()) != 0) return library_error(name);
  }
  return {};
}

}  // namespace

struct BoostedTrees::Library {
  BoosterHandle handle = nullptr;

  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (handle != nullptr) (void)XGBoosterFree(handle);
  }
};

BoostedTrees::BoostedTrees(std::unique_ptr<Library> library, std::vector<std::string> columns,
                           double base)
    : library_(std::move(library)), columns_(std::move(columns)), base_(base) {}
BoostedTrees::BoostedTrees(BoostedTrees&&) noexcept = default;
BoostedTrees& BoostedTrees::operator=(BoostedTrees&&) noexcept = default;
BoostedTrees::~BoostedTrees() = default;

Outcome<std::vector<double>> BoostedTrees::predict(const DesignMatrix& design, RowSpan rows) const {
  FAULTLINE_CHECK(library_ != nullptr && design.names() == columns_);
  if (rows.empty()) return std::vector<double>();
  silence_library();
  Matrix matrix;
  if (const Outcome<void> loaded = load_rows(design, rows, matrix); !loaded) return loaded.error();
  bst_ulong count = 0;
  const float* values = nullptr;
  // No options: plain values; 0 trees: all of them; not for training.
  if (XGBoosterPredict(library_->handle, matrix.handle, 0, 0, 0, &count, &values) != 0) {
    return library_error("prediction");
  }
  FAULTLINE_CHECK(count == rows.size());
  std::vector<double> predicted(values, values + count);
  for (double& value : predicted) value += base_;
  return predicted;
}

Outcome<BoostedTrees> fit_boosted_trees(const DesignMatrix& design, const Target& target,
                                        RowSpan rows, const BoostingOptions& options) {
  FAULTLINE_CHECK(target.value.size() == design.row_count());
  FAULTLINE_CHECK(target.weight.empty() || target.weight.size() == design.row_count());
  if (rows.empty() || design.column_count() == 0) {
    return Diagnostic{.code = Errc::kNoData, .field = "rows", .note = "nothing to fit trees to"};
  }
  silence_library();
  const Outcome<TrainingLabels> labels = training_labels(target, rows);
  if (!labels) return labels.error();
  Matrix matrix;
  if (const Outcome<void> loaded = load_rows(design, rows, matrix); !loaded) return loaded.error();
  if (const Outcome<void> set = set_labels(matrix, *labels); !set) return set.error();

  auto library = std::make_unique<BoostedTrees::Library>();
  if (XGBoosterCreate(&matrix.handle, 1, &library->handle) != 0) return library_error("trees");
  if (const Outcome<void> set = set_options(library->handle, options); !set) return set.error();
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    if (XGBoosterUpdateOneIter(library->handle, static_cast<int>(round), matrix.handle) != 0) {
      return library_error("trees");
    }
  }
  return BoostedTrees(std::move(library), design.names(), labels->mean);
}

}  // namespace faultline
