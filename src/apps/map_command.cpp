#include <fmt/core.h>

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "core/time_text.hpp"
#include "study/map_picture.hpp"

namespace faultline {
namespace {

Outcome<MapRequest> request_of(const MapArguments& arguments) {
  Outcome<MapRequest> selected = map_request(arguments);
  if (!selected) return selected;
  MapRequest& request = selected.value();
  request.seed = arguments.seed;
  request.threads = arguments.threads;
  const auto at = time_argument("--at", arguments.at);
  if (!at) return at.error();
  if (*at && request.to)
    return bad_argument(Errc::kBadRequest, "--at", arguments.at, "either --at or --to");
  if (*at) request.to = *at;
  const auto step = duration_argument("--step", arguments.step);
  if (!step) return step.error();
  request.step = *step;
  if (arguments.price == "mark") request.price = PriceChoice::kMark;
  if (arguments.price == "last") request.price = PriceChoice::kLast;
  if (arguments.assumed_open_interest > 0.0)
    request.assumed_open_interest = arguments.assumed_open_interest;
  return selected;
}

void say_cluster(const Cluster& cluster, std::size_t members) {
  const SumInterval sum =
      cluster.density_interval.value_or(SumInterval{.mean = cluster.notional_at_risk_usd});
  std::string expected;
  if (cluster.expected_liquidation_usd) {
    expected = ", expected liquidation " + usd_text(*cluster.expected_liquidation_usd);
  }
  say(fmt::format("  {:5} {:>12} .. {:<12} {:+6.2f} %  {}{}", name_of(cluster.side),
                  price_text(cluster.price_low), price_text(cluster.price_high),
                  cluster.distance * 100.0, sum_text(sum, members), expected));
}

void say_left_out(const StepNotes& notes) {
  std::string what;
  const auto add = [&](std::uint64_t count, const char* words) {
    if (count == 0) return;
    what += (what.empty() ? "" : ", ") + count_text(count) + " " + words;
  };
  add(notes.steps_without_interest, "steps before the first open interest");
  add(notes.skipped_bars, "bars of another length");
  add(notes.misaligned_bars, "misaligned bars");
  add(notes.repeated_rows, "repeated rows");
  add(notes.skipped_totals, "totals longer than a step");
  if (!what.empty()) say("left out: " + what);
}

void say_map(const LiquidationMap& map) {
  const MapColumn& last = map.columns.back();
  say(
      fmt::format("{} as of {}, mark {}, open interest {} (model {}, {} members, an "
                  "estimate)",
                  to_text(map.spec.id), to_text(map.as_of), price_text(last.mark),
                  usd_text(last.open_interest_usd), map.model_version, map.members));
  say(fmt::format(
      "{} steps of {}, {} columns of {}, swept on {} prices; {} steps without a price, {} without "
      "open interest",
      count_text(map.notes.steps), to_text(map.step_length), count_text(map.columns.size()),
      to_text(map.column_interval), name_of(map.swept_on), count_text(map.notes.gap_steps),
      count_text(map.notes.held_interest_steps)));
  say_left_out(map.notes);
  for (const VenuePart& venue : map.venues) {
    if (venue.refused_readings > 0) {
      say(fmt::format(
          "{}: {} of {} readings of the feed were not what it can show, and are left out",
          venue.feed, count_text(venue.refused_readings),
          count_text(venue.refused_readings + venue.readings)));
    }
  }
  for (const VenuePart& venue : map.venues) {
    if (map.venues.size() == 1) break;
    say(fmt::format("  {}: {} of open interest, {:.1f} % of all", to_text(venue.spec.id),
                    usd_text(venue.open_interest_usd), venue.share * 100.0));
  }
  for (const NearSum& near : last.near) {
    say(fmt::format("notional at risk within {:2.0f} %: longs {}, shorts {}", near.reach * 100.0,
                    sum_text(near.usd[0], map.members), sum_text(near.usd[1], map.members)));
  }
  if (map.liquidation_intervals > 0) {
    say(fmt::format("liquidation_interval: {:.1f} % of {} bands of 80 % held what was printed",
                    100.0 * static_cast<double>(map.liquidation_intervals_right) /
                        static_cast<double>(map.liquidation_intervals),
                    count_text(map.liquidation_intervals)));
  }
  say("largest clusters:");
  for (const Cluster& cluster : map.clusters) say_cluster(cluster, map.members);
}

}  // namespace

ExitCode run_map(const MapArguments& arguments, const OutputOptions& output) {
  const Outcome<MapRequest> request = request_of(arguments);
  if (!request) return fail(request.error(), output);
  for (const std::string& path : arguments.out) {
    if (!is_map_ending(path)) {
      return fail(bad_argument(Errc::kBadRequest, "--out", path,
                               "the ending must be .png .svg .json .csv or .parquet"),
                  output);
    }
  }
  const Outcome<std::unique_ptr<Store>> store = Store::open(arguments.store, StoreMode::kRead);
  if (!store) return fail(store.error(), output);
  const Outcome<LiquidationMap> map = build_map(**store, *request, progress_bar(output));
  if (!map) return fail(map.error(), output);
  end_progress();
  const PictureOptions picture{
      .width_px = arguments.width_px,
      .height_px = arguments.height_px,
      .theme = arguments.is_light ? ChartTheme::kLight : ChartTheme::kDark};
  JsonValue written = JsonValue::array();
  for (const std::string& path : arguments.out) {
    if (const Outcome<void> done = write_map(*map, path, picture); !done)
      return fail(done.error(), output);
    written.push(path);
  }
  if (output.is_json) {
    say_json(summary_of_map(*map).set("written", std::move(written)));
    return ExitCode::kSuccess;
  }
  say_map(*map);
  for (const std::string& path : arguments.out) say(fmt::format("wrote {}", path));
  return ExitCode::kSuccess;
}

}  // namespace faultline
