import { Chip, Panel, Scroll, Shown } from './screen_parts.tsx';
import { format_percent } from '../units/format.ts';
import { format_count } from '../units/quantity.ts';
import { format_duration } from '../units/time.ts';
import { ms, share } from '../units/unit.ts';
import { completeness_text } from './text.ts';
import type { ScorecardSession } from '../model/scorecard_session.ts';
import type { FeedHealth, ServiceHealth } from '../model/scorecard_types.ts';
import type { UiState } from './ui_state.ts';

// How the feeds are: a score is worth no more than what it was held against.

export function FeedsPanel({ ui, session }: {
  readonly ui: UiState; readonly session: ScorecardSession;
}) {
  const health = session.health.value.value;
  return (
    <Panel name="feeds" title="Feeds" note={health === null ? '' : note_of(health)}>
      <Shown of={session.health} what="The state of the feeds"
        is_reached={ui.session.is_reached.value}
        empty={{ is: ({ feeds }) => feeds.length === 0, text: 'The service names no feed.' }}>
        {({ feeds }) => <FeedTable feeds={feeds} />}
      </Shown>
    </Panel>
  );
}

function note_of({ status, mode, resumed }: ServiceHealth): string {
  const words = [`service ${status}`, `mode ${mode}`];
  if (resumed !== null) words.push(resumed);
  return words.join(' · ');
}

function FeedTable({ feeds }: { readonly feeds: readonly FeedHealth[] }) {
  const rank = (one: FeedHealth): number => (one.problem !== null ? 0 : one.is_stale ? 1 : 2);
  const sorted = [...feeds].sort((a, b) => rank(a) - rank(b));
  return (
    <Scroll label="Feeds">
      <table class="feed-table">
        <thead><tr><th>Feed</th><th>State</th><th>Newest step</th><th>Readings</th><th>Refused</th>
          <th>Liquidations it prints</th></tr></thead>
        <tbody>{sorted.map((feed) => (
          <tr key={feed.instrument}>
            <th scope="row">{feed.instrument}</th>
            <td><FeedState feed={feed} /></td>
            <td>{feed.age_s === null ? '–' : `${format_duration(ms(1000 * feed.age_s))} old`}</td>
            <td>{format_count(feed.readings)}</td>
            <td>{format_count(feed.refused)}{refused_share(feed)}</td>
            <td>{completeness_text(feed.completeness)}</td>
          </tr>
        ))}</tbody>
      </table>
    </Scroll>
  );
}

function refused_share({ readings, refused }: FeedHealth): string {
  if (readings === null || refused === null || refused === 0) return '';
  const part = refused / Math.max(1, readings + refused);
  return part < 0.0001 ? ' (< 0.01 %)' : ` (${format_percent(share(part), 2)})`;
}

function FeedState({ feed }: { readonly feed: FeedHealth }) {
  if (feed.problem !== null) return <><Chip kind="bad" text="Problem" /> {feed.problem}</>;
  return feed.is_stale ? <Chip kind="open" text="Stale" /> : <Chip kind="good" text="OK" />;
}
