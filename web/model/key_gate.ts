import { signal } from '@preact/signals';

// The API key, where the service wants one: asked for when an answer is 401, tried before it is
// taken, and kept for this tab alone. Requests wait while it is asked for, and go on with it.

export type KeyStore = { read(): string | null; write(key: string | null): void };

// The status of the answer to a reading with the key; null: no answer came.
export type Trial = (key: string) => Promise<number | null>;

export class KeyGate {
  readonly is_asking = signal(false);
  readonly is_trying = signal(false);
  readonly problem = signal<string | null>(null);
  readonly has_key;
  readonly #store: KeyStore;
  readonly #trial: Trial;
  #key: string | null;
  #waiting: (() => void)[] = [];
  // Somebody wants to give another key, and nothing waits for it.
  readonly can_close = signal(false);

  constructor(store: KeyStore, trial: Trial) {
    this.#store = store;
    this.#trial = trial;
    this.#key = store.read();
    this.has_key = signal(this.#key !== null);
  }

  get key(): string | null {
    return this.#key;
  }

  // A request that was sent with this key was answered 401.
  refused(used: string | null): void {
    if (used !== this.#key) return; // there is another one meanwhile
    if (!this.is_asking.value) {
      this.problem.value = used === null ? null : 'This key is no longer accepted.';
    }
    this.is_asking.value = true;
    this.can_close.value = false;
  }

  // Resolves at once where nothing is asked for.
  async ready(gone?: AbortSignal): Promise<void> {
    if (!this.is_asking.value || this.can_close.value) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push(resolve);
      gone?.addEventListener('abort', () => {
        reject(new DOMException('given up', 'AbortError'));
      }, { once: true });
    });
  }

  ask(): void {
    if (this.is_asking.value) return;
    this.problem.value = null;
    this.can_close.value = true;
    this.is_asking.value = true;
  }

  close(): void {
    if (this.can_close.value) this.#leave();
  }

  async give(text: string): Promise<void> {
    const key = text.trim();
    if (key === '' || this.is_trying.value) return;
    this.is_trying.value = true;
    const problem = is_sendable(key) ? said_of(await this.#trial(key))
      : 'A key has letters, digits, - and _ only.';
    this.is_trying.value = false;
    this.problem.value = problem;
    if (problem !== null) return;
    this.#key = key;
    this.#store.write(key);
    this.has_key.value = true;
    this.#leave();
  }

  #leave(): void {
    this.is_asking.value = false;
    this.can_close.value = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}

// What may stand in a header and in the name of a subprotocol.
function is_sendable(key: string): boolean {
  return /^[\w.~-]+$/.test(key);
}

function said_of(status: number | null): string | null {
  if (status === null) return 'The service does not answer.';
  if (status === 401) return 'The service does not know this key, or it has expired.';
  if (status === 403) return 'This key does not allow to read.';
  if (status === 429) return 'Too many wrong keys. Try again in a minute.';
  return status < 400 ? null : `The service answers ${status}.`;
}

// Subprotocols of the stream: a browser cannot send headers with it.
export function protocols_of(key: string | null): string[] {
  return key === null ? [] : ['faultline', `key.${key}`];
}
