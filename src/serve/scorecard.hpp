#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "serve/map_history.hpp"
#include "text/json.hpp"

namespace faultline {

// What was expected of each hour and what was printed, with its sums: /v1/scorecard but the header.
//
// Invariant: hours, totals, intervals and pairs are over the same columns. A column longer than an
// hour is an hour here.
class Scorecard {
 public:
  static constexpr std::int64_t kHoursMost = 1'000;

  explicit Scorecard(Nanos column_interval) : interval_(column_interval) {}

  // A scorecard at the column that ends at `newest` is over those that end after this.
  UnixNanos begin_at(UnixNanos newest) const;

  // Requires: entries in order.
  void add(std::span<const SeriesEntry> entries);
  JsonValue document() const;

 private:
  struct Sums {
    UnixNanos end{};
    std::uint64_t columns = 0;
    std::array<double, 2> expected{};
    std::array<double, 2> printed{};
    std::array<double, 2> crossed{};
    std::array<bool, 2> has_side{};

    void add(const ColumnSpan& span);
    JsonValue known(const std::array<double, 2>& usd) const;
    JsonValue document() const;
  };

  // How expected and printed dollars of columns go together, as ln(1 + USD).
  class LogPairs {
   public:
    void add(double expected_usd, double printed_usd);
    void add_to(JsonValue& out) const;

   private:
    std::uint64_t count_ = 0;
    double sum_x_ = 0.0;
    double sum_y_ = 0.0;
    double sum_xx_ = 0.0;
    double sum_xy_ = 0.0;
    double sum_yy_ = 0.0;
  };

  void add_side(const ColumnSpan& span, std::size_t side);

  Nanos interval_;
  std::optional<TimeRange> range_{};
  std::vector<Sums> hours_;
  Sums totals_;
  LogPairs pairs_;
  std::uint64_t interval_count_ = 0;
  std::uint64_t inside_count_ = 0;
};

}  // namespace faultline
