import { decode_tile } from './heatmap_tile.ts';
import type { HeatmapTile } from './heatmap_tile.ts';

// Unpacks tiles off the thread that draws.

export type TileRequest = { readonly id: number; readonly bytes: ArrayBuffer };
export type TileAnswer =
  | { readonly id: number; readonly tile: HeatmapTile }
  | { readonly id: number; readonly error: string };

type WorkerScope = {
  onmessage: ((event: { data: TileRequest }) => void) | null;
  postMessage(answer: TileAnswer, transfer: Transferable[]): void;
};

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }) => {
  try {
    const tile = decode_tile(new Uint8Array(data.bytes));
    const arrays = [tile.column_count,
      ...tile.sides.flatMap((side) => [side.most, side.mean, side.is_wide])];
    const buffers = new Set(arrays.map((array) => array.buffer as ArrayBuffer));
    scope.postMessage({ id: data.id, tile }, [...buffers]);
  } catch (error) {
    scope.postMessage({ id: data.id, error: String(error) }, []);
  }
};
