import { useState } from 'preact/hooks';

import { estimate_words } from './claims.tsx';
import { Chip, Panel, Scroll, Segments, Whisker } from './screen_parts.tsx';
import { format_percent } from '../units/format.ts';
import { format_count } from '../units/quantity.ts';
import { share } from '../units/unit.ts';
import type { ComponentChildren } from 'preact';
import type {
  MapSkill, SkillBand, SkillIncrement, SkillScore, SkillTarget, SkillWindow,
} from '../model/study_types.ts';

// How well the map explains recorded liquidations, beside what needs no map and what is a map in
// nothing but name.

type Timing = 'frozen' | 'in_hour';
const kTimings: readonly { value: Timing; text: string; title: string }[] = [
  { value: 'frozen', text: 'Frozen', title: 'Known at the begin of the hour' },
  { value: 'in_hour', text: 'In the hour', title: 'Updated with every step of the hour' },
];

const kNames: Readonly<Record<string, string>> = {
  faultline: 'Faultline', learners: 'same learners, no map', boosting: 'trees, no map',
  stack: 'trees and geometry, no map', geometry: 'geometry, no map', b0: 'mean', b1: 'range',
  b1ga: 'range, ground, past', faultline_constant: 'constant openings',
  faultline_mirrored: 'mirrored', faultline_shifted: 'shifted seven days',
  faultline_shuffled: 'shuffled entries', b4: 'b4, fixed leverage', b6: 'b6, rises of interest',
  b7c: 'b7c, price path alone', geometry_b7c: 'geometry and b7c',
  geometry_p_w3: 'geometry and p_w3', boosting_p_w3: 'trees and p_w3',
  stack_p_w3: 'trees, geometry and p_w3', geometry_p_w3_mirrored: 'p_w3 mirrored',
  geometry_p_w3_shifted: 'p_w3 shifted', geometry_p_w3_shuffled: 'p_w3 shuffled',
};

export function contestant_words(name: string): string {
  const bare = name.replace(/_in_hour$/, '');
  return kNames[bare] ?? bare;
}

const is_ours = (name: string): boolean => /^faultline(_in_hour)?$/.test(name);
const is_in_hour = (name: string): boolean => name.endsWith('_in_hour');

export function SkillPanel({ study, title, link }: {
  readonly study: MapSkill; readonly title: string; readonly link: ComponentChildren;
}) {
  const [timing, set_timing] = useState<Timing>('frozen');
  const [chosen, set_chosen] = useState('');
  const window = study.windows.find(({ name }) => name === chosen) ?? study.windows[0];
  if (window === undefined) return null;
  const wants_in_hour = timing === 'in_hour';
  return (
    <Panel name="skill" title={title} actions={link} note={window_words(study, window)}>
      <div class="choices">
        <Segments label="When the map is read" choices={kTimings} chosen={timing}
          on_choose={set_timing} />
        <Segments label="Window" chosen={window.name} on_choose={set_chosen}
          choices={study.windows.map(({ name }) => ({ value: name, text: name }))} />
        <p class="note">Not a forecast: the hour's price range is given to every contestant.</p>
      </div>
      <div class="halves">
        <ScoreTable scores={window.scores.filter((one) => one.is_in_hour === wants_in_hour)} />
        <div>
          <IncrementTable placebos={window.scores.filter(({ is_placebo }) => is_placebo)}
            increments={window.increments.filter(({ contestant }) =>
              is_in_hour(contestant) === wants_in_hour)} />
          <BandTable bands={window.bands.filter(({ contestant }) =>
            is_in_hour(contestant) === wants_in_hour)} />
          <TargetList targets={study.targets} />
        </div>
      </div>
    </Panel>
  );
}

function window_words({ instrument }: MapSkill, { from, to, hours }: SkillWindow): string {
  const day = (text: string | null): string => text?.slice(0, 10) ?? '?';
  return `${instrument ?? 'recorded market'}, ${day(from)} to ${day(to)}, ` +
    `${format_count(hours)} hours`;
}

function bounds_of(all: readonly { r_squared: SkillScore['r_squared'] }[], zero: number) {
  const known = all.flatMap(({ r_squared }) => (r_squared === null ? [] : [r_squared]));
  return {
    low: Math.min(zero, ...known.map(({ low }) => low)),
    high: Math.max(zero, ...known.map(({ high }) => high)),
  };
}

function ScoreTable({ scores }: { readonly scores: readonly SkillScore[] }) {
  const sorted = [...scores].sort((a, b) =>
    (b.r_squared?.value ?? -9) - (a.r_squared?.value ?? -9));
  const { low, high } = bounds_of(sorted, 0);
  return (
    <table class="scores">
      <caption>R² of ln(1 + USD), 95 % interval</caption>
      <tbody>{sorted.map((one) => (
        <tr key={one.contestant} class={is_ours(one.contestant) ? 'ours' : ''}>
          <th scope="row" title={one.about ?? undefined}>{contestant_words(one.contestant)}
            {one.is_placebo ? <Chip kind="plain" text="placebo" /> : null}</th>
          <td class="figure-cell"><Whisker estimate={one.r_squared} low={low} high={high}
            is_strong={is_ours(one.contestant)} /></td>
          <td>{estimate_words(one.r_squared)}</td>
        </tr>
      ))}</tbody>
    </table>
  );
}

// Smaller differences are noise, whatever their interval says (docs/studies/map_skill.md).
const kNoise = 0.005;

function IncrementTable({ increments, placebos }: {
  readonly increments: readonly SkillIncrement[];
  readonly placebos: readonly SkillScore[];
}) {
  if (increments.length === 0) return null;
  const { low, high } = bounds_of(increments, 0);
  return (
    <table class="scores">
      <caption>Gain of R²; differences below {kNoise} are noise</caption>
      <tbody>{increments.map((one) => (
        <tr key={`${one.contestant} ${one.over}`} class={is_ours(one.contestant) ? 'ours' : ''}>
          <th scope="row">{contestant_words(one.contestant)} <small>over</small>{' '}
            {contestant_words(one.over)}
            {placebos.some(({ contestant }) => contestant === one.contestant)
              ? <Chip kind="plain" text="placebo" /> : null}</th>
          <td class="figure-cell"><Whisker estimate={one.r_squared} low={low} high={high} at={0}
            is_strong={is_ours(one.contestant)} /></td>
          <td>{estimate_words(one.r_squared)}</td>
        </tr>
      ))}</tbody>
    </table>
  );
}

// Those that people ask for; the report has more.
const kLevels: readonly number[] = [0.5, 0.8, 0.95];

function BandTable({ bands }: { readonly bands: readonly SkillBand[] }) {
  if (bands.length === 0) return null;
  const percent = (value: SkillBand['coverage']): string =>
    (value === null ? '–' : format_percent(share(value.value), 1));
  return (
    <Scroll label="Coverage of our bands">
      <table class="bands">
        <caption>Coverage of our bands</caption>
        <thead><tr><th>Promised</th><th>Kept</th><th>95 % interval</th><th>Longs</th><th>Shorts</th>
        </tr></thead>
        <tbody>{bands.filter(({ level }) => kLevels.includes(level)).map((band) => (
          <tr key={band.level}>
            <th scope="row">{format_percent(share(band.level), 0)}</th>
            <td class="strong">{percent(band.coverage)}</td>
            <td>{band.coverage === null ? '–' :
              `${format_percent(share(band.coverage.low), 1)} – ${
                format_percent(share(band.coverage.high), 1)}`}</td>
            <td>{percent(band.coverage_long)}</td>
            <td>{percent(band.coverage_short)}</td>
          </tr>
        ))}</tbody>
      </table>
    </Scroll>
  );
}

function TargetList({ targets }: { readonly targets: readonly SkillTarget[] }) {
  if (targets.length === 0) return null;
  const met = targets.filter(({ is_met }) => is_met).length;
  return (
    <details class="more">
      <summary>Targets set beforehand: {met} of {targets.length} met</summary>
      <Scroll label="Targets">
        <table>
          <thead><tr><th>Target</th><th>Value [95 %]</th><th>Required</th><th>Verdict</th>
          </tr></thead>
          <tbody>{targets.map((target) => (
            <tr key={target.what}>
              <th scope="row">{target.what}</th>
              <td>{estimate_words(target.value)}</td>
              <td>{target.required ?? '–'}</td>
              <td><Chip kind={target.is_met ? 'good' : 'bad'}
                text={target.is_met ? 'met' : 'missed'} /></td>
            </tr>
          ))}</tbody>
        </table>
      </Scroll>
    </details>
  );
}
