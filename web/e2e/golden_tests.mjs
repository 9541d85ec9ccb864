import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { compare, kGoldens } from './golden.mjs';
import { frames_pass, reads, see, still } from './page.mjs';
import { read_png } from './png.mjs';

// The looks of each screen, over the market of the mock, at a time of the clock that is fixed.

const kNow = Date.UTC(2025, 11, 1, 12);
const kScreen = { viewport: { width: 1280, height: 800 }, unsettled: true };
const kPhone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true,
  unsettled: true };

// A picture with a square of it lighter or darker.
function planted(picture, by, { left, top, size }) {
  const bytes = Buffer.from(picture.bytes);
  for (let y = top; y < top + size; y += 1) {
    for (let x = left; x < left + size; x += 1) {
      const at = (y * picture.width + x) * picture.channels;
      for (let c = 0; c < 3; c += 1) bytes[at + c] += bytes[at + c] < 128 ? by : -by;
    }
  }
  return { ...picture, bytes };
}

function check_comparison() {
  const kept = read_png(readFileSync(join(kGoldens, 'terminal_lab.png')));
  const all = { left: 0, top: 0, size: Math.min(kept.width, kept.height) };
  assert.ok(compare(kept, kept).is_same);
  assert.ok(compare(planted(kept, 10, all), kept).is_same, 'a shade is nothing');
  const square = { left: 300, top: 300, size: 24 };
  assert.ok(!compare(planted(kept, 60, square), kept).is_same, 'a square is seen');
}

export function golden_tests({ test, golden, mock }) {
  const picture = (name, hash, options, ready) =>
    test(`golden: ${name.replaceAll('_', ' ')}`, hash, async (page) => {
      await page.clock.setFixedTime(kNow);
      await page.reload();
      await ready(page);
      await frames_pass(page, 10);
      await golden(page, name);
    }, options);
  const pointed = async (page) => {
    await still(page);
    await page.mouse.move(640, 330);
    await reads(page, '.cells thead', /p10|not kept/);
    await still(page);
  };
  picture('terminal_map_dark', '#span=1d', kScreen, pointed);
  picture('terminal_map_light', '#span=3d&theme=light&side=two_hue', kScreen, pointed);
  picture('terminal_map_phone', '#span=1d', kPhone, still);
  picture('terminal_lab', '#screen=lab&scenario=crowded_longs', { ...kScreen, before: () => {
    mock.lab.ms_per_hour = 1e-6;
    mock.lab.start({ scenario: 'crowded_longs', hours: 24 });
    mock.lab.settle();
  } }, async (page) => {
    await page.click('.run-list li:has(.done) .run');
    await see(page, '.run-charts .error .u-wrap');
    await see(page, '.mirror canvas');
  });
  picture('terminal_scorecard', '#screen=scorecard', kScreen, async (page) => {
    await see(page, '.skill .scores');
    await see(page, '.recovery-table tbody tr');
    await reads(page, '.totals .note', /hours/);
  });
  test('golden: the comparison sees what it should', '#span=4h', check_comparison);
}
