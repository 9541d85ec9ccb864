import { useState } from 'preact/hooks';

import { Canvas } from './plot.tsx';
import { Segments } from './screen_parts.tsx';
import { kThemes } from '../render/chart_theme.ts';
import { bin_count, bin_of_x, draw_mirror, mirror_box } from '../render/mirror.ts';
import { format_percent, format_price, format_usd } from '../units/format.ts';
import { format_clock, format_date } from '../units/time.ts';
import { share, usd } from '../units/unit.ts';
import type { Newest, Run } from '../model/lab_types.ts';
import type { Side, Usd } from '../units/unit.ts';
import type { UiState } from './ui_state.ts';

// The newest hour's map over the truth, by distance from the mark.

export function MirrorFigure({ ui, run }: { readonly ui: UiState; readonly run: Run }) {
  const [hovered, set_hovered] = useState<number | null>(null);
  const [scale, set_scale] = useState<'linear' | 'log'>('linear');
  const { newest } = run;
  if (newest === null) return null;
  const theme = kThemes[ui.theme.value];
  const bins = bin_count(newest.sides);
  return (
    <section class="panel mirror" aria-labelledby="mirror-title">
      <header>
        <h2 id="mirror-title">At risk by distance from the mark</h2>
        <p class="note">{newest_words(newest)}</p>
        <Segments label="Scale" chosen={scale} on_choose={set_scale}
          choices={[{ value: 'linear', text: 'Linear' }, { value: 'log', text: 'Log' }]} />
      </header>
      <div class="canvas-host">
        <Canvas drawn={[newest, theme, scale, hovered]} label={mirror_label(newest)}
          on_pointer={(at) => set_hovered(at === null ? null
            : bin_of_x(mirror_box(at.width, at.height), bins, at.x))}
          draw={(ctx, width, height, ratio) => draw_mirror(ctx, {
            width, height, ratio, theme, hovered, is_log: scale === 'log',
            bin_log: newest.bin_log, sides: newest.sides,
          })} />
      </div>
      {hovered !== null ? (
        <p class="legend-line"><span><BinReading newest={newest} bin={hovered} /></span></p>
      ) : <p class="legend-line">
        <span><i class="square long" />longs, truth</span>
        <span><i class="square short" />shorts, truth</span>
        <span><i class="rule-line" />estimate, mean</span>
        {newest.sides.long.p10 === null ? <span>no band with one member</span>
          : <span><i class="square band" />estimate, p10 to p90</span>}
        <span>USD a bin of {format_percent(share(newest.bin_log), 1)}</span>
      </p>}
    </section>
  );
}

function newest_words({ time, mark }: Newest): string {
  return `${format_date(time)} ${format_clock(time)} UTC, mark ${format_price(mark)}`;
}

const total = (values: readonly Usd[]): Usd => usd(values.reduce((a, b) => a + b, 0));

function mirror_label(newest: Newest): string {
  const side = (name: Side): string =>
    `${name}s ${format_usd(total(newest.sides[name].truth))} in truth, ` +
    `${format_usd(total(newest.sides[name].mean))} estimated`;
  return `Money at risk by distance from the mark: ${side('long')}; ${side('short')}`;
}

function BinReading({ newest, bin }: { readonly newest: Newest; readonly bin: number }) {
  const name: Side = bin < 0 ? 'long' : 'short';
  const side = newest.sides[name];
  const i = bin < 0 ? -1 - bin : bin;
  const edge = (at: number): string =>
    format_percent(share(Math.exp((bin < 0 ? -at : at) * newest.bin_log) - 1), 1);
  const at = (values: readonly Usd[] | null): string => format_usd(values?.[i] ?? null);
  return (
    <>{name}s {edge(i)} to {edge(i + 1)}: {at(side.truth)} truth, {at(side.mean)} estimate
      {side.p10 === null ? '' : ` (${at(side.p10)} – ${at(side.p90)})`}</>
  );
}
