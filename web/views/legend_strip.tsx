import { useEffect, useRef } from 'preact/hooks';

import { set_decades, shift_scale } from '../model/view.ts';
import { draw_legend, legend_labels } from '../render/legend.ts';
import type { UiState } from './ui_state.ts';

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
        <button type="button" title="Decades of the scale ({ })" class="decades"
          aria-label={`${style.scale.decades} dec, the decades of the scale; press for more`}
          onClick={() => session.change((view) =>
            set_decades(view, style.scale.decades >= 4 ? 1 : style.scale.decades + 1))}>
          {style.scale.decades} dec</button>
      </div>
    </div>
  );
}

// What else the map draws, beside the colours of its scale.
export function Swatches({ ui }: { readonly ui: UiState }) {
  const { has_hindsight } = ui.session.view.value;
  return (
    <ul class="swatches">
      {has_hindsight ? <li><i class="known" />as known now</li> : null}
      <li><i class="wide" />80 % band wider than ×4</li>
      <li><i class="gap" />nothing known</li>
    </ul>
  );
}
