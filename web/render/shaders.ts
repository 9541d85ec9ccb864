import { kHatchLinePx, kHatchPeriodPx } from './color_map.ts';
import { kCodeMask, kGapCode } from './shown_codes.ts';

// All positions come in device pixels from the upper left.

const kToClip = `
uniform vec2 u_size;
uniform float u_offset; // of what is drawn to, see scroll_cache.ts
vec4 to_clip(vec2 at) {
  at.x += u_offset;
  return vec4((at / u_size * 2.0 - 1.0) * vec2(1, -1), 0, 1);
}
vec2 corner() { return vec2(gl_VertexID & 1, gl_VertexID >> 1); }
`;

export const kTileVertex = `#version 300 es
layout(location = 0) in vec4 a_place; // x of texel 0, its width, y under row 0, its height
layout(location = 1) in vec3 a_part;  // layer, first texel, end texel
layout(location = 2) in float a_row;  // the tile's first row
flat out int v_layer;
flat out float v_row;
out vec2 v_texel; // row and column inside the tile
${kToClip}
void main() {
  vec2 c = corner();
  v_layer = int(a_part.x);
  v_row = a_row;
  v_texel = vec2(256.0 * c.y, mix(a_part.y, a_part.z, c.x));
  float x = a_place.x + a_place.y * v_texel.y;
  gl_Position = to_clip(vec2(x, a_place.z - a_place.w * v_texel.x));
}`;

// The twin of color_map.ts. `row_count` rows share a pixel, and the largest of them is its colour.
// The rows of a tier are those whose distance from the mark of their column is inside it.
export function tile_fragment(row_count: number, has_tier: boolean): string {
  return `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2DArray;
uniform usampler2DArray u_tiles;
uniform sampler2D u_palette;
uniform float u_ratio;
uniform float u_shift; // keeps hatching with the map while it is panned
uniform int u_line;    // of the palette: both, longs, shorts
uniform float u_hatch; // how far a line of hatching goes to the plot's colour
uniform vec3 u_plot;
uniform vec3 u_gap;
${has_tier ? `uniform highp sampler2D u_marks; // in rows, a texel each
uniform vec2 u_marks_place; // x of the first, width
uniform vec4 u_tier;   // rows above the mark: from, to; below it: from, to` : ''}
flat in int v_layer;
flat in float v_row;
in vec2 v_texel;
out vec4 color;

void main() {
  int row = int(floor(v_texel.x - ${(0.5 * (row_count - 1)).toFixed(1)}));
  int column = clamp(int(v_texel.y), 0, 255);
  uint cell = 0u;
  for (int i = 0; i < ${row_count}; ++i) {
    uint one = texelFetch(u_tiles, ivec3(clamp(row + i, 0, 255), column, v_layer), 0).x;
    if ((one & ${kCodeMask}u) > (cell & ${kCodeMask}u)) cell = one;
  }
  float diagonal = gl_FragCoord.x + u_shift - gl_FragCoord.y;
  uint code = cell & ${kCodeMask}u;
  if (code == ${kGapCode}u) {
    float period = 14.0 * u_ratio;
    color = vec4(mod(diagonal, period) < u_ratio ? u_gap : u_plot, 1.0);
    return;
  }
${has_tier ? `
  int at = int((gl_FragCoord.x - u_marks_place.x) / u_marks_place.y);
  float mark = texelFetch(u_marks, ivec2(clamp(at, 0, textureSize(u_marks, 0).x - 1), 0), 0).x;
  float away = v_row + floor(v_texel.x) + 0.5 - mark;
  bool is_inside = (away >= u_tier.x && away < u_tier.y) ||
    (-away >= u_tier.z && -away < u_tier.w);
  if (!is_inside) {
    color = vec4(u_plot, 1.0);
    return;
  }` : ''}
  vec3 rgb = texelFetch(u_palette, ivec2(code, u_line + int((cell >> 14) & 1u)), 0).rgb;
  float is_line = step(mod(diagonal, ${kHatchPeriodPx}.0 * u_ratio), ${kHatchLinePx}.0 * u_ratio);
  color = vec4(mix(rgb, u_plot, float(cell >> 15) * is_line * u_hatch), 1.0);
}`;
}

export const kRectVertex = `#version 300 es
layout(location = 0) in vec4 a_rect; // left, top, right, bottom
layout(location = 1) in vec4 a_color;
flat out vec4 v_color;
${kToClip}
void main() {
  v_color = a_color;
  gl_Position = to_clip(mix(a_rect.xy, a_rect.zw, corner()));
}`;

export const kRectFragment = `#version 300 es
precision mediump float;
flat in vec4 v_color;
out vec4 color;
void main() { color = v_color; }`;

export const kDotVertex = `#version 300 es
layout(location = 0) in vec3 a_dot; // x, y, radius
layout(location = 1) in vec3 a_color;
flat out vec3 v_color;
flat out float v_radius;
out vec2 v_at;
${kToClip}
void main() {
  v_color = a_color;
  v_radius = a_dot.z;
  v_at = (corner() * 2.0 - 1.0) * (a_dot.z + 1.0);
  gl_Position = to_clip(a_dot.xy + v_at);
}`;

// A disc that lets the map through, with a ring: what was printed stands over what was estimated.
export const kDotFragment = `#version 300 es
precision highp float;
uniform vec3 u_edge;
uniform float u_ratio;
flat in vec3 v_color;
flat in float v_radius;
in vec2 v_at;
out vec4 color;
void main() {
  float distance = length(v_at);
  float inside = clamp(v_radius - distance + 0.5, 0.0, 1.0);
  float fill = clamp(v_radius - 1.2 * u_ratio - distance + 0.5, 0.0, 1.0);
  float alpha = mix(0.95, 0.62, fill) * inside;
  color = vec4(mix(u_edge, v_color, fill), 1.0) * alpha;
}`;
