import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { done_runs, going_run } from './access_tests.mjs';
import {
  change_answers, forgive, frames_pass, gone, has_hash, kPhone, no_hash, not_wider_than, press,
  reads, see, still,
} from './page.mjs';

// The scorecard and the lab in the browser: every control, by pointer and by keyboard alone, and
// the states in which there is nothing to show.

const kSmall = { viewport: { width: 1280, height: 720 } };

// Text and what is behind it, of everything on the page that is text, after WCAG 2.2.
function worst_contrast() {
  const parse = (text) => text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
  const linear = (channel) => (channel <= 10.31475 ? channel / 3294.6
    : ((channel / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
      if (a > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  let worst = { ratio: 21, text: '' };
  for (const element of document.querySelectorAll('.pages *, .header *')) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3 &&
      node.textContent.trim() !== '');
    if (own.length === 0 || element.closest('.sr, button:disabled') !== null) continue;
    if (element.getClientRects().length === 0) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))]
      .sort((x, y) => x - y);
    const ratio = (b + 0.05) / (a + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: own[0].textContent.trim() };
  }
  return worst;
}

async function check_contrast(page) {
  const { ratio, text } = await page.evaluate(worst_contrast);
  assert.ok(ratio >= 4.5, `"${text}" has a contrast of ${ratio.toFixed(2)}`);
}

// Everything that can be operated has a name, and every picture says what it shows.
async function check_names(page) {
  const bare = await page.evaluate(() => [...document.querySelectorAll(
    '.pages button, .pages input, .pages select, .pages canvas, .pages a, .pages summary')]
    .filter((one) => one.closest('[aria-hidden]') === null).filter((one) => {
      const label = one.getAttribute('aria-label') ?? '';
      const labels = [...one.labels ?? []].map((other) => other.textContent).join('');
      return (label + labels + (one.tagName === 'SELECT' ? '' : one.textContent)).trim() === '';
    }).map((one) => one.outerHTML.slice(0, 120)));
  assert.deepEqual(bare, []);
  const silent = await page.evaluate(() => [...document.querySelectorAll('.pages figure')]
    .filter((one) => !/\d/.test(one.querySelector('.sr')?.textContent ?? '')).length);
  assert.equal(silent, 0, 'each chart has a sentence with numbers');
}

// --- Navigation --------------------------------------------------------------------------------

async function check_navigation(page, mock) {
  const frames = () => page.evaluate(() => globalThis.faultline.frames());
  await press(page, 's', 'ArrowLeft');
  await has_hash(page, 'from=');
  await still(page, 600); // the address follows the view
  const map = await page.evaluate(() => [location.hash, globalThis.faultline.geometry()]);
  await press(page, 'Shift+S');
  await see(page, '.scorecard .scatter canvas');
  await has_hash(page, 'screen=scorecard');
  assert.match(await page.title(), /Scorecard/);
  const before = await frames();
  const visible = await page.evaluate(() =>
    document.querySelector('.chart').checkVisibility({ visibilityProperty: true }));
  assert.equal(visible, false, 'the map is hidden');
  const figures = await page.textContent('.figures');
  mock.tick();
  await page.waitForFunction((old) =>
    document.querySelector('.figures').textContent !== old, figures);
  await frames_pass(page, 10);
  assert.equal(await frames(), before, 'a map that is hidden draws nothing');
  return { before, map };
}

async function check_back(page, { before, map }) {
  await press(page, 'Shift+L');
  await see(page, '.lab');
  await page.goBack();
  await see(page, '.scorecard');
  await page.goBack();
  await see(page, '.chart:visible');
  await no_hash(page, 'screen=');
  const after = await page.evaluate(() => [location.hash, globalThis.faultline.geometry()]);
  assert.equal(after[0], map[0]);
  assert.deepEqual(after[1].time, map[1].time);
  // The column that came meanwhile.
  await page.waitForFunction((old) => globalThis.faultline.frames() > old, before);
  await page.goForward();
  await see(page, '.scorecard');
  await page.click('.nav a:has-text("Map")');
  await see(page, '.chart:visible');
  await press(page, 'l', 's', 'm');
  assert.equal(await page.locator('.pages').count(), 0, 'letters alone are keys of the map');
}

async function check_help(page) {
  await press(page, '?');
  await see(page, 'dialog[open]');
  assert.match(await page.textContent('dialog'), /Scorecard/);
  assert.doesNotMatch(await page.textContent('dialog'), /Crosshair/);
  await press(page, 'Shift+M', 'Escape');
  await see(page, '.scorecard');
  await press(page, 'x', 's', 'l');
  assert.doesNotMatch(await page.evaluate(() => location.hash), /side=/, 'keys of the map sleep');
  await press(page, 't');
  await has_hash(page, 'theme=light');
}

// --- Scorecard ---------------------------------------------------------------------------------

async function check_scorecard(page) {
  await see(page, '.skill .scores');
  await see(page, '.recovery-table tbody tr');
  await see(page, '.claims > li');
  for (const [text, hash] of [['24h', 'last=24h'], ['3d', 'last=3d'], ['1w', 'last=1w'],
    ['Longs', 'of=long'], ['Shorts', 'of=short']]) {
    await page.click(`.toolbar button:text-is("${text}")`);
    await has_hash(page, hash);
  }
  await page.click('.toolbar button:text-is("Both sides")');
  await no_hash(page, 'of=');
  await reads(page, '.totals .note', /168 hours/);
  await page.click('.toolbar button:text-is("All")');
  await reads(page, '.totals .note', /all 720 hours/);
  assert.match(await page.textContent('.coverage'), /[\d,]+ of [\d,]+ printed amounts/);
  assert.match(await page.textContent('.coverage'), /80 % promised/);
  assert.match(await page.textContent('.toolbar .origin'), /simulated market/i);
  await check_feeds(page);
  await page.click('.timeline summary');
  await see(page, '.timeline tbody tr');
  assert.equal(await page.locator('.timeline tbody tr').count(), 200);
  await page.click('.skill button:text-is("In the hour")');
  await reads(page, '.skill .scores', /trees and geometry, no map/);
  await page.click('.skill button:text-is("whole")');
  await reads(page, '.skill header', /2026-04-01/);
  assert.equal(await page.locator('.claims > li').count(), 8);
  await page.click('.claims > li:nth-child(8) summary');
  await see(page, '.claims > li:nth-child(8) table');
  assert.match(await page.textContent('.other-studies'), /Where liquidations happen/);
  const href = await page.getAttribute('.other-studies a', 'href');
  assert.equal(href, '/v1/studies/location');
}

// What is told of feeds, and what is not.
async function check_feeds(page) {
  const rows = await page.locator('.feed-table tbody tr').evaluateAll((all) => all.map((row) =>
    [...row.children].slice(5, 9).map((cell) => cell.textContent)));
  const resyncs = 'not told';
  assert.deepEqual(rows, [['2 (< 0.01 %)', '15', resyncs, 'yes'],
    ['1,200 (2.78 %)', '10', resyncs, 'yes'], ['0', '0', resyncs, 'no'],
    ['34 (0.08 %)', '5', resyncs, 'yes']]);
}

async function check_scatter(page) {
  await page.locator('.scatter canvas').scrollIntoViewIfNeeded();
  const box = await page.locator('.scatter canvas').boundingBox();
  for (let i = 0; i < 40; i += 1) {
    const share = 0.2 + 0.015 * i;
    await page.mouse.move(box.x + 60 + share * (box.width - 80),
      box.y + box.height - 50 - share * (box.height - 70));
    const text = await page.textContent('.scatter .legend-line');
    if (/expected,.*printed/.test(text)) return;
  }
  assert.fail('no point under the pointer');
}

// What is wider than the phone can be moved by keys; what is not is no stop on the way.
async function check_table_scrolls(page) {
  const wide = page.locator('.recovery .scroll');
  await see(page, '.recovery .scroll[tabindex="0"]');
  await wide.focus();
  await press(page, 'ArrowRight', 'ArrowRight');
  await page.waitForFunction(() => document.querySelector('.recovery .scroll').scrollLeft > 20);
  assert.match(await wide.getAttribute('aria-label'), /can be scrolled/);
  assert.equal(await page.locator('.totals .scroll[tabindex]').count(), 0, 'these fit');
}

async function check_failing(page, mock, path, panel, problems) {
  mock.break(path);
  await page.reload();
  await see(page, `${panel}`);
  await reads(page, panel, /broken for the test/);
  mock.break();
  await page.click(`${panel} button:text-is("Try again")`);
  await page.waitForFunction((one) =>
    !document.querySelector(one)?.textContent.includes('broken'), panel);
  forgive(problems);
}

// --- Lab ---------------------------------------------------------------------------------------

async function check_form(page) {
  await see(page, '.field');
  await page.selectOption('#lab-scenario', 'crowded_longs');
  await has_hash(page, 'scenario=crowded_longs');
  assert.match(await page.textContent('.scenario .hint'), /late rally/);
  for (const [name, text, hash] of [['seed', '5', 'seed=5'], ['hours', '12', 'hours=12'],
    ['members', '32', 'members=32']]) {
    await page.fill(`input[name="${name}"]`, text);
    await press(page, 'Tab');
    await has_hash(page, hash);
  }
  const depth = page.locator('.field', { hasText: 'depth usd per percent' });
  await depth.locator('.value').fill('2.5M');
  await press(page, 'Tab');
  await has_hash(page, 'set=makers.depth_usd_per_percent:2500000');
  const slider = depth.locator('input[type=range]');
  await slider.focus();
  await press(page, 'ArrowRight');
  const after = await depth.locator('.value').inputValue();
  assert.notEqual(after, '2.5M', 'the slider moves the value');
  await depth.locator('.value').fill('nonsense');
  await press(page, 'Tab');
  assert.equal(await depth.locator('.value').inputValue(), after, 'nonsense is not taken');
  await reads(page, '.submit .held', /^depth usd per percent: a number from 1000 to 100B$/);
  await page.fill('input[name="value.news_count"]', '3.6');
  await press(page, 'Tab');
  await has_hash(page, 'value.news_count:4');
  await reads(page, '.submit .held', /^news count: a whole number from 0 to/);
  await page.click('[aria-label="Reset news count"]');
  await page.click('.others > summary');
  assert.ok(await page.locator('.others .field').count() > 50);
  await page.fill('.others input[name="makers.half_spread"]', '0.0002');
  await press(page, 'Tab');
  await has_hash(page, 'makers.half_spread:0.0002');
  await page.click('[aria-label="Reset half spread"]');
  await no_hash(page, 'half_spread');
  await page.click('button:has-text("Reset 1 change")');
  await no_hash(page, 'set=');
  await page.click('.others > summary');
}

async function check_run(page) {
  await page.fill('input[name="hours"]', '16');
  await page.click('button.primary');
  await see(page, '.run-head .run-status.running');
  await see(page, '.mirror canvas');
  await page.waitForFunction(() => /about \d+s left/.test(
    document.querySelector('.run-head').textContent));
  await see(page, '.run-charts .error .u-wrap');
  await reads(page, '.settling', /begins with knowing nothing, and takes about a day/);
  const share = () => page.evaluate(() =>
    parseFloat(document.querySelector('.run-head .progress-line i')?.style.width ?? '100'));
  const first = await share();
  await page.waitForFunction((old) => parseFloat(
    document.querySelector('.run-head .progress-line i')?.style.width ?? '100') > old, first);
  await page.click('.mirror button:text-is("Log")');
  await page.hover('.mirror canvas');
  await reads(page, '.mirror .legend-line', /truth, .* estimate/);
}

async function check_done(page) {
  await see(page, '.run-head .run-status.done');
  assert.equal(await page.locator('button.danger').count(), 0);
  await page.hover('.run-charts .near-sums .plot');
  await reads(page, '.near-sums .reading', /truth.*estimate/);
  await reads(page, '.liquidated .reading', /truth.*printed.*expected/);
  const [download] = await Promise.all([page.waitForEvent('download'),
    page.click('.run-head button:text-is("Hours, CSV")')]);
  assert.match(download.suggestedFilename(), /^faultline_lab_crowded_longs_1\.csv$/);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\n');
  assert.equal(lines.filter((line) => /^2025-/.test(line)).length, 16);
  await page.click('.lab-center summary');
  await see(page, '.lab-center details tbody tr');
  assert.equal(await page.locator('.lab-center details tbody tr').count(), 16);
}

async function check_cancel(page) {
  await page.fill('input[name="hours"]', '160');
  await page.click('button.primary');
  await see(page, 'button.danger');
  await page.fill('input[name="seed"]', '6');
  await page.click('button.primary');
  await see(page, '.run-head .run-status.waiting');
  await page.click('button.danger');
  await see(page, '.run-head .run-status.cancelled');
  await page.click('.run-list li:nth-child(2) .run');
  await page.waitForFunction(() => /hour [2-9]\d* of 160/.test(
    document.querySelector('.run-head').textContent), null, { timeout: 15_000 });
  await reads(page, '.run-head', /hour (2[5-9]|[3-9]\d) of 160/);
  await gone(page, '.settling');
  assert.match(await page.textContent('.run-charts .error'), /first 24 h/);
  await page.click('button.danger');
  await see(page, '.run-head .run-status.cancelled');
  await page.click('button:text-is("Use settings")');
  await has_hash(page, 'seed=5');
}

async function check_compare(page) {
  await page.selectOption('#lab-scenario', 'quiet_range');
  await page.fill('input[name="hours"]', '8');
  await page.click('button.primary');
  await see(page, '.run-head .run-status.done');
  await page.click('.toolbar button:has-text("Compare")');
  await reads(page, '.lab-center', /Tick two or more/);
  await page.check('[aria-label^="Compare quiet range"]');
  await page.check('[aria-label="Compare crowded longs #1"]');
  await see(page, '.compare-error .u-wrap');
  await see(page, '.compare-near .u-wrap');
  const text = await page.textContent('.differences');
  assert.match(text, /holders\.leverage_median/);
  assert.match(text, /relative L1, mean/);
  assert.match(await page.textContent('.toolbar'), /Compare 2/);
}

async function check_refusals(page, problems) {
  await page.click('.toolbar button:text-is("Run")');
  await page.fill('input[name="hours"]', '150');
  for (let i = 0; i < 6; i += 1) {
    await page.click('.submit button.primary:enabled');
    await frames_pass(page, 2);
  }
  await see(page, '.submit .problem');
  assert.match(await page.textContent('.submit .problem'), /four runs wait/);
  for (let i = 0; i < 5; i += 1) {
    await page.click(`.run-list li:has(.run-status:not(.done, .cancelled)) .run`);
    await page.click('button.danger');
    await see(page, '.run-head .run-status.cancelled');
  }
  forgive(problems);
}

// --- Arms of claims ----------------------------------------------------------------------------

const arms_of = (page, number) => page.locator(`.claims > li:nth-child(${number}) .arms button`);

async function check_arm(page, name) {
  await page.waitForFunction(() => document.activeElement?.id === 'lab-scenario');
  assert.equal(await page.inputValue('#lab-scenario'), `arm: ${name}`);
  assert.equal(await page.inputValue('input[name="seed"]'), '101');
  assert.equal(await page.inputValue('input[name="hours"]'), '24');
  await reads(page, '.toast[role=status]',
    new RegExp(`^${name} is chosen: the same kind of market as the study ran`));
  await has_hash(page, `scenario=arm:+${name.replaceAll(' ', '+')}&seed=101`);
}

// From the scorecard an arm leads to the lab, which keeps nothing that was set up there.
async function check_arm_of_scorecard(page) {
  await see(page, '.claims > li');
  await page.click('.claims > li:nth-child(3) summary');
  const texts = await arms_of(page, 3).allTextContents();
  assert.deepEqual([texts.length, ...texts.slice(0, 2)], [10, 'crowded', 'thin book']);
  assert.equal(await arms_of(page, 8).count(), 0, 'this one is of all arms');
  assert.match(await page.textContent('.claims [aria-label="Arms of claim 3"]'),
    /One run is one draw; the verdict stands on 24 of each arm/);
  await page.click('[aria-label="Arms of claim 3"] [aria-label="Try thin book"]');
  await check_arm(page, 'thin book');
  await no_hash(page, 'set=');
  await page.goBack();
  await see(page, '.claims-panel');
  await page.goForward();
  await see(page, '.lab');
}

// In the lab by keys alone, one arm after the other; their runs are compared as any are.
async function check_arms_of_lab(page, shot) {
  assert.deepEqual(await page.locator('#lab-scenario optgroup').evaluateAll((all) =>
    all.map((one) => [one.label, one.children.length])),
  [['Shipped', 12], ['Arms of the claims', 19]]);
  assert.equal(await page.locator('.scenario-list tbody tr').count(), 12);
  await page.click('.claims > li:nth-child(1) summary');
  for (const [i, name] of ['similar', 'wide'].entries()) {
    await arms_of(page, 1).nth(i).focus();
    await press(page, 'Enter');
    await check_arm(page, name);
    assert.equal(await page.locator('.run-list li').count(), i, 'nothing runs by itself');
    await reads(page, '.scenario .hint', /seeds from 101 on.* · claim 1$/);
    await page.click('.submit button.primary:enabled');
    await reads(page, '.run-head h2', new RegExp(`^arm: ${name}$`));
    await see(page, '.run-head .run-status.done');
  }
  assert.deepEqual(await arms_of(page, 1).evaluateAll((all) => all.map((one) =>
    one.ariaPressed)), ['false', 'true']);
  await page.click('.toolbar button:has-text("Compare")');
  await page.check('[aria-label="Compare arm: similar #1"]');
  await page.check('[aria-label="Compare arm: wide #2"]');
  await reads(page, '.differences', /holders\.leverage_spread/);
  await frames_pass(page, 10);
  await shot(page, 'lab_arms');
  await page.reload();
  await see(page, '#lab-scenario');
  assert.equal(await page.inputValue('#lab-scenario'), 'arm: wide');
}

// Tab, arrows, space and Enter are all there is.
async function by_keyboard(page) {
  const tab_to = async (selector) => {
    for (let i = 0; i < 140; i += 1) {
      await press(page, 'Tab');
      if (await page.evaluate((one) => document.activeElement.matches(one), selector)) return;
    }
    assert.fail(`Tab does not lead to ${selector}`);
  };
  await see(page, '.field');
  await tab_to('#lab-scenario');
  await press(page, 'ArrowDown');
  await has_hash(page, 'scenario=balanced');
  await tab_to('input[name="hours"]');
  await page.keyboard.type('6');
  await tab_to('[aria-label="leverage median"]');
  await press(page, 'ArrowRight', 'ArrowRight');
  await has_hash(page, 'set=holders.leverage_median');
  await tab_to('button.primary');
  await press(page, 'Enter');
  await see(page, '.run-head .run-status.done');
  await tab_to('.run-list input');
  await press(page, 'Space');
  assert.equal(await page.locator('.run-list input:checked').count(), 1);
  await tab_to('.claims summary');
  await press(page, 'Enter');
  await see(page, '.claims details[open] table');
  await press(page, 'Shift+M');
  await see(page, '.chart:visible');
}

// --- All of them -------------------------------------------------------------------------------

async function scorecard_dark(page, shot) {
  await check_scorecard(page);
  await check_scatter(page);
  await check_contrast(page);
  await check_names(page);
  await page.reload();
  await see(page, '.skill .scores');
  await see(page, '.recovery-table tbody tr');
  await frames_pass(page, 10);
  await shot(page, 'scorecard');
  await page.evaluate(() => document.querySelector('.skill').scrollIntoView());
  await frames_pass(page, 5);
  await shot(page, 'scorecard_studies');
  await check_help(page);
}

async function scorecard_light(page, shot) {
  await see(page, '.skill .scores');
  await see(page, '.recovery-table tbody tr');
  await reads(page, '.totals .note', /72 hours/);
  const [download] = await Promise.all([page.waitForEvent('download'),
    page.click('.toolbar button:text-is("Hours, CSV")')]);
  assert.match(download.suggestedFilename(), /^faultline_BTCUSDT_hours_2025-12-01T000000Z\.csv$/);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\n');
  assert.equal(lines.filter((line) => /^2025-/.test(line)).length, 72);
  await see(page, '.toast:text-is("The hours are saved")');
  await frames_pass(page, 10);
  await check_contrast(page);
  await shot(page, 'scorecard_light');
}

// An older service tells less of its feeds.
async function check_untold_feeds(page) {
  await change_answers(page, '**/v1/health', (body) => {
    for (const feed of body.feeds) {
      for (const name of ['gap_steps', 'gap_share', 'held_interest_steps', 'is_throttled',
        'resyncs']) delete feed[name];
    }
    return body;
  });
  await page.reload();
  await reads(page, '.feed-table tbody tr', /(not told){4}/);
}

// Recorded prices without liquidations are no market whose first hour is to come.
async function scorecard_of_nothing(page) {
  await change_answers(page, '**/v1/scorecard?**', (body) => ({ ...body, hours: [] }));
  await page.reload();
  await reads(page, '.page > .state', /No hour is over yet/);
  await change_answers(page, '**/v1/map?**', (body) => {
    for (const venue of body.header.coverage) venue.feed = null;
    return body;
  });
  await page.reload();
  await reads(page, '.page > .state', /No liquidations of this market are recorded/);
}

async function scorecard_fails(page, problems, mock, shot) {
  await see(page, '.skill .scores');
  await check_failing(page, mock, '/v1/scorecard', '.page > .state', problems);
  await see(page, '.scatter canvas');
  await check_failing(page, mock, '/v1/studies/recovery', '.other-studies', problems);
  await see(page, '.recovery-table');
  await check_failing(page, mock, '/v1/lab/scenarios', '.claims-panel', problems);
  await page.waitForSelector('.claims .arms', { state: 'attached' });
  await check_offline(page, problems, () => shot(page, 'scorecard_offline'));
}

async function check_offline(page, problems, look) {
  await page.context().setOffline(true);
  await see(page, '.chip.offline');
  await see(page, '.state.bar');
  await look();
  await page.context().setOffline(false);
  await gone(page, '.state.bar');
  forgive(problems);
}

export function screen_tests({ test, shot, mock }) {
  test('from screen to screen', '#span=1d', async (page) => {
    await check_back(page, await check_navigation(page, mock));
  });
  const off = { unsettled: true };
  test('scorecard, dark', '#screen=scorecard', (page) => scorecard_dark(page, shot),
    { ...off, seconds: 8, before: ({ state }) => { state.has_bad_feeds = true; } });
  test('scorecard, light', '#screen=scorecard&theme=light&last=3d',
    async (page) => {
      await scorecard_light(page, shot);
      await check_untold_feeds(page);
    }, { ...off, acceptDownloads: true });
  test('scorecard, phone', '#screen=scorecard', async (page) => {
    await see(page, '.skill .scores');
    await frames_pass(page, 10);
    await not_wider_than(page, 390);
    await check_table_scrolls(page);
    await shot(page, 'scorecard_phone');
  }, { ...kPhone, ...off });
  test('scorecard, what fails', '#screen=scorecard',
    (page, problems) => scorecard_fails(page, problems, mock, shot), { ...off, seconds: 8 });
  test('scorecard, nothing recorded', '#screen=scorecard', scorecard_of_nothing, off);
  lab_tests({ test, shot, mock });
}

function lab_tests({ test, shot, mock }) {
  const off = { unsettled: true };
  test('lab, nothing run yet', '#screen=lab', async (page, problems) => {
    await see(page, '.scenario-list');
    await page.click('[aria-label="Choose hunters"]');
    await has_hash(page, 'scenario=hunters');
    await shot(page, 'lab_empty');
    await check_failing(page, mock, '/v1/lab/scenarios', '.lab-fields', problems);
    await see(page, '#lab-scenario');
  }, off);
  test('lab, every control', '#screen=lab', async (page, problems) => {
    await check_form(page);
    await check_run(page);
    await shot(page, 'lab_running');
    await check_done(page);
    await check_contrast(page);
    await check_names(page);
    await check_cancel(page);
    await check_compare(page);
    await frames_pass(page, 10);
    await shot(page, 'lab_compare');
    await check_refusals(page, problems);
  }, { ...off, seconds: 30, acceptDownloads: true });
  test('lab, arms of claims', '#screen=scorecard&scenario=hunters&set=readers.hunters:9',
    async (page) => {
      await check_arm_of_scorecard(page);
      await check_arms_of_lab(page, shot);
    }, { ...off, seconds: 8, before: ({ lab }) => { lab.ms_per_hour = 20; } });
  test('lab, by keyboard', '#screen=lab', by_keyboard, off);
  test('lab, light and small', '#screen=lab&theme=light', async (page) => {
    await page.click('.run-list li:has(.done) .run');
    await see(page, '.run-charts .error .u-wrap');
    await frames_pass(page, 10);
    await check_contrast(page);
    await not_wider_than(page, 1280);
    await shot(page, 'lab_light');
  }, { ...kSmall, ...off, before: done_runs });
  test('lab, phone', '#screen=lab&scenario=hunters', async (page) => {
    await see(page, '.field');
    await not_wider_than(page, 390);
    await shot(page, 'lab_phone');
    await page.tap('.run-list li:has(.done) .run');
    await see(page, '.run-charts .error .u-wrap');
    await page.evaluate(() => document.querySelector('.lab-center').scrollIntoView());
    await frames_pass(page, 10);
    await shot(page, 'lab_phone_run');
  }, { ...kPhone, ...off, before: done_runs });
  test('lab, offline', '#screen=lab', async (page, problems) => {
    await see(page, '.run-head');
    await check_offline(page, problems, () => shot(page, 'lab_offline'));
  }, { ...off, before: going_run });
}
