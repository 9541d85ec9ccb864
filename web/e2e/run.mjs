import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { start_mock } from '../mock/server.mjs';
import { usd_of_code } from '../mock/market.mjs';
import { launch, open_page, settled } from './browser.mjs';
import { measure_panning } from './frames.mjs';
import { map_tests } from './map_tests.mjs';
import { read_png } from './png.mjs';
import { screen_tests } from './screens.mjs';

// Drives the built page in Debian's Chromium against the mock service. Pictures go to
// FAULTLINE_SHOTS, else to a folder of the temporary ones.

// By the process, so that two of these can run beside each other.
const kPort = 20_000 + (process.pid % 20_000);
const kHome = `http://127.0.0.1:${kPort}/`;
const shots = process.env.FAULTLINE_SHOTS ?? join(tmpdir(), 'faultline-web');
mkdirSync(shots, { recursive: true });

const mock = start_mock({ port: kPort, every: 0, files: 'dist' });
const browser = await launch();
let failures = 0;

// FAULTLINE_ONLY names a part of the names of the tests to run.
async function test(name, hash, run, { unsettled = false, ...options } = {}) {
  if (!name.includes(process.env.FAULTLINE_ONLY ?? '')) return;
  const { page, context, problems, requests } = await open_page(browser, kHome + hash, options);
  try {
    if (!unsettled) await settled(page);
    await run(page, problems);
    assert.deepEqual(problems, [], 'the console is clean');
    const foreign = requests.filter((url) => !url.startsWith(kHome) && !url.startsWith('data:'));
    assert.deepEqual(foreign.filter((url) => !url.startsWith('blob:')), [], 'no foreign request');
    console.log(`passed  ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
    await page.screenshot({ path: join(shots, 'failed.png') });
  }
  await context.close();
}

const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });
const hash_has = (page, text) =>
  page.waitForFunction((wanted) => location.hash.includes(wanted), text, { timeout: 5000 });

// --- Pixels ------------------------------------------------------------------------------------

// The largest of the columns of the texel, straight from the market.
function truth_of(at, side) {
  const [market] = mock.markets;
  const first = Math.round((at.time - market.first_column_ms) / 60_000);
  let most = 0;
  for (let column = first; column < first + 2 ** at.cell.level; column += 1) {
    if (column >= market.column_end || market.is_gap(column)) continue;
    most = Math.max(most, market.code(side, column, at.row));
  }
  return usd_of_code(most);
}

function assert_close(found, wanted, what) {
  const is_close = Math.abs(found - wanted) <= 0.02 * Math.max(found, wanted);
  assert.ok(is_close, `${what}: ${found}, ${wanted}`);
}

// By whole pixels, there and back again: what the map keeps of its last frame must be as true.
async function pan_about(page) {
  for (let i = 0; i < 30; i += 1) {
    await page.evaluate((deltaX) => document.querySelector('.chart').dispatchEvent(
      new WheelEvent('wheel', { deltaX, bubbles: true, cancelable: true })), i < 20 ? -37 : 23);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  await settled(page);
  for (let i = 0; i < 9; i += 1) {
    await page.evaluate((deltaX) => document.querySelector('.chart').dispatchEvent(
      new WheelEvent('wheel', { deltaX, bubbles: true, cancelable: true })), i < 5 ? -41 : 29);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  await settled(page);
}

async function check_pixels(page) {
  await page.addStyleTag({ content: `.chart canvas:not(:first-child), .chart :not(canvas)
    { visibility: hidden }` });
  await page.mouse.move(5, 5);
  await page.waitForTimeout(300);
  const picture = read_png(await page.screenshot());
  const { g, left, top, plot } = await page.evaluate(() => {
    const box = document.querySelector('.chart').getBoundingClientRect();
    const dark = document.documentElement.dataset.theme === 'dark';
    return { g: globalThis.faultline.geometry(), left: box.left, top: box.top,
      plot: dark ? [8, 9, 13] : [255, 255, 255] };
  });
  let [checked, lit] = [0, 0];
  for (let i = 0; i < 900; i += 1) {
    const x = Math.floor(((i * 0.754877666) % 1) * g.width);
    const y = Math.floor(((i * 0.569840291) % 1) * g.height);
    const at = await page.evaluate(
      ([px, py]) => globalThis.faultline.probe(px, py), [x + 0.5, y + 0.5]);
    if (at?.cell == null || at.cell.column_count === 0) continue;
    const found = picture.at(Math.round(left) + x, Math.round(top) + y);
    const clear = at.color.rgb ?? plot;
    const hatched = clear.map((value, c) => value + (plot[c] - value) * 0.55);
    const near = (wanted) => wanted.every((value, c) => Math.abs(value - found[c]) <= 0.02 * 255);
    assert.ok(near(clear) || (at.color.is_hatched && near(hatched)),
      `pixel ${x},${y} is ${found}, not ${clear} (${JSON.stringify(at.cell)})`);
    assert_close(at.cell.long.most_usd, truth_of(at, 0), 'longs');
    assert_close(at.cell.short.most_usd, truth_of(at, 1), 'shorts');
    checked += 1;
    if (at.color.rgb !== null) lit += 1;
  }
  assert.ok(checked > 500 && lit > 100, `${checked} pixels checked, ${lit} of them lit`);
  return `${checked} pixels, ${lit} of them lit`;
}

const kBare = '&hide=candles~prints~clusters';
for (const [name, hash] of [
  ['two levels', '#span=1d'], ['a week', '#span=7d'], ['light', '#span=12h&theme=light'],
  ['longs, opacity', '#span=3d&side=long&opacity=0.6'], ['two hues', '#span=3d&side=two_hue'],
  ['a tier', '#span=3d&tier=2-5'], ['looking back', '#span=3d&as_of=2025-11-29T12:07:00Z'],
]) {
  await test(`pixels are true: ${name}`, hash + kBare, async (page) => {
    console.log(`        ${await check_pixels(page)}`);
  });
}
await test('pixels are true: after panning', `#span=3d&tier=5-10${kBare}`, async (page) => {
  await pan_about(page);
  console.log(`        ${await check_pixels(page)}`);
});
for (const [name, hash] of [['a week', '#span=7d&knownnow=1'], ['four hours', '#span=4h']]) {
  await test(`what was moved is what would be drawn: ${name}`, hash, async (page) => {
    await pan_about(page);
    await page.mouse.move(5, 890);
    await page.waitForTimeout(300);
    const moved = read_png(await page.locator('.chart').screenshot());
    await page.keyboard.press('o');
    await page.keyboard.press('Shift+O');
    await page.waitForTimeout(400);
    const drawn = read_png(await page.locator('.chart').screenshot());
    let other = 0;
    for (let y = 0; y < drawn.height; y += 1) {
      for (let x = 0; x < drawn.width; x += 1) {
        if (moved.at(x, y).join() !== drawn.at(x, y).join()) other += 1;
      }
    }
    console.log(`        ${other} of ${drawn.width * drawn.height} pixels differ`);
    assert.ok(other < 0.0005 * drawn.width * drawn.height, `${other} pixels differ`);
  });
}
await test('pixels are true: after panning, all', `#span=7d${kBare}`, async (page) => {
  await pan_about(page);
  console.log(`        ${await check_pixels(page)}`);
});

// --- Screens -----------------------------------------------------------------------------------

await test('dark', '#span=1d', async (page) => {
  await page.mouse.move(760, 330);
  await page.waitForSelector('.cells');
  assert.match(await page.textContent('.where'), /max of \d+ columns/);
  await shot(page, 'dark');
});
await test('light', '#span=1d&theme=light', (page) => shot(page, 'light'));
await test('phone', '#span=1d', async (page) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `nothing is wider than the phone (${wide})`);
  await shot(page, 'phone');
}, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });

await test('every control by keyboard', '#span=1d', async (page) => {
  const press = async (key, text) => {
    await page.keyboard.press(key);
    await hash_has(page, text).catch(() => {
      throw new Error(`${key} did not lead to ${text}`);
    });
  };
  await press('5', 'span=7d');
  await press('s', 'side=long');
  await press('o', 'opacity=0.9');
  await press(']', 'scale=3162000');
  await press('c', 'hide=candles');
  await press('ArrowLeft', 'from=');
  await press('l', 'span=7d');
  await press('ArrowUp', 'price=');
  await press('t', 'theme=light');
  await page.keyboard.press('x');
  await page.waitForSelector('.cells');
  await page.keyboard.press('?');
  await page.waitForSelector('dialog[open]');
  await shot(page, 'help');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog:not([open])', { state: 'attached' });
});

await test('pointer, and the state in the address', '#span=1d', async (page) => {
  await page.mouse.move(600, 300);
  await page.mouse.down();
  await page.mouse.move(800, 300, { steps: 4 });
  await page.mouse.up();
  await hash_has(page, 'from=');
  await page.mouse.wheel(0, -300);
  await page.waitForTimeout(800);
  const before = await page.evaluate(() => [location.hash, globalThis.faultline.geometry()]);
  await page.reload();
  await settled(page);
  const after = await page.evaluate(() => [location.hash, globalThis.faultline.geometry()]);
  assert.equal(after[0], before[0]);
  assert.ok(Math.abs(after[1].time.from - before[1].time.from) <= 1000);
});

await test('a new column is drawn, then nothing more', '#span=4h', async (page) => {
  await page.waitForSelector('.chip.paused');
  const before = await page.textContent('.figures');
  mock.tick();
  await page.waitForFunction(
    (old) => document.querySelector('.figures').textContent !== old, before);
  await page.waitForTimeout(1500);
  const frames = await page.evaluate(() => globalThis.faultline.frames());
  await page.waitForTimeout(1000);
  assert.equal(await page.evaluate(() => globalThis.faultline.frames()), frames);
});

await test('a lost stream says so, and comes back', '#span=4h', async (page) => {
  await page.waitForSelector('.chip.paused');
  mock.drop();
  await page.waitForSelector('.chip.reconnecting');
  await page.waitForSelector('.chip.paused');
});

await test('another instrument', '#span=1d', async (page) => {
  await page.selectOption('.instrument select', 'simulated:ETHUSDT');
  await hash_has(page, 'ETHUSDT');
  await settled(page);
  await shot(page, 'other');
});

const ignore = (problems, pattern) => {
  const left = problems.filter((text) => !pattern.test(text));
  problems.splice(0, problems.length, ...left);
};
await map_tests({ test, shot, hash_has, mock, ignore });
await screen_tests({ test, shot, mock });

await test('frames', '#span=30d&price=60500~167000', async (page) => {
  const { pan, draw, base, base_draw } = await page.evaluate(measure_panning, 120);
  await shot(page, 'month');
  const text = (value) => `${value.toFixed(1)} ms`;
  console.log(`        panning 43,200 columns x 1,024 rows: median frame ${text(pan)}, ` +
    `one texture ${text(base)} (${(pan / base).toFixed(2)} times); ` +
    `draw and wait ${text(draw)}, one texture ${text(base_draw)}`);
});

await browser.close();
await mock.close();
console.log(`${failures === 0 ? 'all passed' : `${failures} failed`}; pictures in ${shots}`);
process.exit(failures === 0 ? 0 : 1);
