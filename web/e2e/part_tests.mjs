import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { usd_of_code } from '../mock/market.mjs';
import { part_of } from '../mock/parts.mjs';
import { check_axe, forgive, frames_pass, gone, has_hash, no_hash, press, reads, see, still } from
  './page.mjs';

// Parts of the positions: the control, what is drawn and said of them, and what a cell is made of.

const kSelect = 'select[name=part]';
const kIds = ['distance_0_2', 'distance_2_5', 'distance_5_10', 'distance_over_10', 'age_1h',
  'age_4h', 'age_24h'];

// --- The control ---------------------------------------------------------------------------------

async function check_control(page, shot) {
  const options = await page.locator(`${kSelect} option`).evaluateAll((all) =>
    all.map(({ value }) => value));
  assert.deepEqual(options, ['', ...kIds]);
  assert.deepEqual(await page.locator(`${kSelect} optgroup`).evaluateAll((all) =>
    all.map(({ label }) => label)), ['opened … from liquidation', 'open for at least']);
  await page.selectOption(kSelect, 'age_4h');
  await has_hash(page, 'part=age_4h');
  await reads(page, '.badge.part', /Only positions open for at least 4 h.*no band of its own/);
  await reads(page, '.profile-caption', /Part at risk now.*no band/);
  await still(page);
  await check_axe(page);
  await shot(page, 'part');
  await page.selectOption(kSelect, '');
  await no_hash(page, 'part=');
  await gone(page, '.badge.part');
  await reads(page, '.profile-caption', /At risk now.*p10 · mean · p90/);
}

async function check_key(page) {
  await page.focus('.chart');
  for (const id of kIds) {
    await press(page, 'a');
    await has_hash(page, `part=${id}`);
  }
  await press(page, 'a');
  await no_hash(page, 'part=');
  await press(page, 'Shift+A');
  await has_hash(page, 'part=age_24h');
  await page.reload();
  await reads(page, '.badge.part', /at least 24 h/);
  await press(page, '?');
  assert.match(await page.textContent('.help[open]'), /A {2}⇧A ?Positions/);
}

async function check_other_series(page) {
  await page.selectOption(kSelect, 'age_1h');
  await page.selectOption('.instrument select', 'simulated:ETHUSDT');
  await has_hash(page, 'ETHUSDT');
  assert.equal(await page.inputValue(kSelect), 'age_1h', 'a part that both have is kept');
  await page.selectOption(kSelect, 'bybit_linear:ETHUSDT');
  await reads(page, '.badge.part', /Only positions at bybit_linear/);
  await page.selectOption('.instrument select', 'simulated:BTCUSDT');
  await gone(page, '.badge.part');
  await reads(page, '.toast', /no part bybit_linear:ETHUSDT; these are all positions/);
  await no_hash(page, 'part=');
}

function control({ test, shot }) {
  // As narrow as the map is made for.
  test('parts: the control', '#span=1d', (page) => check_control(page, shot),
    { viewport: { width: 1280, height: 720 } });
  test('parts: by key, and in the address', '#span=1d', check_key);
  test('parts: venues, and another series', '#span=1d', check_other_series);
  test('parts: one that is not there', '#span=1d&part=age_9h', async (page) => {
    await reads(page, '.toast', /no part age_9h; these are all positions/);
    assert.equal(await page.inputValue(kSelect), '');
    await no_hash(page, 'part=');
  });
}

// --- What is drawn -------------------------------------------------------------------------------

// What the page says of columns at the end of the map, in a row, against what the market has.
async function compare_newest(page, market, id) {
  const part = part_of(market, id);
  const found = await page.evaluate(({ first, end }) => {
    const { faultline } = globalThis;
    const { time: { from, to }, width, height } = faultline.geometry();
    const all = [];
    for (let column = end - 12; column < end; column += 1) {
      const x = ((first + (column + 0.5) * 60_000 - from) / (to - from)) * width;
      for (const share of [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]) {
        const at = faultline.probe(x, share * height);
        all.push({ column, row: at.row, long: at.cell?.long.most_usd ?? null,
          short: at.cell?.short.most_usd ?? null });
      }
    }
    return all;
  }, { first: market.first_column_ms, end: market.column_end });
  let lit = 0;
  for (const { column, row, ...sides } of found) {
    ['long', 'short'].forEach((side, s) => {
      const wanted = usd_of_code(part.code(s, column, row));
      assert.ok(sides[side] !== null, `column ${column} is known`);
      assert.ok(Math.abs(sides[side] - wanted) <= 0.01 * wanted,
        `${id} ${side} ${column} ${row}: ${sides[side]}, ${wanted}`);
      if (wanted > 1) lit += 1;
    });
  }
  assert.ok(lit > 20, `${lit} cells have something`);
}

const parts_wanted = ({ state }) => [...state.clients].flatMap(({ wanted }) =>
  [...wanted.values()].filter(({ channel }) => channel === 'map')
    .map(({ market }) => market.part ?? 'all'));

async function tick(page, mock, count) {
  for (let i = 0; i < count; i += 1) mock.tick();
  await page.waitForFunction((wanted) =>
    Number(document.querySelector('.scrubber input')?.max) >= wanted - 1,
  mock.markets[0].column_end);
  await still(page, 400);
}

async function check_live(page, mock) {
  const [market] = mock.markets;
  assert.deepEqual(parts_wanted(mock), ['all', 'age_4h']);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await tick(page, mock, 5);
  await compare_newest(page, market, 'age_4h');
  const tiles = asked.filter((url) => url.includes('/v1/heatmap/tile'));
  assert.deepEqual(tiles, [], 'a new column needs no tile');
  assert.ok(asked.some((url) => /\/v1\/map\?.*part=age_4h/.test(url)), 'the rows are read again');
  await page.selectOption(kSelect, 'distance_2_5');
  await still(page);
  assert.deepEqual(parts_wanted(mock), ['all', 'distance_2_5']);
  await compare_newest(page, market, 'distance_2_5');
  mock.drop();
  await see(page, '.chip.reconnecting');
  await see(page, '.chip.paused');
  await still(page, 400);
  assert.deepEqual(parts_wanted(mock).sort(), ['all', 'distance_2_5']);
  await tick(page, mock, 5);
  await compare_newest(page, market, 'distance_2_5');
  await page.selectOption(kSelect, '');
  await tick(page, mock, 2);
  assert.deepEqual(parts_wanted(mock), ['all']);
  await compare_newest(page, market, null);
}

async function check_bursts(page, mock) {
  for (const count of [1, 9, 4]) {
    mock.burst(count);
    await frames_pass(page, 4);
  }
  await tick(page, mock, 1);
  await still(page, 700);
  await compare_newest(page, mock.markets[0], 'age_1h');
}

async function check_taking_away(page) {
  const save = async (key) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press(key)]);
    return { name: download.suggestedFilename(),
      text: readFileSync(await download.path()).toString('latin1') };
  };
  const profile = await save('R');
  assert.match(profile.name, /_profile_age_4h_/);
  assert.match(profile.text, /\n# part: age_4h\n# Only positions open for at least 4 h: a part/);
  assert.match(profile.text, /\nlong,\d+\.\d+,\d+\.\d+,\d+,,,\n/, 'no quantiles');
  assert.match((await save('e')).name, /_map_age_4h_.*png$/);
  assert.doesNotMatch((await save('E')).text, /part/, 'the series is of all positions');
}

function drawing({ test, mock }) {
  test('parts: new columns come live', '#span=4h&part=age_4h', (page) => check_live(page, mock));
  test('parts: columns that the stream leaves out are there', '#span=4h&part=age_1h',
    (page) => check_bursts(page, mock));
  test('parts: what is taken away says so', '#span=1d&part=age_4h', check_taking_away,
    { acceptDownloads: true });
}

// --- What a cell is made of ----------------------------------------------------------------------

// What the read-out says of a cell, against the market.
function wanted_of(market, { column, row, side }) {
  const usd = (id) => usd_of_code(part_of(market, id).code(side === 'long' ? 0 : 1, column, row));
  const shares = (names, ids) => `${names.map((name, i) =>
    `${name} ${Math.round(100 * Math.min(1, Math.round(usd(ids[i])) / Math.round(usd(null))))}`)
    .join(' · ')} %`;
  return [shares(['0–2 %', '2–5 %', '5–10 %', 'over 10 %'], kIds.slice(0, 4)),
    shares(['1 h', '4 h', '24 h'], kIds.slice(4))];
}

async function says_the_truth(page, market, { x, y }) {
  const box = await page.locator('.chart').boundingBox();
  await page.mouse.move(box.x + x, box.y + y);
  await frames_pass(page);
  await reads(page, '.makeup', /Entry to here.*%.*Open at least.*%/);
  const at = await page.evaluate(([px, py]) =>
    globalThis.faultline.probe(Math.floor(px), Math.floor(py)), [x, y]);
  const side = at.cell.long.most_usd >= 1 ? 'long' : 'short';
  const text = (await page.textContent('.makeup')).replaceAll(/\s+/g, ' ');
  for (const wanted of wanted_of(market, { ...at.place, side })) {
    assert.ok(text.includes(wanted), `${wanted} in ${text}`);
  }
  return text;
}

async function check_makeup(page, mock) {
  const [market] = mock.markets;
  const asked = [];
  page.on('request', (request) => {
    if (request.url().includes('/v1/heatmap/cell')) asked.push(request.url());
  });
  const { width, height } = await page.evaluate(() => globalThis.faultline.geometry());
  const texts = [];
  for (const [x, y] of [[0.3, 0.1], [0.7, 0.15], [0.7, 0.85], [0.955, 0.9]]) {
    texts.push(await says_the_truth(page, market, { x: x * width, y: y * height }));
  }
  assert.equal(new Set(texts).size, texts.length, 'each cell has its own');
  for (const text of texts) assert.match(text, /Mean age of (long|short)s est\. ?≥ \d+[mh]/);
  const count = asked.length;
  assert.ok(count <= 8, `${count} were asked for`);
  for (let i = 0; i < 40; i += 1) {
    await page.mouse.move(300 + 9 * i, 240);
    await frames_pass(page, 1);
  }
  await reads(page, '.makeup', /Open at least.*%/);
  assert.ok(asked.length <= count + 4, 'what is passed is not asked for');
}

async function check_old(page) {
  const { x, y, width } = await page.locator('.chart').boundingBox();
  await page.mouse.move(x + 0.85 * width, y + 200);
  await reads(page, '.makeup', /All (long|short)s, \d\d:\d\d est\..*Mean age.*≥ \d+[mh]/);
  await page.mouse.move(x + 0.1 * width, y + 200);
  await reads(page, '.makeup', /Mean age of (long|short)s est\. ?not kept.*Entry to here.*%/);
}

// The crosshair by keys at the end of the map: while columns come the read-out keeps its last
// answer, of which it says the time, and nobody is talked to.
async function check_newest(page, mock) {
  const box = await page.locator('.chart').boundingBox();
  const { x, y } = await page.evaluate((end) => {
    const { time: { from, to }, width, height } = globalThis.faultline.geometry();
    return { x: ((end - 30_000 - from) / (to - from)) * width, y: 0.9 * height };
  }, mock.markets[0].time_of(mock.markets[0].column_end));
  await page.focus('.chart');
  await page.mouse.move(box.x + x, box.y + y);
  await press(page, 'x', 'ArrowDown');
  await reads(page, '.makeup', /All (long|short)s, \d\d:\d\d.*≥ \d/);
  await reads(page, '.spoken', /mean age at least \d/);
  const first = await page.textContent('.makeup');
  const said = await page.textContent('.spoken');
  const asked = [];
  page.on('request', (request) => {
    if (request.url().includes('/v1/heatmap/cell')) asked.push(request.url());
  });
  const began = performance.now();
  for (let i = 0; i < 30; i += 1) {
    mock.tick();
    await frames_pass(page, 2);
    assert.match(await page.textContent('.makeup') ?? '', /≥ \d/, 'the last answer stays');
  }
  const seconds = (performance.now() - began) / 1000;
  assert.ok(asked.length <= 2 + seconds, `${asked.length} requests in ${seconds} s`);
  await still(page, 1500);
  assert.notEqual(await page.textContent('.makeup'), first, 'and a newer one comes');
  assert.equal(await page.textContent('.spoken'), said);
}

async function check_of_part(page) {
  const { x, y, width } = await page.locator('.chart').boundingBox();
  await page.mouse.move(x + 0.5 * width, y + 100);
  await reads(page, '.cells thead', /Part est\..*a part: no band/);
  await reads(page, '.makeup', /All shorts, \d\d:\d\d est\. ?\$.+ \$.+ – \$.+Venues ?binance/);
  await reads(page, '.around', /Part from mark/);
  await check_axe(page);
}

const kFirstDay = '#from=2025-11-01T00:00:00Z&to=2025-11-01T12:00:00Z&part=age_24h';

async function check_not_yet(page, problems) {
  const { x, y, width, height } = await page.locator('.chart').boundingBox();
  await page.mouse.move(x + 0.5 * width, y + 0.2 * height);
  await reads(page, '.where', /Cell ?not known/);
  await page.selectOption(kSelect, 'age_4h');
  await reads(page, '.makeup', /Open at least.*4 h \d+ % · ?24 h not known yet/);
  forgive(problems);
}

function read_out({ test, mock }) {
  test('parts: what a cell is made of', '#span=4h', (page) => check_makeup(page, mock));
  test('parts: the newest cell, while columns come', '#span=4h', (page) =>
    check_newest(page, mock));
  test('parts: the newest cell of a part, while columns come', '#span=4h&part=age_4h', (page) =>
    check_newest(page, mock));
  test('parts: a part that is not known yet', kFirstDay, check_not_yet);
  test('parts: a cell that is old, or several columns', '#span=3d', check_old);
  test('parts: the read-out of a part, with venues',
    '#i=simulated:ETHUSDT&span=4h&part=bybit_linear:ETHUSDT', check_of_part);
  test('parts: a cell that cannot be read', '#span=4h', async (page, problems) => {
    mock.break('/v1/heatmap/cell');
    await page.mouse.move(400, 200);
    await reads(page, '.makeup', /not read/);
    await reads(page, '.cells thead', /band not read/);
    problems.length = 0;
  });
}

export function part_tests(tools) {
  for (const part of [control, drawing, read_out]) part(tools);
}
