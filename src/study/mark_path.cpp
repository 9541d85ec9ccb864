#include "study/mark_path.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace faultline {

void MarkPath::add(UnixNanos time, PriceTicks mark) {
  FAULTLINE_CHECK(times_.empty() || time >= times_.back());
  if (levels_.empty()) levels_.emplace_back();
  times_.push_back(time);
  levels_.front().push_back({mark, mark});
}

void MarkPath::finish() {
  FAULTLINE_CHECK(levels_.size() == 1);
  while (levels_.back().size() > kBlock) {
    const std::vector<Range>& below = levels_.back();
    std::vector<Range> blocks;
    for (std::size_t i = 0; i < below.size(); ++i) {
      if (i % kBlock == 0) blocks.push_back(below[i]);
      blocks.back().low = std::min(blocks.back().low, below[i].low);
      blocks.back().high = std::max(blocks.back().high, below[i].high);
    }
    levels_.push_back(std::move(blocks));
  }
}

PriceTicks MarkPath::at(UnixNanos time) const {
  FAULTLINE_CHECK(!times_.empty());
  const auto after = std::ranges::upper_bound(times_, time) - times_.begin();
  return levels_.front()[static_cast<std::size_t>(std::max<std::ptrdiff_t>(after, 1)) - 1].low;
}

std::optional<UnixNanos> MarkPath::first_reach(PriceTicks tick, Towards towards,
                                               UnixNanos from) const {
  auto at = static_cast<std::size_t>(std::ranges::upper_bound(times_, from) - times_.begin());
  // Upwards over blocks that do not reach it, and down again into the first that does.
  std::size_t level = 0;
  while (at < levels_[level].size()) {
    if (reaches(levels_[level][at], tick, towards)) {
      if (level == 0) return times_[at];
      --level;
      at *= kBlock;
      continue;
    }
    ++at;
    while (at % kBlock == 0 && level + 1 < levels_.size()) {
      at /= kBlock;
      ++level;
    }
  }
  return std::nullopt;
}

}  // namespace faultline
