import { expect, it } from 'vitest';
import { bundle, zippedSize } from '../bundle.js';

it('takes less than 4 kB alone, without the rest of the client', async () => {
  const script = await bundle('lane/index.ts', 'es');
  expect(zippedSize(script)).toBeLessThan(4_000);
  expect(script).not.toMatch(/WebSocket|XMLHttpRequest|import\s*\(|node:/);
});

it('costs nothing when a page does not import it', async () => {
  expect(await bundle('browser.ts')).not.toMatch(/RTCPeerConnection|naru:channel/);
});
