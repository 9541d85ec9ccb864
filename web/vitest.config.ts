import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['{units,model,render,views}/*.test.ts'], environment: 'node' },
});
