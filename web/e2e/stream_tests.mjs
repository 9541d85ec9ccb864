import assert from 'node:assert/strict';

import { see, still } from './page.mjs';

// What the stream does not say: columns between an answer and the first of its messages, and those
// that it leaves out for a slow reader.

// Columns of the right part of the map of which the page does not say what the market has.
function holes(page, market) {
  return page.evaluate(({ first, end }) => {
    const { faultline } = globalThis;
    const { time: { from, to }, width, height } = faultline.geometry();
    const found = [];
    for (let column = end - 120; column < end; column += 1) {
      const x = ((first + (column + 0.5) * 60_000 - from) / (to - from)) * width;
      const at = x < 0 ? null : faultline.probe(x, height / 2);
      if (x >= 0 && !(at?.cell?.column_count > 0)) found.push(column - end);
    }
    return found;
  }, { first: market.first_column_ms, end: market.column_end });
}

async function fills_up(page, market) {
  const end = market.column_end;
  await page.waitForFunction((wanted) =>
    Number(document.querySelector('.scrubber input')?.max) >= wanted - 1, end);
  for (let i = 0; i < 100; i += 1) {
    await still(page, 350);
    if ((await holes(page, market)).length === 0) break;
  }
  assert.deepEqual(await holes(page, market), [], 'columns of which nothing is known');
}

async function check_bursts(page, mock, shot) {
  const [market] = mock.markets;
  for (let i = 0; i < 25; i += 1) {
    mock.burst(1 + (i % 5) * 3);
    await new Promise((done) => setTimeout(done, 40));
  }
  await fills_up(page, market);
  await shot(page, 'gap_filled');
}

export function stream_tests({ test, shot, mock }) {
  const late = ({ state }) => { state.columns_before_join = 14; };
  for (const span of ['4h', '3d']) {
    test(`columns made before the stream is joined are there: ${span}`, `#span=${span}`,
      async (page) => {
        await fills_up(page, mock.markets[0]);
      }, { unsettled: true, before: late });
    test(`columns that the stream leaves out are there: ${span}`, `#span=${span}`,
      (page) => check_bursts(page, mock, shot));
  }
  test('looked at later, tiles have the columns that came meanwhile', '#span=4h',
    async (page) => {
      const [market] = mock.markets;
      await page.keyboard.press('ArrowLeft');
      for (let i = 0; i < 9; i += 1) await page.keyboard.press('ArrowLeft');
      await still(page);
      for (let i = 0; i < 20; i += 1) mock.tick();
      await page.waitForFunction((wanted) =>
        Number(document.querySelector('.scrubber input')?.max) >= wanted - 1, market.column_end);
      await page.keyboard.press('l');
      await fills_up(page, market);
      await see(page, '.chip.paused');
    });
}
