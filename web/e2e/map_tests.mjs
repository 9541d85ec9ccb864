import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import {
  change_answers, check_axe, forgive, frames_pass, gone, has_hash, kPhone, press, reads, see, still,
} from './page.mjs';
import { differing, read_png } from './png.mjs';

// The map screen beside its pixels: looking back, the clock, clusters, taking away, states, access.

const kPast = '2025-11-30T12:00:00Z';

function looking_back({ test, shot, mock }) {
  test('looking back shows nothing later', '#span=1d', async (page) => {
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.focus('.scrubber input');
    await page.keyboard.press('PageDown');
    await has_hash(page, 'as_of=');
    await page.evaluate((time) => {
      location.hash = location.hash.replace(/&as_of=[^&]*/g, '') + `&as_of=${time}`;
    }, kPast);
    await page.waitForFunction(() =>
      document.querySelector('.figures').textContent.includes('30 Nov 2025 12:00'));
    await still(page);
    const [market] = mock.markets;
    const mark = market.series[(Date.parse(kPast) - market.first_column_ms) / 60_000].close;
    const figures = await page.textContent('.figures');
    assert.ok(figures.replaceAll(',', '').includes(mark.toFixed(1)), `${figures} has ${mark}`);
    assert.match(await page.textContent('.badge.past'),
      /As of 30 Nov 2025 12:00 UTC ?1[12]h.* before/);
    assert.ok(asked.some((url) => url.includes('/v1/map?') && url.includes('as_of=2025-11-30T12')));
    const beyond = await page.evaluate((time) => {
      const { time: { from, to }, width } = globalThis.faultline.geometry();
      const x = ((Date.parse(time) + 5 * 60_000 - from) / (to - from)) * width;
      return globalThis.faultline.probe(x, 200);
    }, kPast);
    assert.equal(beyond.cell, null, 'nothing is read beyond the play head');
    const late = await page.evaluate(() => globalThis.faultline.clusters()
      .filter(({ box }) => box.from > Date.parse('2025-11-30T12:00:00Z')).length);
    assert.equal(late, 0, 'no cluster is born later');
    await page.mouse.move(700, 300);
    await shot(page, 'as_of');
    await page.keyboard.press('l');
    await page.waitForSelector('.badge.past', { state: 'detached' });
    await page.waitForFunction(() => !location.hash.includes('as_of='));
  });
  test('the play head plays', `#span=4h&as_of=${kPast}&pace=600`, async (page) => {
    const at = () => page.inputValue('.scrubber input').then(Number);
    const before = await at();
    await page.focus('.chart');
    await page.keyboard.press(' ');
    await page.waitForFunction((old) =>
      Number(document.querySelector('.scrubber input').value) >= old + 12, before);
    await page.keyboard.press(' ');
    await page.keyboard.press(',');
    const held = await at();
    await still(page, 400);
    assert.equal(await at(), held, 'it stands still');
  });
  test('as known now lies over the past, and leaves it alone', '#span=1d', async (page) => {
    await page.mouse.move(5, 890);
    await still(page);
    const before = await page.locator('.chart').screenshot();
    await page.keyboard.press('w');
    await has_hash(page, 'knownnow=1');
    assert.match(await page.textContent('.badge.hindsight'), /hindsight for everything to the/);
    await still(page);
    const during = await page.locator('.chart').screenshot();
    assert.ok(!during.equals(before), 'the bands are seen');
    await shot(page, 'known_now');
    await page.keyboard.press('w');
    await gone(page, '.badge.hindsight');
    await still(page);
    const after = await page.locator('.chart').screenshot();
    assert.deepEqual(differing(read_png(before), read_png(after)), [], 'history is as it was');
  });
}

function clock({ test, mock }) {
  test('the clock plays, and runs ahead', '#span=4h', async (page) => {
    const [market] = mock.markets;
    await page.click('.replay .segmented button:nth-child(4)');
    await page.waitForSelector('.chip.live');
    assert.equal(mock.state.ticker.speed, 600);
    await page.focus('.chart');
    await page.keyboard.press(' ');
    await page.waitForSelector('.chip.paused');
    assert.equal(mock.state.ticker.speed, 0);
    const before = market.column_end;
    await page.keyboard.press('g');
    await page.waitForFunction((wanted) =>
      Number(document.querySelector('.scrubber input')?.max) >= wanted, before + 59);
    await page.waitForSelector('.run', { state: 'detached' });
    assert.ok(market.column_end >= before + 60 && market.column_end < before + 120);
    assert.equal(mock.state.ticker.speed, 0, 'it goes on with the speed it had');
  });
}

function clusters({ test, shot }) {
  test('a cluster is pinned, by key and by click', '#span=3d', async (page) => {
    await page.keyboard.press('n');
    await has_hash(page, 'cluster=');
    const text = await page.textContent('.cluster');
    for (const name of ['Born', 'Age', 'Fed since', 'Most', 'Left in its rows', 'Fate',
      'p10 – p90', 'expected print']) assert.ok(text.includes(name), `the panel has ${name}`);
    assert.ok(await page.locator('.moments path.line').count() === 1, 'its moments are drawn');
    await shot(page, 'cluster');
    const first = await page.textContent('.cluster h2');
    await page.keyboard.press('n');
    await page.waitForFunction((old) =>
      document.querySelector('.cluster h2').textContent !== old, first);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.cluster', { state: 'detached' });
    const at = await page.evaluate(() => {
      const { label } = globalThis.faultline.clusters().find((one) => one.label !== null);
      const box = document.querySelector('.chart').getBoundingClientRect();
      return { x: box.left + (label.left + label.right) / 2,
        y: box.top + (label.top + label.bottom) / 2 };
    });
    await page.mouse.click(at.x, at.y);
    await page.waitForSelector('.cluster .moments');
    await page.mouse.click(at.x, at.y);
    await page.waitForSelector('.cluster', { state: 'detached' });
  });
}

async function check_rest(page) {
  const asked = [];
  page.on('request', (request) => {
    if (request.url().includes('/v1/heatmap/cell?')) asked.push(request.url());
  });
  for (let i = 0; i < 30; i += 1) {
    await page.mouse.move(300 + 9 * i, 240);
    await frames_pass(page, 1);
  }
  await reads(page, '.cells thead', /p10 · p50 · p90/);
  await reads(page, '.cells .short', /\$.+ · \$.+ · \$|< \$1/);
  assert.ok(asked.length <= 3, `${asked.length} cells were asked for on the way`);
  await page.mouse.move(309, 240);
  await reads(page, '.cells thead', /p10 · p50 · p90/);
  const count = asked.length;
  await page.mouse.move(561, 240);
  await reads(page, '.cells thead', /p10 · p50 · p90/);
  await still(page, 400);
  assert.equal(asked.length, count, 'what was read is not read again');
}

function read_out({ test, shot }) {
  test('the read-out of the newest column has its band', '#span=4h', async (page) => {
    const at = await page.evaluate(() => {
      const { time: { from, to }, width } = globalThis.faultline.geometry();
      const newest = to - (to - from) * (0.04 / 1.04) * 1.04;
      return ((newest - 30_000 - from) / (to - from)) * width;
    });
    await page.mouse.move(at, 200);
    await reads(page, '.cells thead', /p10 · p50 · p90/);
    const text = await page.textContent('.side');
    for (const part of ['newest column', 'From the mark then', 'Mark to here', 'Printed ±0.5 %',
      'Venues', '100 %']) assert.ok(text.includes(part), `${part} in ${text}`);
  });
  test('the band of a past column comes when the crosshair rests', '#span=4h', check_rest);
  test('a band is of one column, and old ones have none', '#span=3d', async (page) => {
    const { x, y, width } = await page.locator('.chart').boundingBox();
    await page.mouse.move(x + 0.85 * width, y + 200);
    await reads(page, '.cells thead', /p10 · p50 · p90, \d\d:\d\d/);
    await page.mouse.move(x + 0.1 * width, y + 200);
    await reads(page, '.cells thead', /band not kept/);
  });
  test('what is not recorded is no zero', '#i=simulated:ETHUSDT&span=1d', async (page) => {
    assert.match(await page.textContent('.pane-cvd'), /not recorded/);
    assert.match(await page.textContent('.pane-interest'), /\$/);
    assert.match(await page.textContent('.sources'), /bybit_linear.*36 %/);
  });
  test('distance tiers', '#span=3d', async (page) => {
    await page.keyboard.press('d');
    await has_hash(page, 'tier=0-2');
    await page.selectOption('select[name=tier]', '2-5');
    await has_hash(page, 'tier=2-5');
    assert.match(await page.textContent('.badges'), /Only 2–5 %/);
    await still(page);
    await shot(page, 'tier');
  });
  test('panes, tables and the next instrument', '#span=1d', async (page) => {
    await page.click('button[popovertarget=panes-menu]');
    await page.click('.menu label:nth-child(1)');
    await has_hash(page, 'nopane=interest');
    await press(page, 'Escape');
    await page.waitForFunction(() => document.querySelector('.menu:popover-open') === null);
    await page.focus('.chart');
    await page.keyboard.press('v');
    await has_hash(page, 'nopane=interest~funding~cvd~flows~near');
    await still(page);
    await shot(page, 'bare');
    await page.keyboard.press('b');
    await page.waitForSelector('.tables[open] .grid');
    assert.ok(await page.locator('.tables .grid tbody tr').count() > 12);
    await shot(page, 'table');
    await press(page, 'Escape', 'i');
    await has_hash(page, 'ETHUSDT');
  });
}

function taking_away({ test }) {
  const save = async (page, key) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press(key)]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  };
  test('a picture, text and a link', `#span=1d&as_of=${kPast}`, async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const picture = await save(page, 'e');
    assert.match(picture.name, /^faultline_BTCUSDT_map_2025-11-30T120000Z\.png$/);
    const { width, height, at } = read_png(picture.bytes);
    assert.ok(width > 1300 && height > 500, `${width} x ${height}`);
    const colors = new Set(Array.from({ length: 200 }, (_, i) =>
      at(100 + i * 4, 150 + ((i * 37) % 300)).join()));
    assert.ok(colors.size > 40, `the map is in it, ${colors.size} colours`);
    const series = (await save(page, 'E')).bytes.toString();
    assert.match(series, /^# Faultline, series, simulated:BTCUSDT, a simulated market\n/);
    assert.match(series, /# model_version: density-6/);
    const last = series.trim().split('\n').at(-1).split(',')[0];
    assert.ok(Date.parse(last) <= Date.parse(kPast), `${last} is not later than the play head`);
    const profile = (await save(page, 'R')).bytes.toString();
    assert.match(profile, /# as_of: 2025-11-30T12:00:00Z/);
    assert.match(profile, /\nlong,\d+\.\d+,\d+\.\d+,\d+,/);
    await page.keyboard.press('y');
    await page.waitForFunction(() =>
      document.querySelector('.toast').textContent.includes('copied'));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(link.includes(`as_of=${kPast}`), link);
  }, { acceptDownloads: true });
}

// --- States --------------------------------------------------------------------------------------

async function check_live_states(page, mock, shot) {
  await see(page, '.chip.paused');
  const before = await page.textContent('.figures');
  mock.tick();
  await page.waitForFunction(
    (old) => document.querySelector('.figures').textContent !== old, before);
  await still(page, 1000);
  mock.drop();
  await see(page, '.chip.reconnecting');
  await see(page, '.chip.paused');
  mock.state.sick = 'no liquidations for 9 minutes';
  await see(page, '.notice.degraded');
  assert.match(await page.textContent('.notice'), /no liquidations for 9 minutes/);
  await shot(page, 'degraded');
  mock.state.sick = null;
  mock.state.resumed = { from: '2025-11-30T20:00:00Z', columns: 43_000, seconds_missed: 720,
    note: 'prices of the pause were read again' };
  await gone(page, '.notice.degraded');
  await see(page, '.resumed');
  assert.match(await page.textContent('.resumed'), /12m missed/);
}

// A venue whose feed is behind: what is shown may be behind the market.
async function check_stale(page, shot) {
  await change_answers(page, '**/v1/map?**', (body) => {
    body.header.coverage[0].is_stale = true;
    return body;
  });
  await page.reload();
  await see(page, '.chip.stale');
  await reads(page, '.notice.stale', /Stale.*may be behind the market/);
  await shot(page, 'stale');
}

async function check_empty(page, shot) {
  await change_answers(page, '**/v1/instruments', (body) => ({ ...body,
    instruments: [{ ...body.instruments[0], column_end: 0, row_tiles: [] }] }));
  for (const path of ['map', 'clusters', 'series', 'liquidations']) {
    await page.route(`**/v1/${path}?**`, (route) =>
      route.fulfill({ status: 404, json: { title: 'no column yet' } }));
  }
  await page.routeWebSocket('**/v1/stream', () => undefined);
  await page.reload();
  await reads(page, '.notice', /Nothing to show yet/);
  await frames_pass(page, 10);
  await shot(page, 'empty');
}

async function check_offline_and_loading(page, shot) {
  await page.route('**/v1/**', (route) => route.abort());
  await page.reload();
  await see(page, '.notice.offline');
  await shot(page, 'offline');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  let release;
  const released = new Promise((done) => { release = done; });
  await page.route('**/v1/map?**', async (route) => {
    await released;
    await route.continue().catch(() => undefined);
  });
  await page.reload();
  await see(page, '.notice.quiet');
  await shot(page, 'loading');
  release();
  await still(page);
  await gone(page, '.notice');
}

function states({ test, shot, mock }) {
  test('a new column, a lost stream, a sick feed, resumed', '#span=4h',
    (page) => check_live_states(page, mock, shot));
  const off = { unsettled: true };
  test('a stale venue', '#span=4h', (page) => check_stale(page, shot), off);
  test('nothing made yet', '#span=4h', async (page, problems) => {
    await check_empty(page, shot);
    forgive(problems, /404/);
  }, off);
  test('offline, loading', '#span=4h', async (page, problems) => {
    await check_offline_and_loading(page, shot);
    forgive(problems, /ERR_FAILED/);
  }, off);
}

// --- Looks and access ----------------------------------------------------------------------------

async function check_dark(page, shot) {
  await page.mouse.move(760, 330);
  await see(page, '.cells');
  assert.match(await page.textContent('.where'), /max of \d+ columns, by side/);
  await shot(page, 'dark');
  assert.match(await page.textContent('.summary'), /Liquidation map of BTCUSDT as of .* UTC/);
  await press(page, 'x');
  await check_axe(page);
  await press(page, 'b');
  await see(page, '.tables[open] .grid');
  await check_axe(page);
  await press(page, 'Escape', '?');
  await see(page, 'dialog[open]');
  await check_axe(page);
}

async function check_phone(page, shot) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `nothing is wider than the phone (${wide})`);
  await shot(page, 'phone');
  await page.touchscreen.tap(180, 300);
  await see(page, '.cells');
  await shot(page, 'phone_touched');
  await press(page, 'x');
  await check_axe(page);
}

async function check_everything(page, shot, name) {
  await press(page, 'n', 'x');
  await check_axe(page);
  await shot(page, name);
}

// Every control ends inside the window.
async function check_controls(page) {
  const { inner, wide } = await page.evaluate(() => ({ inner: innerWidth,
    wide: Math.max(...[...document.querySelectorAll('.toolbar > *, .replay > *')]
      .filter((one) => one.offsetParent !== null)
      .map((one) => one.getBoundingClientRect().right)) }));
  assert.ok(wide <= inner, `controls end at ${wide} of ${inner}`);
  await press(page, 'n');
  await page.mouse.move(inner * 0.4, 300);
}

async function check_sizes(page, shot) {
  await check_controls(page);
  await shot(page, 'large_dark');
  await page.evaluate(() => { location.hash = '#span=7d&theme=light&side=two_hue'; });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  await still(page);
  await check_controls(page);
  await shot(page, 'large_light');
  await page.setViewportSize({ width: 1440, height: 900 });
  await still(page);
  await check_controls(page);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.evaluate(() => { location.hash = '#span=1d&theme=dark'; });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  await still(page);
  await check_controls(page);
  await shot(page, 'small');
}

function access({ test, shot }) {
  test('dark', '#span=1d', (page) => check_dark(page, shot));
  test('light', '#span=1d&theme=light', async (page) => {
    await shot(page, 'light');
    await press(page, 'x');
    await check_axe(page);
  });
  test('phone', '#span=1d', (page) => check_phone(page, shot), kPhone);
  const all = `&knownnow=1&tier=0-2&part=age_1h&as_of=${kPast}`;
  test('everything on, dark and light', `#span=3d${all}`, async (page) => {
    await check_everything(page, shot, 'everything_dark');
    await press(page, 't');
    await has_hash(page, 'theme=light');
    await check_axe(page);
    await shot(page, 'everything_light');
  });
  test('everything on, phone, light', `#span=3d&theme=light${all}`,
    (page) => check_everything(page, shot, 'phone_light'), kPhone);
  test('from large to small', '#span=3d', (page) => check_sizes(page, shot),
    { viewport: { width: 2560, height: 1440 }, seconds: 9 });
}

// --- Controls ------------------------------------------------------------------------------------

async function check_keys(page, shot) {
  const leads = async (key, text) => {
    await page.keyboard.press(key);
    await has_hash(page, text).catch(() => {
      throw new Error(`${key} did not lead to ${text}`);
    });
  };
  await leads('5', 'span=7d');
  await leads('s', 'side=long');
  await leads('o', 'opacity=0.9');
  await leads(']', 'scale=3162000');
  await leads('}', '~3');
  await leads('{', '~2');
  await leads('c', 'hide=candles');
  await leads('ArrowLeft', 'from=');
  await leads('l', 'span=7d');
  await leads('ArrowUp', 'price=');
  await leads('t', 'theme=light');
  await page.keyboard.press('x');
  await see(page, '.cells');
  await page.keyboard.press('?');
  await see(page, 'dialog[open]');
  await shot(page, 'help');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog:not([open])', { state: 'attached' });
}

async function check_pointer(page) {
  await page.mouse.move(600, 300);
  await page.mouse.down();
  await page.mouse.move(800, 300, { steps: 4 });
  await page.mouse.up();
  await has_hash(page, 'from=');
  await page.mouse.wheel(0, -300);
  await still(page, 600); // the address follows the view
  const before = await page.evaluate(() => [location.hash, globalThis.faultline.geometry()]);
  await page.reload();
  await still(page);
  const after = await page.evaluate(() => [location.hash, globalThis.faultline.geometry()]);
  assert.equal(after[0], before[0]);
  assert.ok(Math.abs(after[1].time.from - before[1].time.from) <= 1000);
}

function controls({ test, shot }) {
  test('every control by keyboard', '#span=1d', (page) => check_keys(page, shot),
    { seconds: 8 });
  test('pointer, and the state in the address', '#span=1d', check_pointer);
  test('another instrument', '#span=1d', async (page) => {
    await page.selectOption('.instrument select', 'simulated:ETHUSDT');
    await has_hash(page, 'ETHUSDT');
    await still(page);
    await shot(page, 'other');
  });
}

export function map_tests(tools) {
  const parts = [looking_back, clock, clusters, read_out, taking_away, states, access, controls];
  for (const part of parts) part(tools);
}
