import type { Rgb, ThemeName } from './palette.ts';

// Colours of runs that are compared, one a run: told apart by people with any colour vision, and
// neither that of longs nor that of shorts. A second run of the same colour is dashed.
// Source: M. Okabe and K. Ito, "Color universal design", 2008, darkened or lightened for contrast.

const kColors: Readonly<Record<ThemeName, readonly Rgb[]>> = {
  dark: [[255, 194, 61], [72, 199, 142], [222, 132, 190], [140, 160, 255]],
  light: [[138, 90, 0], [0, 112, 78], [161, 45, 122], [63, 76, 190]],
};

export type RunStroke = { readonly color: Rgb; readonly dash: readonly number[] };

export function run_stroke(theme: ThemeName, index: number): RunStroke {
  const colors = kColors[theme];
  const color = colors[index % colors.length] ?? [128, 128, 128];
  return { color, dash: index < colors.length ? [] : [5, 4] };
}
