import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{units,model,render,views,tests}/*.test.{ts,mjs}'],
    environment: 'node',
    testTimeout: 30_000, // a machine that also compiles C++ is slow
  },
});
