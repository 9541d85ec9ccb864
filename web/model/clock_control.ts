import { signal } from '@preact/signals';

import { rfc3339 } from '../units/time.ts';
import { refusal_text } from './api_client.ts';
import { clock_of } from './api_types.ts';
import type { ApiClient } from './api_client.ts';
import type { Clock, Health } from './api_types.ts';
import type { UnixMs } from '../units/unit.ts';

// The time of a demo or replay: how fast it goes, and where it is to run to. Not the play head: the
// clock is the service's and everyone's who looks at it.

export type Run = { readonly from: UnixMs; readonly to: UnixMs; readonly began_ms: number };

export type ClockOptions = {
  readonly api: Pick<ApiClient, 'json' | 'send'>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now_ms: () => number;
};

const kPollMs = 400;

export class ClockControl {
  readonly clock = signal<Clock | null>(null); // null: not known, or the service has none
  readonly run = signal<Run | null>(null); // under way
  readonly problem = signal<string | null>(null);
  readonly #options: ClockOptions;

  constructor(options: ClockOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    try {
      this.clock.value = clock_of(await this.#options.api.json('/v1/clock', {}));
    } catch {
      this.clock.value = null; // a service without a clock runs as the market does
    }
  }

  // The health comes every few seconds and says how the clock stands too.
  hear({ now, speed, is_over }: Health): void {
    const { value } = this.clock;
    if (value !== null) this.clock.value = { ...value, now, speed, is_over };
  }

  async set_speed(speed: number): Promise<void> {
    this.run.value = null;
    await this.#post({ speed });
  }

  // Runs as fast as the service can, and on with the speed it had. A speed ends it earlier.
  async run_to(time: UnixMs): Promise<void> {
    const { value } = this.clock;
    if (value === null) return;
    const to = Math.min(time, value.end ?? time) as UnixMs;
    const run = { from: value.now, to, began_ms: this.#options.now_ms() };
    this.run.value = run;
    if (!await this.#post({ run_to: rfc3339(to) })) {
      this.run.value = null;
      return;
    }
    while (this.run.value === run) {
      await this.#options.sleep(kPollMs);
      await this.load();
      const now = this.clock.value;
      if (this.run.value === run && (now === null || now.now >= to || now.is_over)) {
        this.run.value = null;
      }
    }
  }

  async #post(body: unknown): Promise<boolean> {
    try {
      await this.#options.api.send('POST', '/v1/clock', body);
      await this.load();
      this.problem.value = null;
      return true;
    } catch (error) {
      this.problem.value = refusal_text(error, 'control');
      return false;
    }
  }
}

// How far a run is, and how long the rest takes at the pace so far; null before that is known.
export function run_progress(
  run: Run, now: UnixMs, now_ms: number,
): { share: number; left_ms: number | null } {
  const share = Math.min(1, Math.max(0, (now - run.from) / Math.max(1, run.to - run.from)));
  const spent = now_ms - run.began_ms;
  return { share, left_ms: share < 0.02 ? null : (spent * (1 - share)) / share };
}
