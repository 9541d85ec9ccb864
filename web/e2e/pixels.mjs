import assert from 'node:assert/strict';

import { still } from './page.mjs';
import { read_png } from './png.mjs';

// What the card draws of the cells, without all that lies over them.

export const kBare = '&hide=candles~prints~clusters';

// Points all over the map, and what the page says of them.
function points_of_page(count) {
  const { faultline } = globalThis;
  const box = document.querySelector('.chart').getBoundingClientRect();
  const { width, height } = faultline.geometry();
  const points = Array.from({ length: count }, (_, i) => {
    const x = Math.floor(((i * 0.754877666) % 1) * width);
    const y = Math.floor(((i * 0.569840291) % 1) * height);
    return { x, y, at: faultline.probe(x + 0.5, y + 0.5) };
  });
  const is_dark = document.documentElement.dataset.theme === 'dark';
  return { left: Math.round(box.left), top: Math.round(box.top), points,
    plot: is_dark ? [8, 9, 13] : [255, 255, 255] };
}

// A sheet that is made so is allowed where the program allows no style but its own.
function hide_rest() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`.chart canvas:not(:first-child), .chart :not(canvas)
    { visibility: hidden }`);
  document.adoptedStyleSheets = [sheet];
}

// The cells of a map that stands still, at points all over it: each has the colour on the screen
// that the scale has for it.
export async function colored_cells(page, count) {
  await page.evaluate(hide_rest);
  await page.mouse.move(5, 5);
  await still(page);
  const picture = read_png(await page.screenshot());
  const { left, top, points, plot } = await page.evaluate(points_of_page, count);
  const cells = points.filter(({ at }) => at?.cell != null && at.cell.column_count > 0);
  for (const { x, y, at } of cells) {
    const found = picture.at(left + x, top + y);
    const clear = at.color.rgb ?? plot;
    const hatched = clear.map((value, c) => value + (plot[c] - value) * 0.55);
    const near = (wanted) => wanted.every((value, c) => Math.abs(value - found[c]) <= 0.02 * 255);
    assert.ok(near(clear) || (at.color.is_hatched && near(hatched)),
      `pixel ${x},${y} is ${found}, not ${clear} (${JSON.stringify(at.cell)})`);
  }
  return cells.map(({ at }) => at);
}
