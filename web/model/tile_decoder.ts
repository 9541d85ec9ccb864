import { TileError } from './heatmap_tile.ts';
import type { HeatmapTile } from './heatmap_tile.ts';
import type { TileAnswer, TileRequest } from './tile_worker.ts';

export type DecodeTile = (bytes: ArrayBuffer) => Promise<HeatmapTile>;

// One worker decodes all tiles, in the order in which they come.
export function make_tile_decoder(): DecodeTile {
  const worker = new Worker(new URL('./tile_worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, (answer: TileAnswer) => void>();
  let last_id = 0;
  worker.onmessage = ({ data }: MessageEvent<TileAnswer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  return (bytes) => new Promise((resolve, reject) => {
    last_id += 1;
    waiting.set(last_id, (answer) => {
      if ('tile' in answer) resolve(answer.tile);
      else reject(new TileError(answer.error));
    });
    const request: TileRequest = { id: last_id, bytes };
    worker.postMessage(request, [bytes]);
  });
}
