import { kUnknown } from '../units/format.ts';
import type { MapColumn, Part } from '../model/api_types.ts';
import type { SideMakeup } from '../model/cell_makeup.ts';

// Parts of the positions in words. An id that no rule knows has the words of the service.

export const kNotYet = 'not known yet';
const kKinds = ['distance', 'age', 'venue'] as const;
export type PartKind = (typeof kKinds)[number];

const kGroupNames: Readonly<Record<PartKind, string>> = {
  distance: 'opened … from liquidation', age: 'open for at least', venue: 'venue',
};
const kOptionHeads: Readonly<Record<PartKind, string>> = {
  distance: 'Entry', age: 'Open', venue: 'Venue',
};

// 0–2 %, over 10 %, 4 h, bybit_linear.
export function part_name({ id, kind }: Part): string {
  const between = /^distance_(\d+)_(\d+)$/.exec(id);
  const over = /^distance_over_(\d+)$/.exec(id);
  const hours = /^age_(\d+)h$/.exec(id);
  if (between !== null) return `${between[1]}–${between[2]} %`;
  if (over !== null) return `over ${over[1]} %`;
  if (hours !== null) return `${hours[1]} h`;
  return kind === 'venue' ? id.split(':')[0] ?? id : id;
}

// Whether the rows of a column are none because positions were not watched for so long.
export function is_not_yet(part: Part | null, column: MapColumn | null): boolean {
  return part?.kind === 'age' && column !== null &&
    column.sides.long.mean.length + column.sides.short.mean.length === 0;
}

const is_named = (part: Part): boolean => part_name(part) !== part.id;
// What begins with the entry itself is read more easily by its end.
const worded = (part: Part): string => part_name(part).replace(/^0–/, 'under ');

export function part_option(part: Part): string {
  return `${kOptionHeads[part.kind]}: ${is_named(part) ? worded(part) : part.about}`;
}

// 'Only positions ...'.
export function part_clause(part: Part): string {
  if (!is_named(part)) return part.about;
  if (part.kind === 'age') return `open for at least ${worded(part)}`;
  return part.kind === 'venue' ? `at ${worded(part)}` : `opened ${worded(part)} from liquidation`;
}

export function part_groups(
  parts: readonly Part[],
): { readonly name: string; readonly parts: readonly Part[] }[] {
  return kKinds.map((kind) => ({ name: kGroupNames[kind],
    parts: parts.filter((one) => one.kind === kind) })).filter((group) => group.parts.length > 0);
}

// How much of the dollars of a cell each part of a kind has: 0–2 % 12 ·, over 10 % 88 %. Parts are
// rounded by themselves, and so are the dollars: they may add up to a little more or less. Of one
// that is not known yet there is no share.
export function share_texts(side: SideMakeup, parts: readonly Part[], kind: PartKind): string[] {
  if (side.usd < 1) return [kUnknown];
  const shares = parts.filter((one) => one.kind === kind).map((one) => {
    const usd = side.parts.get(one.id);
    return { name: part_name(one), usd, is_known: usd != null };
  });
  const last = shares.findLastIndex(({ is_known }) => is_known);
  return shares.map(({ name, usd }, i) => {
    const share = usd == null ? (usd === null ? kNotYet : kUnknown)
      : `${Math.round(100 * Math.min(1, usd / side.usd))}${i === last ? ' %' : ''}`;
    return `${name} ${share}${i + 1 === shares.length ? '' : ' ·'}`;
  });
}
