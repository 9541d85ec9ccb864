#include "store/store_notes.hpp"

#include <algorithm>

#include "store/files.hpp"
#include "text/json.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kFormatVersion = 1;
constexpr std::uint64_t kNoteBytesMax = std::uint64_t{16} << 20;

std::string path_of(const std::string& folder, std::string_view name) {
  return folder + "/" + std::string(name);
}

Diagnostic corrupt(const std::string& path, std::string field) {
  return {.code = Errc::kCorrupt, .file = path, .field = std::move(field)};
}

Outcome<JsonValue> read_note(const std::string& path) {
  const Outcome<std::string> text = read_whole_file(path, kNoteBytesMax);
  if (!text) return text.error();
  Result<JsonValue> json = parse_json(*text);
  if (!json || json->as_object() == nullptr) return corrupt(path, "");
  const JsonValue* version = json->find("format_version");
  const auto number = version == nullptr ? std::nullopt : version->as_int();
  if (!number || *number < 1) return corrupt(path, "format_version");
  if (*number > kFormatVersion) {
    return Diagnostic{.code = Errc::kNewerFormat,
                      .file = path,
                      .field = "format_version",
                      .value = std::to_string(*number),
                      .note = "this one reads version " + std::to_string(kFormatVersion)};
  }
  return std::move(json).value();
}

}  // namespace

Outcome<void> check_store_mark(const std::string& folder) {
  const Outcome<std::vector<FolderEntry>> entries = list_folder(folder);
  if (!entries) return entries.error();
  const auto is_mark = [](const FolderEntry& entry) { return entry.name == kStoreMarkName; };
  if (std::ranges::any_of(*entries, is_mark)) {
    const Outcome<JsonValue> mark = read_note(path_of(folder, kStoreMarkName));
    return mark ? Outcome<void>() : mark.error();
  }
  const auto is_venue = [](const FolderEntry& entry) {
    return entry.is_folder && parse_venue(entry.name).has_value();
  };
  if (std::ranges::any_of(*entries, is_venue)) return {};
  return Diagnostic{.code = Errc::kNotAStore,
                    .file = folder,
                    .note = entries->empty()
                                ? "the folder is empty"
                                : "it holds other things and no " + std::string(kStoreMarkName)};
}

Outcome<void> prepare_store_folder(const std::string& folder) {
  if (Outcome<void> made = make_folders(folder); !made) return made;
  const Outcome<std::vector<FolderEntry>> entries = list_folder(folder);
  if (!entries) return entries.error();
  const std::string partial = std::string(kStoreMarkName) + std::string(kPartialSuffix);
  const auto is_start = [&partial](const FolderEntry& entry) {
    return entry.name == ".lock" || entry.name == partial;
  };
  return std::ranges::all_of(*entries, is_start) ? Outcome<void>() : check_store_mark(folder);
}

Outcome<void> put_store_mark(const std::string& folder) {
  const std::string path = path_of(folder, kStoreMarkName);
  if (file_exists(path)) return {};
  JsonValue mark = JsonValue::object();
  mark.set("about", "a store of Faultline: recorded market data, one folder a venue")
      .set("format_version", kFormatVersion);
  return write_file_atomically(path, write_json(mark, 1) + "\n");
}

Outcome<std::vector<UnfinishedImport>> read_unfinished(const std::string& folder) {
  const std::string path = path_of(folder, kUnfinishedName);
  std::vector<UnfinishedImport> imports;
  const Outcome<JsonValue> json = read_note(path);
  if (!json && json.error().code == Errc::kNotFound) return imports;
  if (!json) return json.error();
  const JsonValue* list = json->find("imports");
  if (list == nullptr || list->as_array() == nullptr) return corrupt(path, "imports");
  for (const JsonValue& one : *list->as_array()) {
    UnfinishedImport import;
    for (const auto& [name, into] :
         {std::pair("dataset", &import.dataset), std::pair("file", &import.file),
          std::pair("reason", &import.reason)}) {
      const JsonValue* value = one.find(name);
      if (value == nullptr || value->as_string() == nullptr) return corrupt(path, name);
      *into = *value->as_string();
    }
    imports.push_back(std::move(import));
  }
  return imports;
}

Outcome<void> write_unfinished(const std::string& folder,
                               const std::vector<UnfinishedImport>& imports) {
  const std::string path = path_of(folder, kUnfinishedName);
  if (imports.empty()) return remove_file(path);
  JsonValue list = JsonValue::array();
  for (const UnfinishedImport& import : imports) {
    JsonValue one = JsonValue::object();
    one.set("dataset", import.dataset).set("file", import.file).set("reason", import.reason);
    list.push(std::move(one));
  }
  JsonValue json = JsonValue::object();
  json.set("format_version", kFormatVersion).set("imports", std::move(list));
  return write_file_atomically(path, write_json(json, 1) + "\n");
}

}  // namespace faultline
