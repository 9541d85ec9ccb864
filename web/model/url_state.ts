import { price_of_row_position, row_position_of_price } from '../units/rows.ts';
import { kDay, kHour, kMinute, parse_time_lossy, rfc3339 } from '../units/time.ts';
import { ms, price, unix_ms, usd } from '../units/unit.ts';
import {
  kDefaultView, kLayers, kPaces, kPaneNames, kRowSpanMax, kSideModes, kThemeChoices, kTiers,
  span_of,
} from './view.ts';
import type { Ms } from '../units/unit.ts';
import type { RowRange, TimeRange } from './tile_grid.ts';
import type { ColorScale, View } from './view.ts';

// The view in the hash of the address, for links and the back button: only what differs from the
// default, in words that a person can edit. What cannot be read is left at its default.

function span_text(span: Ms): string {
  for (const [unit, size] of [['d', kDay], ['h', kHour], ['m', kMinute]] as const) {
    if (span >= size && span % size === 0) return `${span / size}${unit}`;
  }
  return `${Math.round(span / 1000)}s`;
}

function read_span(text: string | null): Ms | null {
  const match = /^(\d{1,9})([smhd])$/.exec(text ?? '');
  if (match === null) return null;
  const sizes: Record<string, number> = { s: 1000, m: kMinute, h: kHour, d: kDay };
  const span = Number(match[1]) * (sizes[match[2] ?? ''] ?? 0);
  return span >= kMinute && span <= 400 * kDay ? ms(span) : null;
}

export function hash_of_view(view: View): string {
  const out = new URLSearchParams();
  if (view.instrument !== null) out.set('i', view.instrument);
  const span = unix_ms(Math.round(span_of(view.time) / 1000) * 1000);
  if (view.is_live) {
    out.set('span', span_text(ms(span)));
  } else {
    const from = Math.round(view.time.from / 1000) * 1000;
    out.set('from', rfc3339(unix_ms(from)));
    out.set('to', rfc3339(unix_ms(from + span)));
  }
  if (!view.is_fit) {
    const edge = (at: RowRange['low']): string => price_of_row_position(at).toPrecision(7);
    out.set('price', `${Number(edge(view.rows.low))}~${Number(edge(view.rows.high))}`);
  }
  if (view.side !== kDefaultView.side) out.set('side', view.side);
  if (view.opacity !== kDefaultView.opacity) out.set('opacity', String(view.opacity));
  if (view.scale !== null) {
    out.set('scale', `${Number(view.scale.top_usd.toPrecision(4))}~${view.scale.decades}`);
  }
  if (view.theme !== kDefaultView.theme) out.set('theme', view.theme);
  if (view.hidden.length > 0) out.set('hide', view.hidden.join('~'));
  if (view.hidden_panes.length > 0) out.set('nopane', view.hidden_panes.join('~'));
  if (view.tier !== kDefaultView.tier) out.set('tier', view.tier);
  if (view.part !== null) out.set('part', view.part);
  if (view.has_hindsight) out.set('knownnow', '1');
  if (view.as_of !== null) out.set('as_of', rfc3339(view.as_of));
  if (view.pace !== kDefaultView.pace) out.set('pace', String(view.pace));
  if (view.pinned !== null) out.set('cluster', String(view.pinned));
  // Colons are legible and allowed in a fragment.
  return `#${out.toString().replaceAll('%3A', ':').replaceAll('%7E', '~')}`;
}

function read_time(query: URLSearchParams): Pick<View, 'time' | 'is_live'> | null {
  const from = parse_time_lossy(query.get('from') ?? '');
  const to = parse_time_lossy(query.get('to') ?? '');
  if (from !== null && to !== null && to - from >= kMinute && to - from <= 400 * kDay) {
    return { time: { from, to }, is_live: false };
  }
  const span = read_span(query.get('span'));
  if (span === null) return null;
  const time: TimeRange = { from: unix_ms(0), to: unix_ms(span) };
  return { time, is_live: true };
}

function read_pair(text: string | null): readonly [number, number] | null {
  const parts = (text ?? '').split('~').map(Number);
  const [first, second] = parts;
  if (parts.length !== 2 || first === undefined || second === undefined) return null;
  return Number.isFinite(first) && Number.isFinite(second) ? [first, second] : null;
}

function read_rows(text: string | null): RowRange | null {
  const [low, high] = read_pair(text) ?? [0, 0];
  if (!(low > 0 && high > low)) return null;
  const rows = {
    low: row_position_of_price(price(low)),
    high: row_position_of_price(price(high)),
  };
  return rows.high - rows.low <= kRowSpanMax ? rows : null;
}

function read_scale(text: string | null): ColorScale | null {
  const [top, decades] = read_pair(text) ?? [0, 0];
  if (!(top >= 1e3 && top <= 1e11) || ![1, 2, 3, 4].includes(decades)) return null;
  return { top_usd: usd(top), decades };
}

const one_of = <T extends string>(all: readonly T[], text: string | null): T | null =>
  all.find((one) => one === text) ?? null;

export function view_of_hash(hash: string, base: View = kDefaultView): View {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const rows = read_rows(query.get('price'));
  const opacity = Number(query.get('opacity') ?? Number.NaN);
  const hidden = (query.get('hide') ?? '').split('~');
  const panes = (query.get('nopane') ?? '').split('~');
  const pinned = Number(query.get('cluster') ?? Number.NaN);
  const pace = Number(query.get('pace') ?? Number.NaN);
  return {
    ...base,
    ...read_time(query),
    instrument: query.get('i') ?? base.instrument,
    rows: rows ?? base.rows,
    is_fit: rows === null,
    side: one_of(kSideModes, query.get('side')) ?? base.side,
    opacity: opacity >= 0.2 && opacity <= 1 ? opacity : base.opacity,
    scale: read_scale(query.get('scale')),
    theme: one_of(kThemeChoices, query.get('theme')) ?? base.theme,
    hidden: kLayers.filter((layer) => hidden.includes(layer)),
    hidden_panes: kPaneNames.filter((pane) => panes.includes(pane)),
    tier: one_of(kTiers, query.get('tier')) ?? 'all',
    part: query.get('part') || null,
    has_hindsight: query.get('knownnow') === '1',
    as_of: parse_time_lossy(query.get('as_of') ?? ''),
    pace: kPaces.find((one) => one === pace) ?? kDefaultView.pace,
    pinned: Number.isSafeInteger(pinned) && pinned > 0 ? pinned : null,
  };
}
