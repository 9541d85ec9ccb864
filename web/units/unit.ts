// Nominal numbers: a row is no column and dollars are no price, though all are numbers when they
// run. A value gets its unit once, where it comes in; arithmetic gives a plain number again, and
// whoever does it says what the result is.

declare const kUnit: unique symbol;
export type Unit<Name extends string> = number & { readonly [kUnit]: Name };

export type Usd = Unit<'Usd'>;
export type Price = Unit<'Price'>; // quote currency for one unit of the coin
export type Row = Unit<'Row'>; // of .1 % of log price, for every instrument and all time
export type RowPosition = Unit<'RowPosition'>; // a row and the place inside it
export type ColumnIndex = Unit<'ColumnIndex'>; // counted from the first column of a series
export type TexelIndex = Unit<'TexelIndex'>; // 2^level columns
export type Level = Unit<'Level'>;
export type UnixMs = Unit<'UnixMs'>;
export type Ms = Unit<'Ms'>; // a distance in time
export type TileCode = Unit<'TileCode'>; // 0, or 1 + 100·ln(USD)
export type Share = Unit<'Share'>; // .05 is 5 %

export const usd = (value: number): Usd => value as Usd;
export const price = (value: number): Price => value as Price;
export const row_position = (value: number): RowPosition => value as RowPosition;
export const column_index = (value: number): ColumnIndex => value as ColumnIndex;
export const texel_index = (value: number): TexelIndex => value as TexelIndex;
export const unix_ms = (value: number): UnixMs => value as UnixMs;
export const ms = (value: number): Ms => value as Ms;
export const share = (value: number): Share => value as Share;

export function row(value: number): Row {
  return Math.floor(value) as Row;
}

export const kLevelMax = 12;
export function level(value: number): Level {
  return Math.max(0, Math.min(kLevelMax, Math.round(value))) as Level;
}

export const kSides = ['long', 'short'] as const;
export type Side = (typeof kSides)[number];
