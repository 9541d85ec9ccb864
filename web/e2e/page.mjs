import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// What the tests wait for and look at. Nothing here waits a time that is fixed: a loaded machine
// only takes longer.

const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const kPhone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2,
  isMobile: true, hasTouch: true };
const kWaitMs = { timeout: 30_000 };

// Until the map has what it needs and draws nothing more: for ten frames at least, and for `ms`.
export async function still(page, ms = 0) {
  await page.evaluate(() => { globalThis.stillness = { text: '', since: 0, frames: 0 }; });
  await page.waitForFunction((least) => {
    const { faultline, stillness } = globalThis;
    if (faultline === undefined) return false;
    const is_busy = faultline.pending() !== 0 || faultline.requests() !== 0 ||
      document.querySelector('.near') === null;
    const text = `${is_busy} ${faultline.frames()}`;
    if (is_busy || text !== stillness.text) {
      Object.assign(stillness, { text, since: performance.now(), frames: 0 });
    }
    stillness.frames += 1;
    return stillness.frames > 10 && performance.now() - stillness.since >= least;
  }, ms, { timeout: 60_000, polling: 'raf' });
}

// So many frames of the browser, in which it does what it was told to.
export function frames_pass(page, count = 3) {
  return page.evaluate(async (left) => {
    for (let i = 0; i < left; i += 1) {
      await new Promise((done) => requestAnimationFrame(done));
    }
  }, count);
}

export const see = (page, selector) => page.waitForSelector(selector, kWaitMs);
export const gone = (page, selector) =>
  page.waitForSelector(selector, { state: 'detached', ...kWaitMs });
export const has_hash = (page, text) =>
  page.waitForFunction((wanted) => location.hash.includes(wanted), text, kWaitMs);
export const no_hash = (page, text) =>
  page.waitForFunction((wanted) => !location.hash.includes(wanted), text, kWaitMs);
// Key after key. A browser closes a dialog first, and tells the page of it a little later.
export async function press(page, ...keys) {
  for (const key of keys) {
    await page.keyboard.press(key);
    if (key === 'Escape') await frames_pass(page);
  }
}
// What the service answers there, as `make` changes it. All of it is asked for: of an answer that
// the page holds already it would say only that it is the same.
export const change_answers = (page, path, make) => page.route(path, async (route) => {
  const { 'if-none-match': _, ...headers } = route.request().headers();
  const response = await route.fetch({ headers });
  await route.fulfill({ json: make(await response.json()) });
});
// Until the text of an element is as the pattern says.
export async function reads(page, selector, pattern) {
  const found = (text) => text !== null && pattern.test(text);
  for (let i = 0; i < 600; i += 1) {
    const text = await page.evaluate((one) =>
      document.querySelector(one)?.textContent ?? null, selector);
    if (found(text)) return text;
    await frames_pass(page, 2);
  }
  const text = await page.textContent(selector);
  assert.match(text, pattern, `${selector} does not come to it`);
  return text;
}

// What the browser says of an answer that the test has broken is no fault of the page.
export function forgive(problems, pattern = /Failed to load resource|WebSocket|ERR_/) {
  const kept = problems.filter((text) => !pattern.test(text));
  problems.splice(0, problems.length, ...kept);
}

export async function not_wider_than(page, width) {
  const found = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(found <= width, `nothing is wider than the page (${found})`);
}

export async function check_axe(page) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(kAxe);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    });
    return violations.map(({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, failureSummary }) =>
        `${target.join(' ')} ${failureSummary}`).slice(0, 3).join(' | ')}`);
  });
  assert.deepEqual(found, [], 'axe-core finds nothing');
}
