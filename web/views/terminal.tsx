import { useRef } from 'preact/hooks';

import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { KeyDialog } from './key_dialog.tsx';
import { arm_words } from './lab_form_panel.tsx';
import { LabScreen } from './lab_screen.tsx';
import { MapScreen } from './map_screen.tsx';
import { ScorecardScreen } from './scorecard_screen.tsx';
import { kArmRun, set_arm } from '../model/lab_form.ts';
import type { LabSession } from '../model/lab_session.ts';
import type { Scenario } from '../model/lab_types.ts';
import type { Screen } from '../model/screen.ts';
import type { ScorecardSession } from '../model/scorecard_session.ts';
import type { ChartController } from './chart_controller.ts';
import type { UiState } from './ui_state.ts';

// The frame of all screens. The map, once it has been opened, stays as it is behind the others: it
// keeps its place, its tiles and the context of the graphics card, and draws nothing.

type Props = {
  readonly ui: UiState;
  readonly scorecard: ScorecardSession;
  readonly lab: LabSession;
  readonly href_of: (screen: Screen) => string;
  readonly on_open: (screen: Screen) => void;
  readonly on_chart: (chart: ChartController) => void;
};

export function Terminal({ ui, scorecard, lab, href_of, on_open, on_chart }: Props) {
  const screen = ui.screen.value;
  const has_map = useRef(false);
  if (screen === 'map') has_map.current = true;
  const try_arm = ({ name }: Scenario): void => {
    lab.change((form) => set_arm(form, name));
    ui.is_form_wanted.value = true;
    ui.say(`${arm_words(name)} is chosen: the same kind of market as the study ran, seed ${
      kArmRun.seed}, ${kArmRun.hours} hours. Run starts it.`);
    on_open('lab');
  };
  return (
    <div class="terminal">
      <Header ui={ui} href_of={href_of} on_open={on_open} />
      <div class="screens">
        {has_map.current ? <MapScreen ui={ui} on_chart={on_chart} /> : null}
        {screen === 'scorecard' ? (
          <ScorecardScreen ui={ui} session={scorecard} lab={lab} on_try={try_arm} />) : null}
        {screen === 'lab' ? (
          <LabScreen ui={ui} session={lab} studies={scorecard} on_try={try_arm} />) : null}
      </div>
      <p class="toast" role="status">{ui.note.value}</p>
      <Help ui={ui} />
      <KeyDialog gate={ui.keys} />
    </div>
  );
}
