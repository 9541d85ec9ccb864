// What has to be drawn again, and no more than that. A higher level holds the lower ones.
export const kInvalidation = { none: 0, crosshair: 1, overlay: 2, tiles: 3, full: 4 } as const;
export type Invalidation = (typeof kInvalidation)[keyof typeof kInvalidation];

export type RequestFrame = (run: (time: number) => void) => number;

// One frame is asked for however many things change, and none when nothing does.
export class FrameLoop {
  readonly #draw: (level: Invalidation) => void;
  readonly #request: RequestFrame;
  #level: Invalidation = kInvalidation.none;
  #is_stopped = false;
  #is_paused = false;
  frames = 0;

  constructor(draw: (level: Invalidation) => void, request: RequestFrame) {
    this.#draw = draw;
    this.#request = request;
  }

  invalidate(level: Invalidation): void {
    if (this.#is_stopped || level === kInvalidation.none) return;
    const is_waiting = this.#level !== kInvalidation.none;
    if (level > this.#level) this.#level = level;
    if (!is_waiting && !this.#is_paused) this.#request(() => this.#run());
  }

  // While nobody can see it nothing is drawn; what has changed by then is drawn once, afterwards.
  set_paused(is_paused: boolean): void {
    if (is_paused === this.#is_paused) return;
    this.#is_paused = is_paused;
    if (!is_paused && this.#level !== kInvalidation.none) this.#request(() => this.#run());
  }

  stop(): void {
    this.#is_stopped = true;
  }

  #run(): void {
    const level = this.#level;
    if (this.#is_stopped || this.#is_paused || level === kInvalidation.none) return;
    this.#level = kInvalidation.none;
    this.frames += 1;
    this.#draw(level);
  }
}
