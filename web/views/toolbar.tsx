import { useEffect, useRef } from 'preact/hooks';

import {
  go_live, is_shown, kRanges, set_decades, set_opacity, set_side, set_span, set_theme,
  shift_scale, span_of, toggle_layer,
} from '../model/view.ts';
import { draw_legend, legend_labels } from '../render/legend.ts';
import { refit } from './keys.ts';
import type { Layer, SideMode } from '../model/view.ts';
import type { UiState } from './ui_state.ts';

type Choice<T extends string> = {
  readonly value: T;
  readonly text: string;
  readonly title?: string;
};

function Segmented<T extends string>({ label, choices, chosen, on_choose }: {
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

const kSideChoices: readonly Choice<SideMode>[] = [
  { value: 'both', text: 'All', title: 'Longs and shorts together' },
  { value: 'long', text: 'Longs' },
  { value: 'short', text: 'Shorts' },
  { value: 'two_hue', text: 'Two hues', title: 'Longs warm, shorts cool' },
];

const kLayerChoices: readonly (readonly [Layer, string, string])[] = [
  ['candles', 'Candles', 'Price candles; hollow ones rose'],
  ['prints', 'Prints', 'Liquidations as the feed printed them; area is dollars'],
  ['clusters', 'Clusters', 'Where estimates pile up now'],
  ['hatching', 'Hatching', 'Hatched: the 80 % band is wider than a factor of four'],
];

export function Toolbar({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const view = session.view.value;
  const range = kRanges.find(([, span]) => Math.abs(span_of(view.time) / span - 1) < 0.01);
  return (
    <div class="toolbar" role="toolbar" aria-label="Map controls">
      <Segmented label="Range" chosen={range?.[0] ?? null}
        choices={kRanges.map(([name]) => ({ value: name, text: name }))}
        on_choose={(name) => {
          const span = kRanges.find(([one]) => one === name)?.[1];
          if (span) session.change((one, known) => set_span(one, span, known));
        }} />
      <button type="button" class="live" aria-pressed={view.is_live} title="Back to live (L)"
        onClick={() => session.change(go_live)}><i aria-hidden="true" />Live</button>
      <button type="button" aria-pressed={view.is_fit} title="Prices follow the market (F)"
        onClick={() => refit(ui)}>Fit</button>
      <span class="rule" />
      <Segmented label="Side" choices={kSideChoices} chosen={view.side}
        on_choose={(side) => session.change((one) => set_side(one, side))} />
      <div class="segmented" role="group" aria-label="Layers">
        {kLayerChoices.map(([layer, text, title]) => (
          <button key={layer} type="button" title={title} aria-pressed={is_shown(view, layer)}
            onClick={() => session.change((one) => toggle_layer(one, layer))}>{text}</button>
        ))}
      </div>
      <label class="slider" title="Opacity (O)">
        <span>Opacity</span>
        <input type="range" min="0.2" max="1" step="0.05" value={view.opacity}
          aria-valuetext={`${Math.round(view.opacity * 100)} percent`}
          onInput={(event) => {
            const opacity = Number(event.currentTarget.value);
            session.change((one) => set_opacity(one, opacity));
          }} />
      </label>
      <span class="spring" />
      <button type="button" title="Dark or light (T)" aria-label="Dark or light theme"
        onClick={() => session.change((one) =>
          set_theme(one, ui.theme.value === 'dark' ? 'light' : 'dark'))}>
        {ui.theme.value === 'dark' ? 'Light' : 'Dark'}
      </button>
      <button type="button" title="Keyboard and pointer (?)" aria-haspopup="dialog"
        onClick={() => { ui.is_help_open.value = true; }}>?</button>
    </div>
  );
}

// The dollars of the colours. The scale changes only when someone presses these buttons.
export function Legend({ ui }: { readonly ui: UiState }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const style = ui.style.value;
  const { session } = ui;
  useEffect(() => {
    const ctx = canvas.current?.getContext('2d');
    if (ctx) draw_legend(ctx, style);
  }, [style]);
  return (
    <div class="legend">
      <span class="caption">At risk, USD per 0.1 % of price <em>estimate</em></span>
      <div class="bar">
        <button type="button" aria-label="Colour scale down half a decade" title="Scale down ([)"
          onClick={() => session.change((view) => shift_scale(view, -1))}>−</button>
        <span class="ramp">
          <canvas ref={canvas} width={240} height={10} role="img"
            aria-label="Colours of the scale" />
          <span class="ticks">
            {legend_labels(style).map(({ share, text }) =>
              <b key={share} style={{ left: `${share * 100}%` }}>{text}</b>)}
          </span>
        </span>
        <button type="button" aria-label="Colour scale up half a decade" title="Scale up (])"
          onClick={() => session.change((view) => shift_scale(view, 1))}>+</button>
        <button type="button" title="Decades of the scale" class="decades"
          aria-label={`${style.scale.decades} decades; press for another number`}
          onClick={() => session.change((view) =>
            set_decades(view, style.scale.decades >= 4 ? 1 : style.scale.decades + 1))}>
          {style.scale.decades} dec</button>
      </div>
    </div>
  );
}
