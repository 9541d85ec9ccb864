import { part_groups, part_option } from './part_text.ts';
import type { UiState } from './ui_state.ts';

// Which of the positions the map shows: all, or a part of them.
export function PartSelect({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const parts = session.instrument.value?.parts ?? [];
  return (
    <label class="select" title="Positions: all, or a part of them (A)">
      <span class="sr">Positions</span>
      <select name="part" value={session.part.value?.id ?? ''} onChange={(event) => {
        const part = event.currentTarget.value || null;
        session.change((one) => ({ ...one, part }));
      }}>
        <option value="">Positions: all</option>
        {part_groups(parts).map((group) => (
          <optgroup key={group.name} label={group.name}>
            {group.parts.map((one) =>
              <option key={one.id} value={one.id}>{part_option(one)}</option>)}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
