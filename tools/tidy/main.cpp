// faultline_tidy ROOT LAYERS [--info]: checks every file of the repository against the house style.
//
// ROOT is the repository, LAYERS the layer table that CMake wrote. Prints one line a finding and
// ends with 1 when there was one. --info lists also the sources that have no test of their own
// name, which is no finding.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "rules.hpp"

namespace faultline::tidy {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool is_skipped(const std::string& name) {
  static const std::vector<std::string> kSkipped = {".git", "build", ".deps", "out",
                                                    "node_modules"};
  return std::find(kSkipped.begin(), kSkipped.end(), name) != kSkipped.end();
}

// Every text file below `root`, in order of its name.
std::vector<fs::path> files_below(const fs::path& root) {
  std::vector<fs::path> files;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
    if (is_skipped(at->path().filename().string())) {
      if (at->is_directory()) at.disable_recursion_pending();
    } else if (at->is_regular_file() && !at->is_symlink()) {
      files.push_back(at->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool lacks_test(const std::string& path) {
  if (!path.starts_with("src/") || !path.ends_with(".cpp")) return false;
  if (path.starts_with("src/apps/") || path.ends_with("_test.cpp")) return false;
  return !fs::exists(path.substr(0, path.size() - 4) + "_test.cpp");
}

int run(const fs::path& root, const fs::path& table, bool shows_info) {
  const LayerTable layers = parse_layers(read_file(table));
  if (layers.empty()) {
    std::fprintf(stderr, "tidy: no layer table in %s\n", table.c_str());
    return 2;
  }
  std::size_t file_count = 0;
  std::size_t finding_count = 0;
  std::size_t untested_count = 0;
  fs::current_path(root);
  for (const fs::path& file : files_below(".")) {
    const std::string path = file.lexically_relative(".").generic_string();
    const std::string text = read_file(file);
    if (text.substr(0, 4096).find('\0') != std::string::npos) continue;
    ++file_count;
    for (const Finding& finding : check_file(path, text, layers)) {
      ++finding_count;
      std::printf("%s\n", describe(finding).c_str());
    }
    if (lacks_test(path)) {
      ++untested_count;
      if (shows_info) std::printf("%s:1: info: no test of this name beside it\n", path.c_str());
    }
  }
  std::printf("tidy: %zu files, %zu findings; %zu sources without a test of their own name\n",
              file_count, finding_count, untested_count);
  return finding_count == 0 ? 0 : 1;
}

}  // namespace
}  // namespace faultline::tidy

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: faultline_tidy ROOT LAYERS [--info]\n");
    return 2;
  }
  const bool shows_info = argc > 3 && std::string(argv[3]) == "--info";
  return faultline::tidy::run(argv[1], std::filesystem::absolute(argv[2]), shows_info);
}
