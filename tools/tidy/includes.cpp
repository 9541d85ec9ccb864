#include "includes.hpp"

#include <algorithm>
#include <array>

namespace faultline::tidy {
namespace {

// The standard library as g++ 12 has it in C++20, without <format> and the like, which it lacks,
// and without <iostream>, <fstream>, <filesystem>, <random>, which have rules of their own.
constexpr std::string_view kStandard =
    " algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv "
    "chrono cinttypes climits clocale cmath compare complex concepts condition_variable csetjmp "
    "csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar deque exception "
    "execution filesystem forward_list fstream functional future initializer_list iomanip ios "
    "iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex "
    "new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator "
    "semaphore set shared_mutex source_location span sstream stack stdexcept stop_token "
    "streambuf string string_view system_error thread tuple type_traits typeindex typeinfo "
    "unordered_map unordered_set utility valarray variant vector version immintrin.h ";

// The operating system, in .cpp files of the layers that talk to it.
constexpr std::string_view kSystem =
    " fcntl.h unistd.h sys/file.h sys/mman.h sys/resource.h sys/stat.h sys/types.h sys/wait.h "
    "sys/sysinfo.h sys/uio.h signal.h termios.h sys/ioctl.h dirent.h time.h stdlib.h pthread.h "
    "sched.h malloc.h ";
constexpr std::string_view kSystemLayers = " base store net serve apps ";

// Other people's libraries: the front of the header's name, and who may include it.
struct Library {
  std::string_view front;
  std::string_view layers;
};
constexpr std::array kLibraries = {
    Library{"nlohmann/", " text venue "},
    Library{"simdjson", " text venue "},
    Library{"toml++/", " text venue "},
    Library{"duckdb", " store "},
    Library{"archive", " store "},
    Library{"zlib.h", " store serve "},
    Library{"zstd", " map store "},
    Library{"openssl/", " store net serve "},
    Library{"cairo", " draw "},
    Library{"CLI/", " apps "},
    Library{"fmt/", " apps "},
    Library{"boost/asio", " net "},
    Library{"boost/beast", " net "},
    Library{"sys/socket.h", " net "},
    Library{"netinet/", " net "},
    Library{"arpa/", " net "},
    Library{"Eigen/", " stats "},
    Library{"xgboost/", " stats "},
    Library{"netdb.h", " net "},
    Library{"sys/un.h", " net "},
    Library{"sys/epoll.h", " net "},
    Library{"poll.h", " net "},
};

bool holds_word(std::string_view list, std::string_view word) {
  return list.find(" " + std::string(word) + " ") != std::string_view::npos;
}

std::string complaint_about_own(const IncludeLine& line, const LayerTable& layers) {
  const std::size_t slash = line.included.find('/');
  if (slash == std::string_view::npos) {
    return "own headers are included as \"layer/name.hpp\"";
  }
  const std::string used(line.included.substr(0, slash));
  if (used == line.layer) return {};
  if (!layers.contains(used)) return "there is no layer '" + used + "'";
  const auto row = layers.find(line.layer);
  if (row == layers.end() || row->second.contains(used)) return {};
  return std::string(line.layer) + " may not use " + used + "; it may use what CMakeLists.txt says";
}

}  // namespace

std::string complaint_about(const IncludeLine& line, const LayerTable& layers) {
  if (line.is_quoted) return complaint_about_own(line, layers);
  if (holds_word(kStandard, line.included)) return {};
  if (line.is_header) {
    return "headers include only the standard library and our own headers; move <" +
           std::string(line.included) + "> to the .cpp file";
  }
  if (line.is_test && (line.included.starts_with("gtest/") || line.included.starts_with("gmock/") ||
                       line.included.starts_with("rapidcheck"))) {
    return {};
  }
  if (holds_word(kSystem, line.included)) {
    if (line.is_test || holds_word(kSystemLayers, line.layer)) return {};
    return "the operating system is used in" + std::string(kSystemLayers) + "only";
  }
  const auto library = std::find_if(
      kLibraries.begin(), kLibraries.end(),
      [&](const Library& candidate) { return line.included.starts_with(candidate.front); });
  if (library == kLibraries.end()) {
    return "unknown header <" + std::string(line.included) +
           ">; a new library gets a row in tools/tidy/includes.cpp";
  }
  if (holds_word(library->layers, line.layer)) return {};
  return "<" + std::string(line.included) + "> is used in" + std::string(library->layers) + "only";
}

}  // namespace faultline::tidy
