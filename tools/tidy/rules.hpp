#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tidy {

// One broken rule, printed as `path:line: rule: message`.
struct Finding {
  std::string path;
  std::size_t line;
  std::string rule;
  std::string message;
};

std::string describe(const Finding& finding);

// layer → the layers that it may include, those of its own layers included.
using LayerTable = std::map<std::string, std::set<std::string>, std::less<>>;

// Reads what CMake wrote: one `name: used used` a line.
LayerTable parse_layers(std::string_view text);

// Checks one file. `path` is relative to the repository and decides which rules apply; the rules
// and their exceptions stand in two tables in rules.cpp.
std::vector<Finding> check_file(std::string_view path, std::string_view text,
                                const LayerTable& layers);

}  // namespace faultline::tidy
