#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "stats/design.hpp"

namespace faultline {

// Gradient boosted trees under squared error: the baseline that has no opinion about the shape of
// what it fits, and so the one that a map of liquidations has to beat.
//
// The defaults stand for scikit-learn's HistGradientBoostingRegressor with learning_rate .05,
// max_leaf_nodes 8, min_samples_leaf 40 and l2_regularization 5: trees grow their best leaf first
// on histograms, and start at the training mean.
struct BoostingOptions {
  std::uint32_t rounds = 150;     // trees
  double learning_rate = 0.05;    // share of a tree's answer that is used
  std::uint32_t leaves_max = 8;   // of one tree; its depth is not limited
  double leaf_weight_min = 40.0;  // least sum of row weights in a leaf
  double leaf_ridge = 5.0;        // shrinks a leaf's answer as this many rows that say "0" would
  std::uint32_t bins_max = 256;   // of one column's histogram
  std::uint32_t seed = 0;         // nothing is drawn at these settings; kept fixed all the same
};

// A fitted ensemble. Moves, does not copy.
//
// Determinism: one thread; equal input gives equal trees and predictions, on one build of the
// library. Columns are read in single precision. Thread safety: none, not even for predict().
class BoostedTrees {
 public:
  BoostedTrees(BoostedTrees&&) noexcept;
  BoostedTrees& operator=(BoostedTrees&&) noexcept;
  ~BoostedTrees();

  // One value for each of the rows. NaN in a column means "missing": the tree sends such a row the
  // way that suited the missing ones in training. Requires: the columns of the training design, in
  // its order (checked). Errors: as fit_boosted_trees. Cost: O(rows · rounds · depth), and 4 bytes
  // a value for a copy.
  Outcome<std::vector<double>> predict(const DesignMatrix& design, RowSpan rows) const;

  // The weighted mean of the training target: the prediction before the first tree.
  double base() const { return base_; }

 private:
  struct Library;
  BoostedTrees(std::unique_ptr<Library> library, std::vector<std::string> columns, double base);
  friend Outcome<BoostedTrees> fit_boosted_trees(const DesignMatrix&, const Target&, RowSpan,
                                                 const BoostingOptions&);

  std::unique_ptr<Library> library_;
  std::vector<std::string> columns_;
  double base_;
};

// Requires: target and weights (if any) with one value for each row of the design (checked).
// Errors: kNoData without rows or columns; kOutOfRange where a target or weight in the rows is not
// finite, a weight is negative, or all are 0; kBadRequest with the library's own words in the note
// for what it refuses: settings out of range, or infinite columns, which in single precision means
// anything beyond 3.4e38. Cost: O(rows · columns · rounds) and 8 bytes a value.
Outcome<BoostedTrees> fit_boosted_trees(const DesignMatrix& design, const Target& target,
                                        RowSpan rows, const BoostingOptions& options = {});

}  // namespace faultline
