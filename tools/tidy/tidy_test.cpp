#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rules.hpp"
#include "source_text.hpp"

namespace faultline::tidy {
namespace {

const LayerTable kLayers = parse_layers(
    "base: \ntext: base\ncore: base\nmargin: core\nstore: core text\nnet: base\ndraw: base\n"
    "venue: margin text\n");

// The rules that `text` breaks as the file `path`, in order of lines: "rule@line".
std::vector<std::string> broken(std::string_view path, std::string_view text) {
  std::vector<std::string> out;
  for (const Finding& finding : check_file(path, text, kLayers)) {
    out.push_back(finding.rule + "@" + std::to_string(finding.line));
  }
  return out;
}

using Rules = std::vector<std::string>;

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Layout, LinesMayHaveAHundredColumns) {
  EXPECT_EQ(broken("src/core/x.cpp", "// " + repeat("a", 97) + "\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "\n// " + repeat("a", 98) + "\n"), Rules{"line length@2"});
}

TEST(Layout, ColumnsAreCharactersAndNotBytes) {
  EXPECT_EQ(broken("src/core/x.cpp", "// " + repeat("→", 97) + "\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "// " + repeat("→", 98) + "\n"), Rules{"line length@1"});
}

TEST(Layout, DocumentsAndBuildFilesAreAsNarrow) {
  const std::string wide = repeat("a", 101) + "\n";
  for (const char* path : {"README.md", "docs/formats/map.md", "cmake/X.cmake", "CMakeLists.txt",
                           "test", ".ci/run", "tools/setup", "bench/x.sh", "web/e2e/x.mjs"})
    EXPECT_EQ(broken(path, wide), Rules{"line length@1"}) << path;
  EXPECT_EQ(broken("docs/x.md", "|" + wide + "![" + wide), Rules{});
  EXPECT_EQ(broken("cmake/X.cmake", "|" + wide), Rules{"line length@1"});
  EXPECT_EQ(broken("datasets/x.toml", wide), Rules{});
}

TEST(Layout, NoTabsAndNoTrailingSpace) {
  EXPECT_EQ(broken("tests/x.cpp", "int a;\n\tint b;\n"), Rules{"white space@2"});
  EXPECT_EQ(broken("tools/x", "echo \n"), Rules{"white space@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "int a;\r\n"), Rules{"white space@1"});
}

TEST(Layout, DataOfTestsIsLeftAlone) {
  EXPECT_EQ(broken("tests/fuzz/corpus/csv/tabs.csv", "a\tb \n"), Rules{});
}

TEST(Sizes, FilesHaveLimits) {
  const std::string once = "#pragma once\n";
  EXPECT_EQ(broken("src/core/x.hpp", once + repeat("\n", 299)), Rules{});
  EXPECT_EQ(broken("src/core/x.hpp", once + repeat("\n", 300)), Rules{"file length@1"});
  EXPECT_EQ(broken("src/core/x.cpp", repeat("\n", 800)), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", repeat("\n", 801)), Rules{"file length@1"});
}

TEST(Sizes, FunctionsMayHaveSeventyLines) {
  const std::string body68 = repeat("  work();\n", 68);
  EXPECT_EQ(broken("src/core/x.cpp", "void f() {\n" + body68 + "}\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "int a;\nvoid f() {\n" + body68 + "  work();\n}\n"),
            Rules{"function length@2"});
}

std::vector<std::size_t> lengths(std::string_view text) {
  std::vector<std::size_t> out;
  for (const FunctionSpan& span : find_functions(read_source(text))) {
    out.push_back(span.line_count);
  }
  return out;
}

using Lengths = std::vector<std::size_t>;

TEST(Functions, AreFoundInNamespacesAndClasses) {
  EXPECT_EQ(lengths("namespace a {\nclass B : public C {\n public:\n  int f() const {\n"
                    "    return 1;\n  }\n};\n}\n"),
            Lengths{3});
  EXPECT_EQ(lengths("struct A { int f() { return 1; } int g() { return 2; } };"), (Lengths{1, 1}));
  EXPECT_EQ(lengths("extern \"C\" const char* f() {\n}\n"), Lengths{2});
  EXPECT_EQ(lengths("extern \"C\" {\nvoid f() {\n}\n}\n"), Lengths{2});
}

TEST(Functions, TemplatesOperatorsAndLambdasCountAsOne) {
  EXPECT_EQ(lengths("template <class T, int N = 3>\nT f(T a) {\n  return a;\n}\n"), Lengths{4});
  EXPECT_EQ(lengths("bool operator==(A a, A b) {\n  return a.x == b.x;\n}\n"), Lengths{3});
  EXPECT_EQ(lengths("void f() {\n  auto g = [](int a) {\n    return a;\n  };\n}\n"), Lengths{5});
}

TEST(Functions, ConstructorsWithBracedMembersCountWhole) {
  EXPECT_EQ(lengths("A::A(int a)\n    : a_(a), b_{a},\n      c_{1} {\n  work();\n}\n"), Lengths{5});
}

TEST(Functions, DataIsNoFunction) {
  EXPECT_EQ(lengths("constexpr int kTable[] = {\n1,\nf(2),\n};\n"), Lengths{});
  EXPECT_EQ(lengths("constexpr Nanos kSecond{1};\nenum class A : int {\n  kB,\n};\n"), Lengths{});
  EXPECT_EQ(lengths("concept C = requires(T t) {\n  t.f();\n};\n"), Lengths{});
}

TEST(Functions, BracesInTextsCommentsAndMacrosDoNotCount) {
  EXPECT_EQ(lengths("void f() {\n  g(\"}\", '}', R\"(}})\");  // }\n  /* } */\n}\n"), Lengths{4});
  EXPECT_EQ(lengths("#define A(x) \\\n  do { x\nvoid f() {\n}\n"), Lengths{2});
  EXPECT_EQ(lengths("void f() {\n  g(1'000'000, '{');\n}\n"), Lengths{3});
}

TEST(Headers, BeginWithPragmaOnce) {
  EXPECT_EQ(broken("src/core/x.hpp", "// Why.\n#pragma once\nint a;\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.hpp", "int a;\n#pragma once\n"), Rules{"pragma once@1"});
}

TEST(Includes, ObeyTheLayerTable) {
  EXPECT_EQ(broken("src/margin/x.cpp", "#include \"core/units.hpp\"\n"), Rules{});
  EXPECT_EQ(broken("src/margin/x.cpp", "#include \"margin/y.hpp\"\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "#include \"margin/y.hpp\"\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "#include \"text/y.hpp\"\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "#include \"nowhere/y.hpp\"\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "#include \"y.hpp\"\n"), Rules{"include@1"});
}

TEST(Includes, ReachWhatTheUsedLayersMayUse) {
  EXPECT_EQ(broken("src/venue/x.cpp", "#include \"base/rng.hpp\"\n"), Rules{});
  EXPECT_EQ(broken("src/venue/x.cpp", "#include \"store/store.hpp\"\n"), Rules{"include@1"});
}

TEST(Includes, HeadersUseNoLibraries) {
  const std::string once = "#pragma once\n";
  EXPECT_EQ(broken("src/text/x.hpp", once + "#include <vector>\n"), Rules{});
  EXPECT_EQ(broken("src/text/x.hpp", once + "#include <nlohmann/json.hpp>\n"), Rules{"include@2"});
  EXPECT_EQ(broken("src/text/x.hpp", once + "#include <unistd.h>\n"), Rules{"include@2"});
  EXPECT_EQ(broken("src/store/test_x.hpp", once + "#include <gtest/gtest.h>\n"), Rules{});
}

TEST(Includes, EveryLibraryHasItsLayer) {
  EXPECT_EQ(broken("src/text/x.cpp", "#include <nlohmann/json.hpp>\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "#include <nlohmann/json.hpp>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "#include <toml++/toml.h>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/text/x.cpp", "#include <duckdb.h>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/store/x.cpp", "#include <cairo.h>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/store/x.cpp", "#include <fmt/format.h>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/store/x.cpp", "#include <CLI/CLI.hpp>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/store/x.cpp", "#include <sys/socket.h>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/store/x.cpp", "#include <gtest/gtest.h>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/store/x_test.cpp", "#include <gtest/gtest.h>\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "#include <fcntl.h>\n"), Rules{"include@1"});
  EXPECT_EQ(broken("src/store/x.cpp", "#include <fcntl.h>\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "#include <strange/new.h>\n"), Rules{"include@1"});
}

TEST(Words, OnlyAppsPrint) {
  EXPECT_EQ(broken("src/core/x.cpp", "std::cout << 1;\n"), Rules{"printing@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "std::printf(a);\nfprintf(f, a);\n"),
            (Rules{"printing@1", "printing@2"}));
  EXPECT_EQ(broken("src/core/x.cpp", "snprintf(a);\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "log(\"printf(\");  // printf(\n"), Rules{});
  EXPECT_EQ(broken("src/apps/x.cpp", "std::cout << 1;\n"), Rules{});
  EXPECT_EQ(broken("src/base/check.cpp", "std::fprintf(stderr, a);\n"), Rules{});
}

TEST(Words, OnlyStoreOpensFiles) {
  EXPECT_EQ(broken("src/text/x.cpp", "int a = ::open(p, 0);\n"), Rules{"files@1"});
  EXPECT_EQ(broken("src/text/x.cpp", "std::ifstream a(p);\n"), Rules{"files@1"});
  EXPECT_EQ(broken("src/text/x.cpp", "#include <filesystem>\n"), Rules{"files@1"});
  EXPECT_EQ(broken("src/text/x.cpp", "auto a = Store::open(p);\nb.open(p);\n"), Rules{});
  EXPECT_EQ(broken("src/store/x.cpp", "int a = ::open(p, 0);\n"), Rules{});
}

TEST(Words, OnlyNetOpensSockets) {
  EXPECT_EQ(broken("src/store/x.cpp", "int a = socket(1, 2, 0);\n"), Rules{"sockets@1"});
  EXPECT_EQ(broken("src/store/x.cpp", "int a = ::connect(1);\n"), Rules{"sockets@1"});
  EXPECT_EQ(broken("src/net/x.cpp", "int a = ::socket(1, 2, 0);\n"), Rules{});
}

TEST(Words, ClockChanceAndEnvironmentComeFromBase) {
  const std::vector<std::string_view> kBad = {
      "std::random_device d;",
      "int a = rand();",
      "auto a = std::time(nullptr);",
      "auto a = std::chrono::system_clock::now();",
      "auto a = std::chrono::steady_clock::now();",
      "std::mt19937 a;",
  };
  for (const std::string_view code : kBad) {
    EXPECT_EQ(broken("src/core/x.cpp", code), Rules{"clock and chance@1"}) << code;
    EXPECT_EQ(broken("src/core/x_test.cpp", code), Rules{"clock and chance@1"}) << code;
    EXPECT_EQ(broken("src/base/x.cpp", code), Rules{}) << code;
  }
  EXPECT_EQ(broken("src/core/x.cpp", "auto a = operand(b);\nevent.time;\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "std::getenv(a);\n"), Rules{"environment@1"});
  EXPECT_EQ(broken("src/core/x_test.cpp", "std::getenv(a);\n"), Rules{});
}

TEST(Words, WhatTheCompilersLack) {
  for (const std::string_view name :
       {"std::format(a)", "std::print(a)", "std::mdspan<int> a", "std::expected<int, int> a",
        "std::views::iota(1)", "std::ranges::views::all(a)"}) {
    EXPECT_EQ(broken("src/core/x.cpp", name), Rules{"library@1"}) << name;
  }
  EXPECT_EQ(broken("src/core/x.cpp", "std::ranges::sort(a);\nstd::formatter a;\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "using namespace std;\n"), Rules{"using namespace@1"});
}

TEST(Comments, NoOpenEndsAndNoDeadCode) {
  EXPECT_EQ(broken("src/core/x.cpp", "// TODO: later\n"), Rules{"open end@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "/* a\n FIXME */\n"), Rules{"open end@2"});
  EXPECT_EQ(broken("src/core/x.cpp", "log(\"TODO\");\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "// work(a);\n"), Rules{"dead code@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "int a;  // b = 1;\n"), Rules{"dead code@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "// Rows of each column stand at [a];\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "// Errors: kA (with another header);\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "// return value;\n"), Rules{"dead code@1"});
  EXPECT_EQ(broken("src/core/x.cpp", "// First this;\n// then that.\n"), Rules{});
  EXPECT_EQ(broken("src/core/x.cpp", "//   work(a);\n"), Rules{});
}

TEST(Repository, NamesNoMachineAndNoHost) {
  EXPECT_EQ(broken("README.md", "cd /wor" "k/main\n"), Rules{"forbidden word@1"});
  EXPECT_EQ(broken("README.md", "see src/net" "wor" "k/a\n"), Rules{});
  EXPECT_EQ(broken("tools/x", "a\nhttps://registry.npm" "js.org\n"), Rules{"forbidden word@2"});
  EXPECT_EQ(broken("LICENSE", "http://www.apache.org/licenses/\n"), Rules{});
}

TEST(Findings, AreOneLine) {
  EXPECT_EQ(describe({"src/core/x.cpp", 3, "white space", "a tab"}),
            "src/core/x.cpp:3: white space: a tab");
}

}  // namespace
}  // namespace faultline::tidy
