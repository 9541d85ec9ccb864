import { useEffect, useRef } from 'preact/hooks';

import type { KeyGate } from '../model/key_gate.ts';

// Asks for an API key. It cannot be closed while the terminal has nothing to show without one.

export function KeyDialog({ gate }: { readonly gate: KeyGate }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const is_asking = gate.is_asking.value;
  const problem = gate.problem.value;
  const is_trying = gate.is_trying.value;
  useEffect(() => {
    const { current } = dialog;
    if (current === null || is_asking === current.open) return;
    if (field.current !== null) field.current.value = '';
    if (is_asking) current.showModal();
    else current.close();
  }, [is_asking]);
  useEffect(() => {
    if (problem !== null) field.current?.select();
  }, [problem, is_trying]);
  return (
    <dialog ref={dialog} class="help key-dialog" aria-labelledby="key-title"
      onKeyDown={(event) => event.stopPropagation()}
      onCancel={(event) => {
        if (!gate.can_close.value) event.preventDefault();
      }}
      onClose={() => {
        // A browser closes a dialog at the second Escape whatever the page says.
        if (gate.is_asking.value && !gate.can_close.value) dialog.current?.showModal();
        gate.close();
      }}>
      <form class="sheet" method="dialog" autocomplete="off" onSubmit={(event) => {
        event.preventDefault();
        void gate.give(field.current?.value ?? '');
      }}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="5" cy="8" r="3" /><path d="M8 8 L15 8 M12 8 L12 11 M14.5 8 L14.5 10" />
        </svg>
        <h2 id="key-title">{gate.has_key.value ? 'Another API key' : 'This service asks for a key'}
        </h2>
        <label for="key-field">API key</label>
        <input id="key-field" ref={field} type="password" name="faultline-key" autocomplete="off"
          spellcheck={false} autofocus placeholder="fl_…" aria-invalid={problem !== null}
          aria-describedby="key-problem key-note" />
        <p id="key-problem" class="problem" role="alert">{problem}</p>
        <div class="actions">
          <button type="submit" class="primary" disabled={is_trying}>
            {is_trying ? 'Trying' : 'Use key'}</button>
          {gate.can_close.value ? <button type="button" onClick={() => gate.close()}>Cancel</button>
            : null}
        </div>
        <p id="key-note" class="kept">Whoever runs the service can make one. It is kept until this
          tab is closed, and is never written into the address.</p>
      </form>
    </dialog>
  );
}
