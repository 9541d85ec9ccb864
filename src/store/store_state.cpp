#include "store/store_state.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "store/archive.hpp"
#include "store/store_notes.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kManifestBytesMax = std::uint64_t{256} << 20;
constexpr std::string_view kManifestName = "manifest.json";

// The instrument whose folders these are; absent for folders that are not ours.
std::optional<InstrumentId> instrument_of(const std::string& venue, const std::string& symbol) {
  const Result<InstrumentId> id = parse_instrument_id(venue + ":" + symbol);
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace

StoreState::StoreState(std::string folder, StoreMode mode, StoreOptions options)
    : folder_(std::move(folder)), mode_(mode), options_(options) {}

StoreState::~StoreState() {
  database_.reset();
  // The next writer empties the spill folder too, so a failure here loses nothing.
  if (lock_) static_cast<void>(remove_folder(temp_folder()).has_value());
}

std::string StoreState::instrument_folder(const InstrumentId& id) const {
  return folder_ + "/" + std::string(name_of(id.venue)) + "/" + id.symbol;
}

std::string StoreState::kind_folder(const InstrumentId& id, EventKind kind) const {
  return instrument_folder(id) + "/" + std::string(name_of(kind));
}

Outcome<void> StoreState::load() {
  if (mode_ == StoreMode::kWrite) {
    // First, for a folder with other things in it is left alone.
    if (Outcome<void> ready = prepare_store_folder(folder_); !ready) return ready;
    Outcome<FileLock> lock = FileLock::take(folder_ + "/.lock");
    if (!lock) {
      Diagnostic problem = lock.error();
      if (problem.code == Errc::kLocked) problem.note = "close the other writer of this folder";
      return problem;
    }
    lock_ = std::move(lock).value();
    if (Outcome<void> marked = put_store_mark(folder_); !marked) return marked;
    if (Outcome<void> emptied = remove_folder(temp_folder()); !emptied) return emptied;
    if (Outcome<void> made = make_folders(temp_folder()); !made) return made;
  }
  if (Outcome<void> read = reload(); !read) return read;
  return mode_ == StoreMode::kWrite ? sweep(records_) : Outcome<void>();
}

Outcome<void> StoreState::reload() {
  if (Outcome<void> checked = check_store_mark(folder_); !checked) return checked;
  Outcome<Records> records = read_manifests();
  if (!records) return records.error();
  Outcome<std::vector<UnfinishedImport>> unfinished = read_unfinished(folder_);
  if (!unfinished) return unfinished.error();
  const std::lock_guard guard(mutex_);
  records_ = std::move(records).value();
  unfinished_ = std::move(unfinished).value();
  return {};
}

Outcome<StoreState::Records> StoreState::read_manifests() const {
  Records records;
  const auto venues = list_folder(folder_);
  if (!venues) return venues.error();
  for (const FolderEntry& venue : *venues) {
    if (!venue.is_folder || !parse_venue(venue.name)) continue;
    const auto symbols = list_folder(folder_ + "/" + venue.name);
    if (!symbols) return symbols.error();
    for (const FolderEntry& symbol : *symbols) {
      const auto id = instrument_of(venue.name, symbol.name);
      if (!symbol.is_folder || !id) continue;
      const std::string path = instrument_folder(*id) + "/" + std::string(kManifestName);
      const Outcome<std::string> text = read_whole_file(path, kManifestBytesMax);
      if (!text && text.error().code == Errc::kNotFound) continue;
      if (!text) return text.error();
      Outcome<InstrumentRecord> record = parse_manifest(*text, path);
      if (!record) return record.error();
      if (record->id != *id) {
        return Diagnostic{.code = Errc::kCorrupt,
                          .file = path,
                          .field = "instrument",
                          .value = to_text(record->id),
                          .note = "does not belong into this folder"};
      }
      records.emplace(*id, std::move(record).value());
    }
  }
  return records;
}

Outcome<void> StoreState::sweep(const Records& records) const {
  const auto is_leftover = [](const std::string& name, const std::set<std::string>& known) {
    if (name.ends_with(kPartialSuffix)) return true;
    return parse_segment_file_name(name).has_value() && !known.contains(name);
  };
  for (const auto& [id, record] : records) {
    const std::string folder = instrument_folder(id);
    const auto entries = list_folder(folder);
    if (!entries) return entries.error();
    for (const FolderEntry& entry : *entries) {
      const std::string path = folder + "/" + entry.name;
      if (!entry.is_folder && entry.name.ends_with(kPartialSuffix)) {
        if (Outcome<void> removed = remove_file(path); !removed) return removed;
      }
      const Result<EventKind> kind = parse_event_kind(entry.name);
      if (!entry.is_folder || !kind) continue;
      std::set<std::string> known;
      if (const KindRecord* found = record.find(*kind); found != nullptr) {
        for (const SegmentInfo& segment : found->segments) known.insert(segment.file);
      }
      const auto files = list_folder(path);
      if (!files) return files.error();
      for (const FolderEntry& file : *files) {
        if (file.is_folder || !is_leftover(file.name, known)) continue;
        if (Outcome<void> removed = remove_file(path + "/" + file.name); !removed) return removed;
      }
    }
  }
  return {};
}

std::vector<InstrumentId> StoreState::instruments() const {
  const std::lock_guard guard(mutex_);
  std::vector<InstrumentId> ids;
  for (const auto& [id, record] : records_) ids.push_back(id);
  return ids;
}

std::optional<InstrumentRecord> StoreState::record(const InstrumentId& id) const {
  const std::lock_guard guard(mutex_);
  const auto found = records_.find(id);
  return found == records_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<UnfinishedImport> StoreState::unfinished() const {
  const std::lock_guard guard(mutex_);
  return unfinished_;
}

Outcome<void> StoreState::set_unfinished(std::vector<UnfinishedImport> imports) {
  if (Outcome<void> written = write_unfinished(folder_, imports); !written) return written;
  const std::lock_guard guard(mutex_);
  unfinished_ = std::move(imports);
  return {};
}

Outcome<void> StoreState::save(const InstrumentRecord& record) {
  const std::string folder = instrument_folder(record.id);
  if (Outcome<void> made = make_folders(folder); !made) return made;
  const std::string path = folder + "/" + std::string(kManifestName);
  if (Outcome<void> written = write_file_atomically(path, write_manifest(record)); !written)
    return written;
  const std::lock_guard guard(mutex_);
  records_.insert_or_assign(record.id, record);
  return {};
}

void StoreState::supersede(const std::string& kind_folder, const std::string& file) {
  const std::lock_guard guard(mutex_);
  const auto name = parse_segment_file_name(file);
  FAULTLINE_CHECK(name.has_value());
  std::string& path = superseded_[kind_folder + "/" + std::to_string(name->first)];
  // A failure leaves a file that no manifest names; the next open removes it.
  if (!path.empty()) static_cast<void>(remove_file(path).has_value());
  path = kind_folder + "/" + file;
}

Outcome<std::unique_ptr<Connection>> StoreState::connect() {
  const std::lock_guard guard(mutex_);
  if (database_ == nullptr) {
    const bool spills = mode_ == StoreMode::kWrite;
    Outcome<std::shared_ptr<Database>> opened =
        Database::open({.memory_bytes_max = options_.memory_bytes_max,
                        .thread_count = options_.thread_count,
                        .temp_folder = spills ? temp_folder() : ""});
    if (!opened) return opened.error();
    database_ = std::move(opened).value();
  }
  return database_->connect();
}

Outcome<void> check_segment(const std::string& path, const SegmentInfo& segment) {
  const Outcome<std::string> sha256 = sha256_of_file(path);
  if (!sha256) return sha256.error();
  if (*sha256 == segment.sha256) return {};
  return Diagnostic{
      .code = Errc::kCorrupt,
      .file = path,
      .field = "sha256",
      .note =
          "it has changed since it was written; restore it from a copy, or remove the folder "
          "of the instrument and import again"};
}

std::string sql_columns(EventKind kind) {
  std::string list;
  for (const ColumnSpec& column : columns_of(kind)) {
    if (!list.empty()) list += ", ";
    list += sql_name(column.name);
  }
  return list;
}

}  // namespace faultline
