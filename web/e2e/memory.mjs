import assert from 'node:assert/strict';

import { has_columns } from './program.mjs';

// What a page that is left open keeps, while the market goes as fast as the service can.

const kFirst = 700; // columns; by then the log of the newest ones is full, which has 600
const kLast = 2200;
const kMegabyte = 2 ** 20;
// Of objects, not of what tiles hold in arrays. 2,500 columns of the demo were found to add 1.6 MB:
// the histories of new clusters, whose moments are bounded each, and entries of the series. One
// number more kept of each row of each column would add twice the bound.
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
