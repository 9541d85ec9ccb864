import { computed, signal } from '@preact/signals';

import { body_of_form } from './lab_form.ts';
import { fields_of, is_active, run_of, runs_of, scenarios_of } from './lab_types.ts';
import { Resource, once_a_body } from './resource.ts';
import { ApiError, refusal_text, words_of } from './api_client.ts';
import type { ApiClient } from './api_client.ts';
import type { LabForm } from './lab_form.ts';
import type { Run, RunSummary, Scenario } from './lab_types.ts';

// The lab while its screen is open: what can be run, the experiment that is being set up, the runs
// there are, the one that is watched and those that are compared. A run that is not over is read
// once a second.

export type LabProblem = { readonly text: string; readonly field: string | null };

const kEveryMs = 1000;
// The list of runs changes when one begins or ends; somebody else may have asked for one.
const kListEvery = 4;

export class LabSession {
  readonly form;
  readonly scenarios;
  readonly fields;
  readonly runs;
  readonly watched_id = signal<string | null>(null);
  readonly compared_ids = signal<readonly string[]>([]);
  readonly is_starting = signal(false);
  readonly is_cancelling = signal(false);
  readonly problem = signal<LabProblem | null>(null);
  readonly held = signal<string | null>(null); // why a field is not as it was written
  readonly details = signal<ReadonlyMap<string, Run>>(new Map());
  readonly missing = signal<ReadonlyMap<string, string>>(new Map());

  readonly scenario = computed<Scenario | null>(() => {
    const all = this.scenarios.value.value ?? [];
    return all.find(({ name }) => name === this.form.value.scenario) ?? all[0] ?? null;
  });
  readonly watched = computed<Run | null>(() =>
    this.details.value.get(this.watched_id.value ?? '') ?? null);
  readonly compared = computed<readonly Run[]>(() => this.compared_ids.value.flatMap((id) => {
    const run = this.details.value.get(id);
    return run === undefined ? [] : [run];
  }));

  readonly #api: ApiClient;
  readonly #readers = new Map<string, (body: unknown) => Run>();
  readonly #loading = new Set<string>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #ticks = 0;

  constructor(api: ApiClient, form: LabForm) {
    this.#api = api;
    this.form = signal(form);
    this.scenarios = new Resource(async (gone) =>
      scenarios_of(await api.json('/v1/lab/scenarios', {}, gone)));
    this.fields = new Resource(async (gone) =>
      fields_of(await api.json('/v1/lab/fields', {}, gone)));
    const read_runs = once_a_body(runs_of);
    this.runs = new Resource(async (gone) =>
      read_runs(await api.json('/v1/lab/runs', {}, gone)));
  }

  change(reduce: (form: LabForm, scenario: Scenario | null) => LabForm): void {
    this.form.value = reduce(this.form.value, this.scenario.value);
    this.problem.value = null;
    this.held.value = null;
  }

  open(): void {
    if (this.#timer !== undefined) return;
    this.refresh();
    this.#timer = setInterval(() => this.#tick(), kEveryMs);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  // Whatever is not here is asked for.
  refresh(): void {
    this.open_scenarios();
    this.#open(this.fields);
    void this.#load_runs();
  }

  // The arms of claims are shown where nothing else of the lab is.
  open_scenarios(): void {
    this.#open(this.scenarios);
  }

  watch(id: string): void {
    this.watched_id.value = id;
    if (!this.details.value.has(id)) void this.#load_run(id);
  }

  compare(id: string, is_wanted: boolean): void {
    const others = this.compared_ids.value.filter((one) => one !== id);
    this.compared_ids.value = is_wanted ? [...others, id] : others;
    if (is_wanted && !this.details.value.has(id)) void this.#load_run(id);
  }

  async start(): Promise<void> {
    const { scenario } = this;
    if (scenario.value === null || this.is_starting.value) return;
    this.is_starting.value = true;
    this.problem.value = null;
    try {
      const body = body_of_form(this.form.value, scenario.value.name);
      const run = run_of(await this.#api.send('POST', '/v1/lab/runs', body));
      this.#keep(run);
      this.watched_id.value = run.id;
      await this.#load_runs();
    } catch (error) {
      this.#failed(error);
    }
    this.is_starting.value = false;
  }

  reload(id: string): void {
    void this.#load_run(id);
  }

  async cancel(id: string): Promise<void> {
    this.is_cancelling.value = true;
    try {
      await this.#api.send('DELETE', `/v1/lab/runs/${encodeURIComponent(id)}`);
      await Promise.all([this.#load_runs(), this.#load_run(id)]);
    } catch (error) {
      this.#failed(error);
    }
    this.is_cancelling.value = false;
  }

  #open<T>(one: Resource<T>): void {
    if (one.phase.value !== 'ready' && one.phase.value !== 'loading') void one.load();
  }

  #failed(error: unknown): void {
    const text = refusal_text(error, 'lab');
    this.problem.value = { text, field: error instanceof ApiError ? error.field : null };
  }

  #keep(run: Run): void {
    if (this.details.value.get(run.id) === run) return;
    this.details.value = new Map(this.details.value).set(run.id, run);
  }

  #tick(): void {
    this.#ticks += 1;
    const active = (this.runs.value.value ?? []).filter(is_active);
    const watched = this.watched.value;
    if (watched !== null && is_active(watched)) void this.#load_run(watched.id);
    const is_other = active.some(({ id }) => id !== watched?.id);
    if (is_other || this.#ticks % kListEvery === 0) void this.#load_runs();
    const { phase } = this.scenarios;
    if (phase.value === 'failed' && this.#ticks % kListEvery === 0) this.refresh();
  }

  async #load_runs(): Promise<void> {
    await this.runs.load();
    const runs = this.runs.value.value ?? [];
    this.#forget(runs);
    // Somebody who comes back sees what runs, else what ran last.
    const [newest] = [...runs].sort((a, b) => Number(is_active(b)) - Number(is_active(a)));
    if (this.watched_id.value === null && newest !== undefined) this.watch(newest.id);
    for (const id of this.compared_ids.value) {
      if (!this.details.value.has(id)) void this.#load_run(id);
    }
  }

  // The service keeps the last runs only.
  #forget(runs: readonly RunSummary[]): void {
    if (this.runs.phase.value !== 'ready') return;
    const ids = new Set(runs.map(({ id }) => id));
    const kept = this.compared_ids.value.filter((id) => ids.has(id));
    if (kept.length < this.compared_ids.value.length) this.compared_ids.value = kept;
    const details = [...this.details.value].filter(([id]) =>
      ids.has(id) || id === this.watched_id.value);
    if (details.length < this.details.value.size) this.details.value = new Map(details);
    for (const id of this.#readers.keys()) if (!ids.has(id)) this.#readers.delete(id);
    for (const run of runs) {
      const known = this.details.value.get(run.id);
      if (known !== undefined && known.status !== run.status) void this.#load_run(run.id);
    }
  }

  async #load_run(id: string): Promise<void> {
    if (this.#loading.has(id)) return;
    this.#loading.add(id);
    try {
      const read = this.#readers.get(id) ?? once_a_body(run_of);
      this.#readers.set(id, read);
      const before = this.details.value.get(id);
      const run = read(await this.#api.json(`/v1/lab/runs/${encodeURIComponent(id)}`, {}));
      this.#keep(run);
      if (before !== undefined && before.status !== run.status) void this.#load_runs();
      if (this.missing.value.has(id)) this.#say_missing(id, null);
    } catch (error) {
      this.#say_missing(id, words_of(error));
    }
    this.#loading.delete(id);
  }

  #say_missing(id: string, why: string | null): void {
    const next = new Map(this.missing.value);
    if (why === null) next.delete(id);
    else next.set(id, why);
    this.missing.value = next;
  }
}
