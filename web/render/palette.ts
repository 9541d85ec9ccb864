// The palettes of the map: the anchors of src/draw/palette.cpp, so that a picture and the screen
// have the same colours. Dark `total` is nine samples of viridis.
// Source: S. van der Walt and N. Smith, "viridis", matplotlib 2015 (CC0). The others are our own.

export type Rgb = readonly [number, number, number];
export type ThemeName = 'dark' | 'light';
export const kPaletteNames = ['total', 'long', 'short'] as const;
export type PaletteName = (typeof kPaletteNames)[number];

export const kPaletteSize = 512;

const kAnchors: Record<ThemeName, Record<PaletteName, readonly Rgb[]>> = {
  dark: {
    total: [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141],
      [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]],
    long: [[44, 18, 14], [96, 30, 20], [160, 48, 28], [221, 92, 39], [251, 158, 80],
      [255, 228, 176]],
    short: [[12, 28, 46], [16, 58, 92], [20, 104, 154], [34, 155, 207], [111, 202, 240],
      [212, 241, 255]],
  },
  light: {
    total: [[244, 248, 214], [216, 238, 178], [160, 218, 178], [96, 191, 181], [47, 154, 176],
      [38, 115, 160], [47, 75, 140], [56, 38, 104], [40, 10, 58]],
    long: [[255, 241, 224], [253, 201, 146], [245, 147, 79], [217, 90, 39], [156, 47, 23],
      [82, 16, 9]],
    short: [[230, 244, 252], [179, 222, 243], [109, 185, 226], [46, 140, 196], [21, 93, 148],
      [8, 47, 85]],
  },
};

function to_linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function from_linear(value: number): number {
  const clipped = Math.min(1, Math.max(0, value));
  const coded = clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(coded * 255);
}

type Lab = readonly [number, number, number];

// Source: B. Ottosson, "A perceptual color space for image processing" (Oklab), 2020.
function to_lab([red, green, blue]: Rgb): Lab {
  const [r, g, b] = [to_linear(red), to_linear(green), to_linear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function from_lab([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    from_linear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    from_linear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    from_linear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function interpolate(anchors: readonly Rgb[]): Rgb[] {
  const labs = anchors.map(to_lab);
  return Array.from({ length: kPaletteSize }, (_, i) => {
    const place = ((labs.length - 1) * i) / (kPaletteSize - 1);
    const from = Math.min(Math.floor(place), labs.length - 2);
    const [low, high] = [labs[from], labs[from + 1]];
    if (low === undefined || high === undefined) return [0, 0, 0];
    const mixed = (c: 0 | 1 | 2): number => low[c] + (high[c] - low[c]) * (place - from);
    return from_lab([mixed(0), mixed(1), mixed(2)]);
  });
}

const made = new Map<string, readonly Rgb[]>();

export function palette_of(theme: ThemeName, name: PaletteName): readonly Rgb[] {
  const key = `${theme} ${name}`;
  const palette = made.get(key) ?? interpolate(kAnchors[theme][name]);
  made.set(key, palette);
  return palette;
}

export function luminance_of([red, green, blue]: Rgb): number {
  return 0.2126 * to_linear(red) + 0.7152 * to_linear(green) + 0.0722 * to_linear(blue);
}

// WCAG 2.2.
export function contrast_of(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance_of(a), luminance_of(b)].sort((x, y) => x - y);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

export function css_of([red, green, blue]: Rgb, alpha = 1): string {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

export function mix(under: Rgb, over: Rgb, share: number): Rgb {
  const channel = (c: 0 | 1 | 2): number => under[c] + (over[c] - under[c]) * share;
  return [channel(0), channel(1), channel(2)];
}
