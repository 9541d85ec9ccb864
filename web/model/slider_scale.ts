import type { Field } from './lab_types.ts';

// Where a value lies on a slider, 0 to 1, and back. Logarithmic where the largest is more than a
// hundred times the least; with zero at the left end, linear up to a small value and logarithmic
// beyond it, because most fields that may be zero mean "none of these".

export type SliderScale =
  | { readonly kind: 'linear' }
  | { readonly kind: 'log' }
  | { readonly kind: 'log_from_zero'; readonly knee: number };

export const kSliderSteps = 200;
const kLogRatio = 100;

type Bounds = Pick<Field, 'least' | 'most' | 'default' | 'is_whole'>;

export function slider_scale_of({ least, most, default: usual }: Bounds): SliderScale {
  if (least > 0 && most / least > kLogRatio) return { kind: 'log' };
  if (least === 0 && most > kLogRatio) {
    // The usual value, where there is one, is then near the middle.
    const knee = usual > 0 ? usual / 10 : most / 1e4;
    if (most / knee > kLogRatio) return { kind: 'log_from_zero', knee };
  }
  return { kind: 'linear' };
}

export function place_of_value(scale: SliderScale, bounds: Bounds, value: number): number {
  const { least, most } = bounds;
  if (most <= least) return 0;
  const held = Math.min(most, Math.max(least, value));
  switch (scale.kind) {
    case 'linear': return (held - least) / (most - least);
    case 'log': return Math.log(held / least) / Math.log(most / least);
    case 'log_from_zero': return Math.log1p(held / scale.knee) / Math.log1p(most / scale.knee);
  }
}

export function value_of_place(
  scale: SliderScale, bounds: Bounds, place: number,
): number {
  const { least, most } = bounds;
  if (place <= 0) return least;
  if (place >= 1) return most;
  const raw = scale.kind === 'linear' ? least + place * (most - least)
    : scale.kind === 'log' ? least * (most / least) ** place
      : scale.knee * Math.expm1(place * Math.log1p(most / scale.knee));
  return Math.min(most, Math.max(least, rounded(bounds, raw)));
}

// The value that a slider at `value` moves to when it is put to `place`. Rounding must not hold it
// where it is: an arrow key always leads to another value.
export function moved_value(
  scale: SliderScale, bounds: Bounds, value: number, place: number,
): number {
  const step = place < place_of_value(scale, bounds, value) ? -1 : 1;
  for (let at = Math.round(place * kSliderSteps); at >= 0 && at <= kSliderSteps; at += step) {
    const next = value_of_place(scale, bounds, at / kSliderSteps);
    if (step * (next - value) > 0) return next;
  }
  return value;
}

// Two digits of a logarithm, hundredths of a line: nobody sets 14.37 by a slider and means it.
function rounded(bounds: Bounds, value: number): number {
  const { least, most } = bounds;
  if (bounds.is_whole) return Math.round(value);
  const is_log = slider_scale_of(bounds).kind !== 'linear';
  if (is_log) return Number(value.toPrecision(2));
  const step = 10 ** Math.floor(Math.log10((most - least) / 100));
  return Number((Math.round(value / step) * step).toPrecision(12));
}
