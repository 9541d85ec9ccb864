#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "store/files.hpp"

namespace faultline {

// A folder of its own for one test, removed at the end. Only tests include this.
class TestFolder {
 public:
  TestFolder() : path_(::testing::TempDir() + "faultline_XXXXXX") {
    FAULTLINE_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { static_cast<void>(remove_folder(path_).has_value()); }

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace faultline
