import { computed, signal } from '@preact/signals';

import { is_abort, words_of } from './api_client.ts';

// What does not work, by where it comes from: each source ends its own problem and no other. The
// one that has lasted longest is told, so that the words do not change to and fro.

export class Problems {
  readonly first = computed<string | null>(() => [...this.#all.value.values()][0] ?? null);
  readonly #all = signal<ReadonlyMap<string, string>>(new Map());

  // What was given up is no problem.
  tell(source: string, error: unknown): void {
    if (is_abort(error)) return;
    this.#all.value = new Map([...this.#all.value, [source, words_of(error)]]);
  }

  end(source: string): void {
    this.end_all((one) => one === source);
  }

  end_all(is_over: (source: string) => boolean): void {
    const left = [...this.#all.value].filter(([source]) => !is_over(source));
    if (left.length < this.#all.value.size) this.#all.value = new Map(left);
  }
}
