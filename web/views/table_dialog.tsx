import { useEffect, useRef } from 'preact/hooks';

import { format_percent, format_price, format_usd } from '../units/format.ts';
import { format_date_time } from '../units/time.ts';
import { share, usd } from '../units/unit.ts';
import { interval_text, summary_of } from './text.ts';
import type { SeriesSlice } from '../model/series_store.ts';
import type { UiState } from './ui_state.ts';

// The map in words and tables, for those who do not see it or want the numbers.

const kEntriesMax = 30;

export function TableDialog({ ui }: { readonly ui: UiState }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const is_open = ui.is_table_open.value;
  useEffect(() => {
    if (is_open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [is_open]);
  const close = (): void => { ui.is_table_open.value = false; };
  return (
    <dialog ref={dialog} class="help tables" aria-labelledby="tables-title" onClose={close}
      onClick={(event) => { if (event.target === dialog.current) close(); }}>
      <div class="sheet">
        <h2 id="tables-title">The map as tables</h2>
        <button type="button" class="close" aria-label="Close" onClick={close}>×</button>
        {is_open ? <Tables ui={ui} /> : null}
      </div>
    </dialog>
  );
}

function Tables({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const column = session.column.value;
  const slice = session.series.value;
  if (column === null) return <p>Nothing is loaded yet.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Tables of the map">
      <p>{summary_of(session.instrument.value?.id ?? '', column)}</p>
      {session.part.value === null ? null
        : <p>The map shows a part of the positions; these tables are of all.</p>}
      <ClusterTable ui={ui} />
      {slice === null ? null : <SeriesTable slice={slice} />}
    </div>
  );
}

function ClusterTable({ ui }: { readonly ui: UiState }) {
  const alive = ui.session.boxes.value.filter((one) => one.to === null)
    .sort((a, b) => b.price_peak - a.price_peak);
  return (
    <table class="grid">
      <caption>Clusters that wait, by price; dollars are estimates</caption>
      <thead><tr>
        {['Side', 'Prices', 'Born', 'Left in its rows', 'Cluster now', 'its p10 – p90',
          'its expected print']
          .map((name) => <th key={name} scope="col">{name}</th>)}
      </tr></thead>
      <tbody>{alive.map((one) => (
        <tr key={`${one.id} ${one.price_peak}`} class={one.side}>
          <th scope="row">{one.side}s</th>
          <td>{format_price(one.price_low)} – {format_price(one.price_high)}</td>
          <td>{one.from === null ? 'not known' : format_date_time(one.from)}</td>
          <td>{one.history === null ? 'not known' : format_usd(one.usd)}</td>
          <td>{one.cluster === null ? 'none' : format_usd(one.cluster.notional_at_risk_usd)}</td>
          <td>{one.cluster?.density_interval == null ? 'not known'
            : interval_text(one.cluster.density_interval)}</td>
          <td>{one.cluster?.expected_liquidation_usd == null ? 'not known'
            : format_usd(one.cluster.expected_liquidation_usd)}</td>
        </tr>
      ))}</tbody>
    </table>
  );
}

const known = (value: number | undefined): number | null =>
  (value === undefined || Number.isNaN(value) ? null : value);

function dollars(value: number | undefined): string {
  const one = known(value);
  return one === null ? 'not known' : format_usd(usd(one));
}

function SeriesTable({ slice }: { readonly slice: SeriesSlice }) {
  const { times, fields } = slice;
  const step = Math.max(1, Math.ceil(times.length / kEntriesMax));
  const shown = times.map((_, i) => i).filter((i) => (times.length - 1 - i) % step === 0).reverse();
  return (
    <table class="grid">
      <caption>{`Entries of the view, newest first${step === 1 ? '' : `, one of ${step}`}; ` +
        `an entry is ${2 ** slice.level} columns`}</caption>
      <thead><tr>
        {['Time, UTC', 'Close', 'Open interest', 'Funding paid', 'Longs printed',
          'Longs expected (est.)', 'Shorts printed', 'Shorts expected (est.)'].map((name) =>
          <th key={name} scope="col">{name}</th>)}
      </tr></thead>
      <tbody>{shown.map((i) => {
        const close = known(fields.close[i]);
        const funding = known(fields.funding_rate[i]);
        return (
          <tr key={times[i]}>
            <th scope="row">{format_date_time(times[i] ?? times[0] as never)}</th>
            <td>{close === null ? 'not known' : format_price(close as never)}</td>
            <td>{dollars(fields.open_interest_usd[i])}</td>
            <td>{funding === null ? 'not known' : funding === 0 ? 'none'
              : format_percent(share(funding), 4)}</td>
            <td>{dollars(fields['printed_usd.long'][i])}</td>
            <td>{dollars(fields['expected_liquidation_usd.long'][i])}</td>
            <td>{dollars(fields['printed_usd.short'][i])}</td>
            <td>{dollars(fields['expected_liquidation_usd.short'][i])}</td>
          </tr>
        );
      })}</tbody>
    </table>
  );
}
