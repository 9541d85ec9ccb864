#include "serve/metrics.hpp"

#include <gtest/gtest.h>

#include "serve/test_service.hpp"

namespace faultline {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(Metrics, CountsAnswersByHowLongTheyTook) {
  AnswerCounts counts;
  counts.add_answer(microseconds(250));
  counts.add_answer(milliseconds(1));  // a bound belongs to the bucket below it
  counts.add_answer(microseconds(1'001));
  counts.add_answer(milliseconds(3'000));
  ServiceMetrics metrics{};
  metrics.answers = counts.totals();
  const std::string text = metrics_text(metrics);
  EXPECT_NE(text.find("# TYPE faultline_http_request_seconds histogram\n"
                      "faultline_http_request_seconds_bucket{le=\"0.001\"} 2\n"
                      "faultline_http_request_seconds_bucket{le=\"0.005\"} 3\n"
                      "faultline_http_request_seconds_bucket{le=\"0.025\"} 3\n"
                      "faultline_http_request_seconds_bucket{le=\"0.1\"} 3\n"
                      "faultline_http_request_seconds_bucket{le=\"0.5\"} 3\n"
                      "faultline_http_request_seconds_bucket{le=\"2.5\"} 3\n"
                      "faultline_http_request_seconds_bucket{le=\"+Inf\"} 4\n"
                      "faultline_http_request_seconds_sum 3.002251\n"
                      "faultline_http_request_seconds_count 4\n"),
            std::string::npos)
      << text;
}

TEST(Metrics, CountsWhatWasRefusedByWhy) {
  AnswerCounts counts;
  counts.add_refused(AccessOutcome::kExpired);
  counts.add_refused(AccessOutcome::kExpired);
  counts.add_refused(AccessOutcome::kForeignOrigin);
  ServiceMetrics metrics{};
  metrics.answers = counts.totals();
  const std::string text = metrics_text(metrics);
  EXPECT_NE(text.find("\nfaultline_access_refused_total{outcome=\"expired\"} 2\n"),
            std::string::npos);
  EXPECT_NE(text.find("\nfaultline_access_refused_total{outcome=\"foreign_origin\"} 1\n"),
            std::string::npos);
  EXPECT_EQ(text.find("outcome=\"allowed\""), std::string::npos);
}

TEST(Metrics, AreAllDescribed) {
  const std::string document = source_file("docs/serving.md");
  const std::string text = metrics_text(ServiceMetrics{});
  const std::string kind = "# TYPE faultline_";
  int families = 0;
  for (std::size_t at = text.find(kind); at != std::string::npos; at = text.find(kind, at + 1)) {
    const std::size_t begin = at + kind.size();
    const std::string name = text.substr(begin, text.find(' ', begin) - begin);
    const bool is_named = document.find("`" + name + "`") != std::string::npos ||
                          document.find("`" + name + "{") != std::string::npos;
    EXPECT_TRUE(is_named) << name;
    ++families;
  }
  EXPECT_EQ(families, 26);
}

}  // namespace
}  // namespace faultline
