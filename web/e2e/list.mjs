import { access_tests } from './access_tests.mjs';
import { golden_tests } from './golden_tests.mjs';
import { map_tests } from './map_tests.mjs';
import { part_tests } from './part_tests.mjs';
import { pixel_tests } from './pixel_tests.mjs';
import { screen_tests } from './screens.mjs';
import { stream_tests } from './stream_tests.mjs';

// All tests, in the order they are written. `tools` are those of a worker; whoever only wants the
// names needs none.
export function list_tests(tools) {
  const tests = [];
  const test = (name, hash, run, options = {}) => tests.push({ name, hash, run, options });
  for (const part of [pixel_tests, map_tests, part_tests, screen_tests, access_tests,
    stream_tests, golden_tests]) {
    part({ ...tools, test });
  }
  return tests;
}
