#include "apps/commands.hpp"

namespace faultline {

ExitCode run_demo(const DemoArguments& arguments, const OutputOptions& output) {
  return fail(
      Diagnostic{.code = Errc::kBadRequest, .field = arguments.out, .note = "not built yet"},
      output);
}

}  // namespace faultline
