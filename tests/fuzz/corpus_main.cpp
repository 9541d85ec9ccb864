// Runs a fuzz target over its corpus, without a fuzzer: so every case that was ever worth keeping
// is a plain regression test in every build. Every file is also tried cut short at each length.
//
//   faultline_fuzz_csv FOLDER
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Longer files are run whole only.
constexpr std::size_t kCutBytesMax = 4096;

void run(const std::vector<std::uint8_t>& bytes) {
  if (bytes.size() <= kCutBytesMax) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A copy of exactly that size, so that AddressSanitizer sees a read beyond it.
      const std::vector<std::uint8_t> cut(bytes.begin(),
                                          bytes.begin() + static_cast<std::ptrdiff_t>(size));
      LLVMFuzzerTestOneInput(cut.data(), cut.size());
    }
  }
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::fprintf(stderr, "no cases in %s\n", argv[1]);
    return 1;
  }
  for (const std::filesystem::path& path : files) {
    std::printf("%s\n", path.filename().c_str());  // the last one named is the one that failed
    std::fflush(stdout);
    std::ifstream file(path, std::ios::binary);
    run(std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), {}));
  }
  std::printf("%zu cases\n", files.size());
  return 0;
}
