import { signal } from '@preact/signals';

import { is_abort, words_of } from './api_client.ts';

// Something that is read from the service, again and again. What was read before stays when a later
// reading fails, and the failure is told beside it: old numbers are better than none, and worse
// than new ones.

export type ResourcePhase = 'idle' | 'loading' | 'ready' | 'failed';

export class Resource<T> {
  readonly phase = signal<ResourcePhase>('idle');
  readonly value = signal<T | null>(null);
  readonly problem = signal<string | null>(null);
  readonly #read: (signal: AbortSignal) => Promise<T>;
  #request: AbortController | null = null;

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  // Only the newest reading counts.
  async load(): Promise<boolean> {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    if (this.value.value === null) this.phase.value = 'loading';
    try {
      const value = await this.#read(request.signal);
      if (this.#request !== request) return false;
      if (value !== this.value.value) this.value.value = value;
      this.phase.value = 'ready';
      this.problem.value = null;
      return true;
    } catch (error) {
      if (is_abort(error) || this.#request !== request) return false;
      this.phase.value = 'failed';
      this.problem.value = words_of(error);
      return false;
    }
  }

  // Nothing of the old one stays.
  clear(): void {
    this.#request?.abort();
    this.#request = null;
    this.value.value = null;
    this.problem.value = null;
    this.phase.value = 'idle';
  }
}

// Turns a body into a value once: a body that has not changed is the same object, and gives the
// value that it gave before.
export function once_a_body<T>(read: (body: unknown) => T): (body: unknown) => T {
  let last: { body: unknown; value: T } | null = null;
  return (body) => {
    if (last === null || last.body !== body) last = { body, value: read(body) };
    return last.value;
  };
}
