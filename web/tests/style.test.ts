import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

// The limits of docs that hold for all of the project's text: 100 columns, 70 lines a function.

const kFolders = ['units', 'model', 'render', 'views', 'app', 'mock', 'e2e', 'tools', 'tests'];
const files = kFolders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((name) => /\.(ts|tsx|mjs|css|json)$/.test(name));

// Functions and methods that begin a line: up to the brace that is indented as they are.
function long_functions(text: string): string[] {
  const lines = text.split('\n');
  const found: string[] = [];
  lines.forEach((line, i) => {
    const head = /^( *)(export )?(async )?(function [a-zA-Z_]+|#?[a-z_]+)\(.*$/.exec(line);
    if (head === null || line.endsWith(';') || line.endsWith(');')) return;
    const indent = head[1] ?? '';
    const end = lines.findIndex((one, at) => at > i && one.startsWith(`${indent}}`));
    if (line.endsWith('{') && end - i >= 70) found.push(`${line.trim()} ${end - i + 1} lines`);
  });
  return found;
}

describe('style', () => {
  it('has files to look at', () => {
    expect(files.length).toBeGreaterThan(50);
  });
  it.each(files)('%s', (name) => {
    const text = readFileSync(name, 'utf8');
    const wide = text.split('\n').flatMap((line, i) =>
      (line.length > 100 ? [`line ${i + 1} has ${line.length} columns`] : []));
    const open = /\b(TODO|FIXME|XXX)\b/.exec(name.startsWith('tests') ? '' : text);
    expect([...wide, ...long_functions(text), ...(open ?? [])]).toEqual([]);
  });
});
