import { useRef } from 'preact/hooks';

import {
  is_shown, kRanges, kTiers, set_opacity, set_side, set_span, set_theme, span_of,
  toggle_layer, toggle_pane,
} from '../model/view.ts';
import { copy_link, export_csv, export_png, tier_text } from './export.ts';
import { refit } from './keys.ts';
import { kPaneTitles } from './panes.tsx';
import { PartSelect } from './part_select.tsx';
import { back_to_live } from './replay.ts';
import { Segments } from './screen_parts.tsx';
import type { ComponentChildren } from 'preact';
import type { Layer, SideMode, Tier } from '../model/view.ts';
import type { Choice } from './screen_parts.tsx';
import type { UiState } from './ui_state.ts';

const kSideChoices: readonly Choice<SideMode>[] = [
  { value: 'both', text: 'All', title: 'Longs and shorts together' },
  { value: 'long', text: 'Longs' },
  { value: 'short', text: 'Shorts' },
  { value: 'two_hue', text: 'Two hues', title: 'Longs warm, shorts cool' },
];

const kLayerChoices: readonly (readonly [Layer, string, string])[] = [
  ['candles', 'Candles', 'Price candles; hollow ones rose (C)'],
  ['prints', 'Prints', 'Liquidations as the feed printed them; area is dollars (P)'],
  ['clusters', 'Clusters', 'Where estimates pile up, from when on (K)'],
  ['hatching', 'Hatching', 'Hatched: the 80 % band is wider than a factor of four (H)'],
];

export function Toolbar({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const view = session.view.value;
  const range = kRanges.find(([, span]) => Math.abs(span_of(view.time) / span - 1) < 0.01);
  return (
    <section class="toolbar" aria-label="Map controls">
      <Segments label="Range" chosen={range?.[0] ?? null}
        choices={kRanges.map(([name]) => ({ value: name, text: name }))}
        on_choose={(name) => {
          const span = kRanges.find(([one]) => one === name)?.[1];
          if (span) session.change((one, known) => set_span(one, span, known));
        }} />
      <button type="button" class="live" aria-pressed={view.is_live && view.as_of === null}
        title="Back to live (L)" onClick={() => back_to_live(ui)}>
        <i aria-hidden="true" />Live</button>
      <button type="button" aria-pressed={view.is_fit} title="Prices follow the market (F)"
        onClick={() => refit(ui)}>Fit</button>
      <span class="rule" />
      <Segments label="Side" choices={kSideChoices} chosen={view.side}
        on_choose={(side) => session.change((one) => set_side(one, side))} />
      <Layers ui={ui} />
      <label class="select" title="Distance from the mark: only rows so far from it (D)">
        <span class="sr">Distance from the mark</span>
        <select name="tier" value={view.tier} onChange={(event) => {
          const tier = event.currentTarget.value as Tier;
          session.change((one) => ({ ...one, tier }));
        }}>
          {kTiers.map((tier) =>
            <option key={tier} value={tier}>From mark: {tier === 'all' ? 'any' : tier_text(tier)}
            </option>)}
        </select>
      </label>
      <PartSelect ui={ui} />
      <Opacity ui={ui} />
      <span class="spring" />
      <Tools ui={ui} />
    </section>
  );
}

function Layers({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const view = session.view.value;
  return (
    <div class="segmented" role="group" aria-label="Layers">
      {kLayerChoices.map(([layer, text, title]) => (
        <button key={layer} type="button" title={title} aria-pressed={is_shown(view, layer)}
          onClick={() => session.change((one) => toggle_layer(one, layer))}>{text}</button>
      ))}
      <button type="button" aria-pressed={view.has_hindsight}
        title="What waits now, over the past: hindsight (W)"
        onClick={() => session.change((one) =>
          ({ ...one, has_hindsight: !one.has_hindsight }))}>Known now</button>
    </div>
  );
}

function Opacity({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const { opacity } = session.view.value;
  return (
    <label class="slider" title="Opacity (O)">
      <span>Opacity</span>
      <input type="range" min="0.2" max="1" step="0.05" value={opacity}
        aria-valuetext={`${Math.round(opacity * 100)} percent`}
        onInput={(event) => {
          const wanted = Number(event.currentTarget.value);
          session.change((one) => set_opacity(one, wanted));
        }} />
    </label>
  );
}

// A menu of the browser's own: it closes by Esc and by a click elsewhere, and gives the focus back.
function Menu({ id, label, title, children }: {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  const sheet = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const place = (): void => {
    const box = button.current?.getBoundingClientRect();
    if (box === undefined) return;
    sheet.current?.style.setProperty('right', `${Math.max(4, innerWidth - box.right)}px`);
    sheet.current?.style.setProperty('top', `${box.bottom + 4}px`);
  };
  return (
    <>
      <button ref={button} type="button" title={title} popovertarget={id}>{label}</button>
      <div ref={sheet} id={id} popover="auto" class="menu" role="group" aria-label={title}
        onBeforeToggle={place}>{children}</div>
    </>
  );
}

function Tools({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const { hidden_panes } = session.view.value;
  return (
    <>
      <Menu id="panes-menu" label="Panes" title="Which panes are shown (V: all or none)">
        {kPaneTitles.map(([name, title]) => (
          <label key={name}>
            <input type="checkbox" checked={!hidden_panes.includes(name)}
              onChange={() => session.change((view) => toggle_pane(view, name))} />{title}
          </label>
        ))}
      </Menu>
      <Menu id="export-menu" label="Export" title="Take away what is shown">
        <button type="button" onClick={() => export_png(ui)}>Picture, PNG <kbd>E</kbd></button>
        <button type="button" onClick={() => export_csv(ui, 'series')}>
          Series of the view, CSV <kbd>⇧E</kbd></button>
        <button type="button" onClick={() => export_csv(ui, 'profile')}>
          Profile, CSV <kbd>⇧R</kbd></button>
        <button type="button" onClick={() => copy_link(ui)}>Copy the link <kbd>Y</kbd></button>
      </Menu>
      <button type="button" title="The map as tables (B)" aria-haspopup="dialog"
        onClick={() => { ui.is_table_open.value = true; }}>Table</button>
      <button type="button" title="Dark or light (T)" aria-label="Dark or light theme"
        onClick={() => session.change((one) =>
          set_theme(one, ui.theme.value === 'dark' ? 'light' : 'dark'))}>
        ◐
      </button>
      <button type="button" title="Keys, pointer and words (?)"
        aria-label="Help: keys, pointer and words" aria-haspopup="dialog"
        onClick={() => { ui.is_help_open.value = true; }}>?</button>
    </>
  );
}
