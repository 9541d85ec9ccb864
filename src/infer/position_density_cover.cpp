// Which bins a density has: they follow the price, and are never more than kSpanMax of log price.
//
//   bins now          |=================|
//   needed                         |-------|        the step's range, with the widest box
//   union             |=================...|....|   margin: so that the bins grow seldom
//   longer than kSpanMax?
//   window                 |===================|    around what is needed; the rest is given up

#include <algorithm>
#include <cmath>
#include <cstring>

#include "infer/position_density.hpp"

namespace faultline {
namespace {

constexpr double kEdgeMargin = 2e-3;   // room for rounding and for the grid of waiting entries
constexpr double kCoverMargin = 0.10;  // log price added on a side when the bins have to grow

}  // namespace

// Makes the bins cover entries in [log_low, log_high] with the widest box around them.
void PositionDensity::cover(double log_low, double log_high) {
  double half_box = 0.0;
  for (const Side side : {Side::kLong, Side::kShort}) {
    const std::size_t last = grid_.size() - 1;
    half_box = std::max(half_box, grid_.delta_high(side, last) - grid_.delta_mid(side, last));
  }
  // A deposit's coordinate is its price less the row's shift, which funding moves without bound.
  const auto [least, most] = std::ranges::minmax(rows_, {}, &Row::shift);
  const double need_low = log_low - half_box - std::max(most.shift, 0.0) - kEdgeMargin;
  const double need_high = log_high + half_box - std::min(least.shift, 0.0) + kEdgeMargin;
  const double bin = config_.entry_bin;
  if (bin_count_ == 0) u_begin_ = std::floor(need_low / bin) * bin;
  const double u_end = u_begin_ + static_cast<double>(bin_count_) * bin;
  const Window need{static_cast<std::int64_t>(std::floor((need_low - u_begin_) / bin)),
                    static_cast<std::int64_t>(std::ceil((need_high - u_begin_) / bin))};
  const std::int64_t wanted = need.last - need.first;
  const std::int64_t most_bins = std::max<std::int64_t>(std::llround(kSpanMax / bin), wanted);
  const auto count = static_cast<std::int64_t>(bin_count_);
  const bool is_covered = count != 0 && need_low >= u_begin_ && need_high <= u_end;
  if (is_covered && count <= most_bins) return;
  Window window{0, count};
  if (need_low < u_begin_ || count == 0) {
    window.first =
        -static_cast<std::int64_t>(std::ceil((u_begin_ - need_low + kCoverMargin) / bin));
  }
  if (need_high > u_end) {
    window.last += static_cast<std::int64_t>(std::ceil((need_high - u_end + kCoverMargin) / bin));
  }
  if (window.last - window.first > most_bins) {
    const std::int64_t spare = most_bins - wanted;
    const std::int64_t before = need.first - window.first;
    const std::int64_t after = window.last - need.last;
    const std::int64_t kept = std::min(before, std::max(spare / 2, spare - after));
    window = {need.first - kept, need.first - kept + most_bins};
    give_up_outside(window);
  }
  move_bins(window);
}

// What bins outside the window hold counts as "never" from now on: the stock stays what it is.
void PositionDensity::give_up_outside(const Window& window) {
  const std::size_t members = members_.size();
  for (const Side side : {Side::kLong, Side::kShort}) {
    flush(side);
    for (std::size_t j = 0; j < grid_.size(); ++j) {
      const std::size_t r = row_index(side, j);
      for (std::size_t bin = rows_[r].low; bin < rows_[r].high; ++bin) {
        const auto at = static_cast<std::int64_t>(bin);
        if (at >= window.first && at < window.last) continue;
        for (std::size_t c = 0; c < kPatienceClasses; ++c) {
          const float* cell = mass_.data() + cell_index(r, c, bin);
          double* sum = given_up_.data() + given_up_index(r, c);
          for (std::size_t m = 0; m < members; ++m) sum[m] += static_cast<double>(cell[m]);
        }
      }
    }
  }
}

// In place, so that two arrays exist only while the vector itself grows. Lines that become longer
// move from the last to the first, others from the first to the last: none is overwritten before
// it has moved.
void PositionDensity::move_bins(const Window& window) {
  const std::size_t members = members_.size();
  const std::size_t lines = rows_.size() * kPatienceClasses;
  const auto old_count = static_cast<std::int64_t>(bin_count_);
  const std::int64_t count = window.last - window.first;
  const std::int64_t first = std::clamp<std::int64_t>(window.first, 0, old_count);
  const std::int64_t last = std::clamp<std::int64_t>(window.last, first, old_count);
  const std::size_t size = lines * static_cast<std::size_t>(count) * members;
  if (size > mass_.size()) {
    mass_.reserve(size);
    mass_.resize(size, 0.0F);
  }
  const auto cells_of = [&](std::int64_t bins) { return static_cast<std::size_t>(bins) * members; };
  const std::size_t kept = cells_of(last - first);
  const std::size_t before = kept == 0 ? 0 : cells_of(first - window.first);
  for (std::size_t i = 0; i < lines; ++i) {
    const std::size_t line = count > old_count ? lines - 1 - i : i;
    float* to = mass_.data() + line * cells_of(count);
    const float* from = mass_.data() + line * cells_of(old_count) + cells_of(first);
    if (kept != 0) std::memmove(to + before, from, kept * sizeof(float));
    std::fill_n(to, before, 0.0F);
    std::fill(to + before + kept, to + cells_of(count), 0.0F);
  }
  if (size < mass_.size()) {
    mass_.resize(size);
    mass_.shrink_to_fit();
  }
  const auto moved = [&](std::size_t bin) {
    const std::int64_t at = static_cast<std::int64_t>(bin) - window.first;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, count));
  };
  for (Row& row : rows_) row = Row{moved(row.low), moved(row.high), row.shift};
  bin_count_ = static_cast<std::size_t>(count);
  u_begin_ += static_cast<double>(window.first) * config_.entry_bin;
}

}  // namespace faultline
