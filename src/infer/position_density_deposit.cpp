// How entries become mass at liquidation prices.
//
//   narrow boxes   into their cells at once
//   wide boxes     entry ──> histogram of entry prices ──flush──> cells
//
// A wide box is many bins wide, so where inside a bin an entry stood does not show in it: entries
// are split linearly between two points one bin apart, which keeps their mean. A flush adds, in
// every wide row, the histogram convolved with the row's box: one pass however many entries there
// were. It happens when the price comes near the nearest wide box of a waiting entry, when an entry
// lies outside the points, before funding moves the rows, and before members change.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "infer/position_density.hpp"

namespace faultline {
namespace {

constexpr double kEligibleMin = 1e-25;  // less of a kernel is a rounding of nothing
constexpr double kWideBins = 8.0;       // a box of so many bins and more is wide
constexpr double kReachedBins = 3.0;    // a flush comes so many bins before the price does

// Adds value[m] to each of `count` bins. The conversion is hoisted: this is the inner loop of an
// ensemble.
void add_whole_bins(float* cells, std::size_t count, std::span<const double> value) {
  constexpr std::size_t kLanes = 64;
  std::array<float, kLanes> whole{};
  const std::size_t members = value.size();
  for (std::size_t begin = 0; begin < members; begin += kLanes) {
    const std::size_t lanes = std::min(kLanes, members - begin);
    for (std::size_t m = 0; m < lanes; ++m) whole[m] = static_cast<float>(value[begin + m]);
    for (std::size_t bin = 0; bin < count; ++bin) {
      float* cell = cells + bin * members + begin;
      for (std::size_t m = 0; m < lanes; ++m) cell[m] += whole[m];
    }
  }
}

// Adds value[m] · covered share to the cells of bins that [from, to) overlaps, in bins.
void add_covered(float* cells, double from, double to, std::span<const double> value) {
  const std::size_t members = value.size();
  const auto first = static_cast<std::size_t>(from);
  const auto last = static_cast<std::size_t>(to);
  const auto add = [&](std::size_t bin, double share) {
    float* cell = cells + bin * members;
    for (std::size_t m = 0; m < members; ++m) cell[m] += static_cast<float>(value[m] * share);
  };
  if (first == last) {
    add(first, to - from);
    return;
  }
  add(first, static_cast<double>(first + 1) - from);
  if (members == 1) {
    const auto whole = static_cast<float>(value[0]);
    for (std::size_t bin = first + 1; bin < last; ++bin) cells[bin] += whole;
  } else {
    add_whole_bins(cells + (first + 1) * members, last - first - 1, value);
  }
  if (to > static_cast<double>(last)) add(last, to - static_cast<double>(last));
}

// Adds the entries that `sums` cumulates (sums[point][member], points one bin apart) to the bins
// that their boxes cover, each entry times value[member] a bin; a box begins `from` and ends `to`
// bins behind bin 0 for the first entry. `cells` begins at the bin that holds `from`.
//
// With C(y) the sum of all entries at points up to y, interpolated, a bin t gets
// C(t + 1 − from) − C(t + 1 − to): what has begun in it less what has ended.
template <class Cell>
void add_box_sums(std::span<const double> sums, double from, double to,
                  std::span<const double> value, Cell* cells) {
  const std::size_t members = value.size();
  const auto points = static_cast<std::ptrdiff_t>(sums.size() / members) - 1;
  const auto at = [&](std::ptrdiff_t point) {
    return sums.data() +
           static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(point, 0, points)) * members;
  };
  const auto whole = static_cast<std::ptrdiff_t>(to) - static_cast<std::ptrdiff_t>(from);
  const double a = 1.0 - (from - std::floor(from));
  const double b = 1.0 - (to - std::floor(to));
  for (std::ptrdiff_t t = 0; t < whole + points; ++t, cells += members) {
    const double* a0 = at(t);
    const double* a1 = at(t + 1);
    const double* b0 = at(t - whole);
    const double* b1 = at(t - whole + 1);
    for (std::size_t m = 0; m < members; ++m) {
      const double begun = a0[m] + a * (a1[m] - a0[m]);
      const double ended = b0[m] + b * (b1[m] - b0[m]);
      cells[m] += static_cast<Cell>(std::max(begun - ended, 0.0) * value[m]);
    }
  }
}

// In lanes of their own, which a compiler may add up at once.
template <class Cell>
double weighted_sum(const Cell* cells, std::span<const double> weights) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> sums{};
  std::size_t m = 0;
  for (; m + kLanes <= weights.size(); m += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += static_cast<double>(cells[m + lane]) * weights[m + lane];
  }
  for (; m < weights.size(); ++m) sums[0] += static_cast<double>(cells[m]) * weights[m];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

void PositionDensity::lay_out_kernels() {
  const std::size_t members = members_.size();
  kernel_.resize((grid_.size() + 1) * members);
  kernel_sum_.assign(members, 0.0);
  for (std::size_t j = 0; j <= grid_.size(); ++j) {
    for (std::size_t m = 0; m < members; ++m) {
      kernel_[j * members + m] = members_[m].kernel[j];
      kernel_sum_[m] += members_[m].kernel[j];
    }
  }
  const auto is_wide = [&](std::size_t j) {
    // Short boxes are the narrower ones.
    const double width = grid_.delta_high(Side::kShort, j) - grid_.delta_low(Side::kShort, j);
    return width >= kWideBins * config_.entry_bin;
  };
  wide_first_ = 0;
  while (wide_first_ < grid_.size() && !is_wide(wide_first_)) ++wide_first_;
}

PositionDensity::Box PositionDensity::whole_box(Side side, std::size_t j, double log_price) const {
  const double s = sign(side);
  const double middle = grid_.delta_mid(side, j);
  const double shift = rows_[row_index(side, j)].shift;
  const double a = log_price - s * grid_.delta_high(side, j) + s * middle - shift;
  const double b = log_price - s * grid_.delta_low(side, j) + s * middle - shift;
  return Box{std::min(a, b), std::max(a, b), 1.0};
}

void PositionDensity::deposit(const Entry& entry) {
  for (std::size_t j = 0; j < grid_.size(); ++j)
    boxes_[j] = whole_box(entry.side, j, entry.log_price);
  std::ranges::fill(factor_, 1.0);
  deposit_boxes(entry);
}

// Deposits with the distance drawn from the kernel given that the liquidation price lies beyond
// `log_limit`. A kernel that has nothing there, as a learnt one may, says that it is never reached.
void PositionDensity::deposit_beyond(const Entry& entry, double log_limit) {
  const double s = sign(entry.side);
  const std::size_t members = members_.size();
  for (std::size_t j = 0; j < grid_.size(); ++j) {
    Box& box = boxes_[j] = whole_box(entry.side, j, entry.log_price);
    const double width = box.u_high - box.u_low;
    const double limit =
        log_limit + s * grid_.delta_mid(entry.side, j) - rows_[row_index(entry.side, j)].shift;
    const bool cuts = entry.side == Side::kLong ? limit < box.u_high : limit > box.u_low;
    if (!cuts) continue;
    (entry.side == Side::kLong ? box.u_high : box.u_low) = limit;
    box.part = std::max(box.u_high - box.u_low, 0.0) / width;
  }
  for (std::size_t m = 0; m < members; ++m) {
    double eligible = kernel_[grid_.size() * members + m];
    for (std::size_t j = 0; j < grid_.size(); ++j)
      eligible += kernel_[j * members + m] * boxes_[j].part;
    factor_[m] = eligible > kEligibleMin ? 1.0 / eligible : 0.0;
  }
  deposit_boxes(entry);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    for (std::size_t m = 0; m < members; ++m) {
      if (factor_[m] == 0.0) never_[total_index(entry.side, c, m)] += entry.amount[c * members + m];
    }
  }
}

// Into boxes_, with the kernel times factor_.
void PositionDensity::deposit_boxes(const Entry& entry) {
  const std::size_t members = members_.size();
  const double* never_weight = kernel_.data() + grid_.size() * members;
  const bool is_whole = std::ranges::all_of(boxes_, [](const Box& box) { return box.part == 1.0; });
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    const std::size_t total = total_index(entry.side, c, 0);
    for (std::size_t m = 0; m < members; ++m) {
      const double amount = entry.amount[c * members + m] * factor_[m];
      unit_[c * members + m] = amount / scale_[total + m];
      never_[total + m] += amount * never_weight[m];
      // A factor is one over what is eligible, so that the whole amount is deposited.
      stock_[total + m] += is_whole ? amount * kernel_sum_[m] : entry.amount[c * members + m];
    }
  }
  const bool may_wait = wide_first_ < grid_.size() && boxes_[wide_first_].part == 1.0;
  const std::size_t at_once = may_wait ? wide_first_ : grid_.size();
  for (std::size_t j = 0; j < at_once; ++j) {
    if (boxes_[j].part > 0.0) deposit_box(entry.side, j, boxes_[j]);
  }
  if (may_wait) let_wait(entry.side, entry.log_price);
}

void PositionDensity::deposit_box(Side side, std::size_t j, const Box& box) {
  const std::size_t members = members_.size();
  const double from = (box.u_low - u_begin_) / config_.entry_bin;
  const double to = (box.u_high - u_begin_) / config_.entry_bin;
  FAULTLINE_CHECK(from >= 0.0 && to < static_cast<double>(bin_count_));
  const std::size_t row = row_index(side, j);
  const double* weight = kernel_.data() + j * members;
  const double per_bin = box.part / (to - from);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    for (std::size_t m = 0; m < members; ++m)
      value_[m] = unit_[c * members + m] * weight[m] * per_bin;
    add_covered(mass_.data() + cell_index(row, c, 0), from, to, value_);
  }
  widen(row, static_cast<std::size_t>(from), static_cast<std::size_t>(to) + 1);
}

// The row now holds something in bins [first, last).
void PositionDensity::widen(std::size_t row, std::size_t first, std::size_t last) {
  Row& extent = rows_[row];
  const bool was_empty = extent.low >= extent.high;
  extent.low = was_empty ? first : std::min(extent.low, first);
  extent.high = was_empty ? last : std::max(extent.high, last);
}

// unit_ waits at an entry price.
void PositionDensity::let_wait(Side side, double log_price) {
  Waiting& waiting = waiting_[index_of(side)];
  const double bin = config_.entry_bin;
  const auto is_outside = [&](double at) {
    return at < 0.0 || at >= static_cast<double>(kWaitingPoints - 1);
  };
  double at = (log_price - waiting.log_begin) / bin;
  if (waiting.is_empty() || is_outside(at)) {
    flush(side);
    waiting.log_begin =
        (std::floor(log_price / bin) - 0.5 * static_cast<double>(kWaitingPoints)) * bin;
    at = (log_price - waiting.log_begin) / bin;
  }
  const std::size_t members = members_.size();
  const auto point = static_cast<std::size_t>(at);
  const double into_next = at - static_cast<double>(point);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    double* here = waiting_amount_.data() + waiting_index(side, c, point);
    double* next = here + members;
    for (std::size_t m = 0; m < members; ++m) {
      const double amount = unit_[c * members + m];
      here[m] += amount * (1.0 - into_next);
      next[m] += amount * into_next;
    }
  }
  waiting.low = waiting.is_empty() ? point : std::min(waiting.low, point);
  waiting.high = std::max(waiting.high, point + 2);
}

// Funding moves a wide box and its frontier alike, so only entry prices count.
void PositionDensity::flush_where_reached(Side side, double log_extreme) {
  const Waiting& waiting = waiting_[index_of(side)];
  if (waiting.is_empty()) return;
  const double margin = kReachedBins * config_.entry_bin;
  const double nearest = grid_.delta_low(side, wide_first_);
  const auto entry_at = [&](std::size_t point) {
    return waiting.log_begin + static_cast<double>(point) * config_.entry_bin;
  };
  const bool is_reached = side == Side::kLong
                              ? log_extreme <= entry_at(waiting.high) - nearest + margin
                              : log_extreme >= entry_at(waiting.low) + nearest - margin;
  if (is_reached) flush(side);
}

PositionDensity::Spread PositionDensity::spread_of(Side side, std::size_t j) const {
  const Waiting& waiting = waiting_[index_of(side)];
  const double first_entry =
      waiting.log_begin + static_cast<double>(waiting.low) * config_.entry_bin;
  const Box box = whole_box(side, j, first_entry);
  const double from = (box.u_low - u_begin_) / config_.entry_bin;
  const double to = (box.u_high - u_begin_) / config_.entry_bin;
  const Spread spread{static_cast<std::size_t>(from),
                      static_cast<std::size_t>(to) + (waiting.high - waiting.low), from, to};
  FAULTLINE_CHECK(from >= 0.0 && spread.last <= bin_count_);
  return spread;
}

// Gives every wide box what waits. Nothing waits afterwards.
void PositionDensity::flush(Side side) {
  Waiting& waiting = waiting_[index_of(side)];
  if (waiting.is_empty()) return;
  const std::size_t members = members_.size();
  const std::size_t points = waiting.high - waiting.low;
  std::vector<double> sums((points + 1) * members);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    double* amount = waiting_amount_.data() + waiting_index(side, c, waiting.low);
    std::fill_n(sums.begin(), members, 0.0);
    for (std::size_t i = 0; i < points * members; ++i) sums[i + members] = sums[i] + amount[i];
    std::fill_n(amount, points * members, 0.0);
    for (std::size_t j = wide_first_; j < grid_.size(); ++j) {
      const Spread at = spread_of(side, j);
      const double* weight = kernel_.data() + j * members;
      for (std::size_t m = 0; m < members; ++m) value_[m] = weight[m] / (at.to - at.from);
      float* cells = mass_.data() + cell_index(row_index(side, j), c, at.first);
      add_box_sums(sums, at.from, at.to, std::span<const double>(value_), cells);
      widen(row_index(side, j), at.first, at.last);
    }
  }
  waiting.low = waiting.high = 0;
}

// What waits, cumulated over points and added up over classes, in native units; empty where nothing
// waits.
std::vector<double> PositionDensity::waiting_sums(Side side, Classes classes) const {
  const Waiting& waiting = waiting_[index_of(side)];
  if (waiting.is_empty()) return {};
  const std::size_t members = members_.size();
  std::vector<double> sums((waiting.high - waiting.low + 1) * members, 0.0);
  for (std::size_t point = waiting.low; point < waiting.high; ++point) {
    const double* before = sums.data() + (point - waiting.low) * members;
    double* sum = sums.data() + (point - waiting.low + 1) * members;
    std::copy_n(before, members, sum);
    for (std::size_t c = classes.first; c < classes.end; ++c) {
      const double* amount = waiting_amount_.data() + waiting_index(side, c, point);
      const double* scale = scale_.data() + total_index(side, c, 0);
      for (std::size_t m = 0; m < members; ++m) sum[m] += amount[m] * scale[m];
    }
  }
  return sums;
}

// Which bins the row has, what waits included; false where nothing waits for it.
bool PositionDensity::find_row(Side side, std::size_t j, std::span<const double> waiting,
                               Spread& at, RowMass& out) const {
  const Row& row = rows_[row_index(side, j)];
  out.low = row.low;
  out.high = std::max(row.low, row.high);
  if (waiting.empty() || j < wide_first_) return false;
  at = spread_of(side, j);
  const bool is_empty = out.low >= out.high;
  out.low = is_empty ? at.first : std::min(out.low, at.first);
  out.high = is_empty ? at.last : std::max(out.high, at.last);
  return true;
}

void PositionDensity::read_row(Side side, std::size_t j, std::span<const double> waiting,
                               RowMass& out) const {
  const std::size_t members = members_.size();
  const std::size_t r = row_index(side, j);
  Spread at{};
  const bool has_waiting = find_row(side, j, waiting, at, out);
  out.mass.assign((out.high - out.low) * members, 0.0);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    const float* cells = mass_.data() + cell_index(r, c, out.low);
    const double* scale = scale_.data() + total_index(side, c, 0);
    if (members == 1) {
      for (std::size_t i = 0; i < out.mass.size(); ++i)
        out.mass[i] += static_cast<double>(cells[i]) * scale[0];
      continue;
    }
    for (std::size_t i = 0; i < out.mass.size(); i += members) {
      for (std::size_t m = 0; m < members; ++m)
        out.mass[i + m] += static_cast<double>(cells[i + m]) * scale[m];
    }
  }
  if (!has_waiting) return;
  std::vector<double> value(members);
  for (std::size_t m = 0; m < members; ++m) value[m] = kernel_[j * members + m] / (at.to - at.from);
  add_box_sums(waiting, at.from, at.to, std::span<const double>(value),
               out.mass.data() + (at.first - out.low) * members);
}

void PositionDensity::read_mean(Side side, std::size_t j, std::size_t c,
                                std::span<const double> waiting,
                                std::span<const double> member_weights, RowMass& out) const {
  const std::size_t members = members_.size();
  Spread at{};
  const bool has_waiting = find_row(side, j, waiting, at, out);
  out.mass.assign(out.high - out.low, 0.0);
  const float* cells = mass_.data() + cell_index(row_index(side, j), c, out.low);
  const double* scale = scale_.data() + total_index(side, c, 0);
  std::vector<double> factor(members);
  for (std::size_t m = 0; m < members; ++m) factor[m] = member_weights[m] * scale[m];
  for (double& mass : out.mass) {
    mass = weighted_sum(cells, factor);
    cells += members;
  }
  if (!has_waiting) return;
  // Of sums the mean may be taken first.
  for (std::size_t m = 0; m < members; ++m)
    factor[m] = member_weights[m] * kernel_[j * members + m] / (at.to - at.from);
  std::vector<double> means;
  for (std::size_t point = 0; point < waiting.size(); point += members)
    means.push_back(weighted_sum(waiting.data() + point, factor));
  constexpr std::array kOne{1.0};
  add_box_sums(means, at.from, at.to, std::span<const double>(kOne),
               out.mass.data() + (at.first - out.low));
}

}  // namespace faultline
