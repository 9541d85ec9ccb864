#include "serve/base64.hpp"

#include <openssl/evp.h>

#include <limits>

#include "base/check.hpp"

namespace faultline {

std::string to_base64(std::string_view bytes) {
  FAULTLINE_CHECK(bytes.size() < std::numeric_limits<int>::max() / 2);
  // The library also writes a zero behind the text.
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace faultline
