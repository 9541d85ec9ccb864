#pragma once

namespace faultline {

// Gives freed memory back to the operating system: threads keep what their largest answer took, and
// nothing else makes them return it. Cost: some milliseconds, in which other threads may wait.
void return_freed_memory();

}  // namespace faultline
