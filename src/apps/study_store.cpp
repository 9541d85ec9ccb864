#include "apps/study_store.hpp"

#include <fmt/core.h>

#include <utility>

#include "apps/arguments.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

struct Imported {
  std::uint64_t rows = 0;
  std::uint64_t quarantined = 0;
};

Outcome<Imported> import_all(const StudyStoreArguments& arguments, const std::string& folder,
                             const ProgressFn& report) {
  const Outcome<std::unique_ptr<Store>> store = Store::open(folder, StoreMode::kWrite);
  if (!store) return store.error();
  Imported sum;
  for (const std::string& path : arguments.datasets) {
    const Outcome<Dataset> dataset = read_dataset(path);
    if (!dataset) return dataset.error();
    const Outcome<ImportReport> done =
        import_dataset(*dataset, **store, import_options(arguments.root, path, folder), report);
    if (!done) return done.error();
    sum.rows += done->total_taken();
    sum.quarantined += done->total_quarantined();
  }
  return sum;
}

}  // namespace

Outcome<StudyStore> StudyStore::open(const StudyStoreArguments& arguments, const std::string& out,
                                     const OutputOptions& output, const ProgressFn& report) {
  StudyStore study;
  std::string folder = arguments.store;
  if (folder.empty()) {
    folder = out + ".store";
    if (file_exists(folder)) {
      return Diagnostic{.code = Errc::kBadRequest,
                        .file = folder,
                        .note = "is in the way of the temporary store: remove it"};
    }
    study.passing_ = folder;
    const Outcome<Imported> imported = import_all(arguments, folder, report);
    if (!imported) return imported.error();
    end_progress();
    if (!output.is_json) {
      say(fmt::format("Imported {} rows, {} quarantined.\n", count_text(imported->rows),
                      count_text(imported->quarantined)));
    }
  }
  Outcome<std::unique_ptr<Store>> store = Store::open(folder, StoreMode::kRead);
  if (!store) return store.error();
  study.store_ = std::move(store).value();
  return study;
}

StudyStore::StudyStore(StudyStore&& other) noexcept
    : store_(std::move(other.store_)), passing_(std::exchange(other.passing_, {})) {}

StudyStore::~StudyStore() {
  store_.reset();
  if (!passing_.empty()) static_cast<void>(remove_folder(passing_).has_value());
}

}  // namespace faultline
