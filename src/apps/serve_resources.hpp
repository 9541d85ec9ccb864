#pragma once

#include <memory>
#include <string>
#include <vector>

#include "serve/map_service.hpp"

namespace faultline {

// What was built into the program (apps/embedded.hpp), as the service takes it.
struct ServeResources {
  std::vector<std::string> page_paths;
  std::vector<Page> pages;
  std::vector<StudyDocument> studies;
  std::vector<LabScenario> scenarios;  // the shipped ones, then the arms of the claims
  std::string_view openapi;
};

// Errors: those of parse_scenario().
Outcome<std::unique_ptr<ServeResources>> serve_resources();

}  // namespace faultline
