/** Runs every server of a test file with `nodeInternals: false`, for the project "plain" of vitest.config.ts. */
import { vi } from 'vitest';

vi.mock(import('../packages/naru/src/node-internals/choose.js'), async (original) => {
  const choose = await original();
  return { ...choose, nodeInternalsFor: () => choose.PLAIN };
});
