#pragma once

#include <optional>
#include <string>

#include "engine/context_reader.hpp"
#include "engine/feed_reader.hpp"
#include "engine/map_plan.hpp"
#include "infer/density_filter.hpp"
#include "map/column_parts.hpp"
#include "map/ensemble_column.hpp"

namespace faultline {

// One venue's instrument on its way through time: steps, the readings of its feed, its filter, and
// what happened since the last column.
//
// Thread safety: none; several runs share nothing but the store, so that each may be advanced by a
// thread of its own.
class VenueRun {
 public:
  // `feed` is the instrument whose liquidations are read. Errors: what the store returns.
  static Outcome<VenueRun> open(const Store& store, const MapRequest& request, const MapPlan& plan,
                                std::size_t venue);

  // Of sources that the caller has opened, which may be growing.
  struct Streams {
    StepSources sources;
    FeedReader feed;
    std::string feed_name;
    ContextReader context;
  };
  static VenueRun over(Streams streams, const VenuePlan& plan, const MapRequest& request,
                       UnixNanos first_price);

  // Spans begin with the first step that ends after `time`: what was before warms the filter up.
  void show_from(UnixNanos time) { shown_from_ = time; }

  // Takes every step that ends by `until`. Requires, where sources grow: all rows before `until`
  // are there, and a first step can be made of them. Errors: those of the readers.
  Outcome<void> advance_to(UnixNanos until);

  bool is_over() const { return is_over_; }
  // The end of the last step taken; absent before the first.
  std::optional<UnixNanos> reached() const { return reached_; }
  double mark() const { return last_.close; }
  // Steps were taken inside the shown range since take_span().
  bool has_span() const { return has_span_; }
  ColumnSpan take_span();

  VenueProfile profile(const RowFrame& frame) const;
  // Looks at what the positions in these rows are made of, now. Null where the request has no such
  // wish.
  const VenueParts* look_at_parts(const RowFrame& frame);
  const DensityFilter& filter() const { return filter_; }
  const StepNotes& notes() const { return steps_.notes(); }
  std::uint64_t oi_exceeds_volume_steps() const { return oi_exceeds_volume_steps_; }

  // All but what depends on the other venues, and the hash of the state, which takes as long as
  // many steps.
  VenuePart part() const;

 private:
  VenueRun(const VenuePlan& plan, UnixNanos shown_from, StepBuilder steps, FeedReader feed,
           ContextReader context, DensityFilter filter);

  Outcome<void> take(const MarketStep& step);
  void add_to_span(const MarketStep& step, const FilterStep& done);
  void add_reading(const FilterReading& reading);
  void look_while_warming_up();

  VenuePlan plan_;
  UnixNanos shown_from_;
  StepBuilder steps_;
  FeedReader feed_;
  ContextReader context_;
  DensityFilter filter_;
  double reach_ = 0.0;
  std::optional<VenueParts> parts_;
  std::optional<UnixNanos> looked_;
  std::string feed_name_;
  double maintenance_rate_ = 0.0;
  MarketStep next_;
  bool has_next_ = false;
  bool is_over_ = false;
  MarketStep last_;
  std::optional<UnixNanos> reached_;
  std::optional<UnixNanos> priced_until_;
  ColumnSpan span_;
  bool has_span_ = false;
  bool tells_takers_ = false;
  bool is_taker_unknown_ = false;
  std::uint64_t oi_exceeds_volume_steps_ = 0;
  std::uint64_t refused_readings_ = 0;
};

}  // namespace faultline
