import { expect, it } from 'vitest';
import { bundle, zippedSize } from '../bundle.js';

it('takes less than 2.2 kB alone, without the rest of the client', async () => {
  const script = await bundle('room/index.ts', 'es');
  expect(zippedSize(script)).toBeLessThan(2_200);
  expect(script).not.toMatch(/WebSocket|XMLHttpRequest|import\s*\(|node:/);
});
