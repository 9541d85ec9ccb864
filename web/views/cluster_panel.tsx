import { format_price, format_signed_percent, format_usd } from '../units/format.ts';
import { distance } from '../units/rows.ts';
import { format_date_time, format_duration } from '../units/time.ts';
import { next_pinned } from '../model/cluster_boxes.ts';
import { interval_text } from './text.ts';
import type { ClusterHistory, Moment } from '../model/api_clusters.ts';
import type { Box } from '../model/cluster_boxes.ts';
import type { UiState } from './ui_state.ts';

// The pinned cluster: how it came, what fed it and what became of it.

export function step_pinned(ui: UiState, up: 1 | -1): void {
  ui.session.change((view) =>
    ({ ...view, pinned: next_pinned(ui.session.boxes.value, view.pinned, up) }));
}

export function unpin(ui: UiState): void {
  ui.session.change((view) => ({ ...view, pinned: null }));
}

export function ClusterPanel({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const id = session.view.value.pinned;
  if (id === null) return null;
  const box = session.pinned.value;
  const history = box?.history ?? null;
  return (
    <section class="cluster" aria-label="Pinned cluster">
      <header>
        <h2>Cluster {id}{box === null ? null
          : <b class={box.side}>{box.side === 'long' ? ' longs' : ' shorts'}</b>}</h2>
        <button type="button" aria-label="Previous cluster, lower (Shift N)" title="Lower (Shift N)"
          onClick={() => step_pinned(ui, -1)}>↓</button>
        <button type="button" aria-label="Next cluster, higher (N)" title="Higher (N)"
          onClick={() => step_pinned(ui, 1)}>↑</button>
        <button type="button" aria-label="Unpin (Esc)" title="Unpin (Esc)"
          onClick={() => unpin(ui)}>×</button>
      </header>
      {box === null || history === null
        ? <p class="hint">{session.clusters.value === null ? 'Loading its history'
          : session.as_of.value === null ? 'The service keeps no history of it'
            : 'Not known at the time of the play head'}</p>
        : <History ui={ui} box={box} history={history} />}
    </section>
  );
}

function fate_text(history: ClusterHistory): string {
  if (history.fate === 'alive') return 'alive';
  const what = { eaten: 'eaten by the price', decayed: 'decayed untouched',
    left: 'left behind by the price' }[history.fate];
  return history.ended === null ? what : `${what}, ${format_date_time(history.ended)}`;
}

function History({ ui, box, history }: {
  readonly ui: UiState;
  readonly box: Box;
  readonly history: ClusterHistory;
}) {
  const mark = ui.session.column.value?.mark;
  const { cluster } = box;
  const band = cluster?.density_interval ?? null;
  const as_of = ui.session.as_of.value;
  const unknown = as_of === null ? 'not in the newest column' : 'not kept for the past';
  const rows: (readonly [string, string])[] = [
    ['Prices', `${format_price(box.price_low)} – ${format_price(box.price_high)}`],
    ['Born', `${format_date_time(history.born)}, ${format_usd(history.born_usd)}`],
    ['Age', format_duration(history.age)],
    ['Fed since', history.fed_usd === null ? 'not known as of then'
      : `${format_usd(history.fed_usd)}${history.fed_usd_per_hour === null ? ''
        : `, ${format_usd(history.fed_usd_per_hour)}/h`}`],
    ['Most', format_usd(history.most_usd)],
    [history.fate === 'alive' ? 'Left in its rows' : 'Left at its end',
      `${format_usd(history.last_usd)}${history.most_usd > 0
        ? `, ${Math.round((100 * history.last_usd) / history.most_usd)} % of most` : ''}`],
    ['Fate', fate_text(history)],
  ];
  if (history.fate === 'alive') {
    rows.push(
      ['Cluster there now', cluster === null ? unknown
        : format_usd(cluster.notional_at_risk_usd)],
      ['its p10 – p90', band === null ? 'not known' : interval_text(band)],
      ['its expected print', cluster === null ? unknown
        : cluster.expected_liquidation_usd === null ? 'not known'
          : format_usd(cluster.expected_liquidation_usd)],
      ['From the mark', mark === undefined ? 'not known'
        : format_signed_percent(distance(box.price_peak, mark))]);
  }
  return (
    <>
      <MomentsChart history={history} />
      <dl class="where">
        {rows.map(([name, text]) => <div key={name}><dt>{name}</dt><dd>{text}</dd></div>)}
      </dl>
      <p class="hint">Its rows are those of its birth; dollars are estimates.</p>
    </>
  );
}

const kWidth = 264;
const kHeight = 54;

// Dollars from its birth on, from zero; a drawing, so the numbers beside it say the rest.
export function moments_path(
  moments: readonly Moment[], width: number, height: number,
): { line: string; area: string } | null {
  const [first] = moments;
  const last = moments.at(-1);
  if (first === undefined || last === undefined || last.as_of <= first.as_of) return null;
  const most = Math.max(1, ...moments.map((one) => one.usd));
  const points = moments.map(({ as_of, usd }) => {
    const x = ((as_of - first.as_of) / (last.as_of - first.as_of)) * width;
    return `${x.toFixed(1)} ${(height - (usd / most) * (height - 2)).toFixed(1)}`;
  });
  const line = `M${points.join('L')}`;
  return { line, area: `${line}L${width} ${height}L0 ${height}Z` };
}

function MomentsChart({ history }: { readonly history: ClusterHistory }) {
  const path = moments_path(history.moments, kWidth, kHeight);
  const [first] = history.moments;
  const last = history.moments.at(-1);
  if (path === null || first === undefined || last === undefined) {
    return <p class="hint">Too young for a chart of its moments</p>;
  }
  return (
    <figure class={`moments ${history.side}`}>
      <svg viewBox={`0 0 ${kWidth} ${kHeight}`} preserveAspectRatio="none" role="img"
        aria-label={`Estimated dollars at risk, from ${format_usd(first.usd)} to ${
          format_usd(last.usd)}, at most ${format_usd(history.most_usd)}`}>
        <path class="area" d={path.area} />
        <path class="line" d={path.line} />
      </svg>
      <figcaption><span>{format_date_time(first.as_of)}</span>
        <span>{format_date_time(last.as_of)}</span></figcaption>
    </figure>
  );
}
