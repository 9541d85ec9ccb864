import { Chip, Panel, Scroll, Shown } from './screen_parts.tsx';
import { format_percent } from '../units/format.ts';
import { format_count } from '../units/quantity.ts';
import { format_duration } from '../units/time.ts';
import { ms, share } from '../units/unit.ts';
import { completeness_text } from './text.ts';
import type { ScorecardSession } from '../model/scorecard_session.ts';
import type { FeedHealth, ServiceHealth } from '../model/scorecard_types.ts';
import type { Share } from '../units/unit.ts';
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
          <th title="Steps without a price">Gaps</th>
          <th title="Steps whose open interest is that of an older step">Held interest</th>
          <th title="How often the feed lost its place and began again">Resyncs</th>
          <th title="Whether the feed prints only a part of its liquidations">Throttled</th>
          <th>Liquidations it prints</th></tr></thead>
        <tbody>{sorted.map((feed) => (
          <tr key={feed.instrument}>
            <th scope="row">{feed.instrument}</th>
            <td><FeedState feed={feed} /></td>
            <td>{feed.age_s === null ? '–' : `${format_duration(ms(1000 * feed.age_s))} old`}</td>
            <td>{format_count(feed.readings)}</td>
            <td>{format_count(feed.refused)}{refused_share(feed)}</td>
            <td>{count_text(feed.gap_steps)}{share_text(feed.gap_share)}</td>
            <td>{count_text(feed.held_interest_steps)}</td>
            <td>{count_text(feed.resyncs)}</td>
            <td>{feed.is_throttled === null ? kNotTold : feed.is_throttled ? 'yes' : 'no'}</td>
            <td>{completeness_text(feed.completeness)}</td>
          </tr>
        ))}</tbody>
      </table>
    </Scroll>
  );
}

const kNotTold = 'not told';
const count_text = (count: number | null): string =>
  (count === null ? kNotTold : format_count(count));

function share_text(part: Share | null): string {
  if (part === null || part === 0) return '';
  return part < 0.0001 ? ' (< 0.01 %)' : ` (${format_percent(part, 2)})`;
}

function refused_share({ readings, refused }: FeedHealth): string {
  if (readings === null || refused === null) return '';
  return share_text(share(refused / Math.max(1, readings + refused)));
}

function FeedState({ feed }: { readonly feed: FeedHealth }) {
  if (feed.problem !== null) return <><Chip kind="bad" text="Problem" /> {feed.problem}</>;
  return feed.is_stale ? <Chip kind="open" text="Stale" /> : <Chip kind="good" text="OK" />;
}
