// How long a new column takes from the socket to the screen, in the page's own clock: from the
// message of the stream to the end of the frame that shows it.

function watch_messages() {
  globalThis.arrivals = [];
  const add = WebSocket.prototype.addEventListener;
  const take = (event) => {
    if (!String(event.data).startsWith('{"channel": "map"')) return;
    const at = performance.now();
    const frames = globalThis.faultline.frames();
    const look = () => requestAnimationFrame(() => {
      if (globalThis.faultline.frames() === frames) look();
      else globalThis.arrivals.push(performance.now() - at);
    });
    look();
  };
  const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  Object.defineProperty(WebSocket.prototype, 'onmessage', {
    set(handler) {
      set.call(this, handler);
      if (handler !== null) add.call(this, 'message', take);
    },
  });
}

const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

// Of so many columns, as a line to print.
export async function event_to_pixel(page, count) {
  await page.addInitScript(watch_messages);
  await page.reload();
  await page.waitForSelector('.chip.live');
  await page.waitForFunction((wanted) => globalThis.arrivals.length >= wanted, count,
    { timeout: 120_000 });
  const times = (await page.evaluate(() => globalThis.arrivals)).sort((a, b) => a - b);
  return `event to pixel of ${times.length} columns: p50 ${quantile(times, 0.5).toFixed(1)} ms, ` +
    `p99 ${quantile(times, 0.99).toFixed(1)} ms`;
}
