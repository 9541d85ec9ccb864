#include <fmt/core.h>

#include <array>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "apps/embedded.hpp"
#include "serve/map_service.hpp"
#include "store/store.hpp"

namespace faultline {
namespace {

constexpr std::chrono::milliseconds kLook{100};
// Of the demo: what is there when the page opens.
constexpr Nanos kDemoBefore = kDay;

Outcome<std::unique_ptr<SeriesSource>> demo_source(const ServeArguments& arguments) {
  SimulationOptions options;
  options.market.seed = arguments.seed;
  options.market.length = Nanos(60 * kDay.value);
  options.market.value.news_count = 60;
  options.members = arguments.members;
  return simulate_series(options);
}

Outcome<std::unique_ptr<SeriesSource>> store_source(const ServeArguments& arguments) {
  const bool is_replay = !arguments.replay.empty();
  Outcome<std::unique_ptr<Store>> store =
      Store::open(is_replay ? arguments.replay : arguments.store, StoreMode::kRead);
  if (!store) return store.error();
  MapRequest request;
  for (const std::string& text : arguments.instruments) {
    const Outcome<InstrumentId> id = instrument_argument("--instrument", text);
    if (!id) return id.error();
    request.also.push_back(*id);
  }
  if (request.also.empty())
    return Diagnostic{.code = Errc::kMissingField,
                      .field = "--instrument",
                      .note = "`faultline info --store` lists what the store holds"};
  request.instrument = request.also.front();
  request.also.erase(request.also.begin());
  request.filter.members = arguments.members;
  const auto from = time_argument("--from", arguments.from);
  if (!from) return from.error();
  request.from = *from;
  const auto to = time_argument("--to", arguments.to);
  if (!to) return to.error();
  request.to = *to;
  const auto columns = duration_argument("--columns", arguments.columns);
  if (!columns) return columns.error();
  request.column_interval = *columns;
  return replay_series(std::move(store).value(), request);
}

// The first path of a name: "web/index.html" is {"web", "index.html"}.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const std::size_t at = name.find('/');
  return {name.substr(0, at), name.substr(at + 1)};
}

std::string_view title_of_study(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kTitles{{
      {"map_skill", "Does the map explain more than the price range?"},
      {"recovery", "How well are positions found that are known?"},
      {"claims", "Eight claims about liquidation maps"},
  }};
  for (const auto& [study, title] : kTitles) {
    if (study == name) return title;
  }
  return name;
}

// What was built into the program, as the service takes it.
Outcome<void> add_embedded(std::vector<std::string>& names, std::vector<Page>& pages,
                           ServiceOptions& options) {
  names.reserve(embedded_files().size());
  for (const EmbeddedFile& file : embedded_files()) {
    const auto [folder, name] = split_name(file.name);
    if (folder == "web") {
      names.push_back("/" + std::string(name));
      pages.push_back({names.back(), file.bytes});
    } else if (folder == "scenarios") {
      Outcome<Scenario> scenario = parse_scenario(file.bytes, name);
      if (!scenario) return scenario.error();
      options.scenarios.push_back(std::move(scenario).value());
    } else if (folder == "studies") {
      const std::string_view study = name.substr(0, name.rfind('.'));
      options.studies.push_back({study, title_of_study(study), file.bytes});
    } else {
      options.openapi = file.bytes;
    }
  }
  options.pages = pages;
  return {};
}

ServiceOptions options_of(const ServeArguments& arguments, const SeriesSource& source) {
  ServiceOptions options;
  options.server.address = arguments.address;
  options.server.port = arguments.port;
  options.pace.speed = arguments.speed;
  if (arguments.is_demo) {
    options.mode = ServeMode::kDemo;
    options.pace.at_once_until = source.begin() + kDemoBefore;
  } else if (!arguments.replay.empty()) {
    options.mode = ServeMode::kReplay;
  } else {
    options.mode = ServeMode::kStore;
    options.pace.at_once_until = source.end();
  }
  return options;
}

}  // namespace

ExitCode run_serve(const ServeArguments& arguments, const OutputOptions& output) {
  Outcome<std::unique_ptr<SeriesSource>> source =
      arguments.is_demo ? demo_source(arguments) : store_source(arguments);
  if (!source) return fail(source.error(), output);
  ServiceOptions options = options_of(arguments, **source);
  std::vector<std::string> names;
  std::vector<Page> pages;
  if (const Outcome<void> done = add_embedded(names, pages, options); !done)
    return fail(done.error(), output);
  const auto service = MapService::start(std::move(source).value(), std::move(options));
  if (!service) return fail(service.error(), output);
  if (output.is_json) {
    say_json(JsonValue::object().set("url", (*service)->url()));
  } else {
    say(fmt::format("Serving at {} (Ctrl-C stops it)", (*service)->url()));
  }
  while (!is_interrupted()) {
    std::this_thread::sleep_for(kLook);
    const SeriesRunner::State state = (*service)->runner().state();
    if (state.problem) return fail(*state.problem, output);
  }
  return ExitCode::kSuccess;
}

}  // namespace faultline
