import { kTileSize } from '../model/heatmap_tile.ts';
import { texel_ms } from '../model/tile_grid.ts';
import { price } from '../units/unit.ts';
import { x_of_time, y_of_price, y_of_row } from './geometry.ts';
import { Instances, Program } from './gl.ts';
import { hindsight_rects } from './hindsight.ts';
import { code_colors, kHatchShare } from './color_map.ts';
import { kPaletteNames, mix } from './palette.ts';
import {
  kDotFragment, kDotVertex, kRectFragment, kRectVertex, kTileVertex, tile_fragment,
} from './shaders.ts';
import { ScrollCache } from './scroll_cache.ts';
import { TileTextures } from './tile_textures.ts';
import type { Liquidation, MapColumn } from '../model/api_types.ts';
import type { HeatmapTile } from '../model/heatmap_tile.ts';
import type { SeriesSlice } from '../model/series_store.ts';
import type { SeriesGrid, TimeRange } from '../model/tile_grid.ts';
import type { ColorScale, SideMode } from '../model/view.ts';
import type { ChartTheme } from './chart_theme.ts';
import type { CellStyle } from './color_map.ts';
import type { Geometry } from './geometry.ts';
import type { Rgb } from './palette.ts';

// The WebGL2 layer of the map: tiles, candles, printed liquidations. Fed by plain arrays.

export type TilePart = {
  readonly tile: HeatmapTile;
  readonly from: number; // texels of the tile that are drawn
  readonly to: number;
};

export type MapFrame = {
  readonly geometry: Geometry;
  readonly style: CellStyle;
  readonly grid: SeriesGrid;
  readonly content: string; // another one when anything below is, apart from the time shown
  readonly parts: readonly TilePart[]; // later ones lie over earlier ones
  readonly candles: SeriesSlice | null;
  readonly prints: readonly Liquidation[];
  readonly hindsight: MapColumn | null; // drawn over all that is before it; null: not
  readonly tier: TierFrame | null; // null: rows at any distance from the mark
};

// Rows as a tier wants them: distances from the mark of each texel, from `first` (inclusive) to
// `end`, in rows, above and below it. NaN where the mark is not known: nothing is drawn there.
export type TierFrame = {
  readonly times: TimeRange;
  readonly width_ms: number;
  readonly rows: Float32Array;
  readonly content: number; // another one when the marks are
  readonly above: readonly [number, number];
  readonly below: readonly [number, number];
};

type Gear = {
  readonly tiles: TileTextures;
  readonly tile_programs: Map<string, Program>; // by how many rows share a pixel, and tier
  readonly rect_program: Program;
  readonly dot_program: Program;
  readonly tile_quads: Instances;
  readonly rects: Instances;
  readonly dots: Instances;
  readonly palette: WebGLTexture;
  readonly marks: WebGLTexture;
  readonly scroll: ScrollCache;
};

const kCodeCount = 4096;
const kPaletteLines: Readonly<Record<SideMode, number>> =
  { both: 0, long: 1, short: 2, two_hue: 1 };

// Where the hatching begins, in pixels: at a fixed time, so that it goes with the map. Whole
// pixels, so that lines keep their shape.
function hatch_shift(g: Geometry, offset: number): number {
  const period = 14 * g.ratio;
  const px = Math.round((g.time.from / (g.time.to - g.time.from)) * g.width) - offset;
  return ((px % period) + period) % period;
}

const unit = (color: Rgb): [number, number, number] =>
  [color[0] / 255, color[1] / 255, color[2] / 255];

// Area is dollars: the top of the colour scale has a radius of thirteen pixels.
export function dot_radius_px(usd: number, scale: ColorScale): number {
  return Math.min(22, Math.max(1.5, 13 * Math.sqrt(usd / scale.top_usd)));
}

export class MapRenderer {
  readonly #gl: WebGL2RenderingContext;
  #gear: Gear;
  #palette_name = '';

  // Errors: null where the browser has no WebGL2.
  static make(canvas: HTMLCanvasElement, on_restored: () => void): MapRenderer | null {
    const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
    if (gl === null) return null;
    const renderer = new MapRenderer(gl);
    canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => {
      renderer.#gear = renderer.#build();
      on_restored();
    });
    return renderer;
  }

  private constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#gear = this.#build();
  }

  #build(): Gear {
    const gl = this.#gl;
    this.#palette_name = '';
    const [palette, marks] = [gl.createTexture(), gl.createTexture()];
    for (const texture of [palette, marks]) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    }
    return {
      tiles: new TileTextures(gl),
      tile_programs: new Map(),
      rect_program: new Program(gl, kRectVertex, kRectFragment),
      dot_program: new Program(gl, kDotVertex, kDotFragment),
      tile_quads: new Instances(gl, [4, 3, 1]),
      rects: new Instances(gl, [4, 4]),
      dots: new Instances(gl, [3, 3]),
      palette,
      marks,
      scroll: new ScrollCache(gl),
    };
  }

  send_texel(tile: HeatmapTile, texel: number): void {
    if (!this.#gl.isContextLost()) this.#gear.tiles.send_texel(tile, texel);
  }

  // Nothing, in the colours of the theme.
  clear(theme: ChartTheme): void {
    const gl = this.#gl;
    const [red, green, blue] = unit(mix(theme.plot, theme.panel, 0.6));
    gl.clearColor(red, green, blue, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  draw(frame: MapFrame): void {
    const gl = this.#gl;
    if (gl.isContextLost()) return;
    const { scroll } = this.#gear;
    const { geometry: g, style } = frame;
    gl.viewport(0, 0, g.width, g.height);
    // Also where all of it is copied over: a browser clears a buffer that it has shown when it is
    // first drawn to, and does not take a copy for drawing.
    this.clear(style.theme);
    const at = (g.time.from / (g.time.to - g.time.from)) * g.width;
    const strips = scroll.plan(this.#key_of(frame), at, g.width, g.height);
    if (strips === null) {
      this.#draw_all(frame, 0);
      return;
    }
    for (const strip of strips) {
      scroll.begin(strip);
      gl.clear(gl.COLOR_BUFFER_BIT);
      this.#draw_all(frame, strip.offset);
      scroll.end();
    }
    scroll.show();
  }

  // `offset` is how far to the right of its place on the screen everything is drawn.
  #draw_all(frame: MapFrame, offset: number): void {
    const gl = this.#gl;
    const { geometry: g, style, hindsight } = frame;
    gl.disable(gl.BLEND);
    this.#draw_tiles(frame, offset);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (hindsight !== null) this.#draw_rects(g, hindsight_rects(g, style, hindsight), offset);
    this.#draw_prints(frame, offset);
    if (frame.candles !== null) {
      this.#draw_rects(g, candle_rects(g, style, frame.grid, frame.candles), offset);
    }
  }

  // Whatever changes what is drawn, apart from where it is in time.
  #key_of({ geometry: g, style, content, tier }: MapFrame): string {
    const { side, scale, opacity, has_hatching, theme } = style;
    const span = g.time.to - g.time.from;
    return [content, side, scale.top_usd, scale.decades, opacity, has_hatching, theme.name,
      span.toFixed(3), g.rows.low, g.rows.high, g.ratio, tier?.above[0], tier?.below[1],
      tier?.content].join(' ');
  }

  // Waits until everything is drawn; for measuring.
  finish(): void {
    this.#gl.readPixels(0, 0, 1, 1, this.#gl.RGBA, this.#gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  // The colour of every code, for each palette: made anew when the scale, the theme or the opacity
  // changes.
  #use_palette(style: CellStyle): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.#gear.palette);
    const { theme, opacity, scale } = style;
    const name = `${theme.name} ${opacity} ${scale.top_usd} ${scale.decades}`;
    if (name === this.#palette_name) return;
    this.#palette_name = name;
    const lines = kPaletteNames.map((one) => code_colors(style, one));
    const bytes = new Uint8Array(lines.length * kCodeCount * 4);
    lines.forEach((line, i) => bytes.set(line, i * kCodeCount * 4));
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, kCodeCount, lines.length, 0, gl.RGBA,
      gl.UNSIGNED_BYTE, bytes);
  }

  #use_tile_program(row_count: number, has_tier: boolean): Program {
    const { tile_programs } = this.#gear;
    const name = `${row_count} ${has_tier}`;
    let program = tile_programs.get(name);
    if (program === undefined) {
      program = new Program(this.#gl, kTileVertex, tile_fragment(row_count, has_tier));
      tile_programs.set(name, program);
    }
    program.use();
    return program;
  }

  #draw_tiles({ geometry: g, style, grid, parts, tier }: MapFrame, offset: number): void {
    const gl = this.#gl;
    const { tiles, tile_quads } = this.#gear;
    this.#use_palette(style);
    tiles.begin_frame(style.side);
    const row_px = g.height / (g.rows.high - g.rows.low);
    const values = parts.flatMap(({ tile, from, to }) => {
      const size = texel_ms(grid, tile.key.level);
      const x = x_of_time(g, grid.first_column + tile.key.column * kTileSize * size);
      const texel_px = (size / (g.time.to - g.time.from)) * g.width;
      const row = tile.key.row * kTileSize;
      return [x, texel_px, y_of_row(g, row), row_px, tiles.layer_of(tile), from, to, row];
    });
    tile_quads.put(Float32Array.from(values));
    const row_count = Math.max(1, Math.round(1 / row_px));
    const program = this.#use_tile_program(row_count, tier !== null);
    gl.uniform2f(program.at('u_size'), g.width, g.height);
    gl.uniform1f(program.at('u_offset'), offset);
    gl.uniform1f(program.at('u_ratio'), g.ratio);
    gl.uniform1f(program.at('u_shift'), hatch_shift(g, offset));
    gl.uniform1i(program.at('u_tiles'), 0);
    gl.uniform1i(program.at('u_palette'), 1);
    gl.uniform1i(program.at('u_line'), kPaletteLines[style.side]);
    gl.uniform1f(program.at('u_hatch'), style.has_hatching ? kHatchShare : 0);
    gl.uniform3f(program.at('u_plot'), ...unit(style.theme.plot));
    gl.uniform3f(program.at('u_gap'), ...unit(style.theme.gap));
    if (tier !== null) this.#use_tier(program, tier, g, offset);
    tile_quads.draw();
  }

  #use_tier(program: Program, tier: TierFrame, g: Geometry, offset: number): void {
    const gl = this.#gl;
    const { times, width_ms, rows, above, below } = tier;
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_2D, this.#gear.marks);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, rows.length, 1, 0, gl.RED, gl.FLOAT, rows);
    const span = g.time.to - g.time.from;
    gl.uniform1i(program.at('u_marks'), 2);
    gl.uniform2f(program.at('u_marks_place'), x_of_time(g, times.from) + offset,
      (width_ms / span) * g.width);
    gl.uniform4f(program.at('u_tier'), ...above, ...below);
  }

  #draw_rects(g: Geometry, values: Float32Array, offset: number): void {
    const { rects, rect_program } = this.#gear;
    rects.put(values);
    rect_program.use();
    this.#gl.uniform2f(rect_program.at('u_size'), g.width, g.height);
    this.#gl.uniform1f(rect_program.at('u_offset'), offset);
    rects.draw();
  }

  #draw_prints({ geometry: g, style, prints }: MapFrame, offset: number): void {
    const { dots, dot_program } = this.#gear;
    const { theme } = style;
    const values: number[] = [];
    // Small ones last, so that a large one hides none.
    for (const one of [...prints].sort((a, b) => b.usd - a.usd)) {
      const x = x_of_time(g, one.time);
      if (x < -40 || x > g.width + 40) continue;
      const color = unit(one.side === 'long' ? theme.long : theme.short);
      const radius = dot_radius_px(one.usd, style.scale) * g.ratio;
      values.push(x, y_of_price(g, one.price), radius, ...color);
    }
    dots.put(Float32Array.from(values));
    dot_program.use();
    this.#gl.uniform2f(dot_program.at('u_size'), g.width, g.height);
    this.#gl.uniform1f(dot_program.at('u_offset'), offset);
    this.#gl.uniform1f(dot_program.at('u_ratio'), g.ratio);
    this.#gl.uniform3f(dot_program.at('u_edge'), ...unit(theme.candle_edge));
    dots.draw();
  }
}

// Wick, body and, where the price rose, the hollow of the body: rectangles on whole pixels, each
// with an edge that sets it off from the map. A column is the end of its candle, and what was known
// then is drawn to the right of it: the candle lies over what waited while it went.
export function candle_rects(
  g: Geometry, style: CellStyle, grid: SeriesGrid, { level, times, fields }: SeriesSlice,
): Float32Array {
  const { theme } = style;
  const size_ms = texel_ms(grid, level);
  const pitch = (size_ms / (g.time.to - g.time.from)) * g.width;
  const half = Math.max(1, Math.round(Math.min(pitch * 0.32, 9 * g.ratio)));
  const line = Math.max(1, Math.round(g.ratio));
  const out: number[] = [];
  const put = (x0: number, y0: number, x1: number, y1: number, color: Rgb, alpha = 1): void => {
    const [red, green, blue] = unit(color);
    out.push(x0, y0, x1, y1, red * alpha, green * alpha, blue * alpha, alpha);
  };
  times.forEach((time, i) => {
    const values = [fields.open[i], fields.high[i], fields.low[i], fields.close[i]];
    const [open, high, low, close] = values.map((value) =>
      Math.round(y_of_price(g, price(value ?? Number.NaN))));
    if (open === undefined || high === undefined || low === undefined || close === undefined ||
      Number.isNaN(open + close)) return;
    const middle = Math.round(x_of_time(g, time - grid.column_interval) + pitch / 2);
    const [top, bottom] = [Math.min(open, close), Math.max(open, close) + line];
    const [left, right] = [middle - half, middle + half];
    put(middle - line, high - line, middle + 2 * line - 1, low + line, theme.candle_edge, 0.7);
    put(left - line, top - line, right + line, bottom + line, theme.candle_edge, 0.7);
    put(middle - (line >> 1), high, middle - (line >> 1) + line, low + line, theme.candle);
    put(left, top, right, bottom, theme.candle);
    const is_hollow = close < open && right - left > 2 * line + 1 && bottom - top > 2 * line;
    if (is_hollow) put(left + line, top + line, right - line, bottom - line, theme.candle_edge);
  });
  return Float32Array.from(out);
}
