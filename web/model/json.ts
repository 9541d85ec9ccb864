// Reads answers of the API. An answer that is not as docs/formats/api.md says is an error that
// names the field, and never a NaN on the screen.

export class ShapeError extends Error {
  constructor(field: string, wanted: string) {
    super(`the answer's ${field} is no ${wanted}`);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function object_of(value: unknown, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError(field, 'object');
  }
  return value as JsonObject;
}

export function array_of(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ShapeError(field, 'array');
  return value;
}

export function number_of(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ShapeError(field, 'number');
  return value;
}

export function whole_of(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value)) throw new ShapeError(field, 'whole number');
  return value as number;
}

export function truth_of(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new ShapeError(field, 'truth');
  return value;
}

export function text_of(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new ShapeError(field, 'text');
  return value;
}

export function maybe<T>(
  read: (value: unknown, field: string) => T, value: unknown, field: string,
): T | null {
  return value === null || value === undefined ? null : read(value, field);
}

export function list_of<T>(
  read: (value: unknown, field: string) => T, value: unknown, field: string,
): T[] {
  return array_of(value, field).map((one, i) => read(one, `${field}[${i}]`));
}

// Numbers with null where nothing is known.
export function numbers_of(value: unknown, field: string): (number | null)[] {
  return list_of((one, at) => maybe(number_of, one, at), value, field);
}
