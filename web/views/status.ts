import { format_duration } from '../units/time.ts';
import { ms } from '../units/unit.ts';
import type { MapSession } from '../model/map_session.ts';

// One word for how far the screen can be trusted to be of now, and a sentence that says why.
export type Status = {
  readonly kind:
    | 'live' | 'paused' | 'history' | 'past' | 'loading' | 'stale' | 'reconnecting' | 'offline'
    | 'degraded';
  readonly word: string;
  readonly why: string;
};

export function status_of(session: MapSession): Status {
  const column = session.column.value;
  const health = session.health.value;
  const state = session.stream_state.value;
  if (!session.is_reached.value) {
    return { kind: 'offline', word: 'Offline',
      why: 'The service does not answer. What is shown is what was known before.' };
  }
  if (column === null || health === null) {
    return { kind: 'loading', word: 'Loading', why: 'The first answers are on their way.' };
  }
  if (state === 'reconnecting' || state === 'connecting') {
    return { kind: 'reconnecting', word: 'Reconnecting',
      why: 'The stream was lost and is being joined again; history still loads.' };
  }
  if (state === 'stale' || column.header.coverage.some((one) => one.is_stale)) {
    return { kind: 'stale', word: 'Stale',
      why: 'No news for a while. The map may be behind the market.' };
  }
  if (health.status !== 'ok') {
    const problems = health.feeds.flatMap(({ instrument, problem }) =>
      (problem === null ? [] : [`${instrument}: ${problem}`]));
    const why = problems.length === 0 ? `The service says: ${health.status}.`
      : `${problems.join('; ')}. What is drawn stands on what is left.`;
    return { kind: 'degraded', word: 'Degraded', why };
  }
  const as_of = session.as_of.value;
  if (as_of !== null) {
    const ago = format_duration(ms(session.newest.value - as_of));
    return { kind: 'past', word: 'Looking back',
      why: `Everything is as it was known ${ago} before the newest column.` };
  }
  if (!session.view.value.is_live) {
    const ago = ms(session.known.value.newest - session.view.value.time.to);
    return { kind: 'history', word: 'History',
      why: `The right edge is ${format_duration(ago)} before now.` };
  }
  if (health.mode === 'store') {
    return health.is_over
      ? { kind: 'paused', word: 'Recorded', why: 'All of a store is shown; nothing is added.' }
      : { kind: 'live', word: 'Reading', why: 'A store is read: columns come until its end.' };
  }
  if (health.is_over) {
    return { kind: 'paused', word: 'Over', why: health.mode === 'demo'
      ? 'The simulated market is at its end; all of it can be looked back at.'
      : 'The recorded data is at its end.' };
  }
  if (health.speed === 0) {
    return { kind: 'paused', word: 'Paused', why: 'The clock of the market stands still.' };
  }
  const speed = health.speed <= 1 ? '' : ` ×${Math.round(health.speed)}`;
  // What is played again is not now, however fast it comes.
  return health.mode === 'replay'
    ? { kind: 'live', word: `Replay${speed}`, why: 'Recorded data is played: this is not now.' }
    : { kind: 'live', word: `Live${speed}`, why: 'New columns are drawn as they come.' };
}

// Whether it must be said over the map.
export function is_urgent({ kind }: Status): boolean {
  return kind === 'offline' || kind === 'reconnecting' || kind === 'stale' || kind === 'degraded';
}
