import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

import {
  cell_of, clusters_of, column_message, instrument_of, iso, liquidations_of, map_of, print_of,
  series_of,
} from './answers.mjs';
import { clock_of, health_of, steer, Ticker } from './clock.mjs';
import { kFields, kScenarios, Lab } from './lab.mjs';
import { Market } from './market.mjs';
import { part_of } from './parts.mjs';
import { kStudies, scorecard_of, study_of } from './scorecard.mjs';
import { is_over, make_tile } from './tiles.mjs';
import { accept, offered_protocols, reader, send_text } from './web_socket.mjs';

// A stand-in for the service, for development and for the tests in the browser: the routes of
// docs/formats/api.md that the terminal needs, over the synthetic market. Not a reference for them.
//
//   node mock/server.mjs [--port 8787] [--columns 43200] [--every MS] [--files dist] [--key KEY]
//
// A column is a minute; a new one comes every --every milliseconds (0: never). With --key, requests
// without that key are refused.

const kFirstColumn = Date.UTC(2025, 10, 1);
const kHealthEveryMs = 1500;
const kAllScopes = ['read', 'control', 'lab', 'metrics'];
const kErrcs = { 401: 410, 403: 411 };
const kTypes = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export function start_mock({
  port = 8787, columns = 43_200, every = 1000, files = null, ms_per_hour = 250, key = null,
} = {}) {
  const markets = [
    new Market({ id: 'simulated:BTCUSDT', seed: 7, columns, row_tile: 43, usd_scale: 1,
      first_column_ms: kFirstColumn }),
    new Market({ id: 'simulated:ETHUSDT', venues: ['binance_usdm:ETHUSDT', 'bybit_linear:ETHUSDT'],
      has_takers: false, seed: 11, columns: Math.min(columns, 6000), row_tile: 30,
      usd_scale: 0.3, first_column_ms: kFirstColumn }),
  ];
  const state = {
    markets, files, seq: 1, clients: new Set(), tiles: new Map(), texts: new Map(),
    column_ends: new Map(markets.map((market) => [market, market.column_end])),
    ...fresh_state(ms_per_hour),
  };
  if (key !== null) state.keys.set(key, kAllScopes);
  const saved = markets.map((market) => market.save());
  const server = createServer((request, response) => handle(state, request, response));
  server.on('upgrade', (request, socket) => join_stream(state, request, socket));
  server.listen(port, '127.0.0.1');
  state.began_ms = markets[0].time_of(markets[0].column_end - 1);
  state.ticker = new Ticker(() => tick(state), every);
  const beat = setInterval(() => say_health(state), kHealthEveryMs);
  return {
    markets, state, tick: () => tick(state),
    get lab() { return state.lab; },
    // As after the start.
    reset: () => {
      state.ticker.stop();
      state.ticker.speed = 0;
      markets.forEach((market, i) => market.restore(saved[i]));
      Object.assign(state, fresh_state(ms_per_hour));
    },
    // So many columns of which the stream tells the newest alone, as to a reader that is slow.
    burst: (count) => tick(state, count),
    // Paths that are answered with an error from now on.
    break: (...paths) => { state.broken = new Set(paths); },
    drop: () => { for (const client of state.clients) client.socket.destroy(); },
    close: () => {
      clearInterval(beat);
      state.ticker.stop();
      for (const client of state.clients) client.socket.destroy();
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

// What tests change. Keys and their scopes: without one everybody is answered.
function fresh_state(ms_per_hour) {
  return {
    lab: new Lab({ ms_per_hour }), broken: new Set(), sick: null, resumed: null,
    has_bad_feeds: false, keys: new Map(), columns_before_join: 0,
    tiles_asked: [],
  };
}

const prepared = new WeakMap(); // of bytes that are answered more than once

function prepare(bytes) {
  let known = prepared.get(bytes);
  if (known === undefined) {
    known = { etag: `"${createHash('sha1').update(bytes).digest('hex').slice(0, 16)}"` };
    prepared.set(bytes, known);
  }
  return known;
}

function packed(bytes) {
  const known = prepare(bytes);
  known.packed ??= gzipSync(bytes, { level: 1 });
  return known.packed;
}

// What a market says before anything was changed is the same for every test.
function answer_market(state, market, request, response, make) {
  const is_first = market.column_end === state.column_ends.get(market);
  let bytes = is_first ? state.texts.get(request.url) : undefined;
  if (bytes === undefined) {
    bytes = Buffer.from(JSON.stringify(make()));
    if (is_first) state.texts.set(request.url, bytes);
  }
  return answer(request, response, bytes, 'application/json', 'no-cache');
}

function answer(request, response, body, type, cache) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const { etag } = prepare(bytes);
  const headers = { 'Content-Type': type, ETag: etag, 'Cache-Control': cache };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const is_packed = type !== 'application/octet-stream' && bytes.length > 1024 &&
    String(request.headers['accept-encoding']).includes('gzip');
  if (is_packed) headers['Content-Encoding'] = 'gzip';
  response.writeHead(200, headers).end(is_packed ? packed(bytes) : bytes);
}

function refuse(response, status, title, field = null, value = null) {
  const body = { type: 'about:blank', title, status, detail: title, errc: kErrcs[status] ?? 100,
    name: 'refused', field, value: value === null ? null : String(value), request_id: 'mock' };
  response.writeHead(status, { 'Content-Type': 'application/problem+json' })
    .end(JSON.stringify(body));
}

function serve_tile(state, market, part, query, request, response) {
  const [level, column, row] = ['level', 'column', 'row'].map((name) => Number(query.get(name)));
  const over = is_over(market, level, column);
  const name = [market.id, part.part, level, column, row, over ? '' : market.column_end].join(' ');
  state.tiles_asked.push({ path: request.url, is_over: over });
  const tile = state.tiles.get(name) ?? make_tile(part, level, column, row);
  if (tile === null) return refuse(response, 404, 'no such tile');
  const is_first = market.column_end === state.column_ends.get(market);
  if (over || is_first) state.tiles.set(name, tile);
  const is_named = query.get('series') === market.digest;
  const cache = over && is_named ? 'private, max-age=31536000, immutable' : 'no-cache';
  return answer(request, response, tile, 'application/octet-stream', cache);
}

function serve_cell(market, query, say, response) {
  const row = Number(query.get('row') ?? Number.NaN);
  const column = Number(query.get('column') ?? market.column_end - 1);
  if (!Number.isInteger(row)) return refuse(response, 400, 'no such row', 'row', row);
  if (!(column >= 0)) return refuse(response, 404, 'no such cell', 'column', column);
  return say(() => cell_of(market, column, row));
}

function serve_study(name, json, response) {
  const report = study_of(name);
  return report === null ? refuse(response, 404, 'no such study', 'name', name) : json(report);
}

function post_run(state, request, response) {
  let text = '';
  request.on('data', (chunk) => { text += chunk; }).on('end', () => {
    const { run, status, title, field, value } = state.lab.start(JSON.parse(text));
    if (run === undefined) return refuse(response, status, title, field, value);
    return response.writeHead(202, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(run));
  });
}

function serve_lab(state, path, json, request, response) {
  if (path === '/v1/lab/scenarios') return json({ scenarios: kScenarios });
  if (path === '/v1/lab/fields') return json({ fields: kFields });
  if (path === '/v1/lab/runs' && request.method === 'POST') {
    return post_run(state, request, response);
  }
  if (path === '/v1/lab/runs') return json(state.lab.list());
  const id = Number(path.slice('/v1/lab/runs/'.length));
  const run = request.method === 'DELETE' ? state.lab.cancel(id) : state.lab.find(id);
  if (run == null) return refuse(response, 404, 'no such run', 'id', id);
  return json(request.method === 'DELETE' ? run : state.lab.body_of(run));
}

function key_of(request) {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const offered = offered_protocols(request).find((one) => one.startsWith('key.'));
  return bearer ?? offered?.slice('key.'.length) ?? null;
}

function scope_of(request, path) {
  if (request.method === 'GET') return 'read';
  return path === '/v1/clock' ? 'control' : 'lab';
}

// Status, title and field, or null for who may ask.
function refusal_of(state, request, path) {
  if (state.keys.size === 0) return null;
  const key = key_of(request);
  const scopes = state.keys.get(key);
  const why = key === null ? 'none was given' : 'this one is unknown';
  if (scopes === undefined) return [401, `a valid API key is required: ${why}`, 'Authorization'];
  const scope = scope_of(request, path);
  return scopes.includes(scope) ? null : [403, 'the API key does not allow this', 'scope', scope];
}

function handle(state, request, response) {
  const url = new URL(request.url, 'http://mock');
  const query = url.searchParams;
  const json = (body) => answer(request, response, body, 'application/json', 'no-cache');
  if (state.broken.has(url.pathname)) return refuse(response, 400, 'broken for the test');
  if (!url.pathname.startsWith('/v1/')) return serve_file(state, url.pathname, request, response);
  if (state.sick === 'down') return refuse(response, 503, 'the mock is down');
  const refusal = refusal_of(state, request, url.pathname);
  if (refusal !== null) return refuse(response, ...refusal);
  if (url.pathname === '/v1/studies') return json({ studies: kStudies });
  if (url.pathname.startsWith('/v1/studies/')) {
    return serve_study(url.pathname.slice('/v1/studies/'.length), json, response);
  }
  if (url.pathname.startsWith('/v1/lab/')) {
    return serve_lab(state, url.pathname, json, request, response);
  }
  if (url.pathname === '/v1/health') return json(health_of(state));
  if (url.pathname === '/v1/clock') {
    if (request.method === 'POST') return steer(state, request, () => json(clock_of(state)));
    return json(clock_of(state));
  }
  if (url.pathname === '/v1/instruments') {
    return json({ instruments: state.markets.map(instrument_of) });
  }
  const market = state.markets.find(({ id }) => id === query.get('instrument'));
  if (market === undefined) {
    return refuse(response, 404, 'no such instrument', 'instrument', query.get('instrument'));
  }
  return serve_market(state, market, url, request, response);
}

function serve_market(state, market, url, request, response) {
  const query = url.searchParams;
  const [from, to] = ['from', 'to'].map((name) => Date.parse(query.get(name) ?? ''));
  const say = (make) => answer_market(state, market, request, response, make);
  const part = part_of(market, query.get('part'));
  if (part === undefined) return refuse(response, 400, 'no such part', 'part', query.get('part'));
  switch (url.pathname) {
    case '/v1/heatmap/tile': return serve_tile(state, market, part, query, request, response);
    case '/v1/heatmap/cell': return serve_cell(market, query, say, response);
    case '/v1/map': return say(() =>
      map_of(market, column_as_of(market, query.get('as_of')), part));
    case '/v1/scorecard': return say(() => scorecard_of(market));
    case '/v1/clusters': return say(() => clusters_of(market));
    case '/v1/series': return say(() =>
      series_of(market, from, to, Number(query.get('level'))));
    case '/v1/liquidations': return say(() => liquidations_of(market, from, to,
      Number(query.get('min_usd') ?? 0), Math.min(1000, Number(query.get('limit') ?? 100))));
    default: return refuse(response, 404, 'no such path');
  }
}

function column_as_of(market, as_of) {
  const newest = market.column_end - 1;
  if (as_of === null) return newest;
  const column = Math.floor((Date.parse(as_of) - market.first_column_ms) / 60_000);
  return Math.max(0, Math.min(newest, column));
}

function serve_file(state, path, request, response) {
  if (state.files === null) return refuse(response, 404, 'no files are served');
  const name = normalize(path === '/' ? '/index.html' : path);
  try {
    const bytes = readFileSync(join(state.files, name));
    const type = kTypes[extname(name)] ?? 'application/octet-stream';
    return answer(request, response, bytes, type, 'no-cache');
  } catch {
    return refuse(response, 404, 'no such file');
  }
}

// `market` may be a part of one: that is told of the map alone.
export function data_of(state, channel, market) {
  if (channel === 'map') return column_message(market, market.column_end - 1);
  if (channel === 'clusters') return clusters_of(market, false);
  if (channel === 'health') return health_of(state);
  return prints_of(market.liquidations.slice(-20).reverse());
}

function prints_of(all) {
  return { liquidations: all.map(print_of), count: all.length,
    usd: all.reduce((sum, one) => sum + one.usd, 0) };
}

function say_health(state) {
  state.seq += 1;
  for (const client of state.clients) {
    for (const one of client.wanted.values()) {
      if (one.channel === 'health') {
        send_update(state, client, one, 'delta', { data: health_of(state) });
      }
    }
  }
}

function send_update(state, { socket }, { channel, market }, kind, more) {
  send_text(socket, JSON.stringify({ channel, instrument: market.id,
    ...(market.part === undefined ? {} : { part: market.part }), seq: state.seq, kind, ...more }));
}

// Whole, or of a part; a problem where there is no such thing.
function subscribe(state, client, name, { channel, instrument, part }) {
  const market = state.markets.find(({ id }) => id === instrument);
  const shown = market === undefined ? undefined : part_of(market, part);
  if (shown === undefined) {
    send_text(client.socket, JSON.stringify({ kind: 'problem', errc: 100, name: 'unknown_series',
      detail: `no series ${instrument} ${part ?? ''}` }));
    return;
  }
  if (channel === 'map') {
    for (let i = 0; i < state.columns_before_join; i += 1) market.step();
    state.columns_before_join = 0;
  }
  client.wanted.set(name, { channel, market: shown });
  send_update(state, client, { channel, market: shown }, 'snapshot',
    { data: data_of(state, channel, shown) });
}

function join_stream(state, request, socket) {
  if (refusal_of(state, request, '/v1/stream') !== null) {
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  accept(request, socket);
  const client = { socket, wanted: new Map() };
  state.clients.add(client);
  const leave = () => { state.clients.delete(client); socket.destroy(); };
  socket.on('error', leave).on('close', leave).on('data', reader((text) => {
    const { op, ...wanted } = JSON.parse(text);
    const name = [wanted.channel, wanted.instrument, wanted.part].join(' ');
    if (op === 'unsubscribe') client.wanted.delete(name);
    if (op === 'subscribe') subscribe(state, client, name, wanted);
  }, leave));
}

function tick(state, count = 1) {
  state.seq += count;
  for (const market of state.markets) {
    const before = market.liquidations.length;
    for (let i = 0; i < count; i += 1) market.step();
    const fresh = market.liquidations.slice(before);
    for (const client of state.clients) {
      for (const one of client.wanted.values()) {
        if (one.market.id !== market.id) continue;
        const data = one.channel === 'liquidations'
          ? prints_of(fresh) : data_of(state, one.channel, one.market);
        if (data === null) continue;
        send_update(state, client, one, 'delta',
          { data, ...(count > 1 ? { coalesced: count } : {}) });
      }
    }
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const option = (name, other) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? other : process.argv[at + 1];
  };
  start_mock({
    port: Number(option('port', 8787)), columns: Number(option('columns', 43_200)),
    every: Number(option('every', 1000)), files: option('files', null),
    key: option('key', null),
  });
  console.log(`mock: http://127.0.0.1:${option('port', 8787)}`);
}
