import { format_percent } from '../units/format.ts';
import { format_date_time, format_duration } from '../units/time.ts';
import { completeness_text } from './text.ts';
import type { Coverage, Feed } from '../model/api_types.ts';
import type { UiState } from './ui_state.ts';

// Which venues the map is made of, and how their feeds are.

function feed_text(one: Coverage, feed: Feed | undefined): string {
  if (feed?.problem != null) return feed.problem;
  if (one.feed === null) return 'no liquidations recorded';
  const age = feed?.age == null ? '' : `, ${format_duration(feed.age)} old`;
  return `${one.is_stale || feed?.is_stale === true ? 'stale'
    : completeness_text(one.completeness)}${age}`;
}

export function Sources({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const coverage = session.column.value?.header.coverage ?? [];
  const health = session.health.value;
  if (coverage.length === 0) return null;
  const feed_of = (id: string): Feed | undefined =>
    health?.feeds.find(({ instrument }) => instrument === id);
  const resumed = health?.resumed ?? null;
  return (
    <section class="sources">
      <table>
        <caption>Venues, present coverage</caption>
        <thead><tr><th scope="col">Venue</th><th scope="col">Share of OI</th>
          <th scope="col">Prints</th></tr></thead>
        <tbody>
          {coverage.map((one) => {
            const feed = feed_of(one.instrument);
            const is_bad = feed?.problem != null || one.is_stale || feed?.is_stale === true;
            return (
              <tr key={one.instrument}>
                <th scope="row">{one.instrument.split(':')[0]}</th>
                <td>{format_percent(one.share, 0)}</td>
                <td class={is_bad ? 'bad' : ''}>{feed_text(one, feed)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {resumed === null ? null : (
        <p class="resumed"><em>Resumed</em> from {format_date_time(resumed.from)} UTC, {
          format_duration(resumed.missed)} missed{resumed.note === null ? '' : `: ${
          resumed.note}`}</p>
      )}
    </section>
  );
}
