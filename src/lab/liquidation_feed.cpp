#include "lab/liquidation_feed.hpp"

#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

std::int64_t second_of(UnixNanos time) { return time.value / kSecond.value; }

}  // namespace

LiquidationFeed::LiquidationFeed(Completeness completeness, const Rng& coin, Sink sink)
    : completeness_(completeness), coin_(coin), sink_(std::move(sink)) {
  FAULTLINE_CHECK(completeness != Completeness::kUnknown);
}

void LiquidationFeed::add(const Liquidation& order) {
  close(order.time);
  if (completeness_ != Completeness::kAll && held_) {
    FAULTLINE_CHECK(order.time >= held_->time);
    if (keeps_largest_ && order.qty <= held_->qty) return;
  } else {
    keeps_largest_ = completeness_ == Completeness::kLargestPerSecond ||
                     (completeness_ == Completeness::kOnePerSecond && coin_.uniform() < 0.5);
  }
  held_ = order;
  held_->completeness = completeness_;
  if (completeness_ == Completeness::kAll) publish();
}

void LiquidationFeed::close(UnixNanos now) {
  if (held_ && second_of(held_->time) < second_of(now)) publish();
}

void LiquidationFeed::publish() {
  sink_(*held_);
  held_.reset();
}

}  // namespace faultline
