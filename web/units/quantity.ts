import { kUnknown } from './format.ts';

// Numbers without a unit of their own: counts, scores, values of fields.

const kMinus = '−';
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function format_count(value: number | null): string {
  return value === null || !Number.isFinite(value) ? kUnknown
    : grouped.format(value).replace('-', kMinus);
}

// A score: a fixed number of decimals, so that a column of them lines up. What rounds to zero has
// no sign.
export function format_score(value: number | null, decimals = 3): string {
  if (value === null || !Number.isFinite(value)) return kUnknown;
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', kMinus);
}

const kSuffixes = ['', 'k', 'M', 'B', 'T'] as const;

// A value of any size in as few characters as tell three digits: .012, 8, 250k, 30M.
export function format_value(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return kUnknown;
  let size = Math.abs(value);
  const sign = value < 0 ? kMinus : '';
  if (size !== 0 && size < 0.0001) {
    const text = size.toExponential(2).replace(/\.?0+e/, 'e').replace('e-', `e${kMinus}`);
    return `${sign}${text}`;
  }
  let step = 0;
  while (size >= 9999.5 && step < 1 || step > 0 && size >= 999.5 && step < kSuffixes.length - 1) {
    size /= 1000;
    step += 1;
  }
  return `${sign}${Number(size.toPrecision(step === 0 && size >= 1000 ? 4 : 3))}${kSuffixes[step]}`;
}

const kFactors: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, B: 1e9, T: 1e12 };

// A value as it can be typed again without loss: 30M, 14, 0.0004.
export function format_exact(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return String(value).replace('-', kMinus);
  const suffix = size >= 1e12 ? 'T' : size >= 1e9 ? 'B' : size >= 1e6 ? 'M' : 'k';
  const text = String(Number((value / (kFactors[suffix] ?? 1)).toPrecision(15)));
  return `${text}${suffix}`.replace('-', kMinus);
}

export function parse_value(text: string): number | null {
  const plain = text.trim().replaceAll(',', '').replace(kMinus, '-');
  const match = /^(-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?) ?([kMBT]?)$/i.exec(plain);
  if (match === null) return null;
  const letter = match[2] ?? '';
  const suffix = letter.toLowerCase() === 'k' ? 'k' : letter.toUpperCase();
  const value = Number((Number(match[1]) * (kFactors[suffix] ?? 1)).toPrecision(15));
  return Number.isFinite(value) ? value : null;
}
