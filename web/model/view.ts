import { kDay, kHour } from '../units/time.ts';
import { ms, row_position, unix_ms, usd } from '../units/unit.ts';
import type { Ms, RowPosition, UnixMs, Usd } from '../units/unit.ts';
import type { RowRange, TimeRange } from './tile_grid.ts';

// What the screen shows, apart from data. Only the reducers below make a new one.

export const kSideModes = ['both', 'long', 'short', 'two_hue'] as const;
export type SideMode = (typeof kSideModes)[number];
export const kThemeChoices = ['system', 'dark', 'light'] as const;
export type ThemeChoice = (typeof kThemeChoices)[number];
export const kLayers = ['candles', 'prints', 'clusters', 'hatching'] as const;
export type Layer = (typeof kLayers)[number];

// Which rows are drawn, by how far they are from the mark of their column.
export const kTiers = ['all', '0-2', '2-5', '5-10', 'over-10'] as const;
export type Tier = (typeof kTiers)[number];
export const kTierReach: Readonly<Record<Tier, readonly [number, number]>> = {
  'all': [0, Number.POSITIVE_INFINITY], '0-2': [0, 0.02], '2-5': [0.02, 0.05], '5-10': [0.05, 0.1],
  'over-10': [0.1, Number.POSITIVE_INFINITY],
};
export const kPaneNames = [
  'interest', 'funding', 'cvd', 'flows', 'near', 'depth', 'basis',
] as const;
export type PaneName = (typeof kPaneNames)[number];
// Market seconds a second at which the play head goes; 0: a step a frame.
export const kPaces = [1, 10, 60, 600, 0] as const;
export type Pace = (typeof kPaces)[number];

// Dollars a row from the first colour to the last. Fixed until someone changes it.
export type ColorScale = { readonly top_usd: Usd; readonly decades: number };

export type View = {
  readonly instrument: string | null; // null: the first that is served
  readonly time: TimeRange;
  readonly is_live: boolean; // the newest column stays where it is, at the right
  readonly rows: RowRange;
  readonly is_fit: boolean; // the rows follow the price; nobody has moved them
  readonly side: SideMode;
  readonly opacity: number;
  readonly scale: ColorScale | null; // null: not chosen yet, see scale_for_open_interest()
  readonly theme: ThemeChoice;
  readonly hidden: readonly Layer[];
  readonly hidden_panes: readonly PaneName[];
  readonly tier: Tier;
  readonly part: string | null; // of the positions, by its id; null: all
  readonly has_hindsight: boolean; // 'as known now' lies over the past
  readonly as_of: UnixMs | null; // the play head: nothing later is drawn; null: all that is known
  readonly pace: Pace;
  readonly pinned: number | null; // the cluster whose history is open
};

export type RangeName = '4h' | '12h' | '1d' | '3d' | '1w' | '1M' | '3M' | '1y';
export const kRanges: readonly (readonly [RangeName, Ms])[] = [
  ['4h', ms(4 * kHour)], ['12h', ms(12 * kHour)], ['1d', kDay], ['3d', ms(3 * kDay)],
  ['1w', ms(7 * kDay)], ['1M', ms(30 * kDay)], ['3M', ms(91 * kDay)], ['1y', ms(365 * kDay)],
];

const kSpanMin = 10 * 60_000;
const kSpanMax = 400 * kDay;
const kRowSpanMin = 8;
export const kRowSpanMax = 2400;
// Room to the right of the newest column, as a share of the span.
export const kLiveMargin = 0.04;

export const kDefaultView: View = {
  instrument: null,
  time: { from: unix_ms(0), to: unix_ms(kDay) },
  is_live: true,
  rows: { low: row_position(11_000), high: row_position(11_500) },
  is_fit: true,
  side: 'both',
  opacity: 1,
  scale: null,
  theme: 'system',
  hidden: [],
  hidden_panes: [],
  tier: 'all',
  part: null,
  has_hindsight: false,
  as_of: null,
  pace: 60,
  pinned: null,
};

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

export function span_of(time: TimeRange): Ms {
  return ms(time.to - time.from);
}

// What exists, for the bounds of panning.
export type Known = { readonly first: UnixMs; readonly newest: UnixMs };

function with_live_end(view: View, span: number, known: Known): View {
  const to = known.newest + span * kLiveMargin;
  return { ...view, time: { from: unix_ms(to - span), to: unix_ms(to) }, is_live: true };
}

export function go_live(view: View, known: Known): View {
  return with_live_end(view, span_of(view.time), known);
}

// A new column has come.
export function follow(view: View, known: Known): View {
  return view.is_live ? go_live(view, known) : view;
}

export function set_span(view: View, span: Ms, known: Known): View {
  if (view.is_live) return with_live_end({ ...view, is_fit: true }, span, known);
  const to = clamp(view.time.to, known.first + span * 0.1, known.newest + span * kLiveMargin);
  return { ...view, is_fit: true, time: { from: unix_ms(to - span), to: unix_ms(to) } };
}

// Panning past the newest column is being live again.
export function pan_time(view: View, by: Ms, known: Known): View {
  const span = span_of(view.time);
  const to = view.time.to + by;
  if (to >= known.newest + span * kLiveMargin) return with_live_end(view, span, known);
  const held = Math.max(to, known.first + span * 0.1);
  return { ...view, is_live: false, time: { from: unix_ms(held - span), to: unix_ms(held) } };
}

// `factor` below one goes nearer. The time `anchor` stays where it is; when live, the newest does.
export function zoom_time(view: View, factor: number, anchor: UnixMs, known: Known): View {
  const span = span_of(view.time);
  const wanted = clamp(span * factor, kSpanMin, kSpanMax);
  if (view.is_live) return with_live_end(view, wanted, known);
  const share = (anchor - view.time.from) / span;
  const from = anchor - share * wanted;
  const zoomed = { ...view, time: { from: unix_ms(from), to: unix_ms(from + wanted) } };
  return pan_time(zoomed, ms(0), known);
}

export function pan_rows(view: View, by: number): View {
  const { low, high } = view.rows;
  const rows = { low: row_position(low + by), high: row_position(high + by) };
  return { ...view, is_fit: false, rows };
}

export function zoom_rows(view: View, factor: number, anchor: RowPosition): View {
  const span = view.rows.high - view.rows.low;
  const wanted = clamp(span * factor, kRowSpanMin, kRowSpanMax);
  const low = anchor - ((anchor - view.rows.low) / span) * wanted;
  const rows = { low: row_position(low), high: row_position(low + wanted) };
  return { ...view, is_fit: false, rows };
}

// Rows around what was traded, with as much room again on both sides: that is where forced orders
// wait. `is_fit` stays, so that the next range fits too.
export function fit_rows(view: View, low: RowPosition, high: RowPosition): View {
  const room = Math.max(60, (high - low) * 0.6);
  const rows = { low: row_position(low - room), high: row_position(high + room) };
  return { ...view, is_fit: true, rows };
}

// Whether rows that follow the price must move: the price has come near an edge.
export function needs_fit(view: View, low: RowPosition, high: RowPosition): boolean {
  const span = view.rows.high - view.rows.low;
  const edge = span * 0.08;
  const is_outside = low < view.rows.low + edge || high > view.rows.high - edge;
  return view.is_fit && (is_outside || (high - low) * 8 + 200 < span);
}

export function set_side(view: View, side: SideMode): View {
  return { ...view, side };
}

export function next_side(view: View): View {
  const at = kSideModes.indexOf(view.side);
  return set_side(view, kSideModes[(at + 1) % kSideModes.length] ?? 'both');
}

export function set_opacity(view: View, opacity: number): View {
  return { ...view, opacity: Math.round(clamp(opacity, 0.2, 1) * 20) / 20 };
}

export function set_theme(view: View, theme: ThemeChoice): View {
  return { ...view, theme };
}

export function toggle_layer(view: View, layer: Layer): View {
  const hidden = view.hidden.includes(layer)
    ? view.hidden.filter((one) => one !== layer)
    : kLayers.filter((one) => one === layer || view.hidden.includes(one));
  return { ...view, hidden };
}

export function toggle_pane(view: View, pane: PaneName): View {
  const hidden_panes = kPaneNames.filter((one) =>
    (one === pane) !== view.hidden_panes.includes(one));
  return { ...view, hidden_panes };
}

// All of them away for a larger map, or all of them back.
export function toggle_all_panes(view: View): View {
  return { ...view, hidden_panes: view.hidden_panes.length === kPaneNames.length ? []
    : [...kPaneNames] };
}

export function next_tier(view: View): View {
  return { ...view, tier: kTiers[(kTiers.indexOf(view.tier) + 1) % kTiers.length] ?? 'all' };
}

// Round all positions and the parts of them, in their order.
export function step_part(view: View, ids: readonly string[], by: 1 | -1): View {
  const all = [null, ...ids];
  const at = all.indexOf(view.part);
  return { ...view, part: all[(at + by + all.length) % all.length] ?? null };
}

export function is_shown(view: View, layer: Layer): boolean {
  return !view.hidden.includes(layer);
}

// Two decades that end at a hundredth of the open interest, which is rounded to half a decade: the
// rule of the pictures that the command line draws.
export function scale_for_open_interest(open_interest: Usd): ColorScale {
  const anchor = Math.round(2 * Math.log10(Math.max(open_interest, 1))) / 2;
  return { top_usd: usd(10 ** clamp(anchor - 2, 3, 10)), decades: 2 };
}

// Half a decade up or down.
export function shift_scale(view: View, steps: number): View {
  if (view.scale === null) return view;
  const exponent = clamp(Math.round(Math.log10(view.scale.top_usd) * 2) + steps, 6, 22) / 2;
  return { ...view, scale: { ...view.scale, top_usd: usd(10 ** exponent) } };
}

export function set_decades(view: View, decades: number): View {
  if (view.scale === null) return view;
  return { ...view, scale: { ...view.scale, decades: clamp(decades, 1, 4) } };
}
