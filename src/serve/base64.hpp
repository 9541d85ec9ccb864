#pragma once

#include <string>
#include <string_view>

namespace faultline {

// RFC 4648, section 4, with padding. Cost: some GB/s.
std::string to_base64(std::string_view bytes);

}  // namespace faultline
