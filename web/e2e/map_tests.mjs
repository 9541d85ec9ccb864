import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { settled } from './browser.mjs';
import { read_png } from './png.mjs';

// The map screen beside its pixels: looking back, the clock, clusters, taking away, states, access.

const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kPast = '2025-11-30T12:00:00Z';
const kPhone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true,
  hasTouch: true };

// Where two pictures are not the same, in words.
function difference(a, b) {
  const found = [];
  for (let y = 0; y < a.height; y += 1) {
    for (let x = 0; x < a.width; x += 1) {
      if (a.at(x, y).join() !== b.at(x, y).join()) found.push([x, y]);
    }
  }
  if (found.length === 0) return '';
  const [[x, y]] = found;
  return `${found.length} pixels, first ${x},${y}: ${a.at(x, y)} and ${b.at(x, y)}, last ${
    found.at(-1)}`;
}

async function looking_back({ test, shot, hash_has, mock }) {
  await test('looking back shows nothing later', '#span=1d', async (page) => {
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.focus('.scrubber input');
    await page.keyboard.press('PageDown');
    await hash_has(page, 'as_of=');
    await page.evaluate((time) => {
      location.hash = location.hash.replace(/&as_of=[^&]*/g, '') + `&as_of=${time}`;
    }, kPast);
    await page.waitForFunction(() =>
      document.querySelector('.figures').textContent.includes('30 Nov 2025 12:00'));
    await settled(page);
    const [market] = mock.markets;
    const mark = market.series[(Date.parse(kPast) - market.first_column_ms) / 60_000].close;
    const figures = await page.textContent('.figures');
    assert.ok(figures.replaceAll(',', '').includes(mark.toFixed(1)), `${figures} has ${mark}`);
    assert.match(await page.textContent('.badge.past'), /As of 30 Nov 2025 12:00 UTC.*min before/);
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
  await test('the play head plays', `#span=4h&as_of=${kPast}&pace=600`, async (page) => {
    const at = () => page.inputValue('.scrubber input').then(Number);
    const before = await at();
    await page.focus('.chart');
    await page.keyboard.press(' ');
    await page.waitForFunction((old) =>
      Number(document.querySelector('.scrubber input').value) >= old + 12, before);
    await page.keyboard.press(' ');
    await page.keyboard.press(',');
    const held = await at();
    await page.waitForTimeout(500);
    assert.equal(await at(), held, 'it stands still');
  });
  await test('as known now lies over the past, and leaves it alone', '#span=1d', async (page) => {
    await page.mouse.move(5, 890);
    await page.waitForTimeout(300);
    const before = await page.locator('.chart').screenshot();
    await page.keyboard.press('w');
    await hash_has(page, 'knownnow=1');
    assert.match(await page.textContent('.badge.hindsight'), /hindsight for everything to the/);
    const during = await page.locator('.chart').screenshot();
    assert.ok(!during.equals(before), 'the bands are seen');
    await shot(page, 'known_now');
    await page.keyboard.press('w');
    await page.waitForSelector('.badge.hindsight', { state: 'detached' });
    await page.waitForTimeout(300);
    const after = await page.locator('.chart').screenshot();
    assert.equal(difference(read_png(before), read_png(after)), '', 'history is as it was');
  });
}

async function clock({ test, mock }) {
  await test('the clock plays, and runs ahead', '#span=4h', async (page) => {
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

async function clusters({ test, shot, hash_has }) {
  await test('a cluster is pinned, by key and by click', '#span=3d', async (page) => {
    await page.keyboard.press('n');
    await hash_has(page, 'cluster=');
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

async function read_out({ test, shot, hash_has }) {
  await test('the read-out of the newest column has its band', '#span=4h', async (page) => {
    const at = await page.evaluate(() => {
      const { time: { from, to }, width } = globalThis.faultline.geometry();
      const newest = to - (to - from) * (0.04 / 1.04) * 1.04;
      return ((newest - 30_000 - from) / (to - from)) * width;
    });
    await page.mouse.move(at, 200);
    await page.waitForSelector('.cells');
    const text = await page.textContent('.side');
    assert.match(text, /p10 · p50 · p90/);
    for (const part of ['newest column', 'From the mark then', 'Mark to here', 'Printed ±0.5 %',
      'Venues', '100 %']) assert.ok(text.includes(part), `${part} in ${text}`);
    await page.mouse.move(300, 200);
    await page.waitForFunction(() =>
      document.querySelector('.cells').textContent.includes('band not kept'));
  });
  await test('what is not recorded is no zero', '#i=simulated:ETHUSDT&span=1d', async (page) => {
    assert.match(await page.textContent('.pane-cvd'), /not recorded/);
    assert.match(await page.textContent('.pane-interest'), /\$/);
    assert.match(await page.textContent('.sources'), /bybit_linear.*36 %/);
  });
  await test('distance tiers', '#span=3d', async (page) => {
    await page.keyboard.press('d');
    await hash_has(page, 'tier=0-2');
    await page.selectOption('.select select', '2-5');
    await hash_has(page, 'tier=2-5');
    assert.match(await page.textContent('.badges'), /Only 2–5 %/);
    await page.waitForTimeout(500);
    await shot(page, 'tier');
  });
  await test('panes, tables and the next instrument', '#span=1d', async (page) => {
    await page.click('button[popovertarget=panes-menu]');
    await page.click('.menu label:nth-child(1)');
    await hash_has(page, 'nopane=interest');
    await page.focus('.chart');
    await page.keyboard.press('v');
    await hash_has(page, 'nopane=interest~funding~cvd~flows~near');
    await settled(page);
    await shot(page, 'bare');
    await page.keyboard.press('b');
    await page.waitForSelector('.tables[open] .grid');
    assert.ok(await page.locator('.tables .grid tbody tr').count() > 12);
    await shot(page, 'table');
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    await hash_has(page, 'ETHUSDT');
  });
}

async function taking_away({ test }) {
  const save = async (page, key) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press(key)]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  };
  await test('a picture, text and a link', `#span=1d&as_of=${kPast}`, async (page) => {
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
      document.querySelector('.note').textContent.includes('copied'));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(link.includes(`as_of=${kPast}`), link);
  }, { acceptDownloads: true });
}

async function states({ test, shot, mock, ignore }) {
  await test('a feed with a problem', '#span=4h', async (page) => {
    mock.state.sick = 'no liquidations for 9 minutes';
    await page.waitForSelector('.notice.degraded', { timeout: 8000 });
    assert.match(await page.textContent('.notice'), /no liquidations for 9 minutes/);
    await shot(page, 'degraded');
    mock.state.sick = null;
    await page.waitForSelector('.notice.degraded', { state: 'detached', timeout: 8000 });
  });
  await test('resumed', '#span=4h', async (page) => {
    mock.state.resumed = { from: '2025-11-30T20:00:00Z', columns: 43_000, seconds_missed: 720,
      note: 'prices of the pause were read again' };
    await page.waitForSelector('.resumed', { timeout: 8000 });
    assert.match(await page.textContent('.resumed'), /12m missed/);
    mock.state.resumed = null;
  });
  await test('nothing made yet', '#span=4h', async (page, problems) => {
    await page.route('**/v1/instruments', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      body.instruments = [{ ...body.instruments[0], column_end: 0, row_tiles: [] }];
      await route.fulfill({ json: body });
    });
    for (const path of ['map', 'clusters', 'series', 'liquidations']) {
      await page.route(`**/v1/${path}?**`, (route) =>
        route.fulfill({ status: 404, json: { title: 'no column yet' } }));
    }
    await page.routeWebSocket('**/v1/stream', () => undefined);
    await page.reload();
    await page.waitForFunction(() =>
      document.querySelector('.notice')?.textContent.includes('Nothing to show yet'));
    await page.waitForTimeout(400);
    await shot(page, 'empty');
    ignore(problems, /404/);
  });
  await test('offline', '#span=4h', async (page, problems) => {
    await page.route('**/v1/**', (route) => route.abort());
    await page.reload();
    await page.waitForSelector('.notice.offline', { timeout: 20_000 });
    await shot(page, 'offline');
    ignore(problems, /ERR_FAILED/);
  });
  await test('loading', '#span=4h', async (page) => {
    await page.route('**/v1/map?**', async (route) => {
      await new Promise((done) => setTimeout(done, 2500));
      await route.continue().catch(() => undefined);
    });
    await page.reload();
    await page.waitForSelector('.notice.quiet');
    await shot(page, 'loading');
    await settled(page);
  });
}

async function access({ test, shot }) {
  const check = async (page) => {
    await page.evaluate(kAxe);
    const found = await page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
      return violations.map(({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) =>
          `${target.join(' ')} ${failureSummary}`).slice(0, 3).join(' | ')}`);
    });
    assert.deepEqual(found, [], 'axe-core finds nothing');
  };
  const all = `&knownnow=1&tier=0-2&as_of=${kPast}`;
  for (const [name, hash, options] of [
    ['dark', '#span=1d', {}], ['light', '#span=1d&theme=light', {}], ['phone', '#span=1d', kPhone],
    ['everything on', `#span=3d${all}`, {}], ['everything on, light', `#span=3d&theme=light${all}`],
    ['everything on, phone, light', `#span=3d&theme=light${all}`, kPhone],
  ]) {
    await test(`axe: ${name}`, hash, async (page) => {
      if (name.startsWith('everything')) await page.keyboard.press('n');
      await page.keyboard.press('x');
      await check(page);
      await shot(page, `axe_${name.replaceAll(/\W+/g, '_')}`);
    }, options ?? {});
  }
  await test('axe: tables and help', '#span=1d', async (page) => {
    await page.keyboard.press('b');
    await page.waitForSelector('.tables[open] .grid');
    await check(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    await check(page);
  });
  await test('a summary is there to be heard', '#span=1d', async (page) => {
    assert.match(await page.textContent('.summary'), /Liquidation map of BTCUSDT as of .* UTC/);
  });
}

async function sizes({ test, shot }) {
  for (const [name, hash, options] of [
    ['large_dark', '#span=3d', { viewport: { width: 2560, height: 1440 } }],
    ['large_light', '#span=7d&theme=light&side=two_hue',
      { viewport: { width: 2560, height: 1440 } }],
    ['small', '#span=1d', { viewport: { width: 1280, height: 720 } }],
    ['phone_light', `#span=1d&theme=light&as_of=${kPast}`, kPhone],
  ]) {
    await test(`screen: ${name}`, hash, async (page) => {
      const { inner, wide } = await page.evaluate(() => ({ inner: innerWidth,
        wide: Math.max(...[...document.querySelectorAll('.toolbar > *, .replay > *')]
          .filter((one) => one.offsetParent !== null)
          .map((one) => one.getBoundingClientRect().right)) }));
      if (inner >= 1280) assert.ok(wide <= inner, `controls end at ${wide} of ${inner}`);
      await page.keyboard.press('n');
      if (inner >= 1280) await page.mouse.move(inner * 0.4, 300);
      await shot(page, name);
    }, options);
  }
}

export async function map_tests(tools) {
  const parts = [looking_back, clock, clusters, read_out, taking_away, states, access, sizes];
  for (const part of parts) await part(tools);
}
