import { useEffect, useRef } from 'preact/hooks';

import { kKeyActions } from './keys.ts';
import { kScreenNames, shown_key } from './navigation.ts';
import type { UiState } from './ui_state.ts';

const kGroups = ['Move', 'Look', 'Layers', 'Time', 'Screen'] as const;
const kPointer = [
  ['Wheel', 'Zoom time'], ['Shift and wheel', 'Zoom price'],
  ['Wheel over the price axis', 'Zoom price'],
  ['Drag', 'Pan'], ['Click a cluster', 'Its history'], ['Pinch', 'Zoom time'],
] as const;

const kWords = [
  ['At risk', 'Dollars of positions that would be liquidated at that price: an estimate'],
  ['Mark', 'The price by which exchanges liquidate'],
  ['p10 – p90', 'The estimate is an ensemble: 80 of 100 members lie between'],
  ['Expected', 'What the model expects a feed to print when the price goes there'],
  ['Printed', 'Liquidations that a feed told of, which may be a part of all'],
  ['Max of columns', 'Of each side by itself: both together may be of two columns'],
  ['Cluster', 'Prices side by side with much at risk, followed from birth to fate'],
  ['Part', 'Of the positions by distance at entry, age or venue: without a band of its own'],
  ['Known now', 'What waits now, drawn over the past: hindsight'],
  ['CVD', 'What takers bought less what they sold, since the left edge'],
] as const;

// The words of the screens, for those who meet them here.
function Words() {
  return (
    <section class="words">
      <h3>Words</h3>
      <dl>{kWords.map(([word, what]) => (
        <div key={word}><dt>{word}</dt><dd>{what}</dd></div>
      ))}</dl>
    </section>
  );
}

function PointerHelp() {
  return (
    <section>
      <h3>Pointer</h3>
      <dl>{kPointer.map(([how, what]) => (
        <div key={how}><dt>{how}</dt><dd>{what}</dd></div>
      ))}</dl>
    </section>
  );
}

// A native dialog keeps the focus inside and gives it back.
export function Help({ ui }: { readonly ui: UiState }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const is_open = ui.is_help_open.value;
  useEffect(() => {
    if (is_open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [is_open]);
  const is_map = ui.screen.value === 'map';
  const close = (): void => { ui.is_help_open.value = false; };
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}
      onClick={(event) => { if (event.target === dialog.current) close(); }}>
      <div class="sheet">
        <h2 id="help-title">Keys, pointer and words</h2>
        <button type="button" class="close" aria-label="Close" onClick={close}>×</button>
        <div class="groups">
          {kGroups.filter((group) => is_map || group === 'Screen').map((group) => (
            <section key={group}>
              <h3>{group}</h3>
              <dl>{kKeyActions.filter((one) => one.group === group).map((one) => (
                <div key={one.shown}><dt><kbd>{one.shown}</kbd></dt><dd>{one.what}</dd></div>
              ))}</dl>
            </section>
          ))}
          <section>
            <h3>Go to</h3>
            <dl>{kScreenNames.map(({ name, key }) => (
              <div key={key}><dt><kbd>{shown_key(key)}</kbd></dt><dd>{name}</dd></div>
            ))}</dl>
          </section>
          {is_map ? <PointerHelp /> : null}
        </div>
        <Words />
        <p>
          Colour is an estimate of the notional that would be liquidated, in dollars per 0.1 % of
          price, on a fixed scale. A column shows what the model knew at its time; it is never
          repainted. It says where forced orders wait, not where the price goes.
        </p>
      </div>
    </dialog>
  );
}
