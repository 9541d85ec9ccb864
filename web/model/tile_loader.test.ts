import { describe, expect, it } from 'vitest';

import { level, ms, unix_ms } from '../units/unit.ts';
import { TileCache } from './tile_cache.ts';
import { TileLoader } from './tile_loader.ts';
import { empty_tile } from './tile_update.ts';
import type { ApiClient, Query } from './api_client.ts';
import type { HeatmapTile, TileKey } from './heatmap_tile.ts';

const grid = { first_column: unix_ms(1_764_547_200_000), column_interval: ms(60_000) };
const key_of = (column: number): TileKey => ({ level: level(0), column, row: 43 });
const turn = () => new Promise((done) => { setTimeout(done, 0); });

// A loader whose answers wait to be decoded.
function loader_of() {
  const asked: number[] = [];
  const decodings: ((tile: HeatmapTile) => void)[] = [];
  const taken: HeatmapTile[] = [];
  const pending: number[] = [];
  const cache = new TileCache(2 ** 26);
  const bytes = async (_: string, query: Query) => {
    asked.push(Number(query['column']));
    return { bytes: new ArrayBuffer(0), etag: null };
  };
  const loader = new TileLoader({
    api: { bytes } as unknown as ApiClient, cache, instrument: 'a:B', series: 'first',
    decode: () => new Promise((done) => { decodings.push(done); }),
    column_end: () => 50, on_tile: (tile) => { taken.push(tile); },
    on_error: (_, error) => { throw error; },
    on_answer: () => undefined, on_pending: (count) => { pending.push(count); },
  });
  const decode = async (column: number) => {
    decodings.shift()?.(empty_tile(key_of(column), grid));
    await turn();
  };
  return { asked, taken, pending, cache, loader, decode };
}

describe('a loader of tiles', () => {
  it('keeps nothing that is decoded after it was stopped, and says nothing more', async () => {
    const { taken, pending, cache, loader, decode } = loader_of();
    loader.want([key_of(0)]);
    await turn();
    loader.stop();
    pending.length = 0;
    await decode(0);
    expect(cache.peek(key_of(0))).toBeUndefined();
    expect(taken).toEqual([]);
    expect(pending).toEqual([]);
  });
  it('asks again for what it gave up, when it is wanted again at once', async () => {
    const { asked, taken, pending, cache, loader, decode } = loader_of();
    loader.want([key_of(0)]);
    await turn();
    loader.want([key_of(1)]);
    loader.want([key_of(0), key_of(1)]);
    await turn();
    expect(asked).toEqual([0, 1, 0]);
    await decode(0);
    expect(cache.peek(key_of(0))).toBeUndefined();
    await decode(1);
    await decode(0);
    expect(taken.map(({ key }) => key.column)).toEqual([1, 0]);
    expect(pending.at(-1)).toBe(0);
  });
  it('remembers of many tiles of parts that there are none, not of all', async () => {
    const asked: number[] = [];
    const bytes = async (_: string, query: Query) => {
      asked.push(Number(query['column']));
      return null;
    };
    let left = 1;
    const loader = new TileLoader({
      api: { bytes } as unknown as ApiClient, cache: new TileCache(2 ** 20), instrument: 'a:B',
      series: 'first', decode: () => Promise.reject(new Error('no tile')),
      column_end: () => 1e9, on_tile: () => undefined, on_error: (_, error) => { throw error; },
      on_answer: () => undefined,
      on_pending: (count) => { left = count; },
    });
    const want = async (from: number, end: number) => {
      const wanted = Array.from({ length: end - from }, (_, i) =>
        ({ ...key_of(from + i), part: 'age_1h' }));
      loader.want(wanted);
      while (left > 0) await turn();
      return asked.splice(0).length;
    };
    expect(await want(0, 4096)).toBe(4096);
    expect(await want(0, 4096)).toBe(0);
    expect(await want(4096, 4097)).toBe(1);
    expect(await want(0, 1)).toBe(1);
  });
});

describe('a loader of tiles that fail', () => {
  it('says of which tile it got no answer, and when it got one', async () => {
    const said: string[] = [];
    let is_broken = true;
    const bytes = async () => {
      if (is_broken) throw new Error('broken');
      return null;
    };
    const loader = new TileLoader({
      api: { bytes } as unknown as ApiClient, cache: new TileCache(2 ** 20), instrument: 'a:B',
      series: 'first', decode: () => Promise.reject(new Error('no tile')), column_end: () => 50,
      on_tile: () => undefined, on_error: ({ column }, error) => said.push(`${column} ${error}`),
      on_answer: ({ column }) => said.push(`${column}`), on_pending: () => undefined,
    });
    loader.want([key_of(7)]);
    await turn();
    is_broken = false;
    loader.try_again();
    loader.want([key_of(7)]);
    await turn();
    expect(said).toEqual(['7 Error: broken', '7']);
  });
});
