#include <fmt/core.h>

#include "apps/commands.hpp"
#include "core/time_text.hpp"
#include "store/files.hpp"
#include "study/lab_run.hpp"
#include "study/map_picture.hpp"

namespace faultline {
namespace {

JsonValue json_of_near(const LabRun& run) {
  JsonValue out = JsonValue::array();
  for (const NearComparison& near : run.near) {
    JsonValue one = JsonValue::object();
    one.set("reach", near.reach);
    for (const Side side : {Side::kLong, Side::kShort}) {
      JsonValue both = JsonValue::object();
      both.set("true_usd", near.true_usd[index_of(side)]);
      both.set("estimated_usd", json_of_sum(near.estimated_usd[index_of(side)], run.map.members));
      one.set(name_of(side), std::move(both));
    }
    out.push(std::move(one));
  }
  return out;
}

void say_run(const LabRun& run, const std::string& folder) {
  const MapColumn& last = run.map.columns.back();
  say(fmt::format(
      "Simulated market, {}: {} trades in four days, open interest {} at the end, mark {}",
      day_text(run.map.spans.front().candle.begin), count_text(run.trades),
      usd_text(last.open_interest_usd), price_text(last.mark)));
  say(fmt::format("Imported {} rows through the same path as recorded files, {} quarantined",
                  count_text(run.rows_imported), count_text(run.rows_quarantined)));
  say(fmt::format("Liquidated {} of longs and {} of shorts in {} orders; busiest minute {} with {}",
                  usd_text(run.liquidated_usd[0]), usd_text(run.liquidated_usd[1]),
                  count_text(run.liquidations), to_text(run.busiest_minute).substr(11, 5),
                  usd_text(run.busiest_minute_usd)));
  for (const NearComparison& near : run.near) {
    for (const Side side : {Side::kLong, Side::kShort}) {
      const std::size_t s = index_of(side);
      say(fmt::format(
          "Within {:2.0f} % {} the price: the map estimates {} of {}s at risk; the simulation "
          "knows {}",
          near.reach * 100.0, side == Side::kLong ? "below" : "above",
          sum_text(near.estimated_usd[s], run.map.members), name_of(side),
          usd_text(near.true_usd[s])));
    }
  }
  say("Largest clusters on the map:");
  for (std::size_t i = 0; i < std::min<std::size_t>(5, run.map.clusters.size()); ++i) {
    const Cluster& cluster = run.map.clusters[i];
    say(fmt::format("  {:5} {:>12} .. {:<12} {:+6.2f} %  {}", name_of(cluster.side),
                    price_text(cluster.price_low), price_text(cluster.price_high),
                    cluster.distance * 100.0, usd_text(cluster.notional_at_risk_usd)));
  }
  say(
      fmt::format("Look at {0}/demo.png; the numbers are in {0}/demo.json, the simulated files in "
                  "{0}/demo/files.",
                  folder));
}

}  // namespace

ExitCode run_demo(const DemoArguments& arguments, const OutputOptions& output) {
  LabRunOptions options;
  options.folder = arguments.out + "/demo";
  options.config.seed = arguments.seed;
  // The last of four days is shown: a map needs a history, as positions do.
  options.config.begin = options.config.begin - Nanos(3 * kDay.value);
  options.config.length = Nanos(4 * kDay.value);
  options.config.news_count = 6;
  options.members = arguments.members;
  if (const Outcome<void> made = make_folders(options.folder); !made)
    return fail(made.error(), output);
  const Outcome<LabRun> run = run_lab_day(options, progress_bar(output));
  if (!run) return fail(run.error(), output);
  end_progress();
  const std::string picture = arguments.out + "/demo.png";
  const std::string document = arguments.out + "/demo.json";
  if (const Outcome<void> done = write_map(run->map, picture); !done)
    return fail(done.error(), output);
  JsonValue json = json_of_map(run->map);
  json.set("near", json_of_near(*run));
  if (const Outcome<void> done = write_file_atomically(document, write_json(json) + "\n"); !done) {
    return fail(done.error(), output);
  }
  if (output.is_json) {
    JsonValue summary = summary_of_map(run->map);
    summary.set("near", json_of_near(*run))
        .set("written", JsonValue::array().push(picture).push(document));
    say_json(summary);
  } else {
    say_run(*run, arguments.out);
  }
  return ExitCode::kSuccess;
}

}  // namespace faultline
