#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "store/catalog.hpp"

namespace faultline {

// What a store says about itself as a whole. Internal to this layer.
//
//   DIR/store.json         that it is one, and the version of its format
//   DIR/unfinished.json    the imports that began and did not end; missing where there are none

inline constexpr std::string_view kStoreMarkName = "store.json";
inline constexpr std::string_view kUnfinishedName = "unfinished.json";

// Errors: kNotFound (no such folder), kNotAStore (an empty folder, or one that holds other things
// and no mark; a folder of a venue is taken for a mark), kNewerFormat, kCorrupt, kCannotRead.
Outcome<void> check_store_mark(const std::string& folder);

// Makes the folder where it is missing, and sees whether it is a store or may become one: it is
// empty, or a writer was killed there in its first moments.
// Errors: kCannotWrite, and those of check_store_mark().
Outcome<void> prepare_store_folder(const std::string& folder);

// Marks it. Comes after prepare_store_folder(), under the lock. Errors: kCannotWrite.
Outcome<void> put_store_mark(const std::string& folder);

// Errors: kCorrupt, kCannotRead.
Outcome<std::vector<UnfinishedImport>> read_unfinished(const std::string& folder);
Outcome<void> write_unfinished(const std::string& folder,
                               const std::vector<UnfinishedImport>& imports);

}  // namespace faultline
