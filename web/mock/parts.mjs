// Parts of the positions of a market, as docs/formats/api.md names them: by distance at entry, by
// age, by venue. A part has the codes of the market less what of a row is not of it; how much that
// is goes by the row, the side and, slowly, the column. The four distances add up to the whole, and
// so do venues.

const kDistances = [
  ['distance_0_2', 'liquidated less than 2 % from their entry', 3],
  ['distance_2_5', 'liquidated 2 % to 5 % from their entry', 5],
  ['distance_5_10', 'liquidated 5 % to 10 % from their entry', 4],
  ['distance_over_10', 'liquidated over 10 % from their entry', 2],
];
const kAges = [['age_1h', 'open for at least 1 h', 0.86], ['age_4h', 'open for at least 4 h', 0.6],
  ['age_24h', 'open for at least 24 h', 0.3]];
// Open for a day: not known before they were watched for a day.
const kKnownFrom = { age_24h: 1440 };
const kVenueShares = [0.64, 0.36];
const kBlock = 256; // columns in which the shares of a row are the same

export function parts_of(market) {
  const of = (kind) => ([id, about]) => ({ id, kind, about });
  const venues = market.venues.length < 2 ? [] : market.venues.map((id) => [id, `of ${id}`]);
  return [...kDistances.map(of('distance')), ...kAges.map(of('age')), ...venues.map(of('venue'))];
}

const wave = (row, block, i) => 0.5 + 0.4 * Math.sin(row / (11 + 7 * i) + block * 0.37 + i);

// What share of the dollars of a row the part has.
function share_of(market, id, { s, row, block }) {
  const at = row + 40 * s;
  const weights = kDistances.map(([, , weight], i) => weight * wave(at, block, i));
  const distance = kDistances.findIndex(([one]) => one === id);
  if (distance >= 0) return weights[distance] / weights.reduce((sum, one) => sum + one, 0);
  const age = kAges.find(([one]) => one === id)?.[2];
  if (age !== undefined) return age * (0.6 + 0.3 * wave(at, block, 9));
  const share = kVenueShares[0] * (0.9 + 0.3 * wave(at, block, 4));
  return id === market.venues[0] ? share : 1 - share;
}

const known = new WeakMap(); // parts of markets

function make_part(market, id) {
  const tables = new Map(); // what is added to the code of a row, by side and block of columns
  const table = (s, block) => {
    const name = `${s} ${block}`;
    if (!tables.has(name)) {
      tables.set(name, Int16Array.from({ length: market.row_count() }, (_, row) =>
        Math.round(100 * Math.log(share_of(market, id, { s, row, block })))));
    }
    return tables.get(name);
  };
  const added = (code, by) => (code === 0 ? 0 : Math.max(0, code + by));
  const known_from = kKnownFrom[id] ?? 0;
  return Object.assign(Object.create(market), {
    part: id, known_from,
    is_gap: (column) => column < known_from || market.is_gap(column),
    code: (s, column, row) => added(market.code(s, column, row),
      table(s, Math.floor(column / kBlock))[row - market.first_row]),
    codes_of: (s, column, row, count) => {
      const by = table(s, Math.floor(column / kBlock));
      return market.codes_of(s, column, row, count).map((code, i) =>
        added(code, by[row - market.first_row + i]));
    },
  });
}

// A market that has the rows of the part and all else of the whole; undefined: there is no such
// part. Without an id the market itself.
export function part_of(market, id) {
  if (id == null) return market;
  if (!parts_of(market).some((one) => one.id === id)) return undefined;
  if (!known.has(market)) known.set(market, new Map());
  const parts = known.get(market);
  if (!parts.has(id)) parts.set(id, make_part(market, id));
  return parts.get(id);
}
