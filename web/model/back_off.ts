// A pause before what has failed is asked for again: of a second, then twice as long each time.
// Who asks meanwhile is told to wait, and `on_over` is called once when the pause is over.

// What one who reads, and pauses where that failed, tells of it.
export type ReadReports = {
  readonly on_error: (error: unknown) => void;
  readonly on_read: () => void;
  readonly on_wait_over: () => void; // what was asked for too soon after it had failed may be now
};

const kFirstMs = 1000;
const kLongestMs = 30_000;

export class BackOff {
  readonly #on_over: () => void;
  #of = ''; // what has failed
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #is_awaited = false;

  constructor(on_over: () => void) {
    this.#on_over = on_over;
  }

  // Whether this may be asked for now. What has not failed may, and ends the pause of what has.
  may_ask(of: string): boolean {
    if (of !== this.#of) this.reset();
    if (this.#timer === undefined) return true;
    this.#is_awaited = true;
    return false;
  }

  failed(of: string): void {
    if (of !== this.#of) this.reset();
    clearTimeout(this.#timer);
    this.#of = of;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const is_awaited = this.#is_awaited;
      this.#is_awaited = false;
      if (is_awaited) this.#on_over();
    }, Math.min(kLongestMs, kFirstMs * 2 ** this.#failures));
    this.#failures += 1;
  }

  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#of = '';
    this.#failures = 0;
    this.#is_awaited = false;
  }
}
