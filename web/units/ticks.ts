// Round values for an axis of `count_max` labels at most.
export function round_step(span: number, count_max: number): number {
  const raw = Math.max(span, 1e-12) / Math.max(1, count_max);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 2.5, 5].find((one) => one * power >= raw * (1 - 1e-9));
  return (factor ?? 10) * power;
}

export function round_ticks(low: number, high: number, count_max: number): number[] {
  const step = round_step(high - low, count_max);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

export function decimals_of_step(step: number): number {
  for (let digits = 0; digits < 12; digits += 1) {
    const scaled = step * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 12;
}
