#include <fmt/core.h>

#include <chrono>
#include <thread>

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "serve/map_service.hpp"
#include "store/store.hpp"

namespace faultline {
namespace {

constexpr std::chrono::milliseconds kLook{100};
// Of the demo: what is there when the page opens.
constexpr Nanos kDemoBefore{12 * kHour.value};

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
  const ServiceOptions options = options_of(arguments, **source);
  const auto service = MapService::start(std::move(source).value(), options);
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
