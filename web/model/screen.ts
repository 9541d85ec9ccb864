// Which screen is open, in the hash of the address beside the state of the map: so that a link
// leads to a screen, and the map is as it was when someone goes back to it.

export const kScreens = ['map', 'scorecard', 'lab'] as const;
export type Screen = (typeof kScreens)[number];

export function screen_of_hash(hash: string): Screen {
  const wanted = new URLSearchParams(hash.replace(/^#/, '')).get('screen');
  return kScreens.find((one) => one === wanted) ?? 'map';
}

// `own` is what the screen says of itself. The map's hash is all of the map's address, unchanged.
export function page_hash(screen: Screen, own: URLSearchParams, map_hash: string): string {
  if (screen === 'map') return map_hash;
  const out = new URLSearchParams({ screen });
  for (const [name, value] of own) out.set(name, value);
  const text = out.toString().replaceAll('%3A', ':').replaceAll('%7E', '~').replaceAll('%2C', ',');
  const rest = map_hash.replace(/^#/, '');
  return `#${text}${rest === '' ? '' : `&${rest}`}`;
}

const kOwn = ['screen', 'scenario', 'seed', 'hours', 'members', 'set', 'last', 'of'];

// The map's part of an address, as it is written there.
export function map_part_of(hash: string): string {
  const parts = hash.replace(/^#/, '').split('&').filter((one) =>
    one !== '' && !kOwn.includes(one.split('=')[0] ?? ''));
  return `#${parts.join('&')}`;
}
