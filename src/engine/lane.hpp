#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "store/store.hpp"

namespace faultline {

// One stream of the store, read batch by batch, consumed up to a time at a time. No reader is an
// empty stream. The end of a stream that may grow is asked for again each time.
//
// Errors: those of ColumnReader::next(). Thread safety: none. Cost: memory of one batch.
class Lane {
 public:
  Lane(std::unique_ptr<ColumnReader> reader, EventKind kind)
      : reader_(std::move(reader)), batch_(kind) {}

  // The time of the next row; absent at the end.
  Outcome<std::optional<UnixNanos>> peek() {
    const Outcome<bool> more = fill();
    if (!more) return more.error();
    if (!*more) return std::optional<UnixNanos>();
    return std::optional(UnixNanos(times()[row_]));
  }

  // Calls take(batch, first, last) for runs of rows before `end`, in order, while it succeeds.
  template <class Take>
  Outcome<void> consume(UnixNanos end, const Take& take) {
    for (;;) {
      const Outcome<bool> more = fill();
      if (!more) return more.error();
      if (!*more) return {};
      const std::span<const std::int64_t> all = times();
      const std::size_t last = run_end(all, end.value);
      if (last == row_) return {};
      if (Outcome<void> taken = take(batch_, row_, last); !taken) return taken;
      row_ = last;
      if (last != all.size()) return {};
    }
  }

 private:
  std::span<const std::int64_t> times() const { return batch_.columns.front().values; }

  // First row at or after `end`: galloping, because a step usually holds few of a batch's rows.
  std::size_t run_end(std::span<const std::int64_t> all, std::int64_t end) const {
    std::size_t reach = 1;
    while (row_ + reach < all.size() && all[row_ + reach] < end) reach *= 2;
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row_);
    const auto stop =
        all.begin() + static_cast<std::ptrdiff_t>(std::min(row_ + reach + 1, all.size()));
    return static_cast<std::size_t>(std::lower_bound(begin, stop, end) - all.begin());
  }

  Outcome<bool> fill() {
    while (!at_end_ && row_ >= batch_.row_count()) {
      row_ = 0;
      if (!reader_) {
        at_end_ = true;
        break;
      }
      Outcome<bool> more = reader_->next(batch_);
      if (!more) return more.error();
      if (*more) continue;
      at_end_ = !reader_->may_grow();
      return false;
    }
    return !at_end_;
  }

  std::unique_ptr<ColumnReader> reader_;
  ColumnBatch batch_;
  std::size_t row_ = 0;
  bool at_end_ = false;
};

}  // namespace faultline
