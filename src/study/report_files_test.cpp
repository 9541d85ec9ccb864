#include "study/report_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "store/files.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

StudyReport report_of(double y) {
  LineChart chart;
  chart.title = "a figure";
  chart.x_label = "x";
  chart.y_label = "y";
  chart.series.push_back({.label = "one", .x = {0.0, 1.0}, .y = {0.0, y}});
  return {.json = std::move(JsonValue::object().set("is", "a report")),
          .text = "# A report\n",
          .figures = {{"one", chart}, {"two", chart}}};
}

std::string text_of(const std::string& path) {
  const Outcome<std::string> text = read_whole_file(path, 1 << 24);
  EXPECT_TRUE(text) << path;
  return text ? *text : std::string();
}

TEST(ReportFiles, EveryFigureStandsBesideTheText) {
  const TestFolder folder;
  const std::string figures = folder.file("deep/figures");
  const auto done = write_report(report_of(1.0), {folder.file("report.json"), figures});
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_EQ(text_of(folder.file("report.json")), "{\n \"is\": \"a report\"\n}\n");
  EXPECT_EQ(text_of(figures + "/report.md"), "# A report\n");
  for (const char* name : {"/one", "/two"}) {
    EXPECT_TRUE(text_of(figures + name + ".png").starts_with("\x89PNG"));
    EXPECT_NE(text_of(figures + name + ".svg").find("<svg"), std::string::npos);
  }
}

TEST(ReportFiles, WithoutAFolderThereIsTheJsonAlone) {
  const TestFolder folder;
  ASSERT_TRUE(write_report(report_of(1.0), {.json = folder.file("report.json"), .folder = {}}));
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(ReportFiles, APlaceThatCannotBeWrittenIsNamed) {
  const TestFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.file("taken"), "a file"));
  const auto done =
      write_report(report_of(1.0), {folder.file("report.json"), folder.file("taken")});
  ASSERT_FALSE(done);
  EXPECT_NE(describe(done.error()).find("taken"), std::string::npos);
}

}  // namespace
}  // namespace faultline
