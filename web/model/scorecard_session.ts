import { signal } from '@preact/signals';

import { Resource, once_a_body } from './resource.ts';
import { scorecard_of, service_health_of } from './scorecard_types.ts';
import { studies_of, study_of } from './study_types.ts';
import type { Side } from '../units/unit.ts';
import type { ApiClient } from './api_client.ts';
import type { ScoredHour } from './scorecard_types.ts';
import type { Study } from './study_types.ts';

// What the scorecard screen reads, while it is open. Studies change with the program and are read
// once; the rest is asked for again, and costs little while it has not changed.

export const kLasts = ['24h', '3d', '1w', 'all'] as const;
export type Last = (typeof kLasts)[number];
const kHoursOf: Record<Last, number> =
  { '24h': 24, '3d': 72, '1w': 168, all: Number.POSITIVE_INFINITY };

export type ScoredSide = Side | 'both';
export type ScorecardView = { readonly last: Last; readonly side: ScoredSide };
export const kDefaultScorecardView: ScorecardView = { last: 'all', side: 'both' };

export function query_of_scorecard(view: ScorecardView): URLSearchParams {
  const out = new URLSearchParams();
  if (view.last !== kDefaultScorecardView.last) out.set('last', view.last);
  if (view.side !== kDefaultScorecardView.side) out.set('of', view.side);
  return out;
}

export function scorecard_view_of_query(query: URLSearchParams): ScorecardView {
  const side = query.get('of');
  return {
    last: kLasts.find((one) => one === query.get('last')) ?? kDefaultScorecardView.last,
    side: side === 'long' || side === 'short' ? side : 'both',
  };
}

export function hours_shown(hours: readonly ScoredHour[], last: Last): readonly ScoredHour[] {
  return hours.slice(Math.max(0, hours.length - kHoursOf[last]));
}

const kEveryMs = 10_000;

export class ScorecardSession {
  readonly view;
  readonly scorecard;
  readonly health;
  readonly studies;
  readonly #instrument = signal<string | null>(null);
  readonly #reports = new Map<string, Resource<Study>>();
  readonly #api: ApiClient;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(api: ApiClient, view: ScorecardView) {
    this.#api = api;
    this.view = signal(view);
    const read_card = once_a_body(scorecard_of);
    const read_health = once_a_body(service_health_of);
    this.scorecard = new Resource(async (gone) => read_card(await api.json(
      '/v1/scorecard', { instrument: this.#instrument.value ?? '' }, gone)));
    this.health = new Resource(async (gone) =>
      read_health(await api.json('/v1/health', {}, gone)));
    this.studies = new Resource(async (gone) =>
      studies_of(await api.json('/v1/studies', {}, gone)));
  }

  change(reduce: (view: ScorecardView) => ScorecardView): void {
    this.view.value = reduce(this.view.value);
  }

  // A screen that shows scores is open. Safe to call again.
  open(): void {
    if (this.#timer !== undefined) return;
    this.refresh();
    this.#timer = setInterval(() => this.refresh(), kEveryMs);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  choose(instrument: string | null): void {
    if (instrument === this.#instrument.value) return;
    this.#instrument.value = instrument;
    this.scorecard.clear();
    if (this.#timer !== undefined && instrument !== null) void this.scorecard.load();
  }

  refresh(): void {
    if (this.#instrument.value !== null) void this.scorecard.load();
    void this.health.load();
    this.open_studies();
  }

  open_studies(): void {
    const { phase } = this.studies;
    if (phase.value !== 'ready' && phase.value !== 'loading') void this.studies.load();
    for (const report of this.#reports.values()) {
      if (report.phase.value === 'failed') void report.load();
    }
  }

  // The report of a study; reading begins when it is first asked for.
  report(name: string): Resource<Study> {
    let found = this.#reports.get(name);
    if (found === undefined) {
      found = new Resource(async (gone) =>
        study_of(await this.#api.json(`/v1/studies/${encodeURIComponent(name)}`, {}, gone)));
      this.#reports.set(name, found);
      // Not during the drawing that asked for it.
      const made = found;
      queueMicrotask(() => void made.load());
    }
    return found;
  }
}
