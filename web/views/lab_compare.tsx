import { useMemo } from 'preact/hooks';

import { run_title } from './lab_runs.tsx';
import { PlotFigure, stroke } from './plot.tsx';
import {
  align, differences, hours_of, mean_of, near_ratio, sum_of,
} from '../model/run_compare.ts';
import { css_of } from '../render/palette.ts';
import { run_stroke } from '../render/run_palette.ts';
import { format_usd } from '../units/format.ts';
import { format_exact, format_score } from '../units/quantity.ts';
import { usd } from '../units/unit.ts';
import { Scroll } from './screen_parts.tsx';
import type { ComponentChildren } from 'preact';
import type { LabSession } from '../model/lab_session.ts';
import type { Run } from '../model/lab_types.ts';
import type { ThemeName } from '../render/palette.ts';
import type { PlotData, PlotSpec } from './plot.tsx';
import type { UiState } from './ui_state.ts';

// Runs over each other, by hours since their begin, and a table of what is not the same in them.

export function CompareView({ ui, session }: {
  readonly ui: UiState; readonly session: LabSession;
}) {
  const runs = session.compared.value;
  const wanted = session.compared_ids.value;
  const failed = wanted.filter((id) => session.missing.value.has(id) &&
    !runs.some((run) => run.id === id));
  if (wanted.length < 2) {
    return <p class="state">Tick two or more runs at the right that are over. Their errors are then
      drawn over each other here, with a table of what is different in them.</p>;
  }
  return (
    <>
      {failed.map((id) => (
        <div key={id} class="state bar" role="alert">
          <p><b>Problem</b> Run {id} could not be read.</p>
          <button type="button" onClick={() => session.reload(id)}>Try again</button>
        </div>
      ))}
      {runs.length < wanted.length && failed.length === 0
        ? <p class="state" role="status"><i class="spinner" aria-hidden="true" />Loading runs</p>
        : null}
      <Overlay ui={ui} runs={runs} name="compare-error" title="Error of the map,
        relative L1 within 5 %" values={error_of} note="0 is equal" />
      <Overlay ui={ui} runs={runs} name="compare-near" title="Money within 5 %, estimate over truth"
        values={near_ratio} note="1 is right, below 1 is too little" />
      <DifferenceTable session={session} runs={runs} theme={ui.theme.value} />
    </>
  );
}

const error_of = (run: Run): (number | null)[] => [...run.relative_l1];

function spec_of(name: string, runs: readonly Run[], theme: ThemeName): PlotSpec {
  return {
    key: `${name} ${theme} ${runs.map(({ id }) => id).join(' ')}`,
    x: 'hours',
    y: {
      tick: (value) => format_score(value, 2),
      range: (_, high) => [0, Math.max(0.5, Math.ceil(high * 4.2) / 4)],
    },
    series: () => runs.map((_, i) => {
      const { color, dash } = run_stroke(theme, i);
      return stroke(css_of(color), 1.75, dash);
    }),
  };
}

export function RunKey({ theme, index }: { readonly theme: ThemeName; readonly index: number }) {
  const { color, dash } = run_stroke(theme, index);
  return <i class={dash.length > 0 ? 'run-key dashed' : 'run-key'}
    style={{ borderColor: css_of(color) }} aria-hidden="true" />;
}

function Overlay({ ui, runs, name, title, values, note }: {
  readonly ui: UiState;
  readonly runs: readonly Run[];
  readonly name: string;
  readonly title: string;
  readonly note: ComponentChildren;
  readonly values: (run: Run) => (number | null)[];
}) {
  const theme = ui.theme.value;
  const spec = useMemo(() => spec_of(name, runs, theme), [name, runs, theme]);
  const aligned = useMemo(() =>
    align(runs.map((run) => ({ at: hours_of(run), values: values(run) }))), [runs, values]);
  const data = useMemo<PlotData>(() => [aligned.at, ...aligned.values], [aligned]);
  return (
    <PlotFigure name={name} theme={theme} spec={spec} data={data} title={title} note={note}
      reading={(at, is_pointed) => <>
        <span>{is_pointed ? `hour ${format_score(aligned.at[at] ?? null, 0)}` : 'mean'}</span>
        {runs.map((run, i) => (
          <span key={run.id}><RunKey theme={theme} index={i} />#{run.id}{' '}
            <b>{format_score(is_pointed ? aligned.values[i]?.[at] ?? null
              : mean_of(values(run)), 2)}</b></span>
        ))}</>}
      summary={runs.map((run) => `Run ${run_title(run)}: mean ${
        format_score(mean_of(values(run)), 2)}`).join('; ')} />
  );
}

function DifferenceTable({ session, runs, theme }: {
  readonly session: LabSession; readonly runs: readonly Run[]; readonly theme: ThemeName;
}) {
  const found = differences(runs, session.scenarios.value.value ?? [],
    session.fields.value.value ?? []);
  const row = (name: string, cells: readonly string[]) => (
    <tr key={name}><th scope="row">{name}</th>
      {cells.map((text, i) => <td key={runs[i]?.id}>{text}</td>)}</tr>
  );
  const money = (read: (run: Run) => number | null): string[] => runs.map((run) => {
    const value = read(run);
    return format_usd(value === null ? null : usd(value));
  });
  return (
    <section class="panel differences" aria-labelledby="differences-title">
      <header><h2 id="differences-title">What is different, and what came of it</h2></header>
      <Scroll label="Differences">
        <table>
          <thead><tr><th>Value</th>{runs.map((run, i) => (
            <th key={run.id} scope="col"><RunKey theme={theme} index={i} />{run_title(run)}</th>
          ))}</tr></thead>
          <tbody>
            {row('seed', runs.map(({ seed }) => String(seed)))}
            {row('hours', runs.map(({ hours }) => String(hours)))}
            {row('members', runs.map(({ members }) => String(members ?? '–')))}
            {found.map(({ name, values }) => row(name, values.map((value) =>
              (value === null ? '–' : format_exact(value)))))}
          </tbody>
          <tbody class="outcome">
            {row('relative L1, mean', runs.map((run) => format_score(mean_of(run.relative_l1), 2)))}
            {row('estimate over truth within 5 %, mean', runs.map((run) =>
              format_score(mean_of(near_ratio(run)), 2)))}
            {row('liquidated, truth', money((run) => sum_of(run.true_liquidated)))}
            {row('liquidated, printed', money((run) => sum_of(run.printed)))}
            {row('liquidated, expected', money((run) => sum_of(run.expected)))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
