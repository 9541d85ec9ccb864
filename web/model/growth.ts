import type { ColumnMessage } from './column_message.ts';

// The newest columns come by the stream one by one, and everything before them over HTTP in tiles
// and chunks that are answered at some time or other. What lies between an answer and the first
// column that came by the stream, or is passed over by the stream when its reader is slow, would
// stay a hole that looks like nothing known. So whoever holds columns counts up to which of them
// it is whole, takes what the log has, and is read again when that leaves a hole.

// Columns are named by their numbers; an end is one more than the last.
export type Growth = {
  whole_to: number; // every column before it is there
  seen_to: number; // of the log, every message before it was taken
};

const kKept = 600;

export function grown_to(column_end: number): Growth {
  return { whole_to: column_end, seen_to: column_end };
}

export class ColumnLog {
  #kept: ColumnMessage[] = []; // in the order of their columns

  // A column that is there already, or is older than one of them, is none that follows.
  add(message: ColumnMessage): void {
    const last = this.#kept.at(-1);
    if (last !== undefined && message.column <= last.column) return;
    this.#kept.push(message);
    if (this.#kept.length > kKept) this.#kept.shift();
  }

  // One more than the newest; 0: it was told of none.
  get column_end(): number {
    return (this.#kept.at(-1)?.column ?? -1) + 1;
  }

  from(column: number): readonly ColumnMessage[] {
    const last = this.#kept.at(-1);
    if (last === undefined || last.column < column) return [];
    return this.#kept.slice(this.#kept.findIndex((one) => one.column >= column));
  }

  clear(): void {
    this.#kept = [];
  }
}

// Takes what the log has and was not taken before, also beyond a hole.
export function grow(
  growth: Growth, log: ColumnLog, take: (message: ColumnMessage) => void,
): void {
  for (const message of log.from(growth.seen_to)) {
    take(message);
    if (message.column === growth.whole_to) growth.whole_to += 1;
    growth.seen_to = message.column + 1;
  }
}
