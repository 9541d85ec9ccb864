import assert from 'node:assert/strict';

import { has_columns } from './program.mjs';

// What a page that is left open keeps, while the market goes as fast as the service can.

const kFirst = 700; // columns; by then the log of the newest ones is full, which has 600
const kLast = 2200;
const kMegabyte = 2 ** 20;
// Of objects; what tiles hold in arrays has a budget of its own. Found were .6 to 2.1 MB: histories
// of new clusters, and answers and chunks of the series, of which so many are kept and no more.
// Three kilobytes more kept of each column would be beyond it.
const kGrowthMax = 4 * kMegabyte;

async function heap_of(session) {
  await session.send('HeapProfiler.collectGarbage');
  return session.send('Runtime.getHeapUsage');
}

export async function check_memory(page, service) {
  const session = await page.context().newCDPSession(page);
  const { speed, speed_max } = await service.get('/v1/clock');
  const end = (await service.get('/v1/instruments')).instruments[0].column_end;
  await service.set_speed(speed_max);
  const found = [];
  for (const count of [kFirst, kLast]) {
    await service.until('/v1/instruments', has_columns(end + count), 120);
    found.push(await heap_of(session));
  }
  await service.set_speed(speed);
  const [first, last] = found.map(({ usedSize }) => usedSize);
  const text = found.map(({ usedSize }) => (usedSize / kMegabyte).toFixed(1)).join(' and ');
  assert.ok(last - first < kGrowthMax, `${text} MB`);
  return `heap ${text} MB after ${kFirst} and ${kLast} columns`;
}
