import { spawn } from 'node:child_process';
import { once } from 'node:events';

// The built program as its users have it, started for a test or a picture.

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const has_columns = (count) => ({ instruments }) => instruments[0].column_end > count;

// The first JSON of a stream, which may have several lines.
async function first_json(stream) {
  let text = '';
  for await (const piece of stream) {
    text += piece;
    try {
      return JSON.parse(text);
    } catch {
      // There is more to come.
    }
  }
  throw new Error(`no JSON: ${text}`);
}

export async function start_program(program, ...args) {
  const child = spawn(program, ['--json', 'serve', '--port', '0', ...args]);
  const said = [];
  child.stderr.on('data', (text) => said.push(String(text)));
  const { url } = await Promise.race([
    first_json(child.stdout),
    once(child, 'exit').then(() => { throw new Error(`it ended: ${said.join('')}`); }),
  ]);
  const get = async (path) => {
    const response = await fetch(url + path);
    return response.headers.get('content-type').includes('json') ? response.json()
      : Buffer.from(await response.arrayBuffer());
  };
  const until = async (path, holds, seconds = 60) => {
    for (let i = 0; i < 10 * seconds; i += 1) {
      const body = await get(path);
      if (holds(body)) return body;
      await sleep(100);
    }
    const last = JSON.stringify(await get(path)).slice(0, 400);
    throw new Error(`${path} did not come to it: ${last}`);
  };
  const set_speed = async (speed) => {
    const { status } = await fetch(`${url}/v1/clock`, { method: 'POST',
      headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ speed }) });
    if (status !== 200) throw new Error(`the clock answers ${status}`);
  };
  const stop = async (signal = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    const [code] = await once(child, 'exit');
    return code;
  };
  return { url, get, until, set_speed, stop, child, said };
}
