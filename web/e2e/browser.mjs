import { chromium } from 'playwright-core';

// Debian's Chromium with software WebGL2 and nothing that talks to the network on its own.
const kFlags = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-default-apps', '--hide-scrollbars',
  '--use-gl=angle', '--use-angle=gl-egl', '--ignore-gpu-blocklist', '--disable-gpu-compositing',
  '--enable-unsafe-swiftshader',
];

export async function launch() {
  const executablePath = process.env.FAULTLINE_CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, headless: true, args: kFlags });
}

// A page that keeps what went wrong in it.
export async function open_page(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 }, colorScheme: 'dark', ...options,
  });
  const page = await context.newPage();
  const problems = [];
  const requests = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, context, problems, requests };
}

export async function settled(page) {
  await page.waitForFunction(() => globalThis.faultline?.pending() === 0 &&
    document.querySelector('.near') !== null, null, { timeout: 60_000 });
  await page.waitForTimeout(400);
}
