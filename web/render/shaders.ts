import { kGapTexel } from '../model/heatmap_tile.ts';
import { kHatchLinePx, kHatchPeriodPx, kHatchShare } from './color_map.ts';
import { kPaletteSize } from './palette.ts';

// All positions come in device pixels from the upper left.

const kToClip = `
uniform vec2 u_size;
vec4 to_clip(vec2 at) { return vec4((at / u_size * 2.0 - 1.0) * vec2(1, -1), 0, 1); }
vec2 corner() { return vec2(gl_VertexID & 1, gl_VertexID >> 1); }
`;

export const kTileVertex = `#version 300 es
layout(location = 0) in vec4 a_place; // x of texel 0, its width, y under row 0, its height
layout(location = 1) in vec3 a_part;  // layer, first texel, end texel
flat out vec4 v_place;
flat out float v_layer;
${kToClip}
void main() {
  v_place = a_place;
  v_layer = a_part.x;
  vec2 c = corner();
  float x = a_place.x + a_place.y * mix(a_part.y, a_part.z, c.x);
  gl_Position = to_clip(vec2(x, a_place.z - a_place.w * 256.0 * c.y));
}`;

// The twin of color_map.ts.
export const kTileFragment = `#version 300 es
precision highp float;
precision highp sampler2DArray;
uniform sampler2DArray u_tiles;
uniform sampler2D u_palette;
uniform float u_height;
uniform float u_log_floor;
uniform float u_decades;
uniform float u_ratio;
uniform int u_side;      // both, long, short, two_hue
uniform int u_row_count; // rows that share a pixel
uniform bool u_hatching;
uniform vec3 u_plot;
uniform vec3 u_gap;
flat in vec4 v_place;
flat in float v_layer;
out vec4 color;

float shown(vec2 texel) {
  vec2 usd = abs(texel);
  if (u_side == 1) return usd.x;
  if (u_side == 2) return usd.y;
  float most = max(usd.x, usd.y);
  float least = min(usd.x, usd.y);
  if (u_side == 3 || least == 0.0 || most - least > 4.0) return most;
  return most + log2(1.0 + exp2((least - most) * 3.321928)) * 0.30103;
}

void main() {
  vec2 at = vec2(gl_FragCoord.x, u_height - gl_FragCoord.y);
  int column = clamp(int(floor((at.x - v_place.x) / v_place.y)), 0, 255);
  float middle = (v_place.z - at.y) / v_place.w;
  int row = int(floor(middle - 0.5 * float(u_row_count - 1)));
  int layer = int(v_layer + 0.5);
  vec2 texel = vec2(0.0);
  float value = -1.0;
  for (int i = 0; i < u_row_count; ++i) {
    vec2 one = texelFetch(u_tiles, ivec3(clamp(row + i, 0, 255), column, layer), 0).xy;
    float its = shown(one);
    if (its > value) { value = its; texel = one; }
  }
  float diagonal = at.x + at.y;
  if (value >= ${kGapTexel}.0) {
    float line = mod(diagonal, 14.0 * u_ratio);
    color = vec4(line < u_ratio ? u_gap : u_plot, 1.0);
    return;
  }
  float place = (value - u_log_floor) / u_decades;
  if (value == 0.0 || place < 0.0) {
    color = vec4(u_plot, 1.0);
    return;
  }
  bool is_long = u_side == 1 || (u_side != 2 && abs(texel.x) >= abs(texel.y));
  int line = u_side == 0 ? 0 : (is_long ? 1 : 2);
  int index = min(int(place * ${kPaletteSize}.0), ${kPaletteSize - 1});
  vec3 rgb = texelFetch(u_palette, ivec2(index, line), 0).rgb;
  bool is_wide = (is_long ? texel.x : texel.y) < 0.0;
  float hatch = mod(diagonal, ${kHatchPeriodPx}.0 * u_ratio);
  if (u_hatching && is_wide && hatch < ${kHatchLinePx}.0 * u_ratio)
    rgb = mix(rgb, u_plot, ${kHatchShare});
  color = vec4(rgb, 1.0);
}`;

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
