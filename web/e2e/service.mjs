import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { launch, open_page, settled } from './browser.mjs';
import { read_png } from './png.mjs';
import { event_to_pixel } from './latency.mjs';
import { check_controls, check_keys, check_tab } from './operation.mjs';
import { check_lab_controls, check_scorecard_controls } from './operation_screens.mjs';
import { check_memory } from './memory.mjs';
import { colored_cells, kBare } from './pixels.mjs';
import { has_columns, sleep, start_program } from './program.mjs';

// The built program as its users have it: the terminal that is inside it, over a market that is
// simulated live and over one that is replayed. FAULTLINE_PROGRAM names it. Pictures go to
// FAULTLINE_SHOTS, else to a folder of the temporary ones.

const program = process.env.FAULTLINE_PROGRAM;
const shots = process.env.FAULTLINE_SHOTS ?? join(tmpdir(), 'faultline-service');
const folder = mkdtempSync(join(tmpdir(), 'faultline-e2e-'));
mkdirSync(shots, { recursive: true });
const kInstrument = 'simulated:BTCUSDT';
const kOnly = process.env.FAULTLINE_ONLY;
let failures = 0;

const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });

// --- The program -------------------------------------------------------------------------------

const start = (...args) => start_program(program, '--members', '16', ...args);
const of = (path) => `${path}?instrument=${kInstrument}`;
const columns_of = async (service) =>
  (await service.get('/v1/instruments')).instruments[0].column_end;

async function test(name, run) {
  if (kOnly !== undefined && !name.includes(kOnly)) return;
  try {
    await run();
    console.log(`passed  ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}

// A page of the service whose console stays clean and that asks nobody else.
async function with_page(browser, service, hash, run, options = {}) {
  const { page, context, problems, requests } =
    await open_page(browser, `${service.url}/${hash}`, options);
  try {
    await settled(page);
    await run(page);
    assert.deepEqual(problems, [], 'the console is clean');
    const foreign = requests.filter((url) => !url.startsWith(service.url) &&
      !url.startsWith('data:') && !url.startsWith('blob:'));
    assert.deepEqual(foreign, [], 'no request leaves the machine');
  } catch (error) {
    await shot(page, 'failed');
    throw error;
  } finally {
    await context.close();
  }
}

// --- The map -----------------------------------------------------------------------------------

async function lives(browser, service) {
  await with_page(browser, service, '#span=12h', async (page) => {
    await page.waitForSelector('.chip.live');
    const before = await columns_of(service);
    const figures = await page.textContent('.figures');
    await page.waitForFunction((old) => document.querySelector('.figures').textContent !== old,
      figures, { timeout: 10_000 });
    await service.until('/v1/instruments', has_columns(before + 1));
    await shot(page, 'map');
  });
}

// The largest in the row among the columns of a texel, by side, as /v1/map answers.
async function answered(service, at, first, query) {
  const most = { long: 0, short: 0 };
  for (let i = 0; i < at.cell.column_count; i += 1) {
    const as_of = new Date(at.time + i * 60_000).toISOString();
    const body = await service.get(`${of('/v1/map')}&as_of=${as_of}${query}`);
    assert.equal(body.index, Math.round((at.time - first) / 60_000) + i);
    for (const side of ['long', 'short']) {
      const usd = body[side].notional_at_risk_usd[at.row - body[side].first_row] ?? 0;
      most[side] = Math.max(most[side], usd);
    }
  }
  return most;
}

// What the read-out says of a cell is what the API says of its row, of all positions or of a part
// of them, and the pixel has the colour of it.
async function says_the_truth(page, service, hash, level) {
  const [query = ''] = /&part=\w+/.exec(hash) ?? [];
  const first = Date.parse((await service.get('/v1/instruments')).instruments[0].first_column);
  const cells = await colored_cells(page, 600);
  const whole = cells.filter(({ cell }) => cell.level === level &&
    cell.column_count === 2 ** level);
  let compared = 0;
  for (const at of whole.slice(0, 60)) {
    const most = await answered(service, at, first, query);
    for (const side of ['long', 'short']) {
      const shown = at.cell[side].most_usd;
      assert.ok(Math.abs(shown - most[side]) <= 0.02 * Math.max(shown, most[side]) + 1,
        `${side} ${at.time} row ${at.row}: shown ${shown}, answered ${most[side]}`);
      if (most[side] > 1) compared += 1;
    }
  }
  assert.ok(compared > 20, `${compared} compared`);
  const lit = cells.filter(({ color }) => color.rgb !== null).length;
  assert.ok(lit > 20, `${lit} lit`);
  console.log(`        ${compared} sums of level ${level} within 2 % of /v1/map; ` +
    `${cells.length} pixels, ${lit} lit, of the colour of their cell`);
}

// The clock stands still meanwhile.
async function compare(browser, service, hash, level) {
  const { speed } = await service.get('/v1/clock');
  await service.set_speed(0);
  try {
    await with_page(browser, service, hash + kBare, (page) =>
      says_the_truth(page, service, hash, level));
  } finally {
    await service.set_speed(speed);
  }
}

// Parts by distance add up to all of a cell; the read-out has them where the crosshair rests.
async function says_what_it_is_made_of(browser, service) {
  const kinds = (await service.get('/v1/instruments')).instruments[0].parts;
  const distances = kinds.filter(({ kind }) => kind === 'distance').map(({ id }) => id);
  assert.equal(distances.length, 4);
  await with_page(browser, service, '#span=4h', async (page) => {
    const { x, y, at } = await page.evaluate(() => {
      const { width, height, ratio } = globalThis.faultline.geometry();
      const box = document.querySelector('.chart').getBoundingClientRect();
      for (let i = 0; i < 900; i += 1) {
        const [px, py] = [((i * 0.754877666) % 0.9) * width, ((i * 0.569840291) % 1) * height];
        const found = globalThis.faultline.probe(Math.floor(px), Math.floor(py));
        if (found?.cell?.column_count !== 1 || !(found.cell.long.most_usd > 1000)) continue;
        return { x: box.left + px / ratio, y: box.top + py / ratio, at: found.place };
      }
      return null;
    });
    const cell = await service.get(`${of('/v1/heatmap/cell')}&column=${at.column}&row=${at.row}`);
    assert.equal(cell.index, at.column);
    const { notional_at_risk_usd: usd, parts } = cell.long;
    const sum = parts.filter(({ id }) => distances.includes(id))
      .reduce((total, one) => total + one.notional_at_risk_usd, 0);
    assert.ok(Math.abs(sum / usd - 1) < 0.03, `${sum} of ${usd}`);
    await page.mouse.move(x, y);
    await page.waitForFunction(() => /Entry to here.*%.*Open at least.*(%|not known yet)/
      .test(document.querySelector('.makeup')?.textContent));
    await shot(page, 'makeup');
  });
}

async function keeps_the_past(browser, service) {
  const now = Date.parse((await service.get('/v1/clock')).now);
  const iso = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');
  const [from, to] = [5, 1].map((hours) => iso(now - hours * 3_600_000));
  const hash = `#from=${from}&to=${to}&price=80000~110000&hide=clusters~prints`;
  await with_page(browser, service, hash, async (page) => {
    await page.mouse.move(5, 890);
    const plot = page.locator('.chart');
    const { width } = await page.evaluate(() => globalThis.faultline.geometry());
    await sleep(500);
    const before = read_png(await plot.screenshot());
    const end = await columns_of(service);
    await service.until('/v1/instruments', has_columns(end + 4));
    await sleep(500);
    const after = read_png(await plot.screenshot());
    let differ = 0;
    for (let y = 0; y < before.height - 40; y += 1) {
      for (let x = 0; x < Math.floor(width) - 2; x += 1) {
        if (before.at(x, y).join() !== after.at(x, y).join()) differ += 1;
      }
    }
    // The line of the mark is of now, and crosses the past.
    assert.ok(differ <= 2.2 * width, `${differ} pixels of the past have changed`);
  });
}

async function steers_the_clock(browser, service) {
  await with_page(browser, service, '#span=4h', async (page) => {
    await page.focus('.chart');
    await page.keyboard.press(' ');
    await service.until('/v1/clock', ({ speed }) => speed === 0);
    await page.waitForSelector('.chip.paused');
    const stood = (await service.get('/v1/clock')).now;
    await page.keyboard.press('g');
    const ahead = await service.until('/v1/clock', ({ now }) =>
      Date.parse(now) >= Date.parse(stood) + 3_600_000);
    assert.ok(Date.parse(ahead.now) < Date.parse(stood) + 3_700_000);
    await page.keyboard.press(' ');
    await service.until('/v1/clock', ({ speed }) => speed > 0);
  });
}

// --- Scorecard and lab -------------------------------------------------------------------------

async function scores(browser, service) {
  const { page, context, problems } =
    await open_page(browser, `${service.url}/#screen=scorecard`);
  await page.waitForSelector('.scorecard .scatter canvas', { timeout: 20_000 });
  for (const text of ['Expected', 'Printed', '80 % band', 'Feeds', 'positions', 'explain']) {
    await page.waitForFunction((wanted) =>
      document.querySelector('.scorecard').textContent.includes(wanted), text);
  }
  await shot(page, 'scorecard');
  await page.mouse.move(700, 500);
  await page.mouse.wheel(0, 700);
  await sleep(400);
  await shot(page, 'scorecard_studies');
  assert.deepEqual(problems, []);
  await context.close();
}

// Each claim has its arms, and one that is chosen is in the form, where nothing runs by itself.
async function tries_an_arm(page, service) {
  const { scenarios } = await service.get('/v1/lab/scenarios');
  assert.deepEqual(await page.locator('#lab-scenario optgroup').evaluateAll((all) =>
    all.map((one) => one.children.length)), [scenarios.length - 19, 19]);
  await page.waitForSelector('.claims .arms', { state: 'attached' });
  assert.deepEqual(await page.locator('.claims > li').evaluateAll((all) =>
    all.map((one) => one.querySelectorAll('.arms button').length)), [2, 2, 10, 2, 4, 2, 2, 0]);
  await page.click('.claims > li:nth-child(6) summary');
  await page.getByRole('button', { name: 'Try 12 % news' }).click();
  await page.waitForFunction(() => document.activeElement?.id === 'lab-scenario');
  assert.equal(await page.inputValue('#lab-scenario'), 'arm: 12 % news');
  assert.equal(await page.inputValue('input[name="seed"]'), '101');
  assert.deepEqual((await service.get('/v1/lab/runs')).runs, []);
}

async function experiments(browser, service) {
  const { page, context, problems } = await open_page(browser, `${service.url}/#screen=lab`);
  await page.waitForSelector('.lab select', { timeout: 20_000 });
  await tries_an_arm(page, service);
  await page.getByLabel('hours', { exact: true }).fill('3');
  await page.getByLabel('members', { exact: true }).fill('8');
  await page.getByRole('button', { name: 'Run', exact: true }).last().click();
  const [run] = (await service.until('/v1/lab/runs', ({ runs }) => runs.length > 0)).runs;
  assert.deepEqual([run.scenario, run.seed], ['arm: 12 % news', 101]);
  await service.until(`/v1/lab/runs/${run.id}`, ({ status }) => status === 'done', 240);
  const whole = await service.get(`/v1/lab/runs/${run.id}`);
  assert.equal(whole.hours_done, 3);
  assert.ok(whole.newest.true_usd.long.some((usd) => usd > 0));
  await page.waitForFunction(() => document.querySelector('.lab').textContent.includes('done'));
  await sleep(600);
  await shot(page, 'lab');
  assert.deepEqual(problems, []);
  await context.close();
}

// --- Stops and starts --------------------------------------------------------------------------

// Everybody asks at once, until `is_over()`.
async function load(service, is_over) {
  const paths = ['/v1/health', of('/v1/map'), of('/v1/series'), of('/v1/clusters'), '/'];
  const ask = async () => {
    for (let i = 0; !is_over(); i += 1) {
      await fetch(service.url + paths[i % paths.length]).then((answer) => answer.arrayBuffer())
        .catch(() => sleep(50));
    }
  };
  await Promise.all(Array.from({ length: 16 }, ask));
}

async function survives_being_killed(browser) {
  const state = join(folder, 'state.json');
  const args = ['--demo', '--state', state, '--seed', '5'];
  const service = await start(...args);
  await service.until('/v1/instruments', has_columns(700));
  const tile = `${of('/v1/heatmap/tile')}&level=0&column=1&row=44`;
  const before = await service.get(tile);
  let is_over = false;
  const loaded = load(service, () => is_over);
  await sleep(5_500); // the state is kept every five seconds
  await service.stop('SIGKILL');
  is_over = true;
  await loaded;
  const again = await start(...args);
  const { resumed } = await again.until('/v1/health', (body) =>
    body.resumed !== null && /are the same/.test(body.resumed.note), 120);
  assert.ok(resumed.columns > 600, `${resumed.columns} columns were known`);
  assert.ok(resumed.seconds_missed > 0 && resumed.seconds_missed < 60);
  assert.ok(before.equals(await again.get(tile)), 'a tile that was over has the same bytes');
  await with_page(browser, again, '#span=12h', (page) => page.waitForSelector('.chip.live'));
  assert.equal(await again.stop('SIGTERM'), 0, 'it ends well when it is asked to');
  console.log(`        killed under load; ${resumed.columns} columns the same after the restart, ` +
    `${resumed.seconds_missed.toFixed(1)} s missed and told`);
}

async function tells_of_a_lost_service(browser) {
  const service = await start('--demo', '--seed', '6');
  const { page, context } = await open_page(browser, `${service.url}/#span=4h`);
  await settled(page);
  await page.waitForSelector('.chip.live');
  await service.stop('SIGKILL');
  await page.waitForSelector('.chip.reconnecting, .chip.offline', { timeout: 15_000 });
  await shot(page, 'lost');
  await context.close();
}

// --- Keys, pointer and Tab ---------------------------------------------------------------------

// A page for each, as somebody would open it who uses nothing else.
async function operate(browser, service, checks) {
  const options = { acceptDownloads: true, permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce' };
  for (const check of checks) {
    await with_page(browser, service, '#span=4h', async (page) => {
      const began = performance.now();
      const text = await check(page);
      console.log(`        ${text} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }, options);
  }
}

// Keys can run the clock to its end, and come after what is clicked.
const kOfMap = [check_controls, check_keys, check_tab];
const kOfScreens = [check_scorecard_controls, check_lab_controls];

// --- Replay ------------------------------------------------------------------------------------

async function start_replay() {
  const scenario = join(folder, 'small.toml');
  writeFileSync(scenario, 'name = "small"\nabout = "of a test"\nlength_s = 86400\n' +
    'warm_up_s = 21600\n[value]\nnews_count = 2\nnews_size = 0.05\n[holders]\ncount = 800\n');
  const made = spawnSync(program, ['lab', 'run', scenario, '--out', join(folder, 'lab'),
    '--shown', '18h', '--members', '2']);
  assert.equal(made.status, 0, String(made.stderr));
  const service = await start('--replay', join(folder, 'lab/store'), '--instrument', kInstrument,
    '--speed', '600');
  await service.until('/v1/instruments', has_columns(20));
  return service;
}

async function replays(browser, service) {
  const { instruments } = await service.get('/v1/instruments');
  assert.equal(instruments[0].is_simulated, true);
  assert.equal((await service.get('/v1/health')).mode, 'replay');
  await with_page(browser, service, '#span=4h', async (page) => {
    const end = Date.parse((await service.get('/v1/clock')).end);
    await fetch(`${service.url}/v1/clock`, { method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ run_to: new Date(end).toISOString() }) });
    await service.until('/v1/health', ({ is_over }) => is_over);
    await page.focus('.scrubber input');
    await page.keyboard.press('PageDown');
    await page.waitForSelector('.badge.past');
    await sleep(500);
    await shot(page, 'replay');
  });
}

async function refuses(service) {
  const status = async (path, options) => (await fetch(service.url + path, options)).status;
  assert.equal(await status('/v1/map'), 400);
  assert.equal(await status('/v1/map?instrument=okx:BTC-USDT-SWAP'), 404);
  assert.equal(await status('/../etc/passwd'), 404);
  assert.equal(await status('/v1/clock', { method: 'POST', body: '{"speed": 0}' }), 400);
  assert.equal(await status('/v1/health', { headers: { Origin: 'http://evil.example' } }), 403);
  const problem = await service.get(`${of('/v1/series')}&from=yesterday`);
  assert.equal(problem.name, 'bad_time');
  assert.equal(problem.field, 'from');
}

// --- All ---------------------------------------------------------------------------------------

const browser = await launch();
const demo = await start('--demo');
const stands = demo.until('/v1/clock', ({ is_hurrying }) => !is_hurrying);
await test('the service stands', async () => {
  await stands;
  assert.ok(await columns_of(demo) >= 1440, 'a day is there');
});
await stands;
await test('it refuses what makes no sense', () => refuses(demo));
await test('the demo lives', () => lives(browser, demo));
await test('the map says what the API says', () => compare(browser, demo, '#span=4h', 0));
await test('so does that of several columns', () => compare(browser, demo, '#span=1d', 1));
await test('so does that of a part', () =>
  compare(browser, demo, '#span=4h&part=age_1h', 0));
await test('what a cell is made of', () => says_what_it_is_made_of(browser, demo));
await test('new data leaves the past alone', () => keeps_the_past(browser, demo));
await test('the clock is steered', () => steers_the_clock(browser, demo));
await test('event to pixel', async () => {
  await with_page(browser, demo, '#span=4h', async (page) => {
    console.log(`        ${await event_to_pixel(page, 12)}`);
  });
});
await test('each key, each control, each stop of Tab: demo', () => operate(browser, demo, kOfMap));
await test('the scorecard', () => scores(browser, demo));
await test('an experiment', () => experiments(browser, demo));
await test('each control of the screens: demo', () => operate(browser, demo, kOfScreens));
await test('a page left open', () => with_page(browser, demo, '#span=4h', async (page) => {
  console.log(`        ${await check_memory(page, demo)}`);
}));
await demo.stop();
await test('kill -9 under load', () => survives_being_killed(browser));
await test('a lost service', () => tells_of_a_lost_service(browser));
const replay = await start_replay();
await test('each control of the screens: replay', () => operate(browser, replay, kOfScreens));
await test('each key, each control, each stop of Tab: replay', () =>
  operate(browser, replay, kOfMap));
await test('replay', () => replays(browser, replay));
await replay.stop();
await browser.close();
rmSync(folder, { recursive: true });
console.log(`${failures === 0 ? 'all passed' : `${failures} failed`}; pictures in ${shots}`);
process.exit(failures === 0 ? 0 : 1);
