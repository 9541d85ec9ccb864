#include "engine/column_span.hpp"

namespace faultline {

void add_depth(const MarketContext& from, MarketContext& to) {
  if (!from.depth) to.depth.reset();
  if (!to.depth) return;
  to.depth->bids_usd += from.depth->bids_usd;
  to.depth->asks_usd += from.depth->asks_usd;
}

void add_flows(const ColumnSpan& from, ColumnSpan& to) {
  if (!from.taker) to.taker.reset();
  if (to.taker) {
    to.taker->bought_usd += from.taker->bought_usd;
    to.taker->sold_usd += from.taker->sold_usd;
  }
  if (from.feed && !to.feed) to.feed.emplace();
  if (from.feed) to.feed->readings += from.feed->readings;
  for (const std::size_t side : {0U, 1U}) {
    to.crossed_usd[side] += from.crossed_usd[side];
    to.returned_usd[side] += from.returned_usd[side];
    if (!from.feed) continue;
    to.feed->has_side[side] = to.feed->has_side[side] || from.feed->has_side[side];
    to.feed->printed_usd[side] += from.feed->printed_usd[side];
    to.feed->expected_liquidation_usd[side] += from.feed->expected_liquidation_usd[side];
  }
}

}  // namespace faultline
