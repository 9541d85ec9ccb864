#include <fmt/core.h>

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "feed/importer.hpp"

namespace faultline {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// The descriptor that --format, --instrument and the files amount to.
std::string descriptor_of(const ImportArguments& arguments) {
  std::string out =
      "name = \"command_line\"\n[[instrument]]\nid = " + quoted(arguments.instrument) + "\n";
  const std::pair<const char*, const std::string*> keys[] = {
      {"kind", &arguments.contract},
      {"tick_size", &arguments.tick_size},
      {"lot_size", &arguments.lot_size},
      {"contract_multiplier", &arguments.multiplier}};
  for (const auto& [key, value] : keys) {
    if (!value->empty()) out += fmt::format("{} = {}\n", key, quoted(*value));
  }
  out += "[[table]]\npreset = " + quoted(arguments.format) +
         "\ninstrument = " + quoted(arguments.instrument) + "\n";
  if (!arguments.length.empty()) out += "length = " + quoted(arguments.length) + "\n";
  if (!arguments.own_symbol.empty()) out += "own_symbol = " + quoted(arguments.own_symbol) + "\n";
  out += "files = [";
  for (const std::string& file : arguments.files) out += quoted(file) + ", ";
  return out + "]\n";
}

Outcome<Dataset> load_dataset(const ImportArguments& arguments) {
  if (arguments.dataset.empty()) return parse_dataset(descriptor_of(arguments), "command line");
  return read_dataset(arguments.dataset);
}

JsonValue json_of(const std::map<std::string, std::uint64_t>& counts) {
  JsonValue out = JsonValue::object();
  for (const auto& [name, count] : counts) out.set(name, count);
  return out;
}

JsonValue json_of(const ImportReport& report) {
  JsonValue files = JsonValue::array();
  for (const FileReport& file : report.files) {
    JsonValue one = JsonValue::object();
    one.set("file", file.file).set("was_known", file.was_known).set("rows_read", file.rows_read);
    one.set("rows_filtered", file.rows_filtered).set("rows_of_others", file.rows_of_others);
    one.set("rows_quarantined", file.rows_quarantined);
    one.set("entries_left_out", file.entries_left_out);
    one.set("rows_taken", json_of(file.rows_taken)).set("warnings", json_of(file.warnings));
    one.set("quarantine_file", file.quarantine_file).set("first_complaint", file.first_complaint);
    files.push(std::move(one));
  }
  JsonValue out = JsonValue::object();
  out.set("files", std::move(files)).set("rows_taken", report.total_taken());
  out.set("rows_quarantined", report.total_quarantined()).set("bytes", report.bytes);
  return out;
}

void say_report(const ImportReport& report, bool is_dry_run) {
  for (const FileReport& file : report.files) {
    if (file.was_known) {
      say(fmt::format("{}: already imported", file.file));
      continue;
    }
    say(fmt::format("{}: {} rows read", file.file, count_text(file.rows_read)));
    for (const auto& [key, count] : file.rows_taken) {
      say(fmt::format("  {} {} {}", is_dry_run ? "would store at most" : "stored",
                      count_text(count), key));
    }
    if (file.rows_filtered > 0)
      say(fmt::format("  left out {} by the descriptor's filters", count_text(file.rows_filtered)));
    for (const auto& [name, count] : file.warnings)
      say(fmt::format("  warning: {} {}", count_text(count), name));
    if (file.rows_quarantined > 0)
      say(fmt::format("  quarantined {}", count_text(file.rows_quarantined)));
    if (!file.first_complaint.empty())
      say(fmt::format("  the first complaint: {}", file.first_complaint));
    if (!file.quarantine_file.empty()) say(fmt::format("  see {}", file.quarantine_file));
  }
}

// A dry run leaves nothing behind, not even the store's folder.
Outcome<ImportReport> import_or_judge(const Dataset& dataset, const ImportArguments& arguments,
                                      const ImportOptions& options, const OutputOptions& output) {
  if (arguments.is_dry_run) return judge_dataset(dataset, options, progress_bar(output));
  const Outcome<std::unique_ptr<Store>> store = Store::open(arguments.store, StoreMode::kWrite);
  if (!store) return store.error();
  return import_dataset(dataset, **store, options, progress_bar(output));
}

}  // namespace

ExitCode run_import(const ImportArguments& arguments, const OutputOptions& output) {
  const Outcome<Dataset> dataset = load_dataset(arguments);
  if (!dataset) return fail(dataset.error(), output);
  const ImportOptions options = import_options(arguments.root, arguments.dataset, arguments.store);
  const Outcome<ImportReport> report = import_or_judge(*dataset, arguments, options, output);
  if (!report) return fail(report.error(), output);
  end_progress();
  if (output.is_json)
    say_json(json_of(*report));
  else
    say_report(*report, arguments.is_dry_run);
  return ExitCode::kSuccess;
}

ExitCode run_formats(const OutputOptions& output) {
  JsonValue list = JsonValue::array();
  for (const PresetInfo& preset : preset_list()) {
    if (output.is_json)
      list.push(JsonValue::object().set("name", preset.name).set("about", preset.about));
    else
      say(fmt::format("{:38}{}", preset.name, preset.about));
  }
  if (output.is_json) say_json(list);
  return ExitCode::kSuccess;
}

}  // namespace faultline
