import type { Rgb, ThemeName } from './palette.ts';

// Colours of what is drawn on canvases. The style sheet has the same ones for text and panels.
export type ChartTheme = {
  readonly name: ThemeName;
  readonly plot: Rgb; // where nothing is at risk
  readonly gap: Rgb; // the lines of where nothing is known
  readonly panel: Rgb;
  readonly grid: Rgb;
  readonly grid_alpha: number;
  readonly line: Rgb;
  readonly text: Rgb;
  readonly muted: Rgb;
  readonly candle: Rgb;
  readonly candle_edge: Rgb;
  readonly long: Rgb;
  readonly short: Rgb;
  readonly cross: Rgb;
  readonly tag: Rgb;
  readonly tag_text: Rgb;
  readonly accent: Rgb;
};

export const kThemes: Readonly<Record<ThemeName, ChartTheme>> = {
  dark: {
    name: 'dark', plot: [8, 9, 13], gap: [44, 49, 60], panel: [14, 17, 23], grid: [255, 255, 255],
    grid_alpha: 0.07, line: [36, 42, 53], text: [218, 223, 232], muted: [139, 149, 166],
    candle: [246, 248, 251], candle_edge: [8, 9, 13], long: [240, 132, 74], short: [92, 184, 232],
    cross: [214, 220, 230], tag: [226, 231, 239], tag_text: [12, 14, 19], accent: [255, 194, 61],
  },
  light: {
    name: 'light', plot: [255, 255, 255], gap: [205, 210, 219], panel: [247, 248, 250],
    grid: [15, 23, 42], grid_alpha: 0.08, line: [217, 222, 230], text: [24, 30, 42],
    muted: [88, 98, 116], candle: [17, 22, 32], candle_edge: [255, 255, 255],
    long: [186, 78, 24], short: [14, 105, 163], cross: [36, 44, 60], tag: [28, 35, 49],
    tag_text: [255, 255, 255], accent: [146, 97, 0],
  },
};
