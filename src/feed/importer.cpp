#include "feed/importer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "feed/file_import.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

// Whether the name fits a pattern with * and ?. The last * is all that has to be tried again.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t tried = 0;
  for (std::size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++tried;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// Whether two tables can never be about the same instrument.
bool is_apart(const SymbolSource& a, const SymbolSource& b) {
  if (a.fixed && b.fixed) return *a.fixed != *b.fixed;
  if (!a.venue_column.empty() || !b.venue_column.empty()) return false;
  return (a.fixed ? a.fixed->venue : a.venue) != (b.fixed ? b.fixed->venue : b.venue);
}

using FilesOfTables = std::vector<std::vector<std::string>>;

// Whether another table of the dataset may put rows of the same file into the same kind: then a
// checksum in the manifest does not say that this table is done.
bool has_rival(const Dataset& dataset, std::size_t table_index, const std::string& path,
               const FilesOfTables& files) {
  const TableSpec& mine = dataset.tables[table_index];
  const auto shares_kind = [&](const TableSpec& table) {
    return std::ranges::any_of(table.emits, [&](const EmitSpec& emit) {
      return std::ranges::find(mine.emits, emit.kind, &EmitSpec::kind) != mine.emits.end();
    });
  };
  for (std::size_t index = 0; index < dataset.tables.size(); ++index) {
    const TableSpec& other = dataset.tables[index];
    if (index == table_index || !shares_kind(other) || is_apart(mine.symbol, other.symbol))
      continue;
    if (std::ranges::find(files[index], path) != files[index].end()) return true;
  }
  return false;
}

// All files of all tables, each once a table. Why before the first is read: a name that nothing
// matches is then told at once, and not after an hour.
Outcome<std::vector<FileTask>> find_tasks(const Dataset& dataset, const std::string& root) {
  FilesOfTables files;
  for (const TableSpec& table : dataset.tables) {
    std::vector<std::string>& mine = files.emplace_back();
    std::set<std::string> seen;
    for (const std::string& pattern : table.files) {
      const Outcome<std::vector<std::string>> found = expand_files(root, pattern);
      if (!found) return found.error();
      for (const std::string& path : *found) {
        if (seen.insert(path).second) mine.push_back(path);
      }
    }
  }
  std::vector<FileTask> tasks;
  const std::string prefix = (root.empty() ? "." : root) + "/";
  for (std::size_t index = 0; index < files.size(); ++index) {
    for (const std::string& path : files[index]) {
      tasks.push_back({.table = index,
                       .path = path,
                       .name = path.starts_with(prefix) ? path.substr(prefix.size()) : path,
                       .has_rival = has_rival(dataset, index, path, files)});
    }
  }
  return tasks;
}

// Keeps the store's list of unfinished imports true while one file after the other comes and goes.
//
// Why a mark before the work and not after a failure: a process that is killed tells nobody.
class Journal {
 public:
  Journal(Store* store, const Dataset& dataset) : store_(store), dataset_(dataset.name) {}

  // Work on the file begins, and that on the one before it is done.
  Outcome<void> begin(const std::string& file) {
    const std::string before = std::exchange(current_, file);
    return change({before, file}, UnfinishedImport{.dataset = dataset_, .file = file});
  }

  // The file needs no work; an earlier run may have been killed after its last step.
  Outcome<void> pass(const std::string& file) {
    return change({std::exchange(current_, ""), file}, std::nullopt);
  }

  Outcome<void> end() { return change({current_, current_}, std::nullopt); }

  // Adds why. A failure to do so hides nothing: the mark is there, and the reason is reported.
  Diagnostic stop(const std::string& file, const Diagnostic& why) {
    const UnfinishedImport mark{.dataset = dataset_, .file = file, .reason = describe(why)};
    static_cast<void>(change({current_, file}, mark).has_value());
    return why;
  }

 private:
  // Takes the marks of two files away, and sets one.
  Outcome<void> change(const std::pair<std::string, std::string>& files,
                       const std::optional<UnfinishedImport>& mark) {
    if (store_ == nullptr) return {};
    const std::vector<UnfinishedImport> before = store_->unfinished();
    std::vector<UnfinishedImport> after = before;
    std::erase_if(after, [&](const UnfinishedImport& one) {
      return one.dataset == dataset_ && (one.file == files.first || one.file == files.second);
    });
    if (mark) after.push_back(*mark);
    return after == before ? Outcome<void>() : store_->set_unfinished(std::move(after));
  }

  Store* store_;
  std::string dataset_;
  std::string current_;
};

Outcome<ImportReport> import_files(const Dataset& dataset, Store* store,
                                   const ImportOptions& options, const ProgressFn& progress) {
  const Outcome<std::vector<FileTask>> tasks = find_tasks(dataset, options.root);
  if (!tasks) return tasks.error();
  ImportReport out;
  Journal journal(store, dataset);
  for (const FileTask& task : *tasks) {
    FileImport file(dataset, task, store, options);
    const Outcome<bool> is_done = file.is_done();
    if (!is_done) return journal.stop(task.name, is_done.error());
    if (*is_done) {
      if (auto passed = journal.pass(task.name); !passed) return passed.error();
    } else {
      if (auto begun = journal.begin(task.name); !begun) return begun.error();
      if (auto done = file.run(progress); !done) return journal.stop(task.name, done.error());
    }
    out.files.push_back(file.report());
    if (const Outcome<std::uint64_t> bytes = file_bytes(task.path)) out.bytes += *bytes;
  }
  if (auto ended = journal.end(); !ended) return ended.error();
  return out;
}

}  // namespace

std::uint64_t ImportReport::total_taken() const {
  std::uint64_t sum = 0;
  for (const FileReport& file : files) {
    for (const auto& [key, count] : file.rows_taken) sum += count;
  }
  return sum;
}

std::uint64_t ImportReport::total_quarantined() const {
  std::uint64_t sum = 0;
  for (const FileReport& file : files) sum += file.rows_quarantined;
  return sum;
}

Outcome<std::vector<std::string>> expand_files(const std::string& root,
                                               const std::string& pattern) {
  const std::string full =
      pattern.starts_with('/') ? pattern : (root.empty() ? "." : root) + "/" + pattern;
  const std::size_t slash = full.rfind('/');
  const std::string last = full.substr(slash + 1);
  if (last.find_first_of("*?") == std::string::npos) {
    if (file_exists(full)) return std::vector<std::string>{full};
    return Diagnostic{.code = Errc::kNotFound, .file = full};
  }
  const std::string folder = full.substr(0, slash);
  const Outcome<std::vector<FolderEntry>> entries = list_folder(folder);
  if (!entries) return entries.error();
  std::vector<std::string> out;
  for (const FolderEntry& entry : *entries) {
    if (!entry.is_folder && matches(last, entry.name)) out.push_back(folder + "/" + entry.name);
  }
  if (out.empty())
    return Diagnostic{.code = Errc::kNotFound, .file = full, .note = "no file matches"};
  return out;
}

Outcome<ImportReport> import_dataset(const Dataset& dataset, Store& store,
                                     const ImportOptions& options, const ProgressFn& report) {
  return import_files(dataset, &store, options, report);
}

Outcome<ImportReport> judge_dataset(const Dataset& dataset, const ImportOptions& options,
                                    const ProgressFn& report) {
  return import_files(dataset, nullptr, options, report);
}

}  // namespace faultline
