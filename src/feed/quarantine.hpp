#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "store/files.hpp"

namespace faultline {

// The side file for rows that were not taken; made when the first one comes. Internal to feed.
//
//   file,line,field,reason,row      `file` names the archive's entry too, the row is as it was read
class Quarantine {
 public:
  explicit Quarantine(std::string folder) : folder_(std::move(folder)) {}
  // Requires: before the first row.
  void set_name(std::string name) { name_ = std::move(name); }

  // `place` says file, line, field and reason. Errors: kCannotWrite.
  Outcome<void> add(const Diagnostic& place, std::string_view row);

  // Makes the file appear, whole.
  Outcome<void> commit() { return writer_ ? writer_->commit() : Outcome<void>(); }
  std::uint64_t count() const { return count_; }
  std::string path() const { return folder_ + "/" + name_; }

 private:
  std::string folder_;
  std::string name_;
  std::unique_ptr<FileWriter> writer_;
  std::uint64_t count_ = 0;
};

}  // namespace faultline
