#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/terminal.hpp"
#include "store/store.hpp"

namespace faultline {

// Where a study reads from: a store that is there, or descriptors imported into one that is removed
// again.

struct StudyStoreArguments {
  std::vector<std::string> datasets;
  std::string root;
  std::string store;
};

class StudyStore {
 public:
  // A passing store is made at `out`.store. What was imported is said on stdout, but with --json.
  // Errors: kBadRequest (something is in the way of it), those of importing and opening.
  static Outcome<StudyStore> open(const StudyStoreArguments& arguments, const std::string& out,
                                  const OutputOptions& output, const ProgressFn& report);
  StudyStore(StudyStore&& other) noexcept;
  StudyStore& operator=(StudyStore&&) = delete;
  ~StudyStore();

  const Store& operator*() const { return *store_; }

 private:
  StudyStore() = default;

  std::unique_ptr<Store> store_;
  std::string passing_;  // to remove at the end; empty for a store that stays
};

}  // namespace faultline
