import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { list_tests } from './list.mjs';

// Drives the built page in Debian's Chromium against the mock service: two tests at a time, each
// worker with a browser and a mock of its own, which is as new before each test. Pictures go to
// FAULTLINE_SHOTS, else to a folder of the temporary ones. FAULTLINE_ONLY names a part of the names
// of the tests to run, FAULTLINE_JOBS how many at a time.

const shots = process.env.FAULTLINE_SHOTS ?? join(tmpdir(), 'faultline-web');
const jobs = Number(process.env.FAULTLINE_JOBS ?? 2);
mkdirSync(shots, { recursive: true });

const wanted = list_tests({}).map(({ name, options }, index) => ({ name, index, ...options }))
  .filter(({ name }) => name.includes(process.env.FAULTLINE_ONLY ?? ''));
// The long ones first, so that no worker has nothing to do at the end.
const order = [...wanted].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
const together = order.filter(({ is_alone }) => is_alone !== true);
const alone = order.filter(({ is_alone }) => is_alone === true);
const began = performance.now();
const spent = () => ((performance.now() - began) / 1000).toFixed(1);
let failures = 0;

function start_worker() {
  const child = fork(new URL('worker.mjs', import.meta.url), { env: { ...process.env,
    FAULTLINE_SHOTS: shots } });
  let take = () => undefined;
  child.on('message', (message) => take(message));
  child.on('exit', (code) => take({ is_ok: false, seconds: 0, lines: [`worker ended, ${code}`] }));
  const next = () => new Promise((done) => { take = done; });
  return { child, next, ready: next() };
}

async function run_on({ child, next }, test) {
  const answer = next();
  child.send({ index: test.index });
  const { is_ok, seconds, lines } = await answer;
  if (!is_ok) failures += 1;
  const text = [`${is_ok ? 'passed' : 'FAILED'}  ${seconds.toFixed(1).padStart(5)} s  ${test.name}`,
    ...lines.map((line) => (is_ok ? `                 ${line}` : line))].join('\n');
  console.log(text);
}

const is_up = (worker) => worker !== null && worker.child.exitCode === null &&
  worker.child.signalCode === null;

// A worker that ended before its time has failed its test, and not those that come after.
async function work(queue) {
  let worker = null;
  for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
    if (!is_up(worker)) {
      worker = start_worker();
      await worker.ready;
    }
    await run_on(worker, test);
  }
  if (!is_up(worker)) return;
  const is_over = once(worker.child, 'exit');
  worker.child.send('end');
  await is_over; // with its browser, which would take time from what is measured alone
}

await Promise.all(Array.from({ length: jobs }, () => work(together)));
await work(alone);
const outcome = failures === 0 ? `all ${wanted.length} passed` : `${failures} failed`;
console.log(`${outcome} in ${spent()} s; pictures in ${shots}`);
process.exitCode = failures === 0 ? 0 : 1;
