#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "core/time_text.hpp"
#include "lab/scenario.hpp"
#include "store/files.hpp"
#include "study/lab_run.hpp"
#include "study/map_picture.hpp"

namespace faultline {
namespace {

// Where a run leaves what people look at.
struct LabFiles {
  std::string folder;  // gets store/
  std::string picture;
  std::string document;
};

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

JsonValue seconds_or_null(const std::optional<Nanos>& length) {
  return length ? JsonValue(1e-9 * static_cast<double>(length->value)) : JsonValue();
}

// Of the shown part, as the simulation knows it: not what a feed printed.
JsonValue json_of_truth(const LabRun& run) {
  JsonValue out = JsonValue::object();
  out.set("liquidated_long_usd", run.forced.usd[0])
      .set("liquidated_short_usd", run.forced.usd[1])
      .set("in_book_usd", run.forced.book_usd)
      .set("taken_over_usd", run.forced.takeover_usd)
      .set("deleveraged_usd", run.forced.deleveraged_usd)
      .set("worst_minutes", kWorstMinutes)
      .set("worst_begin", to_text(run.forced.worst_begin))
      .set("worst_usd", run.forced.worst_usd)
      .set("worst_deleveraged_usd", run.forced.worst_deleveraged_usd)
      .set("worst_first_deleveraging_s", seconds_or_null(run.forced.worst_first_deleveraging))
      .set("steps", run.forced.steps)
      .set("trades", run.trades)
      .set("trade_digest", fmt::format("{:016x}", run.trade_digest));
  return out;
}

void say_near(const LabRun& run) {
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
}

void say_run(const LabRun& run, const LabRunOptions& options, const LabFiles& files) {
  const MapColumn& last = run.map.columns.back();
  say(
      fmt::format("Simulated market \"{}\", seed {}, {} to {}: {} trades, open interest {} at the "
                  "end, mark {}",
                  options.name, options.config.seed, to_text(options.config.begin),
                  to_text(options.config.begin + options.config.length), count_text(run.trades),
                  usd_text(last.open_interest_usd), price_text(last.mark)));
  const ForcedTotals& forced = run.forced;
  say(fmt::format(
      "Liquidated in the shown part: {} of longs and {} of shorts in {} steps ({} in "
      "the book, {} taken over, {} deleveraged)",
      usd_text(forced.usd[0]), usd_text(forced.usd[1]), count_text(forced.steps),
      usd_text(forced.book_usd), usd_text(forced.takeover_usd), usd_text(forced.deleveraged_usd)));
  if (forced.steps > 0)
    say(fmt::format("Busiest minute {} with {}", to_text(forced.busiest_minute).substr(0, 16),
                    usd_text(forced.busiest_minute_usd)));
  if (forced.worst_deleveraged_usd > 0.0)
    say(fmt::format(
        "Worst {} minutes from {}: {} liquidated, {:.2f} of it by deleveraging, the first after "
        "{:.0f} s",
        kWorstMinutes, to_text(forced.worst_begin).substr(0, 16), usd_text(forced.worst_usd),
        forced.worst_deleveraged_usd / forced.worst_usd,
        1e-9 * static_cast<double>(forced.worst_first_deleveraging.value_or(Nanos(0)).value)));
  say_near(run);
  say("Largest clusters on the map:");
  for (std::size_t i = 0; i < std::min<std::size_t>(5, run.map.clusters.size()); ++i) {
    const Cluster& cluster = run.map.clusters[i];
    say(fmt::format("  {:5} {:>12} .. {:<12} {:+6.2f} %  {}", name_of(cluster.side),
                    price_text(cluster.price_low), price_text(cluster.price_high),
                    cluster.distance * 100.0, usd_text(cluster.notional_at_risk_usd)));
  }
  say(fmt::format("Look at {}; the numbers are in {}, what the venues published in {}/store.",
                  files.picture, files.document, files.folder));
}

ExitCode run_and_show(const LabRunOptions& options, const LabFiles& files,
                      const OutputOptions& output) {
  const Outcome<LabRun> run = run_lab(options, progress_bar(output));
  end_progress();
  if (!run) return fail(run.error(), output);
  if (const Outcome<void> done = write_map(run->map, files.picture); !done)
    return fail(done.error(), output);
  JsonValue json = json_of_map(run->map);
  json.set("near", json_of_near(*run)).set("truth", json_of_truth(*run));
  if (const Outcome<void> done = write_file_atomically(files.document, write_json(json) + "\n");
      !done)
    return fail(done.error(), output);
  if (output.is_json) {
    JsonValue summary = summary_of_map(run->map);
    summary.set("near", json_of_near(*run))
        .set("truth", json_of_truth(*run))
        .set("written", JsonValue::array().push(files.picture).push(files.document));
    say_json(summary);
  } else {
    say_run(*run, options, files);
  }
  return ExitCode::kSuccess;
}

Outcome<LabRunOptions> options_of(const LabRunArguments& arguments) {
  Outcome<Scenario> scenario = read_scenario(arguments.scenario);
  if (!scenario) return scenario.error();
  LabRunOptions options;
  options.folder = arguments.out;
  options.name = scenario->name;
  options.about = scenario->about;
  options.config = std::move(scenario->market);
  options.members = arguments.members;
  if (!arguments.seed.empty()) {
    const char* end = arguments.seed.data() + arguments.seed.size();
    const auto read = std::from_chars(arguments.seed.data(), end, options.config.seed);
    if (read.ec != std::errc() || read.ptr != end)
      return Diagnostic{.code = Errc::kOutOfRange, .field = "--seed", .value = arguments.seed};
  }
  if (!arguments.shown.empty()) options.shown = parse_duration(arguments.shown).value();
  return options;
}

}  // namespace

ExitCode run_demo(const DemoArguments& arguments, const OutputOptions& output) {
  LabRunOptions options;
  options.name = "demo";
  options.folder = arguments.out + "/demo";
  options.config.seed = arguments.seed;
  // The last of four days is shown: a map needs a history, as positions do.
  options.config.begin = options.config.begin - Nanos(3 * kDay.value);
  options.config.length = Nanos(4 * kDay.value);
  options.config.value.news_count = 6;
  options.members = arguments.members;
  return run_and_show(options,
                      {.folder = options.folder,
                       .picture = arguments.out + "/demo.png",
                       .document = arguments.out + "/demo.json"},
                      output);
}

ExitCode run_lab_run(const LabRunArguments& arguments, const OutputOptions& output) {
  const Outcome<LabRunOptions> options = options_of(arguments);
  if (!options) return fail(options.error(), output);
  if (const Outcome<void> made = make_folders(options->folder); !made)
    return fail(made.error(), output);
  // What was run, with every number in it; never over what somebody wrote by hand.
  const std::string copy = options->folder + "/scenario.toml";
  if (is_same_file(copy, arguments.scenario))
    return fail({.code = Errc::kBadRequest,
                 .file = arguments.scenario,
                 .note = "the run would write over it; choose another --out"},
                output);
  const std::string complete =
      write_scenario({.name = options->name, .about = options->about, .market = options->config});
  if (const auto done = write_file_atomically(copy, complete); !done)
    return fail(done.error(), output);
  return run_and_show(*options,
                      {.folder = options->folder,
                       .picture = options->folder + "/map.png",
                       .document = options->folder + "/map.json"},
                      output);
}

ExitCode run_lab_fields(const OutputOptions& output) {
  const MarketConfig defaults;
  JsonValue rows = JsonValue::array();
  for (const ScenarioField& field : scenario_fields()) {
    const double value = field_value(field, defaults);
    if (output.is_json) {
      JsonValue row = JsonValue::object();
      row.set("table", std::string(field.table))
          .set("key", std::string(field.key))
          .set("about", std::string(field.about))
          .set("least", field.least)
          .set("most", field.most)
          .set("default", value);
      rows.push(std::move(row));
      continue;
    }
    const std::string name = field.table.empty()
                                 ? std::string(field.key)
                                 : std::string(field.table) + "." + std::string(field.key);
    say(fmt::format("{:34} {:>12g}  {:g} .. {:g}  {}", name, value, field.least, field.most,
                    field.about));
  }
  if (output.is_json) say_json(rows);
  return ExitCode::kSuccess;
}

}  // namespace faultline
