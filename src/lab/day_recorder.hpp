#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "lab/day.hpp"
#include "lab/ledger.hpp"
#include "lab/prices.hpp"

namespace faultline {

// One account at one time. Makers have no margin mode and no liquidation price.
struct PositionTruth {
  UnixNanos time;
  AccountIndex account = 0;
  LabAccount state;
  std::optional<PriceE9> liquidation_price;
  std::optional<bool> is_isolated;
  PriceE9 mark;
};

// Writes what happens into the columns of a LabDay. Account ids are account indices plus one.
class DayRecorder {
 public:
  explicit DayRecorder(UnixNanos begin) : begin_(begin) { day_.instrument = lab_instrument(); }

  // Nothing before the day's begin is written.
  void trade(UnixNanos time, const Fill& fill);
  void forced_order(const ForcedOrder& order);
  void funding(UnixNanos time, std::int64_t rate_e9);
  void prices(UnixNanos time, const LabPrices& prices);
  void open_interest(UnixNanos time, Qty qty);
  void position(const PositionTruth& truth);

  LabDay take() { return std::move(day_); }

 private:
  UnixNanos begin_;
  LabDay day_{};
};

}  // namespace faultline
