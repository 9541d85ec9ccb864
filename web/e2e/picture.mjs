import assert from 'node:assert/strict';

import { launch, open_page } from './browser.mjs';
import { still } from './page.mjs';
import { start_program } from './program.mjs';

// The picture of the README: the terminal that is inside the program, over its demo, with a day of
// columns. Its clock stands still until all that is asked for has come.
//
//   node e2e/picture.mjs PROGRAM PICTURE

const [program, path] = process.argv.slice(2);
const kColumns = 1440;

const service = await start_program(program, '--demo');
await service.until('/v1/clock', ({ is_hurrying }) => !is_hurrying, 300);
await service.until('/v1/instruments', ({ instruments }) =>
  instruments[0].column_end >= kColumns, 300);
const browser = await launch();
const { page, problems } = await open_page(browser, `${service.url}/#span=1d`);
await page.click('.play[aria-label^=Pause]');
await page.waitForSelector('.chip.paused');
await still(page, 1000);
await page.click('.play[aria-label^=Play]');
await page.waitForSelector('.chip.live');
await page.mouse.move(5, 5);
await page.waitForFunction(() => globalThis.faultline.pending() === 0);
await page.screenshot({ path, animations: 'disabled' });
assert.deepEqual(problems, [], 'the console is clean');
console.log(`${path}: ${await page.textContent('.figures')}`);
await browser.close();
await service.stop();
