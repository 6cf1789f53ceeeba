import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'apps/*/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    root: fileURLToPath(new URL('.', import.meta.url)),
    testTimeout: 15_000,
    hookTimeout: 30_000,
  },
});
