import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { part_of } from '../mock/parts.mjs';
import { data_of, start_mock } from '../mock/server.mjs';
import { problems_of } from './schema.mjs';

// What the browser's tests are held to is itself held to the document of the API: every path, in
// the states that the mock can be in, and the messages of its stream.

const document = JSON.parse(readFileSync(
  new URL('../../docs/formats/openapi.json', import.meta.url), 'utf8'));
const kPort = 10_000 + (process.pid % 10_000);
const kColumns = 1500;
const kBitcoin = 'instrument=simulated:BTCUSDT';
const kEther = 'instrument=simulated:ETHUSDT';
const kBegin = Date.UTC(2025, 10, 1);
const time = (column) => new Date(kBegin + 60_000 * column).toISOString();
const span = (from, to) => `from=${time(from)}&to=${time(to)}`;

let mock;
beforeAll(() => {
  mock = start_mock({ port: kPort, columns: kColumns, every: 0, ms_per_hour: 1 });
});
beforeEach(() => mock.reset());
afterAll(() => mock.close());

// Itself, or what it refers to.
function response_of({ $ref, ...own }) {
  return $ref === undefined ? own : document.components.responses[$ref.split('/').at(-1)];
}

// An answer, which is as the document says, whatever it is.
async function ask(method, template, { query = '', id = '', body, headers = {} } = {}) {
  const path = template.replace(/\{\w+\}/, id) + (query === '' ? '' : `?${query}`);
  const response = await fetch(`http://127.0.0.1:${kPort}${path}`, { method, headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { responses } = document.paths[template][method.toLowerCase()];
  const { content } = response_of(responses[response.status] ?? responses.default);
  const type = response.headers.get('content-type');
  expect(Object.keys(content), path).toContain(type);
  if (type === 'application/octet-stream') return { status: response.status };
  const answer = await response.json();
  expect(problems_of(document, content[type].schema, answer, path).slice(0, 5)).toEqual([]);
  return { status: response.status, answer };
}

async function get(template, options) {
  const { status, answer } = await ask('GET', template, options);
  expect(status, template).toBe(200);
  return answer;
}

const kMarketPaths = {
  '/v1/map': ['', `as_of=${time(kColumns - 700)}`, `as_of=${time(100)}`, 'part=age_4h',
    `part=distance_0_2&as_of=${time(100)}`],
  '/v1/series': ['', 'level=4', `level=0&${span(3, 90)}`, `level=3&${span(3, 90)}`],
  '/v1/clusters': [''],
  '/v1/liquidations': ['', `${span(0, 500)}&min_usd=1000&limit=20`],
  '/v1/scorecard': [''],
};
const kOtherPaths = ['/v1/health', '/v1/instruments', '/v1/clock', '/v1/studies',
  '/v1/lab/scenarios', '/v1/lab/fields', '/v1/lab/runs'];
// With what is named, or more than JSON: each has a test of its own below.
const kOwnTests = ['/v1/heatmap/tile', '/v1/heatmap/cell', '/v1/studies/{name}',
  '/v1/lab/runs/{id}'];
// The terminal does not ask for these.
const kNotThere = ['/v1/heatmap', '/v1/openapi.json', '/v1/stream', '/metrics'];

describe('the mock is as the document says', () => {
  it('of every path', () => {
    const tested = [...Object.keys(kMarketPaths), ...kOtherPaths, ...kOwnTests, ...kNotThere];
    expect(tested.sort()).toEqual(Object.keys(document.paths).sort());
  });
  for (const [template, queries] of Object.entries(kMarketPaths)) {
    for (const query of [kBitcoin, kEther].flatMap((of) => queries.map((one) => `${of}&${one}`))) {
      it(`GET ${template}?${query}`, () => get(template, { query }));
    }
  }
  it.each(kOtherPaths)('GET %s', (template) => get(template));
  it('GET /v1/health of feeds that are ill, and resumed', async () => {
    Object.assign(mock.state, { has_bad_feeds: true, sick: 'ill', resumed: {
      from: time(3), columns: 9, seconds_missed: 7, note: 'read again' } });
    expect((await get('/v1/health')).status).toBe('degraded');
  });
  it('of tiles', async () => {
    const query = `${kBitcoin}&level=1&column=0&row=43`;
    expect((await ask('GET', '/v1/heatmap/tile', { query })).status).toBe(200);
    const other = `${kBitcoin}&level=1&column=99&row=43`;
    expect((await ask('GET', '/v1/heatmap/tile', { query: other })).status).toBe(404);
    const part = async (id) =>
      (await ask('GET', '/v1/heatmap/tile', { query: `${query}&part=${id}` })).status;
    expect([await part('age_4h'), await part('age_5h')]).toEqual([200, 400]);
    expect(await part('age_24h'), 'not known yet').toBe(404);
  });
  it('of cells', async () => {
    const cell = (query) => ask('GET', '/v1/heatmap/cell', { query });
    for (const query of [`${kBitcoin}&row=11520`, `${kEther}&row=8100&column=700`]) {
      expect((await cell(query)).status).toBe(200);
    }
    expect((await cell(kBitcoin)).status).toBe(400);
    const { status, answer } = await cell(`${kBitcoin}&row=0&column=${kColumns + 9}`);
    expect([status, answer.index], 'the last up to it').toEqual([200, kColumns - 1]);
    for (const side of ['long', 'short']) {
      const { notional_at_risk_usd: usd, mean_age_s, parts } = answer[side];
      expect([usd, mean_age_s], 'a row that no column had').toEqual([0, null]);
      expect(parts.every((one) => one.notional_at_risk_usd === 0)).toBe(true);
    }
  });
  it('of studies', async () => {
    const { studies } = await get('/v1/studies');
    for (const { name } of studies) await get('/v1/studies/{name}', { id: name });
    expect((await ask('GET', '/v1/studies/{name}', { id: 'none' })).status).toBe(404);
  });
  it('of the clock', async () => {
    const { answer } = await ask('POST', '/v1/clock', { body: { speed: 60 } });
    expect(answer.speed).toBe(60);
  });
  it('of refusals', async () => {
    expect((await ask('GET', '/v1/map', { query: 'instrument=none' })).status).toBe(404);
    mock.state.keys.set('fl_a', ['read']);
    expect((await ask('GET', '/v1/health')).status).toBe(401);
    const headers = { Authorization: 'Bearer fl_a' };
    expect((await ask('POST', '/v1/clock', { headers, body: { speed: 1 } })).status).toBe(403);
  });
});

describe('the mock is as the document says: the lab', () => {
  const start = (body) => ask('POST', '/v1/lab/runs', { body });
  it('of what is refused', async () => {
    expect((await start({ scenario: 'none' })).status).toBe(400);
    const body = { scenario: 'balanced', values: { 'holders.count': -1 } };
    expect((await start(body)).status).toBe(400);
    expect((await ask('GET', '/v1/lab/runs/{id}', { id: '9' })).status).toBe(404);
  });
  it('of runs in each state', async () => {
    let now = 0;
    mock.lab.now = () => now;
    const ids = [];
    for (const scenario of ['balanced', 'hunters', 'quiet_range']) {
      const { status, answer } = await start({ scenario, hours: 10 });
      expect(status).toBe(202);
      ids.push(answer.id);
    }
    now = 15;
    expect((await ask('DELETE', '/v1/lab/runs/{id}', { id: ids[2] })).status).toBe(200);
    const { runs } = await get('/v1/lab/runs');
    expect(runs.map(({ id, status }) => [id, status]))
      .toEqual([[ids[0], 'done'], [ids[1], 'running'], [ids[2], 'cancelled']]);
    const [done, running, cancelled] = await Promise.all(ids.map((id) =>
      get('/v1/lab/runs/{id}', { id })));
    expect([done, running, cancelled].map(({ time: hours }) => hours.length)).toEqual([10, 5, 0]);
    expect([done, running, cancelled].map(({ newest }) => newest === null))
      .toEqual([false, false, true]);
  });
});

describe('the mock is as the document says: the stream', () => {
  const { schemas } = document.components;
  const holds = (schema, value) =>
    expect(problems_of(document, schema, value, 'data').slice(0, 5)).toEqual([]);
  it.each([['map', 'column_update'], ['clusters', 'clusters'], ['health', 'health']])(
    '%s', (channel, schema) => {
      for (const market of mock.markets) {
        holds(schemas[schema], data_of(mock.state, channel, market));
      }
    });
  it('map, of a part', () => {
    const part = part_of(mock.markets[0], 'age_24h');
    holds(schemas.column_update, data_of(mock.state, 'map', part));
    const young = Object.create(part, { column_end: { value: 1440 } });
    expect(data_of(mock.state, 'map', young), 'not known yet').toBeNull();
  });
  it('liquidations', () => {
    const { liquidations } = data_of(mock.state, 'liquidations', mock.markets[0]);
    expect(liquidations.length).toBeGreaterThan(3);
    holds({ type: 'array', items: schemas.liquidation }, liquidations);
  });
});

describe('what no schema says of the mock', () => {
  it('takes times to whole texels, from down and to up', async () => {
    const query = `${kBitcoin}&level=3&${span(3, 17)}`;
    expect((await get('/v1/series', { query })).index).toEqual([0, 8, 16]);
    const fine = `${kBitcoin}&level=0&from=${time(3).replace(':00.', ':30.')}&to=${time(6)}`;
    expect((await get('/v1/series', { query: fine })).index).toEqual([4, 5]);
    const none = `${kBitcoin}&level=3&${span(3, 3)}`;
    expect((await get('/v1/series', { query: none })).index).toEqual([]);
  });
  it('has no interval of sums', async () => {
    const of = async (level) => (await get('/v1/series', {
      query: `${kBitcoin}&level=${level}&${span(0, 8)}` })).liquidation_interval.long.high;
    expect(await of(2)).toEqual([null, null]);
    expect((await of(0)).every(Number.isFinite)).toBe(true);
  });
  it('keeps the bands of the last 720 columns', async () => {
    const has_band = async (column) => 'density_interval' in (await get('/v1/map', {
      query: `${kBitcoin}&as_of=${time(column)}` })).long;
    expect(await Promise.all([kColumns - 1, kColumns - 720, kColumns - 721].map(has_band)))
      .toEqual([true, true, false]);
  });
});

// What waits in a row by part, and in all, of a column in which all of it is known.
async function rows_of(query, ids) {
  const sides = async (part) => {
    const body = await get('/v1/map', { query: `${query}&as_of=${time(1450)}${part}` });
    return ['long', 'short'].flatMap((side) => {
      const rows = new Map();
      const { first_row, notional_at_risk_usd: usd } = body[side];
      usd.forEach((one, i) => rows.set(first_row + i, one));
      return [rows];
    });
  };
  const [whole, ...parts] = await Promise.all(['', ...ids.map((id) => `&part=${id}`)].map(sides));
  return whole.flatMap((rows, s) => [...rows].filter(([, usd]) => usd > 1000).map(([row, usd]) =>
    [usd, ...parts.map((part) => part[s].get(row) ?? 0)]));
}

describe('parts of the mock', () => {
  const listed = async (i) => (await get('/v1/instruments')).instruments[i].parts;
  const kDistances = ['0_2', '2_5', '5_10', 'over_10'].map((one) => `distance_${one}`);
  it('are distances and ages, and venues where there are several', async () => {
    expect((await listed(0)).map(({ id }) => id))
      .toEqual([...kDistances, 'age_1h', 'age_4h', 'age_24h']);
    expect((await listed(1)).filter(({ kind }) => kind === 'venue').map(({ id }) => id))
      .toEqual(['binance_usdm:ETHUSDT', 'bybit_linear:ETHUSDT']);
  });
  it('add up to all, by distance and by venue', async () => {
    const venues = ['binance_usdm:ETHUSDT', 'bybit_linear:ETHUSDT'];
    for (const [query, ids] of [[kBitcoin, kDistances], [kEther, venues]]) {
      const rows = await rows_of(query, ids);
      expect(rows.length).toBeGreaterThan(100);
      for (const [all, ...parts] of rows) {
        expect(parts.every((one) => one > 0)).toBe(true);
        expect(parts.reduce((sum, one) => sum + one, 0) / all).toBeCloseTo(1, 1);
      }
    }
  });
  it('are the smaller the older', async () => {
    const rows = await rows_of(kBitcoin, ['age_1h', 'age_4h', 'age_24h']);
    expect(rows.filter((usd) => usd.some((one, i) => i > 0 && one > usd[i - 1]))).toEqual([]);
  });
  it('have no interval, and say what they are', async () => {
    const body = await get('/v1/map', { query: `${kBitcoin}&part=age_1h` });
    expect([body.part, 'density_interval' in body.long]).toEqual(['age_1h', false]);
    expect((await get('/v1/map', { query: kBitcoin })).part).toBeNull();
    expect((await ask('GET', '/v1/map', { query: `${kBitcoin}&part=x` })).status).toBe(400);
  });
  it('of a cell are those of its row', async () => {
    const [row, column] = [11_700, 700];
    const cell = await get('/v1/heatmap/cell',
      { query: `${kBitcoin}&row=${row}&column=${column}` });
    const body = await get('/v1/map', { query: `${kBitcoin}&part=age_1h&as_of=${time(column)}` });
    for (const side of ['long', 'short']) {
      const { parts, density_interval, mean_age_s } = cell[side];
      expect(parts.find(({ id }) => id === 'age_1h').notional_at_risk_usd)
        .toBe(body[side].notional_at_risk_usd[row - body[side].first_row] ?? 0);
      expect([density_interval, mean_age_s], 'not kept').toEqual([null, null]);
    }
  });
  it('of an age are not known before positions were watched for so long', async () => {
    const day = async (column) => {
      const { long } = await get('/v1/heatmap/cell',
        { query: `${kBitcoin}&row=11700&column=${column}` });
      const body = await get('/v1/map',
        { query: `${kBitcoin}&part=age_24h&as_of=${time(column)}` });
      return [long.parts.find(({ id }) => id === 'age_24h').notional_at_risk_usd === null,
        body.short.notional_at_risk_usd.length > 0];
    };
    expect([await day(1439), await day(1440)]).toEqual([[true, false], [false, true]]);
  });
});

describe('the checker of schemas', () => {
  const check = (schema, value) => problems_of({ a: { type: 'null' } }, schema, value, 'it').length;
  const closed = { type: 'object', required: ['a'], properties: { a: { type: 'integer' } },
    additionalProperties: false };
  it.each([
    [{ type: 'number' }, 1.5, 'x'], [{ type: 'integer' }, 2, 1.5], [{ type: 'null' }, null, 0],
    [{ type: ['string', 'null'] }, null, 3], [{ type: 'object' }, {}, []],
    [{ enum: ['a'] }, 'a', 'b'], [{ minimum: 0, maximum: 1 }, 1, 2], [{ minimum: 0 }, 0, -1],
    [{ format: 'date-time' }, '2025-12-01T00:00:00.5Z', '2025-12-01 00:00'],
    [closed, { a: 1 }, {}], [closed, { a: 1 }, { a: 'x' }], [closed, { a: 1 }, { a: 1, b: 2 }],
    [{ additionalProperties: { type: 'number' } }, { a: 1 }, { a: 'x' }],
    [{ type: 'array', items: { type: 'number' } }, [1], [1, 'x']],
    [{ anyOf: [{ type: 'null' }, { type: 'number' }] }, 1, 'x'], [{ $ref: '#/a' }, null, 1],
  ])('%j takes %j and not %j', (schema, good, bad) => {
    expect(check(schema, good)).toBe(0);
    expect(check(schema, bad)).toBeGreaterThan(0);
  });
  it('knows what it does not know', () => {
    expect(() => check({ pattern: 'a' }, 'a')).toThrow('pattern');
    expect(() => check({ type: 'float' }, 1)).toThrow('float');
    expect(() => check({ format: 'uuid' }, 'a')).toThrow('uuid');
  });
});
