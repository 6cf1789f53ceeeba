/** Has every server of a test file be one with `nodeInternals: false`: the project "plain" of vitest.config.ts. */
import { vi } from 'vitest';

vi.mock(import('../src/node-internals/choose.js'), async (original) => {
  const { PLAIN } = await import('../src/node-internals/plain.js');
  return { ...(await original()), nodeInternalsFor: () => PLAIN };
});
