#pragma once

#include <string>
#include <string_view>

#include "rules.hpp"

namespace faultline::tidy {

// Judges one `#include` line of a file under src/. An empty text is approval.
//
// `included` is the name between the quotes or angle brackets. Test files may use the test
// libraries; headers may use nothing that is not ours or the standard library's.
struct IncludeLine {
  std::string_view layer;
  std::string_view included;
  bool is_quoted = false;
  bool is_header = false;
  bool is_test = false;
};

std::string complaint_about(const IncludeLine& line, const LayerTable& layers);

}  // namespace faultline::tidy
