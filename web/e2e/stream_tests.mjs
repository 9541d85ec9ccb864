import assert from 'node:assert/strict';

import { check_axe, forgive, kPhone, press, reads, see, still } from './page.mjs';

// What the stream does not say: columns between an answer and the first of its messages, and those
// that it leaves out for a slow reader. And who may hear it: keys.

// Columns of the right part of the map of which the page does not say what the market has.
function holes(page, market) {
  return page.evaluate(({ first, end }) => {
    const { faultline } = globalThis;
    const { time: { from, to }, width, height } = faultline.geometry();
    const found = [];
    for (let column = end - 120; column < end; column += 1) {
      const x = ((first + (column + 0.5) * 60_000 - from) / (to - from)) * width;
      const at = x < 0 ? null : faultline.probe(x, height / 2);
      if (x >= 0 && !(at?.cell?.column_count > 0)) found.push(column - end);
    }
    return found;
  }, { first: market.first_column_ms, end: market.column_end });
}

async function fills_up(page, market) {
  const end = market.column_end;
  await page.waitForFunction((wanted) =>
    Number(document.querySelector('.scrubber input')?.max) >= wanted - 1, end);
  for (let i = 0; i < 100; i += 1) {
    await still(page, 350);
    if ((await holes(page, market)).length === 0) break;
  }
  assert.deepEqual(await holes(page, market), [], 'columns of which nothing is known');
}

async function check_bursts(page, mock) {
  const [market] = mock.markets;
  for (let i = 0; i < 25; i += 1) {
    mock.burst(1 + (i % 5) * 3);
    await new Promise((done) => setTimeout(done, 40));
  }
  await fills_up(page, market);
}

// Tiles get the columns that came while another part of the map was shown.
async function check_looked_at_later(page, mock) {
  const [market] = mock.markets;
  for (let i = 0; i < 10; i += 1) await page.keyboard.press('ArrowLeft');
  await still(page);
  for (let i = 0; i < 20; i += 1) mock.tick();
  await page.waitForFunction((wanted) =>
    Number(document.querySelector('.scrubber input')?.max) >= wanted - 1, market.column_end);
  await page.keyboard.press('l');
  await fills_up(page, market);
}

// --- Keys ----------------------------------------------------------------------------------------

const kReader = 'fl_of-the-reader';
const kOwner = 'fl_of-the-owner';

function lock({ state }) {
  state.keys.set(kReader, ['read']);
  state.keys.set(kOwner, ['read', 'control', 'lab']);
}

async function give_key(page, key) {
  await page.fill('.key-dialog input', key);
  await press(page, 'Enter');
}

async function check_asking(page, problems, shot) {
  await see(page, '.key-dialog[open]');
  await press(page, 'Escape', 'Escape', 'Escape');
  await see(page, '.key-dialog[open]');
  await give_key(page, 'two words');
  await reads(page, '.key-dialog .problem', /letters, digits/);
  await give_key(page, 'fl_wrong');
  await reads(page, '.key-dialog .problem', /does not know this key/);
  await check_axe(page);
  await shot(page, 'key');
  const sent = [];
  page.on('request', (request) => sent.push(request));
  await give_key(page, kReader);
  await page.waitForSelector('.key-dialog:not([open])', { state: 'attached' });
  await still(page);
  await see(page, '.chip.paused');
  const tiles = sent.filter((one) => one.url().includes('/v1/heatmap/tile'));
  assert.ok(tiles.length > 0);
  for (const one of sent.filter((request) => request.url().includes('/v1/'))) {
    assert.equal(await one.headerValue('authorization'), `Bearer ${kReader}`, one.url());
    assert.ok(!one.url().includes(kReader), 'the key is in no address');
  }
  const kept = await page.evaluate(() => [location.href, document.cookie,
    JSON.stringify(localStorage), JSON.stringify(sessionStorage)]);
  assert.deepEqual(kept.map((text) => text.includes(kReader)), [false, false, false, true]);
  forgive(problems);
}

async function check_scopes(page, problems) {
  await page.reload();
  await still(page);
  assert.equal(await page.locator('.key-dialog[open]').count(), 0, 'the tab remembers');
  await page.click('.replay .segmented button:nth-child(4)');
  await reads(page, '.notice', /does not allow to steer the clock/);
  await press(page, 'Shift+L');
  await see(page, '.field');
  await page.click('button.primary:enabled');
  await reads(page, '.submit .problem', /does not allow experiments/);
  await press(page, 'Shift+M');
  await see(page, '.chart:visible');
  forgive(problems);
}

async function check_taken_away(page, problems, mock) {
  mock.state.keys.delete(kReader);
  mock.drop();
  await see(page, '.key-dialog[open]');
  await reads(page, '.key-dialog .problem', /no longer accepted/);
  await give_key(page, kOwner);
  await page.waitForSelector('.key-dialog:not([open])', { state: 'attached' });
  await see(page, '.chip.paused');
  await page.click('.replay .segmented button:nth-child(4)');
  await see(page, '.chip.live');
  mock.state.ticker.set_speed(0);
  await page.click('.key-button');
  await see(page, '.key-dialog[open]');
  await press(page, 'Escape');
  await page.waitForSelector('.key-dialog:not([open])', { state: 'attached' });
  forgive(problems);
}

function key_tests({ test, shot, mock }) {
  test('a key is asked for, and says what it does not allow', '#span=4h',
    async (page, problems) => {
      await check_asking(page, problems, shot);
      await check_scopes(page, problems);
      await check_taken_away(page, problems, mock);
    }, { unsettled: true, before: lock, seconds: 8 });
  test('a key is asked for on a phone, light', '#screen=scorecard&theme=light',
    async (page, problems) => {
      await see(page, '.key-dialog[open]');
      await give_key(page, 'fl_wrong');
      await reads(page, '.key-dialog .problem', /does not know this key/);
      await check_axe(page);
      await shot(page, 'key_phone');
      await give_key(page, kReader);
      await see(page, '.skill .scores');
      const [download] = await Promise.all([page.waitForEvent('download'),
        page.tap('.other-studies a.json')]);
      assert.match(download.suggestedFilename(), /^faultline_location\.json$/);
      mock.break('/v1/studies/location');
      await page.tap('.other-studies a.json');
      await reads(page, '.toast', /^faultline_location\.json is not saved: broken for the test/);
      forgive(problems);
    }, { ...kPhone, unsettled: true, before: lock, acceptDownloads: true });
}

// The browser keeps a tile that is over: another visit does not ask for it.
async function check_kept(page, { state }) {
  const taken = new Set(); // a request that is given up is not kept
  page.on('requestfinished', (request) => taken.add(request.url()));
  await page.reload();
  await still(page);
  const before = new Set(taken);
  state.tiles_asked = [];
  await page.reload();
  await still(page);
  const again = state.tiles_asked.filter(({ path }) => before.has(new URL(path, page.url()).href));
  assert.deepEqual(again.filter(({ is_over }) => is_over), [], 'what is over');
  assert.ok(again.length > 0, 'what grows is asked for again');
  assert.ok([...before].filter((url) => url.includes('/v1/heatmap/tile')).length > again.length);
}

export function stream_tests({ test, shot, mock }) {
  test('a tile that is over is asked for once', '#span=7d', (page) => check_kept(page, mock));
  key_tests({ test, shot, mock });
  const late = ({ state }) => { state.columns_before_join = 14; };
  for (const span of ['4h', '3d']) {
    test(`columns made before the stream is joined are there: ${span}`, `#span=${span}`,
      (page) => fills_up(page, mock.markets[0]), { unsettled: true, before: late });
  }
  test('columns that the stream leaves out are there', '#span=4h', async (page) => {
    await check_bursts(page, mock);
    await check_looked_at_later(page, mock);
    await page.evaluate(() => { location.hash = '#span=3d'; });
    await still(page);
    await check_bursts(page, mock);
    await shot(page, 'gap_filled');
  });
}
