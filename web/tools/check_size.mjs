import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

// The page is at most this much on the wire, everything included.
const kGzipBytesMax = 150_000;

const files = readdirSync('dist', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
let total = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(file), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  gzip in total, of ${kGzipBytesMax}`);
if (files.length === 0 || total > kGzipBytesMax) {
  console.error('the page is too large (or was not built)');
  process.exit(1);
}
