import { inflateSync } from 'node:zlib';

// Reads what Chromium's screenshots are: eight bits a channel, RGB or RGBA, not interlaced.
export function read_png(bytes) {
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  const channels = bytes[25] === 6 ? 4 : 3;
  const parts = [];
  for (let at = 8; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(bytes.subarray(at + 8, at + 8 + size));
    }
    at += 12 + size;
  }
  const packed = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) unfilter(packed, out, y, stride, channels);
  return {
    width, height,
    at: (x, y) => [...out.subarray(y * stride + x * channels, y * stride + x * channels + 3)],
  };
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function unfilter(packed, out, y, stride, channels) {
  const filter = packed[y * (stride + 1)];
  for (let i = 0; i < stride; i += 1) {
    const raw = packed[y * (stride + 1) + 1 + i];
    const left = i < channels ? 0 : out[y * stride + i - channels];
    const up = y === 0 ? 0 : out[(y - 1) * stride + i];
    const corner = i < channels || y === 0 ? 0 : out[(y - 1) * stride + i - channels];
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    out[y * stride + i] = (raw + guess) & 255;
  }
}
