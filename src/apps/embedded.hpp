#pragma once

#include <span>
#include <string_view>

namespace faultline {

// Files that were built into the program (cmake/FaultlineEmbed.cmake), so that it needs none beside
// it: the terminal, the scenarios, the studies' reports, the OpenAPI document.
struct EmbeddedFile {
  std::string_view name;  // "web/index.html", "scenarios/hunters.toml", "studies/recovery.json"
  std::string_view bytes;
};
std::span<const EmbeddedFile> embedded_files();

}  // namespace faultline
