import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { read_png, write_png } from './png.mjs';

// Pictures of whole screens, held to those that are kept in docs/images. Letters are drawn a little
// differently by another version of a font or of its hinting: a channel of a pixel is as it was
// where it lies nearly within what the kept picture has there and beside it, and the other way
// round. What differs more may be a small share of the picture, and no patch may differ much.

export const kGoldens = new URL('../../docs/images/', import.meta.url).pathname;
const kChannelMost = 24; // of 255, that a channel may be off
const kShareMost = 0.005;
const kPatchPx = 32;
const kPatchShareMost = 0.05;

// Whether a channel of `a` is nearly within what `b` has of it there and beside it.
function is_within(a, b, x, y, channel) {
  const value = a.bytes[(y * a.width + x) * a.channels + channel];
  let [least, most] = [255, 0];
  for (let v = Math.max(0, y - 1); v <= Math.min(b.height - 1, y + 1); v += 1) {
    for (let u = Math.max(0, x - 1); u <= Math.min(b.width - 1, x + 1); u += 1) {
      const other = b.bytes[(v * b.width + u) * b.channels + channel];
      if (other < least) least = other;
      if (other > most) most = other;
    }
  }
  return value >= least - kChannelMost && value <= most + kChannelMost;
}

function is_same_at(a, b, x, y) {
  const [i, j] = [(y * a.width + x) * a.channels, (y * b.width + x) * b.channels];
  for (let c = 0; c < 3; c += 1) {
    if (a.bytes[i + c] === b.bytes[j + c]) continue;
    if (!is_within(a, b, x, y, c) || !is_within(b, a, x, y, c)) return false;
  }
  return true;
}

// Which pixels differ, the share of them, and that of the worst patch.
export function compare(found, wanted) {
  const { width, height } = wanted;
  const marks = new Uint8Array(width * height);
  if (found.width !== width || found.height !== height) {
    return { marks: marks.fill(1), share: 1, patch: 1, is_same: false };
  }
  const patches = new Map();
  let count = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (is_same_at(found, wanted, x, y)) continue;
      marks[y * width + x] = 1;
      count += 1;
      const patch = `${Math.floor(x / kPatchPx)} ${Math.floor(y / kPatchPx)}`;
      patches.set(patch, (patches.get(patch) ?? 0) + 1);
    }
  }
  const share = count / (width * height);
  const patch = Math.max(0, ...patches.values()) / kPatchPx ** 2;
  return { marks, share, patch, is_same: share <= kShareMost && patch <= kPatchShareMost };
}

// The kept picture, grey and pale, and red where the new one differs.
function difference_of(wanted, marks) {
  const bytes = Buffer.alloc(wanted.width * wanted.height * 3);
  for (let i = 0; i < marks.length; i += 1) {
    const [r, g, b] = wanted.bytes.subarray(i * wanted.channels, i * wanted.channels + 3);
    const grey = 170 + (r + g + b) / 9;
    bytes.set(marks[i] === 1 ? [220, 0, 0] : [grey, grey, grey], i * 3);
  }
  return write_png({ width: wanted.width, height: wanted.height, bytes });
}

const percent = (share) => `${(100 * share).toFixed(3)} %`;

// Holds a screenshot to the kept one; FAULTLINE_GOLDEN=renew keeps it instead. Where it differs the
// new picture and the difference are written to `shots`.
export function check_golden(shot, name, { shots, say }) {
  const path = join(kGoldens, `${name}.png`);
  if (process.env.FAULTLINE_GOLDEN === 'renew') {
    writeFileSync(path, shot);
    say(`kept ${path}, ${Math.round(shot.length / 1000)} kB`);
    return;
  }
  assert.ok(existsSync(path), `${path} is missing; npm run golden makes it`);
  const wanted = read_png(readFileSync(path));
  const { marks, share, patch, is_same } = compare(read_png(shot), wanted);
  const text = `${name}: ${percent(share)} of it differs, ${percent(patch)} of the worst patch`;
  say(text);
  if (is_same) return;
  const out = join(shots, `${name}_differs.png`);
  writeFileSync(join(shots, `${name}_found.png`), shot);
  writeFileSync(out, difference_of(wanted, marks));
  assert.fail(`${text}; see ${out}. Where it should differ, npm run golden keeps what is new`);
}
