import { short_name, status_line } from './text.ts';
import { kScreenNames, shown_key } from './navigation.ts';
import { status_of } from './status.ts';
import { format_price, format_usd } from '../units/format.ts';
import { format_date_time } from '../units/time.ts';
import type { Status } from './status.ts';
import type { Screen } from '../model/screen.ts';
import type { UiState } from './ui_state.ts';

type Props = {
  readonly ui: UiState;
  readonly href_of: (screen: Screen) => string;
  readonly on_open: (screen: Screen) => void;
};

export function Header({ ui, href_of, on_open }: Props) {
  const is_lab = ui.screen.value === 'lab';
  return (
    <header class="header">
      <span class="brand">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M1 11 L6 11 L8 4 L10 13 L11.5 8 L15 8" />
        </svg>
        Faultline
      </span>
      <nav class="nav" aria-label="Screens">
        {kScreenNames.map(({ screen, name, key }) => (
          <a key={screen} href={href_of(screen)} title={shown_key(key)}
            aria-current={screen === ui.screen.value ? 'page' : undefined}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              on_open(screen);
            }}>{name}</a>
        ))}
      </nav>
      {is_lab ? <p class="about-screen">Experiments on a simulated exchange, where every
        position is known</p> : <Market ui={ui} />}
      <StatusChip ui={ui} />
    </header>
  );
}

// What the map and the scorecard are about. The lab has markets of its own.
function Market({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const column = session.column.value;
  const chosen = session.instrument.value;
  const choose = (id: string): void => {
    const instrument = session.instruments.value.find((one) => one.id === id);
    if (instrument !== undefined) session.open(instrument);
  };
  return (
    <>
      <label class="instrument">
        <span class="sr">Instrument</span>
        <select value={chosen?.id ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
          {session.instruments.value.map(({ id }) =>
            <option key={id} value={id}>{short_name(id)}</option>)}
        </select>
        <span class="venues">{chosen?.venues.map((id) => id.split(':')[0]).join(' + ')}</span>
      </label>
      <dl class="figures">
        <div><dt>Mark</dt><dd class="strong">{format_price(column?.mark ?? null)}</dd></div>
        <div><dt>Open interest</dt><dd>{format_usd(column?.open_interest_usd ?? null)}</dd></div>
        <div class="wide"><dt>As of, UTC</dt>
          <dd>{column === null ? '–' : format_date_time(column.as_of)}</dd></div>
        <div class="wide"><dt>Model</dt><dd>{column?.header.model_version ?? '–'}</dd></div>
      </dl>
    </>
  );
}

// The lab does not follow a market: all there is to say is whether the service answers.
function lab_status(ui: UiState): Status {
  return ui.session.is_reached.value
    ? { kind: 'live', word: 'Connected', why: 'The service answers.' } : status_of(ui.session);
}

function StatusChip({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const status = ui.screen.value === 'lab' ? lab_status(ui) : status_of(session);
  const is_simulated = ui.screen.value === 'lab' ||
    session.column.value?.header.is_simulated === true;
  return (
    <div class="status">
      {is_simulated ? <span class="chip simulated">Simulated</span> : null}
      {ui.keys.has_key.value ? <button type="button" class="key-button"
        title="This tab uses an API key" onClick={() => ui.keys.ask()}>Key</button> : null}
      <span class={`chip ${status.kind}`} role="status" title={status_line(status)}>
        <i aria-hidden="true" />{status.word}
      </span>
    </div>
  );
}
