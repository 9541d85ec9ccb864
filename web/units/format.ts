import type { Price, Share, Usd } from './unit.ts';

// Numbers as people read them. A true minus sign has the width of a digit, so columns of figures
// do not jump when a sign appears.

const kMinus = '−';
export const kUnknown = '–';

function with_sign(text: string): string {
  return text.startsWith('-') ? kMinus + text.slice(1) : text;
}

const kSuffixes = ['', 'k', 'M', 'B', 'T'] as const;

// Three significant digits: $950, $1.23k, $45.6M.
export function format_usd(value: Usd | null): string {
  if (value === null || !Number.isFinite(value)) return kUnknown;
  const sign = value < 0 ? kMinus : '';
  let size = Math.abs(value);
  let step = 0;
  while (size >= 999.5 && step < kSuffixes.length - 1) {
    size /= 1000;
    step += 1;
  }
  const digits = step === 0 ? 0 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return `${sign}$${size.toFixed(digits)}${kSuffixes[step]}`;
}

// A tick of an axis: no decimals that say nothing ($1M, $2.5M).
export function format_usd_tick(value: Usd): string {
  return format_usd(value)
    .replace(/(\.\d*?)0+(?=[a-zA-Z]|$)/, '$1')
    .replace(/\.(?=[a-zA-Z]|$)/, '');
}

// Decimals that tell neighbouring values of an axis or two rows of a map apart.
export function price_decimals(value: Price): number {
  const size = Math.floor(Math.log10(Math.max(value, 1e-12)));
  return Math.max(0, Math.min(12, size >= 4 ? 1 : 4 - size));
}

const price_formats = new Map<number, Intl.NumberFormat>();

export function format_price(value: Price | null, decimals?: number): string {
  if (value === null || !Number.isFinite(value)) return kUnknown;
  const digits = decimals ?? price_decimals(value);
  let format = price_formats.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    price_formats.set(digits, format);
  }
  return with_sign(format.format(value));
}

export function format_percent(value: Share | null, decimals = 2): string {
  if (value === null || !Number.isFinite(value)) return kUnknown;
  return `${with_sign((value * 100).toFixed(decimals))} %`;
}

export function format_signed_percent(value: Share | null, decimals = 2): string {
  const text = format_percent(value, decimals);
  return value !== null && value > 0 ? `+${text}` : text;
}
