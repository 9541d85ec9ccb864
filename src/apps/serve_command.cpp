#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "apps/serve_resources.hpp"
#include "base/hash.hpp"
#include "base/memory.hpp"
#include "core/time_text.hpp"
#include "lab/scenario.hpp"
#include "net/access_log.hpp"
#include "serve/map_service.hpp"
#include "serve/served_state.hpp"
#include "store/files.hpp"
#include "store/store.hpp"

namespace faultline {
namespace {

constexpr std::chrono::milliseconds kLook{100};
constexpr unsigned kLooksBetweenReturns = 100;  // of memory
// Of the demo: what the model has learnt from before its first column, and what is there when the
// page opens.
constexpr Nanos kDemoBurnIn{3 * kDay.value};
constexpr Nanos kDemoBefore = kDay;
// Of the log that nobody asked for.
constexpr double kRefusalsPerSecond = 10.0;
constexpr std::uint64_t kKeyFileBytesMax = std::uint64_t{1} << 20;

// Where columns come from, a number that differs where they are asked for otherwise, and one of the
// data that they are made of.
struct Opened {
  std::unique_ptr<SeriesSource> source;
  std::uint64_t digest = 0;
  std::uint64_t data_digest = 0;
  std::string note = {};  // on what was chosen because nobody said
};

// A number that differs where what is served may: a browser keeps tiles under it for a year. Of the
// program itself too: another build may draw another map of the same data.
Outcome<std::uint64_t> series_digest(const Opened& opened) {
  constexpr std::size_t kBlock = std::size_t{1} << 16;
  Outcome<FileReader> program = FileReader::open("/proc/self/exe");
  if (!program) return program.error();
  Hash64 hash;
  hash.add_u64(opened.digest).add_u64(opened.data_digest);
  std::vector<char> block(kBlock);
  for (;;) {
    const Outcome<std::size_t> count = program->read(block);
    if (!count) return count.error();
    if (*count == 0) return hash.value();
    hash.add_text({block.data(), *count});
  }
}

Outcome<Opened> open_demo(const ServeArguments& arguments) {
  SimulationOptions options;
  options.market.seed = arguments.seed;
  options.market.length = Nanos(60 * kDay.value);
  options.market.value.news_count = 60;
  options.burn_in = kDemoBurnIn;
  options.members = arguments.members;
  Hash64 hash;
  hash.add_text(write_scenario({.name = "demo", .about = {}, .market = options.market}));
  hash.add_u64(static_cast<std::uint64_t>(options.burn_in.value));
  hash.add_u64(options.members).add_text(kModelVersion);
  Outcome<std::unique_ptr<SeriesSource>> source = simulate_series(options);
  if (!source) return source.error();
  return Opened{std::move(source).value(), hash.value()};
}

// Where nobody says what of a store is shown. Returns what to say of it; empty where there is
// nothing to show.
std::string choose_instrument(const Store& store, MapSelection& selection) {
  const auto shown = instrument_to_show(store);
  if (!shown) return {};
  selection.instruments = {to_text(shown->instrument)};
  return fmt::format("It shows {}, of {} with prices in the store (--instrument chooses)",
                     selection.instruments.front(), shown->priced);
}

Outcome<Opened> open_store(ServeArguments arguments) {
  const bool is_replay = !arguments.replay.empty();
  const std::string& folder = is_replay ? arguments.replay : arguments.store;
  Outcome<std::unique_ptr<Store>> store = Store::open(folder, StoreMode::kRead);
  if (!store) return store.error();
  std::string note;
  if (arguments.instruments.empty()) note = choose_instrument(**store, arguments);
  Outcome<MapRequest> request = map_request(arguments);
  if (!request) return request.error();
  request->columns_kept = ColumnsKept::kInTiles;
  const Outcome<std::uint64_t> digest = replay_digest(folder, *request);
  if (!digest) return digest.error();
  const Outcome<std::uint64_t> data = recorded_digest(**store, *request);
  if (!data) return data.error();
  Outcome<std::unique_ptr<SeriesSource>> source = replay_series(std::move(store).value(), *request);
  if (!source) return source.error();
  return Opened{std::move(source).value(), *digest, *data, std::move(note)};
}

Outcome<AccessPolicy> access_of(const ServeArguments& arguments) {
  std::optional<AccessPolicy> policy;
  if (arguments.keys.empty()) {
    policy.emplace(AccessPolicy::open());
  } else {
    const Outcome<std::string> text = read_whole_file(arguments.keys, kKeyFileBytesMax);
    if (!text) return text.error();
    Outcome<AccessPolicy> parsed = AccessPolicy::parse(*text, arguments.keys);
    if (!parsed) return parsed.error();
    policy.emplace(std::move(parsed).value());
  }
  for (const std::string& origin : arguments.origins) {
    if (const Outcome<void> done = policy->allow_origin(origin); !done) return done.error();
  }
  return std::move(*policy);
}

ServiceOptions options_of(const ServeArguments& arguments, const SeriesSource& source,
                          const ServeResources& resources) {
  ServiceOptions options;
  options.version = kVersion;
  options.server.address = arguments.address;
  options.server.port = arguments.port;
  options.requests_per_second = arguments.rate;
  options.pages = resources.pages;
  options.studies = resources.studies;
  options.scenarios = resources.scenarios;
  options.openapi = resources.openapi;
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

// The file of --state, which no other process may take, and what it says.
struct HeldState {
  FileLock lock;
  std::optional<ServedState> earlier;
};

// Absent where none is asked for.
Outcome<std::optional<HeldState>> hold_state(const std::string& path) {
  if (path.empty()) return std::optional<HeldState>();
  Outcome<FileLock> lock = FileLock::take(path + ".lock");
  if (!lock) return lock.error();
  Outcome<std::optional<ServedState>> earlier = read_served_state(path);
  if (!earlier) return earlier.error();
  return std::optional(HeldState{std::move(lock).value(), std::move(earlier).value()});
}

// Sees that the state is kept and told of.
Outcome<std::unique_ptr<StateKeeper>> keep_state(const std::string& path,
                                                 const std::optional<ServedState>& earlier,
                                                 std::uint64_t digest, ServiceOptions& options) {
  if (earlier && earlier->source_digest != digest)
    return Diagnostic{.code = Errc::kBadRequest,
                      .file = path,
                      .note = "it is of other data or settings; remove it to begin anew"};
  auto keeper = std::make_unique<StateKeeper>(path, digest, earlier);
  if (const auto until = keeper->at_once_until())
    options.pace.at_once_until = std::max(options.pace.at_once_until.value_or(*until), *until);
  options.on_column = [&keeper = *keeper](const MapNow& now) { keeper.on_column(now); };
  options.resumed = [&keeper = *keeper] { return keeper.note(); };
  return keeper;
}

void say_where(const MapService& service, const std::string& chosen, const StateKeeper* keeper,
               const OutputOptions& output) {
  if (output.is_json) {
    JsonValue out = JsonValue::object().set("url", service.url());
    if (!chosen.empty()) out.set("note", chosen);
    say_json(out);
    return;
  }
  say(fmt::format("Faultline is at {}  (Ctrl-C stops it)", service.url()));
  if (!chosen.empty()) say(chosen);
  const auto note = keeper != nullptr ? keeper->note() : std::nullopt;
  if (!note) return;
  say(fmt::format("An earlier start had come to {}, {:.0f} s ago: {}", to_text(note->from),
                  note->seconds_missed, note->note));
}

// Until Ctrl-C. What stops a series is said once, by way of the log, which waits for no reader;
// what is there stays to be looked at.
void watch(MapService& service, const StateKeeper* keeper, AccessLog& log,
           const OutputOptions& output) {
  bool is_said = false;
  for (unsigned looks = 1; !is_interrupted(); ++looks) {
    std::this_thread::sleep_for(kLook);
    if (looks % kLooksBetweenReturns == 0) return_freed_memory();
    std::optional<Diagnostic> problem = service.runner().state().problem;
    if (!problem && keeper != nullptr) problem = keeper->problem();
    if (problem && !is_said) {
      log.add_always("faultline: " + describe(*problem));
      if (output.is_json) say_json(error_document(*problem));
      flush_said();
    }
    is_said = problem.has_value();
  }
}

}  // namespace

ExitCode run_serve(const ServeArguments& arguments, const OutputOptions& output) {
  keep_memory_compact();
  ignore_closed_pipes();
  Outcome<AccessPolicy> access = access_of(arguments);
  if (!access) return fail(access.error(), output);
  const auto resources = serve_resources();
  if (!resources) return fail(resources.error(), output);
  const Outcome<std::optional<HeldState>> state = hold_state(arguments.state);
  if (!state) return fail(state.error(), output);
  Outcome<Opened> opened = arguments.is_demo ? open_demo(arguments) : open_store(arguments);
  if (!opened) return fail(opened.error(), output);
  ServiceOptions options = options_of(arguments, *opened->source, **resources);
  const Outcome<std::uint64_t> digest = series_digest(*opened);
  if (!digest) return fail(digest.error(), output);
  options.series_digest = *digest;
  options.access = std::move(access).value();
  std::unique_ptr<StateKeeper> keeper;
  if (*state) {
    auto kept = keep_state(arguments.state, (*state)->earlier, opened->digest, options);
    if (!kept) return fail(kept.error(), output);
    keeper = std::move(kept).value();
  }
  AccessLog log(arguments.has_access_log ? 0.0 : kRefusalsPerSecond);
  options.log = [&log](std::string_view line) { log.add(line); };
  options.logs_refusals_alone = !arguments.has_access_log;
  auto service = MapService::start(std::move(opened->source), std::move(options));
  if (!service) return fail(service.error(), output);
  say_where(**service, opened->note, keeper.get(), output);
  flush_said();
  watch(**service, keeper.get(), log, output);
  service->reset();
  if (keeper) {
    if (const Outcome<void> done = keeper->save(); !done) return fail(done.error(), output);
  }
  return ExitCode::kSuccess;
}

ExitCode run_new_key(const NewKeyArguments& arguments, const OutputOptions& output) {
  KeyRequest request{.name = arguments.name, .scopes = {}, .expires = {}};
  for (const std::string& name : arguments.scopes) {
    for (const Scope scope : {Scope::kRead, Scope::kMetrics, Scope::kControl, Scope::kLab}) {
      if (name_of(scope) == name) request.scopes.push_back(scope);
    }
  }
  const auto expires = time_argument("--expires", arguments.expires);
  if (!expires) return fail(expires.error(), output);
  request.expires = *expires;
  const Outcome<NewKey> key = make_key(request);
  if (!key) return fail(key.error(), output);
  if (output.is_json) {
    say_json(JsonValue::object().set("key", key->key).set("toml", key->toml));
  } else {
    say("The key, which is told only this once:\n\n    " + key->key +
        "\n\nFor the file of --keys:\n\n" + key->toml);
  }
  return ExitCode::kSuccess;
}

}  // namespace faultline
