import { useEffect, useRef, useState } from 'preact/hooks';

import { set_theme } from '../model/view.ts';
import type { ComponentChildren } from 'preact';
import type { Resource } from '../model/resource.ts';
import type { Estimate } from '../model/study_types.ts';
import type { UiState } from './ui_state.ts';

// What screens are put together from.

export type Choice<T extends string> = {
  readonly value: T;
  readonly text: string;
  readonly title?: string;
};

export function Segments<T extends string>({ label, choices, chosen, on_choose }: {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly chosen: T | null;
  readonly on_choose: (value: T) => void;
}) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {choices.map(({ value, text, title }) => (
        <button key={value} type="button" title={title} aria-pressed={value === chosen}
          onClick={() => on_choose(value)}>{text}</button>
      ))}
    </div>
  );
}

export function ScreenTools({ ui }: { readonly ui: UiState }) {
  const is_dark = ui.theme.value === 'dark';
  return (
    <>
      <span class="spring" />
      <button type="button" title="Dark or light (T)" aria-label="Dark or light theme"
        onClick={() => ui.session.change((one) => set_theme(one, is_dark ? 'light' : 'dark'))}>
        {is_dark ? 'Light' : 'Dark'}
      </button>
      <button type="button" title="Keyboard (?)" aria-label="Keyboard help" aria-haspopup="dialog"
        onClick={() => { ui.is_help_open.value = true; }}>?</button>
    </>
  );
}

export function Panel({ name, title, note, children, actions }: {
  readonly name: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  return (
    <section class={`panel ${name}`} aria-labelledby={`${name}-title`}>
      <header>
        <h2 id={`${name}-title`}>{title}</h2>
        {note === undefined ? null : <p class="note">{note}</p>}
        {actions}
      </header>
      {children}
    </section>
  );
}

// Loading, failed, empty, or what there is, with a line above it when it may be out of date.
export function Shown<T>({ of, what, is_reached, empty, children }: {
  readonly of: Resource<T>;
  readonly what: string; // 'The scorecard'
  readonly is_reached: boolean;
  readonly empty?: { readonly is: (value: T) => boolean; readonly text: string };
  readonly children: (value: T) => ComponentChildren;
}) {
  const value = of.value.value;
  const problem = of.problem.value;
  const again = <button type="button" onClick={() => void of.load()}>Try again</button>;
  if (value === null) {
    if (of.phase.value !== 'failed') {
      return <p class="state" role="status"><i class="spinner" aria-hidden="true" />
        Loading {what.charAt(0).toLowerCase() + what.slice(1)}</p>;
    }
    const why = is_reached ? problem : 'The service does not answer.';
    return <div class="state failed" role="alert">
      <p><b>{is_reached ? 'Problem' : 'Offline'}</b> {what} could not be read. {why}</p>{again}
    </div>;
  }
  return (
    <>
      {problem === null ? null : (
        <div class="state bar" role="alert">
          <p><b>{is_reached ? 'Problem' : 'Offline'}</b> What is shown was read before{
            is_reached ? `: ${problem}` : '.'}</p>
          {again}
        </div>
      )}
      {empty?.is(value) === true ? <p class="state">{empty.text}</p> : children(value)}
    </>
  );
}

export function Chip({ kind, text, title }: {
  readonly kind: 'good' | 'bad' | 'open' | 'plain';
  readonly text: string;
  readonly title?: string;
}) {
  return <span class={`tag ${kind}`} title={title}>{text}</span>;
}

// A table that may be wider than its place. Where it is, its edges say so, and the keyboard can
// move it; where it is not, it is no stop of the Tab key.
export function Scroll({ label, children }: {
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [has_more, set_more] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => set_more(
      element.scrollWidth > element.clientWidth + 1 ||
      element.scrollHeight > element.clientHeight + 1));
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} class="scroll" {...(has_more
      ? { tabIndex: 0, role: 'region', 'aria-label': `${label}, can be scrolled` } : {})}>
      {children}
    </div>
  );
}

// A value and its interval on a line of a common scale. The figures stand beside it as text, so
// the picture is for the eye alone.
export function Whisker({ estimate, low, high, at, is_strong = false }: {
  readonly estimate: Estimate | null;
  readonly low: number;
  readonly high: number;
  readonly at?: number; // where a line is drawn: nothing, or what was asked for
  readonly is_strong?: boolean;
}) {
  const place = (value: number): number =>
    100 * Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
  return (
    <span class={is_strong ? 'whisker strong' : 'whisker'} aria-hidden="true">
      {at === undefined ? null : <s style={{ left: `${place(at)}%` }} />}
      {estimate === null ? null : (
        <>
          <i style={{ left: `${place(estimate.low)}%`,
            width: `${place(estimate.high) - place(estimate.low)}%` }} />
          <b style={{ left: `${place(estimate.value)}%` }} />
        </>
      )}
    </span>
  );
}
