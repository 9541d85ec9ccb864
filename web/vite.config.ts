import { defineConfig } from 'vite';

// The mock server answers what the service will: `npm run mock` beside `npm run dev`.
const kService = 'http://127.0.0.1:8787';

export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { target: 'es2022', modulePreload: { polyfill: false }, sourcemap: false },
  server: { host: '127.0.0.1', proxy: { '/v1': { target: kService, ws: true } } },
});
