import assert from 'node:assert/strict';

import { changes, click_all, click_at, saves, stand_still } from './operation.mjs';
import { press, see } from './page.mjs';

// The controls of the scorecard and the lab, on the real program. Each of them is clicked or typed
// into, and has to change something or to save a file. The clock stands still.

const kRunMs = { timeout: 60_000 };

const go_to = (page, name) =>
  changes(page, 'screen', name, () => page.click(`.nav a:text-is("${name}")`));

// --- Scorecard -----------------------------------------------------------------------------------

// An arm leads to the lab. What is folded then, and by a click, is opened: arms are in it.
async function come_back(page, name) {
  if (/: Try /.test(name)) {
    await page.waitForFunction(() => document.activeElement?.id === 'lab-scenario');
    await page.goBack();
    await see(page, '.claims > li');
  }
  await page.evaluate(() => {
    for (const one of document.querySelectorAll('.claims details')) one.open = true;
  });
}

export async function check_scorecard_controls(page) {
  await stand_still(page);
  await go_to(page, 'Scorecard');
  for (const one of ['.timeline summary', '.skill .scores', '.recovery tbody tr', '.claims > li',
    '.feed-table tbody tr']) await see(page, one);
  const done = await click_all(page, '.pages button, .pages summary, .pages a',
    { after: (name) => come_back(page, name) });
  const links = done.filter((name) => /: JSON/.test(name));
  assert.equal(links.length, await page.locator('a.json').count());
  for (const wanted of [/^Hours shown: All$/, /^Side: Longs$/, /: Hours, CSV$/, /^Window: /,
    /^Arms of claim 7: /, /: Hours as a table$/]) {
    assert.ok(done.some((name) => wanted.test(name)), `${wanted}: ${done.join(', ')}`);
  }
  return `${done.length} controls of the scorecard`;
}

// --- Lab: the form -------------------------------------------------------------------------------

// Before the first run: what can be run. The one that is chosen already comes last.
async function check_list(page) {
  const all = await page.locator('.scenario-list button').evaluateAll((buttons) => buttons
    .sort((a, b) => String(a.ariaPressed).localeCompare(b.ariaPressed))
    .map((one) => one.ariaLabel));
  for (const name of all) {
    await changes(page, 'form', name, () => page.click(`[aria-label="${name}"]`));
  }
  return all.length;
}

async function check_scenarios(page) {
  const values = await page.locator('#lab-scenario option').evaluateAll((all) =>
    all.map(({ value }) => value));
  const chosen = await page.inputValue('#lab-scenario');
  for (const value of [...values.filter((one) => one !== chosen), chosen]) {
    await changes(page, 'form', value, () => page.selectOption('#lab-scenario', value));
  }
  return values.length;
}

async function type_into(page, name, text) {
  const field = page.locator(`.lab-form input[name="${name}"]`);
  await field.fill(String(text));
  await field.press('Tab');
}

async function check_sliders(page) {
  const names = await page.locator('.field input[type=range]').evaluateAll((all) =>
    all.map((one) => one.ariaLabel));
  for (const name of names) {
    const slider = `.field input[aria-label="${name}"]`;
    await page.locator(slider).scrollIntoViewIfNeeded();
    const place = await page.locator(slider).evaluate((one) => one.value / one.max);
    await changes(page, 'form', name, () => click_at(page, slider, place > 0.5 ? 0.2 : 0.8));
    await changes(page, 'form', `reset ${name}`, () => page.click(`[aria-label="Reset ${name}"]`));
  }
  return 2 * names.length;
}

// Into each field a bound that it does not have already. What lies beyond is not taken.
async function check_values(page) {
  const { fields } = await page.evaluate(async () => (await fetch('/v1/lab/fields')).json());
  const read = () => page.locator('.field .value').evaluateAll((all) =>
    Object.fromEntries(all.map(({ name, value }) => [name, value])));
  await changes(page, 'details', 'all other fields', () => page.click('.others > summary'));
  const before = await read();
  assert.equal(Object.keys(before).length, fields.length);
  for (const { name, least, most } of fields) {
    await type_into(page, name, Number(before[name]) === most ? least : most);
  }
  const after = await read();
  const same = fields.filter(({ name }) => after[name] === before[name]);
  assert.deepEqual(same, [], 'a field that is typed into changes');
  const { name, most } = fields.at(-1);
  await changes(page, 'held', `${name}, too much`, () => type_into(page, name, most + 1));
  const text = new RegExp(`^Reset ${fields.length} changes$`);
  await changes(page, 'form', 'reset all', () =>
    page.getByRole('button', { name: text }).click());
  return fields.length + 2;
}

// --- Lab: runs -----------------------------------------------------------------------------------

const is_run = (page, status) => page.waitForFunction((wanted) =>
  document.querySelector('.run-head .run-status')?.textContent === wanted, status, kRunMs);

const start_run = (page) =>
  changes(page, 'runs', 'Run', () => page.click('.submit button.primary:enabled'));

// Few accounts and no days of warm-up: a second.
async function check_runs(page) {
  const small = { warm_up_s: 3600, 'holders.count': 300, hours: 2, members: 2 };
  for (const [name, value] of Object.entries(small)) await type_into(page, name, value);
  for (const seed of [71, 72]) {
    await changes(page, 'form', 'seed', () => type_into(page, 'seed', seed));
    await start_run(page);
    await is_run(page, 'done');
    await see(page, '.run-charts .error .u-wrap');
  }
  await type_into(page, 'seed', 73);
  await changes(page, 'form', 'Use settings', () => page.click('button:text-is("Use settings")'));
  await saves(page, 'hours', () => page.click('.run-head button:text-is("Hours, CSV")'));
  const done = await click_all(page, '.mirror button, .lab-center summary');
  assert.equal(done.length, 3, done.join(', '));
  await page.hover('.mirror canvas');
  await page.waitForFunction(() =>
    /truth, .* estimate/.test(document.querySelector('.mirror .legend-line').textContent));
  return 2 + 6 + 2 + done.length;
}

async function check_cancelled(page) {
  await page.click('.submit button:has-text("Reset")');
  await changes(page, 'form', 'hours', () => type_into(page, 'hours', 160));
  await start_run(page);
  await is_run(page, 'running');
  await changes(page, 'status', 'Cancel', () => page.click('button.danger'));
  await is_run(page, 'cancelled');
  return 2;
}

// The two that are done, of which the second is that of a click.
async function check_compare(page) {
  await changes(page, 'pressed', 'Compare', () =>
    page.click('.toolbar button:has-text("Compare")'));
  const boxes = page.locator('.run-list li:has(.run-status.done) input');
  for (const i of [0, 1]) await changes(page, 'ticks', 'tick', () => boxes.nth(i).click());
  await see(page, '.compare-error .u-wrap');
  await see(page, '.compare-near .u-wrap');
  assert.match(await page.textContent('.differences'), /seed.*relative L1, mean/);
  await changes(page, 'pressed', 'a run', () =>
    page.click('.run-list li:has(.run-status.done) .run'));
  await see(page, '.run-head');
  return 4;
}

export async function check_lab_controls(page) {
  await stand_still(page);
  await go_to(page, 'Lab');
  await see(page, '.field');
  await see(page, '.claims > li');
  let count = await page.locator('.run-list li').count() === 0 ? await check_list(page) : 0;
  for (const check of [check_scenarios, check_sliders, check_values, check_runs, check_cancelled,
    check_compare]) count += await check(page);
  const ready = async (name) => {
    if (/: Try /.test(name)) await page.selectOption('#lab-scenario', { index: 0 });
  };
  const done = await click_all(page, '.lab-screen .toolbar button, .claims-rail button, ' +
    '.claims-rail summary, .claims-rail a', { ready });
  assert.ok(done.some((name) => /^Arms of claim 7: /.test(name)), done.join(', '));
  return `${count + done.length} controls of the lab`;
}
