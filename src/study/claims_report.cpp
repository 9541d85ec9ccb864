// The claims as people and programs read them.

#include "draw/axis_ticks.hpp"
#include "study/claims.hpp"
#include "study/estimate_text.hpp"

namespace faultline {
namespace {

constexpr const char* kRule =
    "A judged number supports its claim if its whole 95 % interval is where the claim puts it, and "
    "refutes it if the whole interval is on the other side; a number that must cover a value "
    "supports only if its interval reaches no farther from it than is said. A claim is supported "
    "if all its judged numbers support it, not supported if one refutes it, and undecided "
    "otherwise. The rule was fixed before the runs; the number of intervals is not corrected for, "
    "except over the arms of direction, where Holm's p decides what is refuted. Means: Student's "
    "interval over replicas; AUCs of direction: each replica left out once, Student's too; shares, "
    "other AUCs, kurtosis and correlations: draws of whole replicas, too narrow with fewer than "
    "thirty.";

std::string expectation_text(const Expectation& expected) {
  const std::string value = grouped_text(expected.value, 1);
  switch (expected.kind) {
    case Expectation::Kind::kNone:
      return "";
    case Expectation::Kind::kAbove:
      return "above " + value;
    case Expectation::Kind::kBelow:
      return "below " + value;
    case Expectation::Kind::kCovers:
      return "covers " + value + " within " + grouped_text(expected.reach, 2);
  }
  return "";
}

std::string verdict_text(const ClaimPart& part) {
  if (!part.verdict) return "";
  const std::string verdict(name_of(*part.verdict));
  return part.p_adjusted ? verdict + ", Holm p " + grouped_text(*part.p_adjusted, 3) : verdict;
}

JsonValue json_of_part(const ClaimPart& part) {
  JsonValue out = JsonValue::object();
  out.set("what", part.what).set("estimate", json_of_estimate(part.estimate));
  if (part.verdict)
    out.set("expected", expectation_text(part.expected))
        .set("verdict", std::string(name_of(*part.verdict)));
  if (part.p_adjusted) out.set("p_holm", *part.p_adjusted);
  return out;
}

JsonValue json_of_claim(std::size_t number, const ClaimResult& claim) {
  JsonValue parts = JsonValue::array();
  for (const ClaimPart& part : claim.parts) parts.push(json_of_part(part));
  JsonValue out = JsonValue::object();
  out.set("number", static_cast<std::int64_t>(number))
      .set("name", claim.name)
      .set("statement", claim.statement)
      .set("measure", claim.measure)
      .set("verdict", std::string(name_of(verdict_of(claim))))
      .set("parts", std::move(parts));
  return out;
}

std::string text_of_claim(std::size_t number, const ClaimResult& claim) {
  std::string out = "\n## " + std::to_string(number) + ". " + claim.statement + "\n\n**" +
                    std::string(name_of(verdict_of(claim))) + "**. " + claim.measure + "\n\n";
  out += table_head({"number", "value [95 %]", "expected", "verdict"});
  for (const ClaimPart& part : claim.parts)
    out += table_row({part.what, estimate_text(part.estimate), expectation_text(part.expected),
                      verdict_text(part)});
  if (!claim.figure.series.empty()) out += "\n![" + claim.name + "](" + claim.name + ".png)\n";
  return out;
}

}  // namespace

std::string summary_of_claims(const ClaimsStudy& study) {
  std::string out;
  for (std::size_t i = 0; i < study.claims.size(); ++i)
    out += (i > 0 ? "\n" : "") + std::to_string(study.numbers[i]) + ". " +
           std::string(name_of(verdict_of(study.claims[i]))) + ": " + study.claims[i].statement;
  return out;
}

StudyReport report_of_claims(const ClaimsStudy& study) {
  StudyReport report;
  const std::string replicas = std::to_string(study.request.replicas);
  report.text = "# Seven claims, on simulated markets\n\n" + replicas + " replicas, seeds from " +
                std::to_string(study.request.seed) + ", shared between the arms. " + kRule + "\n\n";
  report.text += table_head({"claim", "statement", "verdict"});
  JsonValue claims = JsonValue::array();
  std::string details;
  for (std::size_t i = 0; i < study.claims.size(); ++i) {
    const ClaimResult& claim = study.claims[i];
    report.text += table_row({std::to_string(study.numbers[i]), claim.statement,
                              std::string(name_of(verdict_of(claim)))});
    details += text_of_claim(study.numbers[i], claim);
    claims.push(json_of_claim(study.numbers[i], claim));
    if (!claim.figure.series.empty()) report.figures.push_back({claim.name, claim.figure});
  }
  report.text += details;
  report.json = JsonValue::object();
  report.json.set("study", "claims")
      .set("is_simulated", true)
      .set("replicas", static_cast<std::int64_t>(study.request.replicas))
      .set("seed", static_cast<std::int64_t>(study.request.seed))
      .set("rule", kRule)
      .set("claims", std::move(claims));
  return report;
}

}  // namespace faultline
