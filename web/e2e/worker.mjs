import assert from 'node:assert/strict';
import { join } from 'node:path';

import { start_mock } from '../mock/server.mjs';
import { launch, open_page } from './browser.mjs';
import { check_golden } from './golden.mjs';
import { list_tests } from './list.mjs';
import { still } from './page.mjs';

// Runs the tests that it is told to, one after another, and says how each of them went.

// By the process, so that several of these can run beside each other.
const kPort = 20_000 + (process.pid % 20_000);
const kHome = `http://127.0.0.1:${kPort}/`;
const kSecondsMax = 120;
const shots = process.env.FAULTLINE_SHOTS;

const launching = launch();
const mock = start_mock({ port: kPort, every: 0, files: 'dist', ms_per_hour: 150 });
const browser = await launching;
let lines = [];
const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });
const say = (text) => lines.push(text);
const golden = async (page, name) =>
  check_golden(await page.screenshot({ animations: 'disabled' }), name, { shots, say });
const tests = list_tests({ mock, shot, say, golden });

function too_late() {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over in ${kSecondsMax} s`)), 1000 * kSecondsMax);
  });
  return { late, clear: () => clearTimeout(timer) };
}

async function run_test({ name, hash, run, options }) {
  const { unsettled = false, seconds: _, before = () => undefined, ...rest } = options;
  mock.reset();
  before(mock);
  // What moves on its own is drawn without end, which a machine without a card does slowly.
  const { page, context, problems, requests } = await open_page(browser, kHome + hash,
    { reducedMotion: 'reduce', ...rest });
  const { late, clear } = too_late();
  try {
    await Promise.race([late, (async () => {
      if (!unsettled) await still(page);
      await run(page, problems);
    })()]);
    assert.deepEqual(problems, [], 'the console is clean');
    const foreign = requests.filter((url) => !url.startsWith(kHome) && !url.startsWith('data:'));
    assert.deepEqual(foreign.filter((url) => !url.startsWith('blob:')), [], 'no foreign request');
    return true;
  } catch (error) {
    lines.push(error.stack);
    await shot(page, `failed ${name.replaceAll(/\W+/g, '_')}`).catch(() => undefined);
    return false;
  } finally {
    clear();
    // A handler that is under way would fail with its page, and take the worker with it.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
  }
}

async function end() {
  await browser.close();
  await mock.close();
  process.exit(0);
}

process.on('message', async (message) => {
  if (message === 'end') return end();
  const began = performance.now();
  lines = [];
  const is_ok = await run_test(tests[message.index]);
  return process.send({ is_ok, seconds: (performance.now() - began) / 1000, lines });
});
process.on('disconnect', () => process.exit(1));
process.send('ready');
