#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <new>
#include <string_view>

#include "apps/commands.hpp"
#include "core/decimal.hpp"
#include "core/instrument.hpp"
#include "core/time_text.hpp"
#include "engine/step_builder.hpp"
#include "infer/ensemble_prior.hpp"
#include "serve/series_runner.hpp"
#include "study/map_picture.hpp"

namespace faultline {
namespace {

constexpr const char* kAbout =
    "Faultline estimates where leveraged crypto positions would be liquidated: a map of latent\n"
    "forced orders over price and time, built from public market data. It is a map of structural\n"
    "stress, not a forecast of direction.\n";

constexpr const char* kFooter =
    "\nFirst steps:\n"
    "  faultline serve --demo                           a live simulated market in the browser\n"
    "  faultline demo                                   a simulated day, offline: out/demo.png\n"
    "  faultline lab run scenarios/crowded_longs.toml --out out/crowded    a market of your own\n"
    "  faultline import --dataset datasets/btc_five_minute.toml --root DATA --store STORE\n"
    "  faultline info --store STORE\n"
    "  faultline map --store STORE --instrument binance_usdm:BTCUSDT --out map.png\n"
    "\nExit codes: 0 done, 1 the data or the request failed (the reason is on stderr), 2 wrong "
    "usage,\n"
    "130 stopped with Ctrl-C. With --json the answer, or {\"error\": ...}, is on stdout.\n";

// Checks of option values: empty, or what is wrong with them. A bad value is wrong usage (exit code
// 2), like an unknown option.

// Unlike CLI::PositiveNumber, which lets NaN and infinity through.
std::string check_amount(const std::string& text) {
  double amount = 0.0;
  const bool is_number = CLI::detail::lexical_cast(text, amount) && std::isfinite(amount);
  if (is_number && amount > 0.0 && amount <= kInterestMax) return "";
  return text + " is not a number above zero, and at most 1e15";
}

// Unlike CLI::NonNegativeNumber, which wraps -1 round to a large number.
std::string check_count(const std::string& text) {
  const bool is_count = !text.empty() && text.size() <= 19 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
  return is_count ? "" : text + " is not a whole number from 0 on";
}

// Unlike CLI::Range, which lets NaN through.
std::string check_speed(const std::string& text) {
  double speed = 0.0;
  const bool is_number = CLI::detail::lexical_cast(text, speed);
  if (is_number && speed >= SeriesRunner::kSpeedMin && speed <= SeriesRunner::kSpeedMax) return "";
  return text + " is not a speed from 0.001 to 100000";
}

std::string check_time(const std::string& text) {
  return parse_time_text(text)
             ? ""
             : text + " is not a time; for example 2026-01-31 or 2026-01-31T12:00:00Z";
}

std::string check_duration(const std::string& text) {
  return parse_duration(text) ? "" : text + " is not a length of time; for example 5m or 1h";
}

std::string check_instrument(const std::string& text) {
  return parse_instrument_id(text)
             ? ""
             : text + " is not venue:symbol; for example binance_usdm:BTCUSDT";
}

std::string check_decimal(const std::string& text) {
  const Result<Decimal> value = parse_decimal(text);
  return value && value->mantissa > 0 ? "" : text + " is not a decimal number above zero";
}

std::string check_map_ending(const std::string& text) {
  return is_map_ending(text) ? "" : text + " does not end with .png .svg .json .csv or .parquet";
}

void add_import(CLI::App& app, ImportArguments& arguments) {
  CLI::App* command = app.add_subcommand("import", "Read recorded files into a store");
  command->add_option("--store", arguments.store, "Folder of the store; made where it is missing")
      ->required();
  auto* dataset =
      command->add_option("--dataset", arguments.dataset,
                          "Descriptor that says which files hold what (docs/formats/dataset.md)");
  command->add_option("--root", arguments.root,
                      "Folder that the descriptor's files are in [the descriptor's own]");
  auto* format = command->add_option(
      "--format", arguments.format,
      "A known file format instead of a descriptor; `faultline formats` lists them");
  auto* instrument =
      command->add_option("--instrument", arguments.instrument, "With --format: venue:symbol")
          ->check(check_instrument);
  command->add_option("--length", arguments.length, "With --format, for bars: 5m, 1h, ...")
      ->check(check_duration);
  command->add_option("--own-symbol", arguments.own_symbol,
                      "With --format: what the file's symbol column calls the instrument");
  command->add_option("--tick-size", arguments.tick_size, "With --format [0.1]")
      ->check(check_decimal);
  command->add_option("--lot-size", arguments.lot_size, "With --format [0.001]")
      ->check(check_decimal);
  command->add_option("--contract", arguments.contract, "With --format: linear or inverse [linear]")
      ->check(CLI::IsMember({"linear", "inverse"}));
  command
      ->add_option("--multiplier", arguments.multiplier,
                   "With --format: coins or USD a contract [1]")
      ->check(check_decimal);
  command->add_flag("--dry-run", arguments.is_dry_run, "Read and judge everything, store nothing");
  auto* files =
      command->add_option("files", arguments.files, "With --format: the files, * and ? allowed");
  dataset->excludes(format);
  format->needs(instrument)->needs(files);
  // Beside a descriptor they would say nothing.
  for (const char* name :
       {"--length", "--own-symbol", "--tick-size", "--lot-size", "--contract", "--multiplier"}) {
    command->get_option(name)->needs(format);
  }
  instrument->needs(format);
  files->needs(format);
  command->callback([dataset, format] {
    if (dataset->count() + format->count() == 0)
      throw CLI::ValidationError("import", "needs --dataset or --format");
  });
}

void add_members(CLI::App* command, std::size_t& members) {
  command
      ->add_option("--members", members,
                   "Members of the ensemble that makes the intervals; 1: the central one, fast")
      ->check(CLI::Range(std::size_t{1}, kEnsembleMembersMax))
      ->capture_default_str();
}

void add_map(CLI::App& app, MapArguments& arguments) {
  CLI::App* command = app.add_subcommand("map", "Estimate the liquidation map of an instrument");
  command->add_option("--store", arguments.store, "Folder of the store")->required();
  command
      ->add_option("--instrument", arguments.instruments,
                   "venue:symbol, as `faultline info` lists them; several venues of one coin are "
                   "summed, the first gives the candles")
      ->required()
      ->check(check_instrument);
  add_members(command, arguments.members);
  command->add_option("--seed", arguments.seed, "Of the ensemble")
      ->capture_default_str()
      ->check(check_count);
  command->add_option("--threads", arguments.threads, "For several venues")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command
      ->add_option("--from", arguments.from,
                   "First time shown; everything before it warms the model up")
      ->check(check_time);
  command->add_option("--to", arguments.to, "End of the map; nothing later is read")
      ->check(check_time);
  command->add_option("--at", arguments.at, "The map as it was known at this time (same as --to)")
      ->check(check_time);
  command->add_option("--step", arguments.step, "Length of a step [the shortest bar, or 1m]")
      ->check(check_duration);
  command
      ->add_option("--columns", arguments.columns, "Time between columns [at most 2,000 columns]")
      ->check(check_duration);
  command
      ->add_option("--price", arguments.price, "Sweep on mark or last prices [mark where recorded]")
      ->check(CLI::IsMember({"auto", "mark", "last"}));
  command
      ->add_option("--liquidations", arguments.liquidations,
                   "Instrument whose reported liquidations are drawn")
      ->check(check_instrument);
  command
      ->add_option(
          "--assume-open-interest", arguments.assumed_open_interest,
          "Coins or contracts, where none is recorded: shapes will be right, dollars will not")
      ->check(check_amount);
  command
      ->add_option("--out", arguments.out,
                   "FILE.png .svg .json .csv or .parquet; may be given several times")
      ->check(check_map_ending);
  command->add_option("--width", arguments.width_px, "Pixels")->check(CLI::Range(640, 8192));
  command->add_option("--height", arguments.height_px, "Pixels")->check(CLI::Range(400, 8192));
  command->add_flag("--light", arguments.is_light, "Light theme");
}

void add_serve_access(CLI::App& command, ServeArguments& arguments) {
  command
      .add_option("--address", arguments.address,
                  "Of this machine; others than the loopback "
                  "need --keys")
      ->capture_default_str();
  command.add_option("--port", arguments.port, "0: a free one")->capture_default_str();
  command.add_option("--keys", arguments.keys, "File of API keys (`faultline new-key` makes them)");
  command.add_option("--origin", arguments.origins,
                     "Another site whose pages may ask too, as https://example.org");
  command.add_option("--state", arguments.state, "File from which the next start goes on");
  command
      .add_option("--rate", arguments.rate,
                  "Requests a second of one client, four times as many at once; 0: any number")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command.add_flag(
      "--access-log", arguments.has_access_log,
      "A line of JSON for each answer and event, on stderr; without it what is refused "
      "alone is told, ten lines a second");
}

void add_new_key(CLI::App& app, NewKeyArguments& arguments) {
  CLI::App* command = app.add_subcommand("new-key", "Make an API key for `serve --keys`");
  command->add_option("--name", arguments.name, "Of its owner: letters, digits, - _ .")->required();
  command
      ->add_option("--scope", arguments.scopes, "read, metrics, control, lab; may be given again")
      ->required()
      ->check(CLI::IsMember({"read", "metrics", "control", "lab"}));
  command->add_option("--expires", arguments.expires, "A time")->check(check_time);
}

constexpr const char* kServeFooter =
    "\nOne of --demo, --replay and --store. Open the address that it prints in a browser; the API "
    "is\n"
    "described in docs/formats/api.md. Without --keys it answers on the loopback only. Ctrl-C "
    "stops\n"
    "it.\n";

// What says which map of a store is served. A demo would do nothing with it.
void add_serve_selection(CLI::App& command, CLI::Option& demo, ServeArguments& arguments) {
  const std::array options{
      command
          .add_option("--instrument", arguments.instruments,
                      "Of a store: venue:symbol; several venues of one coin are summed. "
                      "Otherwise the first with prices, sooner one with open interest too")
          ->check(check_instrument),
      command.add_option("--from", arguments.from, "First time shown")->check(check_time),
      command.add_option("--to", arguments.to, "Last time shown")->check(check_time),
      command.add_option("--columns", arguments.columns, "Time between columns")
          ->check(check_duration),
      command
          .add_option("--liquidations", arguments.liquidations,
                      "Whose prints are read, where not those of the first instrument")
          ->check(check_instrument)};
  for (CLI::Option* option : options) demo.excludes(option);
}

void add_serve(CLI::App& app, ServeArguments& arguments) {
  CLI::App* command = app.add_subcommand("serve", "Serve a live map over HTTP and WebSocket");
  command->footer(kServeFooter);
  auto* demo = command->add_flag("--demo", arguments.is_demo, "A market that is simulated live");
  auto* replay = command->add_option("--replay", arguments.replay, "A store, played at --speed");
  auto* store = command->add_option("--store", arguments.store, "A store, all of it at once");
  demo->excludes(replay)->excludes(store);
  replay->excludes(store);
  add_serve_selection(*command, *demo, arguments);
  command->add_option("--speed", arguments.speed, "Seconds of the market a second")
      ->check(check_speed)
      ->capture_default_str()
      ->excludes(store);
  add_members(command, arguments.members);
  command->add_option("--seed", arguments.seed, "Of the demo's market")
      ->capture_default_str()
      ->check(check_count)
      ->excludes(replay)
      ->excludes(store);
  add_serve_access(*command, arguments);
  command->callback([demo, replay, store] {
    if (demo->count() + replay->count() + store->count() == 0)
      throw CLI::ValidationError("serve", "needs --demo, --replay or --store");
  });
}

// Where a study reads from.
void add_study_data(CLI::App& command, StudyStoreArguments& arguments) {
  auto* dataset =
      command
          .add_option("--dataset", arguments.datasets,
                      "Descriptor of the data, imported into a store that is removed at the end; "
                      "may be given several times")
          ->allow_extra_args(false);
  command
      .add_option("--root", arguments.root,
                  "Folder that the descriptors' files are in [each descriptor's own]")
      ->needs(dataset);
  auto* store = command.add_option("--store", arguments.store,
                                   "A store that holds the data already, instead of --dataset");
  dataset->excludes(store);
  command.callback([dataset, store, name = command.get_name()] {
    if (dataset->count() + store->count() == 0)
      throw CLI::ValidationError(name, "needs --dataset or --store");
  });
}

constexpr const char* kMapSkillFooter =
    "\nSays how much of what was liquidated a map explains once the hour's price range is known: "
    "a\n"
    "score of the map, not a forecast. On the recorded data that the project is measured on:\n"
    "  faultline study map-skill --dataset datasets/btc_map_skill.toml --root DATA \\\n"
    "      --primary-to 2026-02-19T17:00:00Z --out report.json --figures figures\n"
    "docs/studies/map_skill.md has the protocol, docs/formats/map_skill.md the report.\n";

void add_map_skill(CLI::App& study, MapSkillArguments& arguments) {
  CLI::App* command = study.add_subcommand(
      "map-skill", "Score maps against recorded liquidations: ladder, placebos, bands");
  command->footer(kMapSkillFooter);
  add_study_data(*command, arguments.data);
  command
      ->add_option("--instrument", arguments.instrument,
                   "Prices, volume and open interest [the only one that has them]")
      ->check(check_instrument);
  command
      ->add_option("--liquidations", arguments.liquidations,
                   "Liquidation totals by side [the only instrument that has them]")
      ->check(check_instrument);
  command
      ->add_option("--burn-in-days", arguments.burn_in_days,
                   "First days, which are only learned from")
      ->capture_default_str()
      ->check(check_count);
  command
      ->add_option("--primary-from", arguments.primary_from,
                   "Begin of the primary window [the end of the burn-in]")
      ->check(check_time);
  command
      ->add_option("--primary-to", arguments.primary_to,
                   "End of the primary window, excluded [the end of the data]")
      ->check(check_time);
  command->add_option("--seed", arguments.seed, "Of the bootstrap and the shuffled placebo")
      ->capture_default_str()
      ->check(check_count);
  command->add_option("--bootstrap", arguments.bootstrap, "Draws of days")
      ->capture_default_str()
      ->check(check_count);
  command->add_option("--out", arguments.out, "The report: FILE.json")->required();
  command->add_option("--figures", arguments.figures,
                      "Folder for pictures (PNG and SVG) and report.md; made where it is missing");
}

void add_place_study(CLI::App& command, PlaceStudyArguments& arguments) {
  add_study_data(command, arguments.data);
  command
      .add_option("--instrument", arguments.instrument,
                  "Prices, volume and open interest of the map")
      ->required()
      ->check(check_instrument);
  command
      .add_option("--assume-open-interest", arguments.assumed_open_interest,
                  "Native units, where none is recorded")
      ->check(check_amount);
  command.add_option("--seed", arguments.seed, "Of everything that is drawn")
      ->capture_default_str()
      ->check(check_count);
  command.add_option("--bootstrap", arguments.replicas, "Draws")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  command.add_option("--out", arguments.out, "The report: FILE.json")->required();
  command.add_option("--figures", arguments.figures,
                     "Folder for pictures (PNG) and report.md; made where it is missing");
}

void add_location(CLI::App& study, PlaceStudyArguments& arguments) {
  CLI::App* command = study.add_subcommand(
      "location", "Score where liquidations were printed, among the prices that were reached");
  add_place_study(*command, arguments);
  command
      ->add_option("--prints", arguments.others,
                   "Instruments with single liquidations; several are scored one by one and "
                   "together")
      ->required()
      ->check(check_instrument);
  command->add_option("--interval", arguments.interval, "How long a map stays frozen [1h]")
      ->check(check_duration);
  command->footer("\ndocs/studies/location.md says how it is scored and what it said.\n");
}

void add_true_positions(CLI::App& study, PlaceStudyArguments& arguments) {
  CLI::App* command = study.add_subcommand(
      "true-positions", "Compare the map's shape with liquidation prices of known positions");
  add_place_study(*command, arguments);
  command
      ->add_option("--positions", arguments.others,
                   "Instrument with snapshots of positions and their liquidation prices")
      ->required()
      ->expected(1)
      ->check(check_instrument);
  command->add_option("--members", arguments.members, "Of the ensemble")
      ->check(CLI::Range(2, 256))
      ->capture_default_str();
  command->footer("\ndocs/studies/true_positions.md says how it is scored and what it said.\n");
}

void add_recovery(CLI::App& study, RecoveryArguments& arguments) {
  CLI::App* command = study.add_subcommand(
      "recovery", "Score the map of simulated markets against positions that are known");
  command->add_option("scenarios", arguments.scenarios, "TOML files; see scenarios/")->required();
  command->add_option("--out", arguments.out, "Folder for recovery.json, report.md and figures")
      ->required();
  command->add_option("--replicas", arguments.replicas, "Markets a scenario, by seed")
      ->check(CLI::Range(2, 10'000))
      ->capture_default_str();
  command->add_option("--burn-in-days", arguments.burn_in_days, "Recorded before what is scored")
      ->check(CLI::Range(1, 365))
      ->capture_default_str();
  command->add_option("--days", arguments.days, "Scored, at every hour")
      ->check(CLI::Range(1, 365))
      ->capture_default_str();
  add_members(command, arguments.members);
  command->add_option("--seed", arguments.seed, "Of the first replica; the next has the next")
      ->capture_default_str()
      ->check(check_count);
  command->add_option("--bootstrap", arguments.bootstrap, "Draws")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  command->add_option("--threads", arguments.threads, "The report does not depend on it")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->footer("\ndocs/studies/recovery.md says how it is scored and what it said.\n");
}

void add_claims(CLI::App& study, ClaimsArguments& arguments) {
  CLI::App* command =
      study.add_subcommand("claims", "Try seven claims about liquidations on simulated markets");
  command
      ->add_option("--out", arguments.out,
                   "Folder for claims.json, report.md and figures; made where it is missing")
      ->required();
  command->add_option("--replicas", arguments.replicas, "Markets of each arm")
      ->check(CLI::Range(2, 10'000))
      ->capture_default_str();
  command->add_option("--seed", arguments.seed, "Of the first replica; the others follow")
      ->capture_default_str()
      ->check(check_count);
  command->add_option("--threads", arguments.threads, "Markets at a time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--only", arguments.only, "Numbers of claims, 1 to 7 [all]")
      ->check(CLI::Range(1, 7));
  command->footer(
      "\ndocs/studies/claims.md says what is claimed, how it is judged and what came out.\n");
}

void add_demo(CLI::App& app, DemoArguments& arguments) {
  CLI::App* command =
      app.add_subcommand("demo", "Simulate a market and draw its map; needs no data");
  command->add_option("--out", arguments.out, "Folder for the results")->capture_default_str();
  command->add_option("--seed", arguments.seed, "Another seed, another day")
      ->capture_default_str()
      ->check(check_count);
  add_members(command, arguments.members);
}

void add_lab(CLI::App& app, LabRunArguments& arguments) {
  CLI::App* lab = app.add_subcommand("lab", "Simulate markets whose positions are known");
  lab->require_subcommand(1);
  CLI::App* command = lab->add_subcommand(
      "run", "Simulate a scenario, store it as recorded data, and compare its map with the truth");
  command->add_option("scenario", arguments.scenario, "TOML file; see scenarios/")->required();
  command->add_option("--out", arguments.out, "Folder for store, map and complete scenario")
      ->required();
  command->add_option("--seed", arguments.seed, "Instead of the scenario's")->check(check_count);
  command->add_option("--shown", arguments.shown, "Last part of the run to draw; a day otherwise")
      ->check(check_duration);
  add_members(command, arguments.members);
  lab->add_subcommand("fields", "List what a scenario file may say, with bounds and defaults");
}

// What a wrong command line is told, and the exit code.
int refuse(const CLI::App& app, const CLI::ParseError& error, bool wants_json) {
  if (error.get_exit_code() == 0) {  // --help, --version
    app.exit(error);
    return static_cast<int>(finish_output(ExitCode::kSuccess));
  }
  std::string what = error.what();
  // A word that is no subcommand counts as none at all.
  const std::vector<std::string> left = app.remaining();
  if (!left.empty() && app.get_subcommands().empty())
    what = "there is no command " + left.front() + "; faultline --help lists them";
  if (wants_json) {
    fail({.code = Errc::kBadRequest, .field = "arguments", .note = what}, {.is_json = true});
  } else {
    fmt::print(stderr, "faultline: {}\nRun with --help for more information.\n", what);
  }
  return static_cast<int>(finish_output(ExitCode::kUsage));
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app(kAbout, "faultline");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("faultline ") + kVersion);
  OutputOptions output;
  app.add_flag("--json", output.is_json, "Answer in JSON");
  app.add_flag("--quiet,-q", output.is_quiet, "No progress bar");
  app.fallthrough();
  ImportArguments import;
  InfoArguments info;
  MapArguments map;
  DemoArguments demo;
  ServeArguments serve;
  add_import(app, import);
  CLI::App* info_command =
      app.add_subcommand("info", "Say what a store holds: coverage, gaps, sources, warnings");
  info_command->add_option("--store", info.store, "Folder of the store")->required();
  info_command->add_flag("--verify", info.is_verified, "Compare every segment with its checksum");
  add_map(app, map);
  add_demo(app, demo);
  LabRunArguments lab;
  add_lab(app, lab);
  add_serve(app, serve);
  NewKeyArguments new_key;
  add_new_key(app, new_key);
  MapSkillArguments map_skill;
  CLI::App* study_command = app.add_subcommand("study", "Compare estimates with what happened");
  study_command->require_subcommand(1);
  add_map_skill(*study_command, map_skill);
  PlaceStudyArguments location;
  add_location(*study_command, location);
  PlaceStudyArguments true_positions;
  add_true_positions(*study_command, true_positions);
  RecoveryArguments recovery;
  add_recovery(*study_command, recovery);
  ClaimsArguments claims;
  add_claims(*study_command, claims);
  CLI::App* formats_command =
      app.add_subcommand("formats", "List the file formats that import knows by name");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool wants_json = std::any_of(
        argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    return refuse(app, error, wants_json);
  }
  catch_interrupt();
  ExitCode code = ExitCode::kUsage;
  if (app.got_subcommand("import")) code = run_import(import, output);
  if (app.got_subcommand(info_command)) code = run_info(info, output);
  if (app.got_subcommand("map")) code = run_map(map, output);
  if (app.got_subcommand("demo")) code = run_demo(demo, output);
  if (app.got_subcommand("serve")) code = run_serve(serve, output);
  if (app.got_subcommand("new-key")) code = run_new_key(new_key, output);
  if (const CLI::App* one = app.get_subcommand("lab"); one->parsed())
    code = one->got_subcommand("run") ? run_lab_run(lab, output) : run_lab_fields(output);
  if (study_command->got_subcommand("map-skill")) code = run_study_map_skill(map_skill, output);
  if (study_command->got_subcommand("location")) code = run_study_location(location, output);
  if (study_command->got_subcommand("true-positions"))
    code = run_study_true_positions(true_positions, output);
  if (study_command->got_subcommand("recovery")) code = run_study_recovery(recovery, output);
  if (study_command->got_subcommand("claims")) code = run_study_claims(claims, output);
  if (app.got_subcommand(formats_command)) code = run_formats(output);
  return static_cast<int>(finish_output(code));
}

}  // namespace faultline

// The last resort: whatever a library throws becomes a line and an exit code, not a crash.
int main(int argc, char** argv) {
  using faultline::ExitCode;
  try {
    return faultline::run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("faultline: there is not enough memory for this\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "faultline: unexpected: %s\n", error.what());
  }
  return static_cast<int>(ExitCode::kFailed);
}
