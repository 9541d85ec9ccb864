import { ms, unix_ms } from './unit.ts';
import type { Ms, UnixMs } from './unit.ts';

// All times are UTC, in the API and on the screen.

export const kSecond = ms(1000);
export const kMinute = ms(60_000);
export const kHour = ms(3_600_000);
export const kDay = ms(86_400_000);

const kMonths = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

// RFC 3339 with any number of decimals. Milliseconds are what a screen can show; the rest is cut.
export function parse_time_lossy(text: string): UnixMs | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text)) return null;
  const value = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(value) ? null : unix_ms(value);
}

export function rfc3339(time: UnixMs): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

const two = (value: number): string => String(value).padStart(2, '0');

export function format_clock(time: UnixMs, with_seconds = false): string {
  const at = new Date(time);
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return with_seconds ? `${clock}:${two(at.getUTCSeconds())}` : clock;
}

export function format_date(time: UnixMs): string {
  const at = new Date(time);
  return `${at.getUTCDate()} ${kMonths[at.getUTCMonth()]}`;
}

export function format_date_time(time: UnixMs, with_seconds = false): string {
  const year = new Date(time).getUTCFullYear();
  return `${format_date(time)} ${year} ${format_clock(time, with_seconds)}`;
}

export function format_month(time: UnixMs): string {
  const at = new Date(time);
  return at.getUTCMonth() === 0 ? String(at.getUTCFullYear()) : kMonths[at.getUTCMonth()] ?? '';
}

// 45s, 12m, 3h 20m, 4d 6h: two parts at most.
export function format_duration(duration: Ms): string {
  const seconds = Math.max(0, Math.round(duration / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  const rest = (value: number, unit: string): string => (value > 0 ? ` ${value}${unit}` : '');
  if (hours < 24) return `${hours}h${rest(minutes % 60, 'm')}`;
  return `${Math.floor(hours / 24)}d${rest(hours % 24, 'h')}`;
}

// Labels of a time axis: the step between them, and how such a time is written.
export type TimeTicks = { readonly times: readonly UnixMs[]; readonly step: Ms };

const kSteps: readonly number[] = [
  1000, 5000, 15_000, 30_000, kMinute, 2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute,
  30 * kMinute, kHour, 2 * kHour, 4 * kHour, 6 * kHour, 12 * kHour, kDay, 2 * kDay, 7 * kDay,
  14 * kDay, 28 * kDay, 56 * kDay, 112 * kDay,
];

export function time_ticks(from: UnixMs, to: UnixMs, count_max: number): TimeTicks {
  const wanted = (to - from) / Math.max(1, count_max);
  const step = kSteps.find((candidate) => candidate >= wanted) ?? 224 * kDay;
  const times: UnixMs[] = [];
  for (let at = Math.ceil(from / step) * step; at < to; at += step) times.push(unix_ms(at));
  return { times, step: ms(step) };
}

export function format_time_tick(time: UnixMs, step: Ms): string {
  if (step >= kDay || time % kDay === 0) return format_date(time);
  return format_clock(time, step < kMinute);
}
