import assert from 'node:assert/strict';

import { press, see } from './page.mjs';

// Whatever can be pressed, clicked or reached by Tab does something, on a market of the real
// program whose clock stands still: what changes then, a press has changed.

const kWaitMs = { timeout: 15_000 };

// --- What can be seen to change ------------------------------------------------------------------

// In the page: all that a control can change, by name.
function state_of_page() {
  const all = (selector, read) => [...document.querySelectorAll(selector)].map(read).join('|');
  const pressed = (one) => `${one.getAttribute('aria-label') ?? ''}${one.textContent}`;
  const { time, rows } = globalThis.faultline.geometry();
  return {
    time: JSON.stringify(time), rows: JSON.stringify(rows),
    pressed: all('[aria-pressed=true]', pressed),
    side: all('[aria-label=Side] [aria-pressed=true]', pressed),
    range: all('[aria-label=Range] [aria-pressed=true]', pressed),
    layers: all('[aria-label=Layers] [aria-pressed=true]', pressed),
    pace: all('.replay [aria-pressed=true]', pressed),
    live: all('.live', (one) => one.getAttribute('aria-pressed')),
    fit: all('[title*="(F)"]', (one) => one.getAttribute('aria-pressed')),
    clock: all('.play', (one) => one.getAttribute('aria-label')),
    head: all('.scrubber input', (one) => one.value),
    columns: all('.scrubber input', (one) => one.max),
    fields: all('.toolbar input, .toolbar select, .menu input', (one) =>
      `${one.value}${one.checked}`),
    legend: all('.legend .bar', (one) => one.textContent),
    panes: all('.pane', (one) => one.className),
    cluster: all('.cluster h2', (one) => one.textContent),
    cross: all('.cells', () => 'there'),
    dialog: all('dialog[open]', (one) => one.className),
    menu: all('.menu:popover-open', (one) => one.id),
    run: all('.run', () => 'running'),
    toast: all('.toast', (one) => one.textContent),
    theme: document.documentElement.dataset.theme,
    instrument: all('.instrument select', (one) => one.value),
    screen: all('.nav [aria-current]', (one) => one.textContent),
    details: all('.pages details', (one) => one.open),
    form: all('.lab-form input, .lab-form select', (one) => one.value),
    held: all('.lab-form .held', (one) => one.textContent),
    ticks: all('.run-list input', (one) => one.checked),
    runs: all('.run-list li', () => 'run'),
    status: all('.run-head .run-status', (one) => one.textContent),
  };
}

const state = (page) => page.evaluate(state_of_page);

// Does it, and waits until `what` is no more what it was: a name of the state, or any of it but the
// toast, which goes on its own.
export async function changes(page, what, name, act) {
  const before = await state(page);
  const of = (all) => (what === 'any' ? JSON.stringify({ ...all, toast: '' }) : all[what]);
  await act();
  for (let i = 0; i < 300; i += 1) {
    if (of(await state(page)) !== of(before)) return;
    await page.waitForTimeout(30);
  }
  assert.fail(`${name} does not change ${what}: ${of(before)}`);
}

export async function saves(page, name, act) {
  const [download] = await Promise.all([page.waitForEvent('download', kWaitMs)
    .catch(() => assert.fail(`${name} saves nothing`)), act()]);
  assert.match(download.suggestedFilename(), /^faultline_.+\.(png|csv)$/);
}

export async function stand_still(page) {
  const button = page.locator('.play[aria-label^=Pause]');
  if (await button.count() === 0) return;
  await changes(page, 'clock', 'Pause', () => button.click());
}

const close_dialog = async (page) => {
  await press(page, 'Escape');
  await page.waitForFunction(() => document.querySelector('dialog[open]') === null);
};

// --- By key --------------------------------------------------------------------------------------

// Each key, how it is pressed where that is not its name, what it changes, and what makes that
// possible. In this order: some make the next one possible.
const kPresses = [
  ['ArrowLeft', 'time'], ['ArrowRight', 'time'], ['ArrowUp', 'rows'], ['ArrowDown', 'rows'],
  ['+', 'time'], ['=', 'time'], ['-', 'time'], ['PageUp', 'rows'], ['PageDown', 'rows'],
  ['f', 'fit'],
  ...['2', '3', '4', '5', '6', '7', '8', '1'].map((key) => [key, 'range']),
  ['l', 'live', { first: ['ArrowLeft'] }],
  ['x', 'cross'], ['s', 'side'], ['[', 'legend'], [']', 'legend'], ['}', 'legend'],
  ['{', 'legend'], ['o', 'fields'], ['O', 'fields', { how: 'Shift+O' }],
  ['c', 'layers'], ['p', 'layers'], ['k', 'layers'], ['h', 'layers'], ['w', 'layers'],
  ['d', 'fields'], ['a', 'fields'], ['A', 'fields', { how: 'Shift+A' }], ['v', 'panes'],
  ['n', 'cluster', { first: ['k'] }],
  ['N', 'cluster', { how: 'Shift+N' }],
  [',', 'head'], ['.', 'head', { first: [','] }], ['Home', 'head'], ['<', 'pace'], ['>', 'pace'],
  [' ', 'clock', { first: ['l'] }], [' ', 'clock'],
  ['g', 'columns', { then: 'stop' }], ['G', 'run', { how: 'Shift+G', then: 'stop' }],
  ['e', 'file'], ['E', 'file'], ['R', 'file'], ['y', 'toast'],
  ['b', 'dialog', { then: 'close' }], ['t', 'theme'],
  ['?', 'dialog', { then: 'close' }], ['Escape', 'cross'],
  ['i', 'instrument'],
];

async function stop_run(page) {
  const over = page.waitForFunction(() => document.querySelector('.run') === null, null, kWaitMs);
  const stopped = page.click('.run button', { force: true, ...kWaitMs }).catch(() => undefined);
  await Promise.race([over, stopped]);
  await over;
  await stand_still(page);
}

async function check_key(page, [key, what, { how = key, first = [], then } = {}]) {
  await press(page, ...first);
  const act = () => page.keyboard.press(how);
  const count = await page.locator('.instrument option').count();
  if (what === 'file') await saves(page, `key ${key}`, act);
  else if (what === 'instrument' && count < 2) await act();
  else await changes(page, what, `key ${key}`, act);
  if (then === 'close') await close_dialog(page);
  if (then === 'stop') await stop_run(page);
}

export async function check_keys(page) {
  const wanted = await page.evaluate(() => globalThis.faultline.keys());
  const pressed = new Set(kPresses.map(([key]) => key));
  assert.deepEqual([...pressed].sort(), [...new Set(wanted)].sort(), 'each key has a press');
  await stand_still(page);
  await page.focus('.chart');
  for (const one of kPresses) await check_key(page, one);
  return `${wanted.length} keys`;
}

// --- By click ------------------------------------------------------------------------------------

// In the page: the first visible button whose name is not in `done`. It is marked, and its name is
// the answer.
function mark_next({ selector, done }) {
  document.querySelector('[data-next]')?.removeAttribute('data-next');
  for (const one of document.querySelectorAll(selector)) {
    const group = one.closest('[role=group]')?.getAttribute('aria-label') ?? '';
    const name = `${group}: ${one.getAttribute('aria-label') ?? one.textContent}${
      one.pathname ?? ''}`;
    const is_there = one.checkVisibility() && !one.disabled;
    if (!is_there || done.includes(name)) continue;
    one.dataset.next = '';
    return name;
  }
  return null;
}

// One of several that is pressed already does nothing, and neither does what is as it should be.
async function make_ready(page, name) {
  if (/: (Live|Fit)$/.test(name)) {
    await page.focus('.chart');
    await press(page, '1', 'ArrowLeft', 'ArrowUp');
  }
  await page.evaluate(() => {
    const one = document.querySelector('[data-next]');
    const group = one.closest('.segmented');
    const is_choice = group !== null && group.getAttribute('aria-label') !== 'Layers';
    if (!is_choice || one.getAttribute('aria-pressed') !== 'true') return;
    (one.nextElementSibling ?? one.previousElementSibling).click();
  });
}

async function close_menu(page) {
  await press(page, 'Escape');
  await page.waitForFunction(() => document.querySelector('.menu:popover-open') === null);
}

async function leave_open(page) {
  if (await page.locator('dialog[open]').count() > 0) await close_dialog(page);
  if (await page.locator('.menu:popover-open').count() > 0) await close_menu(page);
}

// A link that opens a page of its own.
async function opens(page, name, act) {
  const [opened] = await Promise.all([page.waitForEvent('popup', kWaitMs)
    .catch(() => assert.fail(`${name} opens nothing`)), act()]);
  await opened.waitForLoadState();
  JSON.parse(await opened.textContent('body'));
  await opened.close();
}

// Each button of a part of the page, and those that come to be there by a click on another one.
// `ready` makes one able to do something, `after` the next one able to be seen.
export async function click_all(page, selector, { ready, after } = {}) {
  const done = [];
  for (;;) {
    const name = await page.evaluate(mark_next, { selector, done });
    if (name === null) return done;
    done.push(name);
    await make_ready(page, name);
    await ready?.(name);
    const what = /Speed of the clock/.test(name) ? 'pace'
      : /(Play|Pause) the/.test(name) ? 'clock' : 'any';
    const act = () => page.locator('[data-next]').click(kWaitMs);
    if (/CSV$/.test(name)) await saves(page, name, act);
    else if (/: JSON\//.test(name)) await opens(page, name, act);
    else await changes(page, what, name, act);
    await leave_open(page);
    await after?.(name);
    if (what === 'pace') await stand_still(page);
  }
}

async function check_menus(page) {
  const open = (id) => changes(page, 'menu', id, () => page.click(`[popovertarget=${id}]`));
  await open('panes-menu');
  const labels = await page.locator('#panes-menu label').all();
  for (const one of labels) {
    const name = await one.textContent();
    await changes(page, 'panes', name, () => one.click());
    await changes(page, 'panes', `${name} again`, () => one.click());
  }
  await close_menu(page);
  await open('export-menu');
  const buttons = await page.locator('#export-menu button').all();
  for (const one of buttons) {
    const name = await one.textContent();
    if (await page.locator('#export-menu:popover-open').count() === 0) await open('export-menu');
    if (/CSV|PNG/.test(name)) await saves(page, name, () => one.click());
    else await changes(page, 'toast', name, () => one.click());
  }
  await leave_open(page);
  return labels.length + buttons.length;
}

// A click into a slider, at a share of its length.
export async function click_at(page, selector, share) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  await page.mouse.click(x + share * width, y + height / 2);
}

// Each choice of a list, the first one last.
async function choose_all(page, name) {
  const list = `.toolbar select[name=${name}]`;
  const values = await page.locator(`${list} option`).evaluateAll((all) =>
    all.map(({ value }) => value));
  for (const value of [...values.slice(1), values[0]]) {
    await changes(page, 'fields', value, () => page.selectOption(list, value));
  }
  return values.length;
}

async function check_fields(page) {
  await changes(page, 'fields', 'opacity', () => click_at(page, '.slider input', 0.3));
  const count = await choose_all(page, 'tier') + await choose_all(page, 'part');
  await changes(page, 'columns', 'run ahead', () => page.selectOption('.ahead', { index: 1 }));
  await stop_run(page);
  return count + 2;
}

// The toolbar and the legend; then the bar of times while looking back, and while it is live.
export async function check_controls(page) {
  await stand_still(page);
  const done = await click_all(page, '.toolbar button, .legend button');
  await changes(page, 'cluster', 'key n', () => press(page, 'n'));
  const panel = await click_all(page, '.cluster button');
  assert.equal(panel.length, 3, panel.join(', '));
  done.push(...panel);
  await press(page, 'l');
  await changes(page, 'head', 'scrubber', () => click_at(page, '.scrubber input', 0.3));
  await see(page, '.badge.past');
  done.push(...await click_all(page, '.replay button'));
  await changes(page, 'head', 'Back to live', () => page.click('.badge.past button'));
  done.push(...await click_all(page, '.replay button:not([aria-label^=Step])'));
  assert.ok(done.length >= 45, `${done.length} buttons: ${done.join(', ')}`);
  return `${done.length + await check_menus(page) + await check_fields(page) + 2} controls`;
}

// --- By Tab --------------------------------------------------------------------------------------

// In the page: what Tab should reach and has not.
function unreached() {
  return [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled &&
      !globalThis.reached.has(one))
    .map((one) => one.outerHTML.slice(0, 90));
}

// In the page: the element with the focus is kept. Whether it was there already, and whether it is
// seen to have the focus.
function keep_focused() {
  const { reached } = globalThis;
  const one = document.activeElement;
  const is_new = !reached.has(one);
  reached.add(one);
  const { outlineStyle, boxShadow } = getComputedStyle(one);
  const is_seen = one === document.body || outlineStyle !== 'none' || boxShadow !== 'none';
  return { is_new, is_seen, text: one.outerHTML.slice(0, 90) };
}

// From the top of the page to its end, and into the browser itself or to the top again.
async function tab_through(page) {
  await page.evaluate(() => {
    globalThis.reached = new Set();
    document.activeElement?.blur();
  });
  const unseen = [];
  let count = 0;
  for (let is_new = true; is_new && count < 400; count += 1) {
    await press(page, 'Tab');
    const found = await page.evaluate(keep_focused);
    is_new = found.is_new;
    if (!found.is_seen) unseen.push(found.text);
  }
  assert.deepEqual(unseen, [], 'the focus is seen everywhere');
  assert.deepEqual(await page.evaluate(unreached), [], 'Tab leads to all there is');
  return count - 1;
}

async function tab_to(page, name) {
  for (let i = 0; i < 400; i += 1) {
    if (await page.evaluate((text) => document.activeElement.textContent === text, name)) return;
    await press(page, 'Tab');
  }
  assert.fail(`Tab does not lead to ${name}`);
}

// Tab and Enter are all there is.
export async function check_tab(page) {
  const counts = [];
  await stand_still(page);
  for (const [name, selector] of [['Map', '.near'], ['Scorecard', '.feed-table tbody tr'],
    ['Lab', '.field']]) {
    await tab_to(page, name);
    await press(page, 'Enter');
    await see(page, selector);
    await see(page, '.screen:not([hidden])');
    counts.push(await tab_through(page));
  }
  return `${counts.join(' + ')} stops of Tab`;
}
