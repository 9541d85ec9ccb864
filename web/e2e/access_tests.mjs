import { check_axe, forgive, kPhone, reads, see } from './page.mjs';

// axe-core over the scorecard and the lab as they are when everything in them is loaded and open:
// dark, light, on a phone.

const kLooks = [['dark', '', {}], ['light', '&theme=light', {}], ['phone', '', kPhone]];

const open_details = (page) => page.evaluate(() => {
  for (const one of document.querySelectorAll('details')) one.open = true;
});

async function check_scorecard(page) {
  for (const selector of ['.scatter canvas', '.feed-table tbody tr', '.skill .scores',
    '.recovery-table tbody tr', '.claims > li']) await see(page, selector);
  await check_axe(page);
  await open_details(page);
  await see(page, '.timeline tbody tr');
  await see(page, '.claims > li:last-child table');
  await check_axe(page);
}

// Runs of the mock that are over, and one that goes on and on.
export const done_runs = (mock) => {
  mock.lab.ms_per_hour = 1e-6;
  for (const scenario of ['quiet_range', 'crowded_longs']) mock.lab.start({ scenario, hours: 16 });
  mock.lab.settle();
  mock.lab.ms_per_hour = 150;
};
export const going_run = (mock) => {
  mock.lab.start({ scenario: 'balanced', hours: 168 });
};

async function check_lab(page) {
  await see(page, '.run-head .run-status.running');
  await see(page, '.mirror canvas');
  await see(page, '.run-charts .error .u-wrap');
  await check_axe(page);
  await page.click('.run-list li:has(.done) .run');
  await see(page, '.run-head .run-status.done');
  await open_details(page);
  await see(page, '.lab-center details tbody tr');
  await see(page, '.others .field');
  await check_axe(page);
  await page.click('.toolbar button:text-is("Compare")');
  for (const run of await page.locator('.run-list li:has(.done) input').all()) await run.check();
  await see(page, '.compare-near .u-wrap');
  await see(page, '.differences .outcome');
  await check_axe(page);
}

// A form that holds a value back, and a service that refuses a run.
async function check_refused(page, problems) {
  await see(page, '.run-head .run-status.running');
  await page.fill('input[name="value.news_count"]', '3.6');
  await page.press('input[name="value.news_count"]', 'Tab');
  await reads(page, '.submit .held', /a whole number/);
  for (let i = 0; i < 5; i += 1) await page.click('.submit button.primary:enabled');
  await see(page, '.submit .problem');
  await check_axe(page);
  forgive(problems);
}

export function access_tests({ test }) {
  const off = { unsettled: true };
  for (const [name, query, options] of kLooks) {
    test(`axe: scorecard, ${name}`, `#screen=scorecard${query}`, check_scorecard,
      { ...options, ...off, seconds: 8, before: ({ state }) => { state.has_bad_feeds = true; } });
    test(`axe: lab, ${name}`, `#screen=lab${query}`, check_lab,
      { ...options, ...off, seconds: 9, before: (mock) => { done_runs(mock); going_run(mock); } });
  }
  test('axe: lab, what is refused', '#screen=lab', check_refused, { ...off, before: going_run });
}
