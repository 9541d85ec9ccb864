import { crc32, deflateSync, inflateSync } from 'node:zlib';

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
    width, height, channels, bytes: out,
    at: (x, y) => [...out.subarray(y * stride + x * channels, y * stride + x * channels + 3)],
  };
}

function chunk(name, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(name, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

// A picture of RGB, three bytes a pixel.
export function write_png({ width, height, bytes }) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const lines = Buffer.alloc((3 * width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    bytes.copy(lines, y * (3 * width + 1) + 1, y * 3 * width, (y + 1) * 3 * width);
  }
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))]);
}

// Places of the pixels that are not the same in two pictures of one size.
export function differing(a, b) {
  const found = [];
  if (a.bytes.equals(b.bytes)) return found;
  for (let i = 0; i < a.width * a.height; i += 1) {
    const [p, q] = [i * a.channels, i * b.channels];
    if (a.bytes[p] !== b.bytes[q] || a.bytes[p + 1] !== b.bytes[q + 1] ||
      a.bytes[p + 2] !== b.bytes[q + 2]) found.push([i % a.width, Math.floor(i / a.width)]);
  }
  return found;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function unfilter(packed, out, y, stride, channels) {
  const filter = packed[y * (stride + 1)];
  const from = y * (stride + 1) + 1;
  const to = y * stride;
  for (let i = 0; i < stride; i += 1) {
    const left = i < channels ? 0 : out[to + i - channels];
    const up = y === 0 ? 0 : out[to + i - stride];
    let guess = 0;
    if (filter === 1) guess = left;
    else if (filter === 2) guess = up;
    else if (filter === 3) guess = (left + up) >> 1;
    else if (filter === 4) {
      guess = paeth(left, up, i < channels || y === 0 ? 0 : out[to + i - stride - channels]);
    }
    out[to + i] = (packed[from + i] + guess) & 255;
  }
}
