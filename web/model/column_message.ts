import { number_of, object_of, text_of } from './json.ts';
import { series_of_entry } from './api_series.ts';
import type { SeriesBlock } from './api_series.ts';
import type { ColumnSide, ColumnUpdate } from './tile_update.ts';

// The data of a message of the channel `map`: a column of the heatmap and its entry of the series.

export type ColumnMessage = ColumnUpdate & { readonly series: SeriesBlock };

function bytes_of(base64: string): Uint8Array {
  const text = atob(base64);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function side_of(value: unknown, field: string): ColumnSide {
  const from = object_of(value, field);
  const codes = bytes_of(text_of(from['codes'], `${field}.codes`));
  const view = new DataView(codes.buffer);
  return {
    first_row: number_of(from['first_row'], `${field}.first_row`),
    codes: Uint16Array.from({ length: codes.length >> 1 }, (_, i) => view.getUint16(2 * i, true)),
    wide: bytes_of(text_of(from['wide'], `${field}.wide`)),
  };
}

export function column_message_of(data: unknown): ColumnMessage {
  const from = object_of(data, 'data');
  const column = number_of(from['column'], 'column');
  return {
    column,
    sides: [side_of(from['long'], 'long'), side_of(from['short'], 'short')],
    series: series_of_entry(column, from['series']),
  };
}
