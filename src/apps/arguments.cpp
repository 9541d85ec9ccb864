#include "apps/arguments.hpp"

#include <chrono>

#include "apps/commands.hpp"
#include "core/time_text.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kDescriptorBytesMax = std::uint64_t{1} << 20;

}  // namespace

Diagnostic bad_argument(Errc code, const char* option, const std::string& value, const char* note) {
  return Diagnostic{.code = code, .field = option, .value = value, .note = note};
}

Outcome<std::optional<UnixNanos>> time_argument(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<UnixNanos>();
  const Result<UnixNanos> time = parse_time_text(text);
  if (time) return std::optional(*time);
  return bad_argument(time.error().code, option, text,
                      "for example 2026-01-31 or 2026-01-31T12:00:00Z");
}

Outcome<std::optional<Nanos>> duration_argument(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<Nanos>();
  const Result<Nanos> duration = parse_duration(text);
  if (duration) return std::optional(*duration);
  return bad_argument(duration.error().code, option, text, "for example 5m or 1h");
}

Outcome<InstrumentId> instrument_argument(const char* option, const std::string& text) {
  const Result<InstrumentId> id = parse_instrument_id(text);
  if (id) return *id;
  return bad_argument(id.error().code, option, text,
                      "venue:symbol, for example binance_usdm:BTCUSDT");
}

Outcome<MapRequest> map_request(const MapSelection& selection) {
  MapRequest request;
  for (const std::string& text : selection.instruments) {
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
  request.filter.members = selection.members;
  if (!selection.liquidations.empty()) {
    const Outcome<InstrumentId> feed =
        instrument_argument("--liquidations", selection.liquidations);
    if (!feed) return feed.error();
    request.liquidations_from = *feed;
  }
  const auto from = time_argument("--from", selection.from);
  if (!from) return from.error();
  request.from = *from;
  const auto to = time_argument("--to", selection.to);
  if (!to) return to.error();
  request.to = *to;
  const auto columns = duration_argument("--columns", selection.columns);
  if (!columns) return columns.error();
  request.column_interval = *columns;
  return request;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Outcome<Dataset> read_dataset(const std::string& path) {
  const Outcome<std::string> text = read_whole_file(path, kDescriptorBytesMax);
  if (!text) return text.error();
  return parse_dataset(*text, path);
}

ImportOptions import_options(const std::string& root, const std::string& dataset,
                             const std::string& store) {
  ImportOptions options;
  options.root = !root.empty() ? root : dataset.empty() ? "." : folder_of(dataset);
  options.quarantine_folder = store + "/.quarantine";
  options.now = UnixNanos(std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count());
  return options;
}

}  // namespace faultline
